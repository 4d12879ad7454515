"""The authenticator of a context on an event loop, and the awaited `connect`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Mapping
from typing import Any, Final, Self

from ..aio.context import Context
from ..aio.socket import Socket
from ..constants import SocketType
from ..errors import AddressInUse, ContextTerminated, SocketClosed, ZMQError
from ..socket import ZAP_ENDPOINT
from .authenticator import PATIENCE, AuthenticatorBase, second
from .handler import Job
from .policy import Policy
from .pool import Pool
from .sockets import INTERVAL, OUTCOMES, Attempt

__all__ = ["Authenticator", "connect"]


class Authenticator(AuthenticatorBase):
    """Decides who may connect to the sockets of a context, on the event loop that makes it.

        async with aio.Context() as context, auth.aio.Authenticator(context, policy):
            ...

    Coroutine functions of a policy run as tasks of this loop, and are cancelled after `timeout`
    milliseconds; all else that takes time runs in threads. Otherwise as zmqlite.auth.Authenticator.

    Raises:
        SecurityError: the context has an authenticator, or another ZAP handler.
        RuntimeError: no event loop is running.
    """

    _name = "aio.Authenticator"

    def __init__(
        self,
        context: Context,
        policy: Policy | Mapping[str, Policy] | None = None,
        *,
        timeout: int = PATIENCE,
    ) -> None:
        self._loop: Final = asyncio.get_running_loop()
        super().__init__(context.blocking, policy, timeout)
        self._socket = context.socket(SocketType.ROUTER, linger=0, rcvhwm=0, sndhwm=0)
        try:
            self._socket.bind(ZAP_ENDPOINT)
        except BaseException as error:
            self._leave()
            self._socket.close()
            if isinstance(error, AddressInUse):
                raise second("another ZAP handler is bound there") from None
            raise
        self._pool = Pool(self._done)
        self._tasks: dict[asyncio.Task[None], Job | None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._serving = self._loop.create_task(self._serve())
        self._serving.add_done_callback(lambda _: self._end())

    async def stop(self) -> None:
        """End it: from now on closed sockets let nobody in. Another call does nothing."""
        self._leave()
        self._serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._serving

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _serve(self) -> None:
        with contextlib.suppress(ContextTerminated, SocketClosed):
            while True:
                await self._reply(self._handler.receive(await self._socket.recv_multipart()))
                self._start()

    def _end(self) -> None:
        """Let go of everything when the task is done, which may never have begun."""
        self._leave()
        self._pool.close()
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(ZMQError):  # the context has ended
            self._socket.unbind(ZAP_ENDPOINT)  # at once, which a close is not
        self._socket.close()

    def _start(self) -> None:
        while (job := self._handler.start(self._loop.time())) is not None:
            if job.question.waits:
                self._spawn(self._ask(job), job)
            else:
                self._pool.ask(job)
        if self._timer is None and self._handler.waiting:
            self._timer = self._loop.call_later(self._patience / 4, self._expire)

    async def _ask(self, job: Job) -> None:
        answer: object = None
        error: BaseException | None = None
        waiting: Any = job.question.ask
        try:
            answer = await waiting()
        except asyncio.CancelledError as raised:
            if self._serving.done():
                raise
            error = raised
        except Exception as raised:
            error = raised
        await self._finish(job, answer, error)

    def _done(self, job: Job, answer: object, error: BaseException | None) -> None:
        """Take an answer, in a thread of the pool."""
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(lambda: self._spawn(self._finish(job, answer, error)))

    async def _finish(self, job: Job, answer: object, error: BaseException | None) -> None:
        with contextlib.suppress(ContextTerminated, SocketClosed):
            await self._reply(self._handler.finish(job, answer, error))
            self._start()

    def _expire(self) -> None:
        self._timer = None
        late, replies = self._handler.expire(self._loop.time())
        for task in [task for task, job in self._tasks.items() if job in late]:
            task.cancel()
        for reply in replies:
            self._spawn(self._reply(reply))
        self._start()

    def _spawn(self, work: Coroutine[Any, Any, None], job: Job | None = None) -> None:
        task = self._loop.create_task(work)
        self._tasks[task] = job
        task.add_done_callback(lambda task: self._tasks.pop(task))

    async def _reply(self, frames: list[bytes] | None) -> None:
        if frames is not None:
            with contextlib.suppress(ContextTerminated, SocketClosed):
                await self._socket.send_multipart(frames)


async def connect(socket: Socket[Any], endpoint: str, *, interval: int | None = INTERVAL) -> None:
    """Connect, and wait until the server has let this client in; see zmqlite.auth.connect.

    Waits for ever: `async with asyncio.timeout(5)` limits it.
    """
    attempt = Attempt(socket, endpoint, interval)
    async with socket.monitor(OUTCOMES) as monitor:
        socket.connect(endpoint)
        try:
            while True:
                pause = attempt.pause(-1)
                try:
                    async with asyncio.timeout(None if pause is None else pause / 1000):
                        if attempt.over(await monitor.recv()):
                            return
                except TimeoutError:
                    attempt.again()
        except BaseException:
            attempt.give_up()
            raise
