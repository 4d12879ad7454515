"""Devices: sockets that are set up by their owner, and made and forwarded where the device runs."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from errno import EBUSY
from typing import Any, ClassVar, Final

from .. import ENOTSOCK, ETERM, PUSH, QUEUE, Context, Socket, ZMQBindError, ZMQError, proxy

__all__ = ["Device", "ProcessDevice", "ThreadDevice"]

TRIES: Final = 5
"""How often a port is asked for that the device has not reserved yet."""


class Plan:
    """How to make one socket: its type, and what to do with it in this order."""

    def __init__(self, kind: int) -> None:
        self.kind = kind
        self.options: list[tuple[int, Any]] = []
        self.binds: list[str] = []
        self.connects: list[str] = []

    def prepare(self, socket: Socket[Any]) -> None:
        for option, value in self.options:
            socket.setsockopt(option, value)
        for address in self.binds:
            socket.bind(address)
        for address in self.connects:
            socket.connect(address)


class Device:
    """Forwards messages both ways between two sockets, which `start` makes and then serves.

    An `out_type` of -1 means one socket for both sides. `start` returns when the context of the
    device ends or its sockets are closed; ThreadDevice and ProcessDevice run it in the background.

    Raises:
        TypeError: a type is missing.
    """

    context_factory: Callable[[], Context[Any]] = Context.instance
    """Makes the context, where the device runs; a class attribute to be replaced."""

    def __init__(
        self, device_type: int = QUEUE, in_type: int | None = None, out_type: int | None = None
    ) -> None:
        if in_type is None:
            raise TypeError("in_type must be specified")
        if out_type is None:
            raise TypeError("out_type must be specified")
        self.device_type = device_type
        self.in_type = in_type
        self.out_type = out_type
        self.daemon = True
        self.done: bool = False
        self._in = Plan(in_type)
        self._out = Plan(out_type)
        self._reserved: set[str] = set()
        self._sockets: list[Socket[Any]] = []

    def bind_in(self, addr: str) -> None:
        """Let the first socket bind to an endpoint when the device starts."""
        self._in.binds.append(addr)

    def bind_in_to_random_port(self, addr: str, *args: int, **kwargs: int) -> int:
        """Let the first socket bind to a free port, which is returned.

        The arguments are those of Socket.bind_to_random_port. The port is free until the device
        starts, so that another program may take it.

        Raises:
            ZMQBindError: no free port was found.
        """
        return self._reserve(self._in, addr, args, kwargs)

    def connect_in(self, addr: str) -> None:
        """Let the first socket connect to an endpoint when the device starts."""
        self._in.connects.append(addr)

    def setsockopt_in(self, opt: int, value: Any) -> None:
        """Let an option of the first socket be set, before it binds and connects."""
        self._in.options.append((opt, value))

    def bind_out(self, addr: str) -> None:
        """Let the second socket bind, as `bind_in`."""
        self._out.binds.append(addr)

    def bind_out_to_random_port(self, addr: str, *args: int, **kwargs: int) -> int:
        """Let the second socket bind to a free port, as `bind_in_to_random_port`."""
        return self._reserve(self._out, addr, args, kwargs)

    def connect_out(self, addr: str) -> None:
        """Let the second socket connect, as `connect_in`."""
        self._out.connects.append(addr)

    def setsockopt_out(self, opt: int, value: Any) -> None:
        """Let an option of the second socket be set, as `setsockopt_in`."""
        self._out.options.append((opt, value))

    def _reserve(self, plan: Plan, addr: str, args: Any, kwargs: Any) -> int:
        """Find a free port that this device does not use yet."""
        # All stay bound until the end, so that each gets another port. The end of the context
        # frees the ports, which a close alone does later.
        sockets: list[Socket[Any]] = []
        with Context() as context:
            try:
                for _ in range(TRIES):
                    sockets.append(context.socket(PUSH))
                    port = sockets[-1].bind_to_random_port(addr, *args, **kwargs)
                    endpoint = f"{addr}:{port}"
                    if endpoint not in self._reserved:
                        self._reserved.add(endpoint)
                        plan.binds.append(endpoint)
                        return port
            finally:
                for socket in sockets:
                    socket.close(0)
        raise ZMQBindError("no free port was found")

    def _make(self, plan: Plan) -> Socket[Any]:
        """Make one socket, which is closed when the device ends."""
        socket: Socket[Any] = self._context.socket(plan.kind)
        self._sockets.append(socket)
        plan.prepare(socket)
        return socket

    def _setup_sockets(self) -> list[Socket[Any]]:
        """Make the sockets, in the thread or process that uses them: first, second, and others."""
        self._context: Context[Any] = self.context_factory()
        first = self._make(self._in)
        if self.out_type < 0:
            self._out.prepare(first)
            return [first, first]
        return [first, self._make(self._out)]

    def run_device(self) -> None:
        """Make the sockets and forward messages, until an error ends it."""
        proxy(*self._setup_sockets())

    def run(self) -> None:
        """Run the device until its context ends or its sockets are closed; then close them.

        Raises:
            ZMQError: anything else, such as an endpoint that is in use.
        """
        try:
            self.run_device()
        except ZMQError as error:
            # No other thread uses these sockets but one that closes them, as `destroy` does.
            if error.errno not in (ETERM, ENOTSOCK, EBUSY):
                raise
        finally:
            self.done = True
            for socket in self._sockets:
                socket.close()
            self._sockets.clear()

    def start(self) -> None:
        """Run the device, in this thread."""
        self.run()

    def join(self, timeout: float | None = None) -> None:
        """Return at once: a device in the foreground has ended when `start` returns."""


class BackgroundDevice(Device):
    """A device that a thread or a process runs, which `launcher` is once it has started."""

    launcher: Any = None
    _launch_class: ClassVar[Callable[..., Any]]

    def start(self) -> None:
        """Start the thread or process."""
        launcher = type(self)._launch_class(target=self.run)
        launcher.daemon = self.daemon
        launcher.start()
        self.launcher = launcher

    def join(self, timeout: float | None = None) -> None:
        """Wait until it has ended, at most `timeout` seconds.

        Raises:
            RuntimeError: it was not started.
        """
        if self.launcher is None:
            raise RuntimeError("the device was not started")
        self.launcher.join(timeout=timeout)


class ThreadDevice(BackgroundDevice):
    """A device in a daemon thread, in the context that `Context.instance()` returns."""

    _launch_class = threading.Thread


class ProcessDevice(BackgroundDevice):
    """A device in a process, with a context of its own."""

    _launch_class: ClassVar[Callable[..., Any]] = multiprocessing.Process
    context_factory: Callable[[], Context[Any]] = Context
