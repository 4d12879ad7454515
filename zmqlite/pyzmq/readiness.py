"""The operations that wait for a socket in an event loop: for `asyncio` and `eventloop.zmqstream`.

How no message is lost. An operation waits in a queue and takes its message only when one is there.
`cancel` takes it out of the queue at once. A task that awaits the operation goes on as soon as the
operation has its message, in the same callback of the event loop. So nothing can cancel the task in
between, and no round of the event loop is spent on waking it.

How no wake-up is missed. libzmq's descriptor is edge-triggered: any call into the socket may handle
the commands that made it readable. An attempt to receive that finds nothing has handled them all.
So where only receives wait, they are attempted until one finds nothing. Where others wait, EVENTS
is read before, and after something was received or sent the next round of the event loop looks
again; and a call that may have handled commands schedules a look. The descriptor that the event
loop watches is a duplicate, closed by nobody but us.

All objects that share one libzmq socket (see Socket.shadow) share its Readiness.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from asyncio import AbstractEventLoop, Future, get_running_loop
from collections import OrderedDict
from collections.abc import Iterable
from struct import Struct
from typing import Any, Final, Protocol
from weakref import WeakValueDictionary

from ..aio.context import TIME_SLICE
from ..aio.readiness import BOTH, IN, OUT, Shared
from ..aio.time_slice import TimeSlice
from ..owner import ForkAware
from ..socket import Socket as CoreSocket
from ..socket_options import SocketOptions
from ..transfer import DONTWAIT
from .error import Again
from .operation import Attempt, Convert, Operation, Queue, try_now

RCVTIMEO: Final = SocketOptions.rcvtimeo.number
SNDTIMEO: Final = SocketOptions.sndtimeo.number

_INT: Final = Struct("i")
_FOREVER: Final = _INT.pack(-1)
_SHARED: Final = Shared(TIME_SLICE)


def current_loop() -> AbstractEventLoop:
    """Return the event loop that runs, or the one that is to run, as pyzmq does."""
    try:
        return get_running_loop()
    except RuntimeError:
        return asyncio.get_event_loop()


class Listener(Protocol):
    """Who wants to be called for each event, until told otherwise: a ZMQStream."""

    @property
    def wanted(self) -> int:
        """POLLIN and POLLOUT, those that it wants to be called for."""

    def ready(self, events: int) -> bool:
        """Do one thing that the events allow; False if nothing could be done."""


class Readiness(ForkAware):
    """Who waits for a socket, and the descriptor that says when to look; for one loop at a time."""

    __slots__ = (
        "__weakref__",
        "_descriptor",
        "_each_has_room",
        "_looks_soon",
        "_reading",
        "core",
        "listeners",
        "loop",
        "polls",
        "receives",
        "sends",
        "slice",
    )

    slice: TimeSlice  # set with the loop

    def __init__(self, core: CoreSocket) -> None:
        super().__init__()
        self.core: CoreSocket = core
        self.loop: AbstractEventLoop | None = None
        self.receives: Queue = OrderedDict()
        self.sends: Queue = OrderedDict()
        self.polls: Queue = OrderedDict()
        self.listeners: dict[Listener, None] = {}
        self._descriptor: int | None = None
        self._each_has_room = core._type_name == "ROUTER"  # a send may go on where another waits
        self._reading = False
        self._looks_soon = False

    # Operations

    def start(
        self, queue: Queue, attempt: Attempt, convert: Convert | None, flags: int
    ) -> Future[Any]:
        """Return the future of a call in `receives` or `sends`; at once done if it need not wait.

        Once the loop's time slice is over, other tasks run before a receive. A sending call has no
        such bound: programs send without an await, and close the socket after that.
        """
        loop = current_loop()
        if loop is not self.loop:
            self.move(loop)
        now = flags & DONTWAIT
        if now or (not queue and (queue is self.sends or self.slice.go_on())):
            future = try_now(loop, attempt, convert)
            if not self.idle:
                self.look_soon()  # the attempt may have taken the edge
            if future is None and now:
                future = loop.create_future()
                future.set_exception(Again())
            if future is not None:
                return future
        else:
            self.look_soon()
        operation = Operation(loop, attempt, convert, (queue,))
        option = SNDTIMEO if queue is self.sends else RCVTIMEO
        value = self.core._handle.getsockopt(option, _INT.size)
        # An int is an error, which the attempts get as well.
        if value != _FOREVER and isinstance(value, bytes):
            operation.end_after(_INT.unpack(value)[0], Again())
        if not self._reading:
            self.watch()
        return operation

    def move(self, loop: AbstractEventLoop) -> None:
        """Serve another loop; what waits in the old one is cancelled. RuntimeError if that runs."""
        if loop is self.loop:
            return
        if self.loop is not None:
            if self.loop.is_running() and not self.idle and not self.forked:
                raise RuntimeError(f"{self.core!r} is used in another event loop, which runs")
            self.end()
        self.loop = loop
        self.slice = _SHARED.slice_of(loop)

    @property
    def idle(self) -> bool:
        """Whether nobody waits."""
        return not (self.receives or self.sends or self.polls or self.listeners)

    def events(self) -> int:
        """Read EVENTS, which takes the edge; all of them where an attempt will raise."""
        code = self.core._ready()
        return BOTH if code < 0 else code

    def stirred(self) -> None:
        """Look again, after a call that may have taken the edge from those who wait."""
        if not self.idle:
            self.look_soon()

    # Serving who waits

    def listen(self, listener: Listener) -> None:
        """Call a listener for the events that it wants, until it is taken out of `listeners`."""
        self.listeners[listener] = None
        self.look_soon()

    def look_soon(self) -> None:
        """Look in the next round of the event loop; from any thread."""
        loop = self.loop
        if self._looks_soon or loop is None or loop.is_closed():
            return
        self._looks_soon = True
        if asyncio._get_running_loop() is loop:
            loop.call_soon(self._look)
        else:
            loop.call_soon_threadsafe(self._look)

    def _look(self) -> None:
        """Serve in order whom the socket allows to go on, and no operation that comes meanwhile."""
        self._looks_soon = False
        try:
            only_receives = self._only_receives
            served = self._serve_receives() if only_receives else self._serve_all()
            if served and not (only_receives and self._only_receives):
                self.look_soon()  # what was received or sent may have taken the edge
        except BaseException:
            self.look_soon()
            raise

    @property
    def _only_receives(self) -> bool:
        """Whether whoever waits finds out by the attempt to receive, without reading EVENTS."""
        return not (self.sends or self.polls or self.listeners)

    def _serve_all(self) -> bool:
        self.watch()
        served = False
        for operation in tuple(self.polls):
            operation.serve()
        events = self.events()  # after the polls, as these take the edge, too
        if events & OUT and self.sends:
            served = self._serve_sends()
            events |= self.events()
        if events & IN and self._serve_receives():
            served = True
        for listener in tuple(self.listeners):
            if events & listener.wanted and listener.ready(events):
                served = True
        return served

    def _serve_receives(self) -> bool:
        served = False
        for _ in range(len(self.receives)):
            if not self.receives or not next(iter(self.receives)).serve():
                break
            served = True
        return served

    def _serve_sends(self) -> bool:
        served = False
        for operation in tuple(self.sends):
            if operation.serve():
                served = True
            elif not self._each_has_room:
                break
        return served

    # The descriptor

    def watch(self) -> None:
        """Have the event loop watch the socket."""
        if self._reading or self.loop is None or self.core.closed:
            return
        if self._descriptor is None:
            self._descriptor = os.dup(self.core.fd)
        self.loop.add_reader(self._descriptor, self._edge)
        self._reading = True

    def _edge(self) -> None:
        if self.idle:
            self._unwatch()  # another thread may use the socket now
        else:
            self._look()
            if self.idle and self.core.closed:
                self._unwatch()  # nothing takes the edge any more

    def _unwatch(self) -> None:
        if not self._reading:
            return
        self._reading = False
        # A forked child shares its parent's selector: removing a descriptor from it would remove
        # it for the parent, too.
        if self.loop and not self.loop.is_closed() and not self.forked:
            self.loop.remove_reader(self._descriptor or 0)

    def close(self) -> None:
        """Cancel all that waits, from any thread; to be done before the socket is closed."""
        loop = self.loop
        if loop is None:
            return
        if loop.is_running() and asyncio._get_running_loop() is not loop and not self.forked:
            with contextlib.suppress(RuntimeError):  # it was closed meanwhile
                loop.call_soon_threadsafe(self.end)
                return
        self.end()

    def end(self) -> None:
        """Cancel all that waits, and let go of the descriptor."""
        self._unwatch()
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)
        for operation in (*self.receives, *self.sends, *self.polls):
            with contextlib.suppress(RuntimeError):  # its loop is closed
                operation.cancel()
            operation.leave()
        self._looks_soon = False

    def __del__(self) -> None:
        if getattr(self, "_descriptor", None) is not None:
            self.end()


_known: Final[WeakValueDictionary[CoreSocket, Readiness]] = WeakValueDictionary()


def readiness_of(core: CoreSocket) -> Readiness:
    """Return the Readiness of a socket, which goes when nobody uses or waits for it."""
    found = _known.get(core)
    if found is None:
        found = _known[core] = Readiness(core)
    return found


def poll(
    loop: AbstractEventLoop,
    sockets: Iterable[Readiness],
    attempt: Attempt,
    milliseconds: float | None,
    nothing: Any,
) -> Future[Any]:
    """Return a future of what `attempt` finds, or of `nothing` once the time is over."""
    watched = tuple(sockets)
    for readiness in watched:
        readiness.move(loop)
    future = try_now(loop, attempt, None)
    if future is not None:
        return future
    if milliseconds == 0:
        future = loop.create_future()
        future.set_result(nothing)
        return future
    operation = Operation(loop, attempt, None, tuple(readiness.polls for readiness in watched))
    if milliseconds is not None:
        operation.end_after(milliseconds, nothing)
    for readiness in watched:
        readiness.watch()
    return operation
