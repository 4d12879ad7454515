"""Operation: the future of a call that waits for a socket, and the attempts that end it."""

from __future__ import annotations

import asyncio
from asyncio import AbstractEventLoop, Future
from collections import OrderedDict
from collections.abc import Callable
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

    __slots__ = ("attempt", "convert", "queues", "timer")

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
        """Make the attempt; whether the operation is done, as by an earlier one.

        The task that awaits it goes on before this returns. So it belongs into callbacks of the
        event loop, where no task runs.
        """
        if self.done():
            return True
        try:
            got = self.attempt()
            if got is None or got is False:
                return False
            convert = self.convert
            result = got if convert is None else convert(got)
        except Exception as error:
            self.set_exception(raised(error))
            self.leave()
            return True
        self.leave()
        for callback, context in self._callbacks or ():
            if isinstance(getattr(callback, "__self__", None), asyncio.Task):
                self.remove_done_callback(callback)
                self.set_result(result)
                context.run(callback, self)  # the task that awaits it goes on
                return True
        self.set_result(result)
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
