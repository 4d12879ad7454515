"""Devices that send a copy of each message to a third socket."""

from __future__ import annotations

from typing import Any

from .. import PUB, QUEUE, Socket
from .basedevice import Device, Plan, ProcessDevice, ThreadDevice

__all__ = ["ProcessProxy", "Proxy", "ThreadProxy"]


class Proxy(Device):
    """Forwards messages as Device does, and sends a copy of each to a third socket."""

    def __init__(self, in_type: int, out_type: int, mon_type: int = PUB) -> None:
        super().__init__(QUEUE, in_type, out_type)
        self.mon_type = mon_type
        self._mon = Plan(mon_type)

    def bind_mon(self, addr: str) -> None:
        """Let the third socket bind, as `bind_in`."""
        self._mon.binds.append(addr)

    def bind_mon_to_random_port(self, addr: str, *args: int, **kwargs: int) -> int:
        """Let the third socket bind to a free port, as `bind_in_to_random_port`."""
        return self._reserve(self._mon, addr, args, kwargs)

    def connect_mon(self, addr: str) -> None:
        """Let the third socket connect, as `connect_in`."""
        self._mon.connects.append(addr)

    def setsockopt_mon(self, opt: int, value: Any) -> None:
        """Let an option of the third socket be set, as `setsockopt_in`."""
        self._mon.options.append((opt, value))

    def _setup_sockets(self) -> list[Socket[Any]]:
        return [*super()._setup_sockets(), self._make(self._mon)]


class ThreadProxy(Proxy, ThreadDevice):
    """A Proxy in a daemon thread."""


class ProcessProxy(Proxy, ProcessDevice):
    """A Proxy in a process."""
