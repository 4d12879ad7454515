"""The authenticator in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading

from .base import Authenticator

__all__ = ["ThreadAuthenticator"]


class ThreadAuthenticator(Authenticator):
    """Answers libzmq in a thread with an event loop, from `start` to `stop` or the context's end.

    Callbacks run in that thread. One that does not return holds up all peers and `stop`; one that
    awaits holds up its own peer alone.
    """

    thread: threading.Thread | None = None
    _stopped: asyncio.Event | None = None

    def start(self) -> None:
        """Start the thread; when this returns, libzmq can ask.

        Raises:
            ZMQError: EADDRINUSE, as this or another authenticator of the context runs.
        """
        super().start()
        ready = threading.Event()
        thread = threading.Thread(target=self._run, args=(ready,), name="zmq.auth", daemon=True)
        try:
            thread.start()
        except BaseException:
            super().stop()
            raise
        self.thread = thread
        ready.wait()

    def stop(self) -> None:
        """End the thread, and wait until it has ended. Another call does nothing."""
        thread, loop, stopped = self.thread, self._loop, self._stopped
        if thread is None:
            return
        if loop is not None and stopped is not None:
            with contextlib.suppress(RuntimeError):  # the thread has ended, as its context has
                loop.call_soon_threadsafe(stopped.set)
        if thread is not threading.current_thread():
            thread.join()

    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self.thread is not None and self.thread.is_alive()

    def _run(self, ready: threading.Event) -> None:
        try:
            asyncio.run(self._main(ready))
        finally:
            ready.set()

    async def _main(self, ready: threading.Event) -> None:
        self._stopped = asyncio.Event()
        try:
            self._serve(asyncio.get_running_loop())
            ready.set()
            await self._stopped.wait()
        finally:
            super().stop()

    def _ended(self) -> None:
        assert self._stopped is not None
        self._stopped.set()
