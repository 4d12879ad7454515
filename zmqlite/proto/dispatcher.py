"""Handlers by type: one loop that receives from several typed sockets and calls them.

What goes wrong with one message, in decoding or in its handler, goes to `on_error`, and the loop
goes on. What goes wrong with a socket ends it, since it would go wrong again.
"""

from __future__ import annotations

import logging
import os
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar

from google.protobuf.message import Message as ProtobufMessage

from ..constants import Event, Flag, SocketType
from ..errors import Again, ContextTerminated
from ..poll import Poller
from .descriptors import full_name, message_class
from .envelope import Envelope, Received
from .errors import DecodeError, NoHandler
from .socket import TypedSocket

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from ..message import Message

M = TypeVar("M", bound=ProtobufMessage)
R = TypeVar("R", bound=ProtobufMessage, covariant=True)

TURN: Final = 100
"""Messages taken from one socket before the others have their turn."""

_log: Final = logging.getLogger(__name__)


class Origin:
    """Where a message came from: the socket, and the way back."""

    def __init__(self, socket: TypedSocket[Any, Any], route: Sequence[bytes]) -> None:
        self.socket = socket
        self.route: list[bytes] = list(route)
        self.replied: bool = False

    def reply(
        self, message: ProtobufMessage, *, attachments: Sequence[Buffer | Message] = ()
    ) -> None:
        """Send a message to where this one came from (REP, ROUTER, DEALER, PAIR)."""
        envelope = Envelope(message, route=self.route, attachments=attachments)
        self.socket.send_envelope(envelope)
        self.replied = True


class Delivery(Origin, Generic[R]):
    """What a handler gets beside the message: the envelope, the socket, and a way to reply."""

    def __init__(self, socket: TypedSocket[Any, Any], envelope: Received[R]) -> None:
        super().__init__(socket, envelope.route)
        self.envelope = envelope


class Failure(Origin):
    """What `on_error` gets: the error, and the envelope where the message could be decoded."""

    def __init__(
        self,
        socket: TypedSocket[Any, Any],
        error: Exception,
        envelope: Received[ProtobufMessage] | None,
        route: Sequence[bytes],
    ) -> None:
        super().__init__(socket, route)
        self.error = error
        self.envelope = envelope


Handler: TypeAlias = Callable[[M, Delivery[M]], object]
OnError: TypeAlias = Callable[[Failure], object]


def log_error(failure: Failure) -> None:
    """Log what went wrong with a message, with a traceback unless it could not be decoded."""
    known = isinstance(failure.error, (DecodeError, NoHandler))
    trace = None if known else failure.error
    _log.error("%r: %s", failure.socket, failure.error, exc_info=trace)


class Dispatcher:
    """Receives from typed sockets and calls the handler of each message's type.

    `on_error` is the one place where it goes when a message cannot be decoded (DecodeError), when
    no handler is there for its type (NoHandler) and when a handler raises; unless it raises, too,
    the loop goes on. By default it logs.

    A REP socket receives again only after it has replied. So a request that failed on one has to
    be answered by `on_error`; if it is not, the loop ends with that error.

    `stop` may be called from any thread and from handlers, all else belongs to one thread.
    """

    def __init__(self, on_error: OnError = log_error) -> None:
        self.on_error = on_error
        self._handlers: dict[tuple[object, type[ProtobufMessage]], Handler[Any]] = {}
        self._sockets: dict[object, TypedSocket[Any, Any]] = {}
        self._poller = Poller()
        self._stopped = False
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._close = weakref.finalize(self, os.close, self._wake)
        self._poller.register(self._wake, Event.POLLIN)

    def add(self, socket: TypedSocket[Any, Any]) -> None:
        """Receive from this socket from now on."""
        self._sockets[socket.socket] = socket
        self._poller.register(socket.socket, Event.POLLIN)

    def remove(self, socket: TypedSocket[Any, Any]) -> None:
        """Receive from this socket no more; to be done before it is closed."""
        self._poller.unregister(socket.socket)
        del self._sockets[socket.socket]

    def register(self, kind: type[M], handler: Handler[M], *sockets: TypedSocket[Any, Any]) -> None:
        """Call `handler(message, delivery)` for messages of this type, from these sockets or all.

        One that is for a certain socket goes before one that is for all.

        Raises:
            ValueError: there is a handler for that.
        """
        for socket in sockets or (None,):
            key = socket, message_class(kind)
            if key in self._handlers:
                raise ValueError(f"{full_name(kind)} has a handler")
            self._handlers[key] = handler

    def on(
        self, kind: type[M], *sockets: TypedSocket[Any, Any]
    ) -> Callable[[Handler[M]], Handler[M]]:
        """Register a handler, as a decorator: `@dispatcher.on(DataMessage)`."""

        def decorate(handler: Handler[M]) -> Handler[M]:
            self.register(kind, handler, *sockets)
            return handler

        return decorate

    def run(self) -> None:
        """Receive and call handlers until `stop`, or until the context is terminated.

        Raises:
            ZMQError: a socket cannot receive, for instance because it was closed.
        """
        while self.run_once():
            pass

    def run_once(self, timeout: int | None = None) -> bool:
        """Wait for messages, `timeout` milliseconds or for ever, and handle those that are there.

        Returns False after a `stop`, which that call uses up, and once the context is terminated.
        """
        try:
            for item, _ in self._poller.poll(timeout):
                if item == self._wake:
                    os.eventfd_read(self._wake)
                else:
                    self._turn(self._sockets[item])
        except ContextTerminated:
            return False
        stopped, self._stopped = self._stopped, False
        return not stopped

    def stop(self) -> None:
        """End `run`, now or when it is called next, after the handler that runs."""
        self._stopped = True
        os.eventfd_write(self._wake, 1)

    def close(self) -> None:
        """Let go of the descriptor that `stop` needs; the sockets stay as they are."""
        self._close()

    def _turn(self, socket: TypedSocket[Any, Any]) -> None:
        for _ in range(TURN):
            if self._stopped or socket.socket not in self._sockets:
                return
            try:
                envelope = socket.recv_envelope(Flag.DONTWAIT)
            except Again:
                return
            except DecodeError as error:
                self._fail(Failure(socket, error, None, error.route))
            else:
                self._deliver(socket, envelope)

    def _deliver(self, socket: TypedSocket[Any, Any], envelope: Received[ProtobufMessage]) -> None:
        delivery = Delivery(socket, envelope)
        try:
            self._handler(socket, type(envelope.message))(envelope.message, delivery)
        except Exception as error:  # whatever a handler may raise
            failure = Failure(socket, error, envelope, envelope.route)
            failure.replied = delivery.replied
            self._fail(failure)

    def _handler(self, socket: TypedSocket[Any, Any], kind: type[ProtobufMessage]) -> Handler[Any]:
        for key in ((socket, kind), (None, kind)):
            if key in self._handlers:
                return self._handlers[key]
        raise NoHandler(f"no handler for {full_name(kind)}")

    def _fail(self, failure: Failure) -> None:
        self.on_error(failure)
        if not failure.replied and failure.socket.socket.type is SocketType.REP:
            raise failure.error
