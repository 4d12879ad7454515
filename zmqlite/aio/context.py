"""Contexts for asyncio: a blocking Context, and an end during which other tasks go on."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self, TypeVar, Unpack

from .. import context as blocking
from ..arguments import INT_MAX, integer
from ..constants import MonitorEvent
from ..context import LINGER
from ..context_options import ContextOptions
from ..options import Number
from ..socket import QUEUE
from ..socket_options import ALL_SOCKET_OPTIONS
from .readiness import Shared
from .socket import Monitor, Socket, refuse_timeouts

if TYPE_CHECKING:
    from ..keywords import AsyncSocketKeywords, ContextKeywords

Got = TypeVar("Got")
Given = TypeVar("Given")

TIME_SLICE: Final = 1
"""Milliseconds for which busy sockets go on before they let other tasks run."""


class BlockingContext(blocking.Context):
    """A Context whose end also wakes the coroutines that wait in its sockets."""

    __slots__ = ("shared",)

    def __init__(
        self, io_threads: int, linger: int | None, time_slice: int, options: ContextKeywords
    ) -> None:
        self.shared: Shared = Shared(time_slice)
        super().__init__(io_threads, linger, **options)

    def _close_sockets(self) -> None:
        try:
            super()._close_sockets()
        finally:
            for watch in tuple(self.shared.watches):
                watch.end()


class Context(ContextOptions):
    """A context whose sockets are awaited; all else is as with zmqlite.Context.

    `time_slice` is in milliseconds: how long all its sockets together may go on in one round of the
    event loop. After that they let other tasks run, even if no await has to wait. 0 is after each
    call.

    `blocking` is the zmqlite.Context behind it, for threads that talk to these sockets over
    inproc. It is terminated with this one.

    C: zmq_ctx_new(3), zmq_ctx_set(3)
    """

    __slots__ = ("__weakref__", "blocking")

    def __init__(
        self,
        io_threads: int = 1,
        linger: int | None = LINGER,
        *,
        time_slice: int = TIME_SLICE,
        **options: Unpack[ContextKeywords],
    ) -> None:
        time_slice = integer(time_slice, "time_slice", 0, INT_MAX)
        self.blocking: Final = BlockingContext(io_threads, linger, time_slice, options)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Context can be neither copied nor pickled: give each process its own")

    def socket(self, type: int, **options: Unpack[AsyncSocketKeywords]) -> Socket[Context]:
        """Make a socket; options follow by name. Raises as zmqlite.Context.socket does.

        C: zmq_socket(3)
        """
        for name in options.keys() & {"rcvtimeo", "sndtimeo"}:
            refuse_timeouts(ALL_SOCKET_OPTIONS[name], "w")
        return Socket(self, self.blocking.socket(type, **options), self.blocking.shared)

    def monitor(self, events: int = MonitorEvent.ALL, *, queue: int = QUEUE) -> Monitor:
        """Report the connections of all sockets of this context; see zmqlite.Context.monitor.

        C: zmq_socket_monitor(3)
        """
        return Monitor(self, self.blocking.monitor(events, queue=queue), self.blocking.shared)

    def get(self, option: Number[Got, Any] | int) -> Got | Any:
        """Read an option: a row such as `Context.io_threads`, or a number of zmq.h."""
        return self.blocking.get(option)

    def set(self, option: Number[Any, Given] | int, value: Given) -> None:
        """Change an option: a row such as `Context.io_threads`, or a number of zmq.h."""
        self.blocking.set(option, value)

    @property
    def closed(self) -> bool:
        """Whether the context was terminated."""
        return self.blocking.closed

    def shutdown(self) -> None:
        """Wake every coroutine that waits in a socket of this context, with ContextTerminated.

        C: zmq_ctx_shutdown(3)
        """
        self.blocking.shutdown()

    async def term(self) -> None:
        """Close all sockets and end the context, while other tasks go on.

        Waits while sockets have messages to send, each at most its linger. Coroutines that wait
        in a socket get ContextTerminated. If this is cancelled, a daemon thread goes on with it.

        C: zmq_ctx_term(3)
        """
        loop = asyncio.get_running_loop()
        ended = loop.create_future()

        def report(error: BaseException | None) -> None:
            if ended.done():
                return
            if error is None:
                ended.set_result(None)
            else:
                ended.set_exception(error)

        def end() -> None:
            error = None
            try:
                self.blocking.term()
            except BaseException as raised:
                error = raised
            with contextlib.suppress(RuntimeError):  # the event loop is closed
                loop.call_soon_threadsafe(report, error)

        # Not a thread of the executor: asyncio.run waits for those, and Ctrl-C does not end that.
        threading.Thread(target=end, name="zmqlite.aio.Context.term", daemon=True).start()
        await ended

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.term()

    def __repr__(self) -> str:
        return f"<zmqlite.aio.Context over {self.blocking!r}>"
