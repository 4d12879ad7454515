"""proxy, proxy_steerable and device over the core's proxy."""

from __future__ import annotations

from ..proxy import proxy_steerable as _proxy_steerable
from .error import ContextTerminated, translating

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .socket import Socket


def proxy(frontend: Socket[Any], backend: Socket[Any], capture: Socket[Any] | None = None) -> None:
    """Move whole messages between two sockets, both ways; a copy of each goes to `capture`.

    Raises:
        ContextTerminated: the context was terminated. It never returns.

    C: zmq_proxy(3)
    """
    proxy_steerable(frontend, backend, capture)
    raise ContextTerminated


def proxy_steerable(
    frontend: Socket[Any],
    backend: Socket[Any],
    capture: Socket[Any] | None = None,
    control: Socket[Any] | None = None,
) -> None:
    """As `proxy`, but return when `control` receives TERMINATE.

    Raises:
        ContextTerminated: the context was terminated.

    C: zmq_proxy_steerable(3)
    """
    copies = None if capture is None else capture._core
    commands = None if control is None else control._core
    with translating():
        _proxy_steerable(frontend._core, backend._core, copies, commands)
    if frontend._core._owner.shut:
        raise ContextTerminated


def device(device_type: int, frontend: Socket[Any], backend: Socket[Any]) -> None:
    """Do what `proxy` does, whatever the type."""
    proxy(frontend, backend)
