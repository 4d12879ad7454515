"""The authenticator on an event loop."""

from __future__ import annotations

import asyncio
from typing import Any

from .. import Context
from .base import Authenticator

__all__ = ["AsyncioAuthenticator"]


class AsyncioAuthenticator(Authenticator):
    """Answers libzmq on the running event loop, or on `loop`, from `start` to `stop`.

    `start` and `stop` are called in the loop's thread. It also ends with the context.
    """

    def __init__(
        self,
        context: Context[Any] | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
        encoding: str = "utf-8",
        log: Any = None,
    ) -> None:
        super().__init__(context, encoding, log)
        self.loop = loop

    def start(self) -> None:
        """Begin to answer.

        Raises:
            ZMQError: EADDRINUSE, as this or another authenticator of the context runs.
            RuntimeError: no loop was given, and none runs.
        """
        loop = self.loop or asyncio.get_running_loop()
        super().start()
        self._serve(loop)
