"""Devices that a fourth socket controls: PAUSE, RESUME, TERMINATE and STATISTICS."""

from __future__ import annotations

from typing import Any

from .. import PAIR, PUB, Socket, proxy_steerable
from .basedevice import Plan
from .proxydevice import ProcessProxy, Proxy, ThreadProxy

__all__ = ["ProcessProxySteerable", "ProxySteerable", "ThreadProxySteerable"]


class ProxySteerable(Proxy):
    """A Proxy that obeys the commands that its fourth socket receives."""

    def __init__(
        self, in_type: int, out_type: int, mon_type: int = PUB, ctrl_type: int = PAIR
    ) -> None:
        super().__init__(in_type, out_type, mon_type)
        self.ctrl_type = ctrl_type
        self._ctrl = Plan(ctrl_type)

    def bind_ctrl(self, addr: str) -> None:
        """Let the fourth socket bind, as `bind_in`."""
        self._ctrl.binds.append(addr)

    def bind_ctrl_to_random_port(self, addr: str, *args: int, **kwargs: int) -> int:
        """Let the fourth socket bind to a free port, as `bind_in_to_random_port`."""
        return self._reserve(self._ctrl, addr, args, kwargs)

    def connect_ctrl(self, addr: str) -> None:
        """Let the fourth socket connect, as `connect_in`."""
        self._ctrl.connects.append(addr)

    def setsockopt_ctrl(self, opt: int, value: Any) -> None:
        """Let an option of the fourth socket be set, as `setsockopt_in`."""
        self._ctrl.options.append((opt, value))

    def _setup_sockets(self) -> list[Socket[Any]]:
        return [*super()._setup_sockets(), self._make(self._ctrl)]

    def run_device(self) -> None:
        """Make the sockets and forward messages, until TERMINATE or an error ends it."""
        proxy_steerable(*self._setup_sockets())


class ThreadProxySteerable(ProxySteerable, ThreadProxy):
    """A ProxySteerable in a daemon thread."""


class ProcessProxySteerable(ProxySteerable, ProcessProxy):
    """A ProxySteerable in a process."""
