"""Operation: the future of a call that waits for a socket, and the attempts that end it."""

from __future__ import annotations

import asyncio
from asyncio import AbstractEventLoop, Future
from collections import OrderedDict
from collections.abc import Callable, Generator
from typing import Any, TypeAlias

from ..errors import ZMQError
from .error import translated

Attempt: TypeAlias = Callable[[], Any]
"""Makes a call without waiting: its result, or None (False) where it would have to wait."""

Convert: TypeAlias = Callable[[Any], Any]
"""Makes what the caller gets of what an attempt gave."""

Queue: TypeAlias = "OrderedDict[Operation, None]"


class Operation(Future[Any]):
    """A future that waits for a socket."""

    __slots__ = ("attempt", "convert", "got", "number", "queues", "take_back", "timer", "what")

    def __init__(
        self,
        loop: AbstractEventLoop,
        attempt: Attempt,
        convert: Convert | None,
        queues: tuple[Queue, ...],
    ) -> None:
        super().__init__(loop=loop)
        self.attempt: Attempt = attempt
        self.convert: Convert | None = convert
        self.queues: tuple[Queue, ...] = queues
        self.got: Any = None  # the message that it received
        self.what: int | None = None  # of a receive: FRAME ...
        self.number: int = 0  # in the order in which the messages were received
        self.take_back: Callable[[Operation], None] | None = None
        self.timer: asyncio.TimerHandle | None = None
        for queue in queues:
            queue[self] = None

    def end_after(self, milliseconds: float, result: Any) -> None:
        """End with this result, or exception, once so much time is over."""
        self.timer = self.get_loop().call_later(milliseconds / 1000, self._end, result)

    def _end(self, result: Any) -> None:
        if self.done():
            return
        if isinstance(result, Exception):
            self.set_exception(result)
        else:
            self.set_result(result)
        self.leave()

    def serve(self) -> bool:
        """Make the attempt; whether the operation is done, as by an earlier one."""
        if self.done():
            return True
        try:
            got = self.attempt()
            if got is None or got is False:
                return False
            convert = self.convert
            self.set_result(got if convert is None else convert(got))
            self.got = got
        except Exception as error:
            self.set_exception(raised(error))
        self.leave()
        return True

    def leave(self) -> None:
        """Wait no longer."""
        for queue in self.queues:
            queue.pop(self, None)
        if self.timer is not None:
            self.timer.cancel()

    def cancel(self, msg: Any | None = None) -> bool:
        """Cancel at once: nothing was received or sent, nor will be."""
        if not super().cancel(msg):
            return False
        self.leave()
        return True

    def __await__(self) -> Generator[Any, None, Any]:
        try:
            return (yield from super().__await__())
        except BaseException:
            if self.take_back is not None and self.got is not None and not self.exception():
                self.take_back(self)  # the task was cancelled, though the message is here
            raise

    __iter__ = __await__


def try_now(
    loop: AbstractEventLoop, attempt: Attempt, convert: Convert | None
) -> Future[Any] | None:
    """Make an attempt; return a future that is done, or None if the call has to wait."""
    try:
        got = attempt()
        if got is None or got is False:
            return None
        result = got if convert is None else convert(got)
    except Exception as error:
        future: Future[Any] = loop.create_future()
        future.set_exception(raised(error))
        return future
    future = loop.create_future()
    future.set_result(result)
    return future


def raised(error: Exception) -> Exception:
    """Return what the caller sees of an error."""
    return translated(error) if isinstance(error, ZMQError) else error
