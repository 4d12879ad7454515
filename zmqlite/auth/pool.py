"""Threads that ask the questions which take time; they keep no process from ending."""

from __future__ import annotations

import inspect
import queue
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeAlias

from .handler import JOBS, Job

Done: TypeAlias = Callable[[Job, object, "BaseException | None"], object]
"""Called in a thread of the pool with the answer to a job, or what asking raised."""


class Pool:
    """As many threads as jobs may run, each started when it is first needed.

    A thread cannot be ended from outside: one whose callable does not return is left behind, as a
    daemon, when the pool is closed.
    """

    def __init__(self, done: Done) -> None:
        self._done = done
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._lock = threading.Lock()

    def ask(self, job: Job) -> None:
        """Have a thread ask the question of a job."""
        with self._lock:
            if self._idle:
                self._idle -= 1
            elif len(self._threads) < JOBS:
                thread = threading.Thread(target=self._run, name="zmqlite.auth", daemon=True)
                self._threads.append(thread)
                thread.start()
        self._jobs.put(job)

    def close(self) -> None:
        """Let the threads end, each after its job."""
        for _ in self._threads:
            self._jobs.put(None)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            answer, error = None, None
            try:
                answer = job.question.ask()
                if inspect.isawaitable(answer):
                    asyncio: Any = import_module("asyncio")  # few programs need it here
                    answer = asyncio.run(_wait(answer))
            except BaseException as raised:
                error = raised
            with self._lock:
                self._idle += 1
            self._done(job, answer, error)


async def _wait(awaitable: Any) -> object:
    return await awaitable
