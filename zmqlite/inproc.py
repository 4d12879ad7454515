"""The inproc endpoints of one context: those that are bound, and those that have only connections.

A socket may connect to an inproc endpoint before another one binds it. If nobody ever binds it,
zmq_ctx_term creates a PAIR socket that does, and aborts the process if it cannot create one. So
there is a spare PAIR socket. The first connection that may need it creates it, since a failure can
be raised there. It binds the endpoints that are still not bound when the context is shut down.
"""

from __future__ import annotations

import os

from ._zmq import lib
from .constants import SocketType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final

    from ._zmq import CData
    from .owner import Owner

INPROC: Final = "inproc://"


class Inproc:
    """The inproc endpoints of the context that `owner` belongs to, encoded as for libzmq."""

    __slots__ = ("_owner", "_spare", "awaited", "endpoints")

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._spare: CData | None = None  # a handle
        self.endpoints: set[bytes] = set()  # bound
        self.awaited: set[bytes] = set()  # connected to, and not bound yet

    def connecting(self, endpoint: bytes) -> None:
        """Take note of an endpoint that a socket is about to connect to.

        Raises:
            ZMQError: libzmq could not create the spare socket.
        """
        with self._owner.locked("zmq_connect"):
            if endpoint in self.endpoints:
                return
            if self._spare is None:
                name = os.fsdecode(endpoint)
                self._spare = self._owner.open(SocketType.PAIR, "zmq_connect", name)
            self.awaited.add(endpoint)

    def bound(self, endpoint: bytes) -> None:
        """Take note of an endpoint that a socket has bound."""
        self.endpoints.add(endpoint)
        self.awaited.discard(endpoint)

    def unbound(self, endpoints: Iterable[bytes]) -> None:
        """Take note of endpoints that a socket has unbound; others than inproc are ignored."""
        self.endpoints.difference_update(endpoints)

    def bind_awaited(self) -> None:
        """Bind what nobody has bound, at the end of the context."""
        for endpoint in tuple(self.awaited):
            self.bind_spare(endpoint)

    def bind_spare(self, endpoint: bytes) -> None:
        """Bind the spare socket to an endpoint that was connected to and that nobody will bind."""
        if self._spare is not None:
            lib.zl_bind(self._spare, endpoint)  # fails if a socket has bound it after all
            self.awaited.discard(endpoint)
