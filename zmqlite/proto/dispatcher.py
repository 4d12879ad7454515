"""Handlers by type: a Reactor receives from several typed sockets and calls them.

What goes wrong with one message, in decoding or in its handler, goes to `on_error`, and the
dispatcher goes on. What goes wrong with a socket ends it, since it would go wrong again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar

from google.protobuf.message import Message as ProtobufMessage

from ..constants import SocketType
from ..errors import Again, ContextTerminated, StateError
from ..reactor import Reactor
from .descriptors import full_name, message_class
from .envelope import Envelope, Received
from .errors import DecodeError, NoHandler, NotAllowed
from .socket import TypedSocket
from .wrapper import DONTWAIT

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from ..message import Message

M = TypeVar("M", bound=ProtobufMessage)
R = TypeVar("R", bound=ProtobufMessage, covariant=True)

AT_ONCE: Final = 100
"""Messages received from one socket before the Reactor looks at the others and at its timers."""

_log: Final = logging.getLogger(__name__)


class Origin:
    """Where a message came from: the socket and the route; `replied` after a `reply`."""

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
    """What `on_error` gets: the error, and the envelope if the message could be decoded."""

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
    known = isinstance(failure.error, (DecodeError, NoHandler, NotAllowed))
    trace = None if known else failure.error
    _log.error("%r: %s", failure.socket, failure.error, exc_info=trace)


class Dispatcher:
    """Receives from typed sockets and calls the handler of each message's type.

    `on_error` is called when a message cannot be decoded (DecodeError), when its type has no
    handler (NoHandler) and when its handler raises; then the dispatcher goes on, unless `on_error`
    raises. By default it logs. On a REP, a request that failed is answered with an error reply,
    unless its handler or `on_error` has replied.

    `allowed` is asked for each message with its `Received.user_id`, for instance
    zmqlite.auth.Authenticator.allowed: a message of whom it does not allow goes to `on_error`, as
    NotAllowed, and to no handler.

    `reactor` calls the dispatcher, so its timers and other readers go on beside the handlers; by
    default there is one of its own. What it says about threads and fork() holds here, too: `stop`
    may be called from any thread and any signal handler, the rest belongs to one thread.
    """

    def __init__(
        self,
        on_error: OnError = log_error,
        reactor: Reactor | None = None,
        *,
        allowed: Callable[[str | None], bool] | None = None,
    ) -> None:
        self.on_error = on_error
        self.allowed = allowed
        self.reactor: Final = Reactor() if reactor is None else reactor
        self._handlers: dict[tuple[object, type[ProtobufMessage]], Handler[Any]] = {}
        self._sockets: set[TypedSocket[Any, Any]] = set()

    def add(self, socket: TypedSocket[Any, Any]) -> None:
        """Receive from this socket from now on; ValueError if the reactor reads it already."""
        self.reactor.reader(socket, self._read)
        self._sockets.add(socket)

    def remove(self, socket: TypedSocket[Any, Any]) -> None:
        """No longer receive from this socket; to be done before it is closed."""
        self.reactor.cancel(socket)
        self._sockets.discard(socket)

    def register(self, kind: type[M], handler: Handler[M], *sockets: TypedSocket[Any, Any]) -> None:
        """Call `handler(message, delivery)` for messages of this type, from these sockets or all.

        A handler for a certain socket precedes one for all.

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

        Returns also when the reactor has neither sockets nor timers left.

        Raises:
            ZMQError: a socket cannot receive, for instance because it was closed.
        """
        try:
            self.reactor.run()
        except ContextTerminated:
            return

    def stop(self) -> None:
        """Have `run` return: at once, or after the handler that is running.

        Any thread and any signal handler may call it. Before `run` it makes that return at once.
        """
        self.reactor.stop()

    def _read(self, socket: TypedSocket[Any, Any]) -> None:
        for _ in range(AT_ONCE):
            if self.reactor.stopped or socket not in self._sockets:
                return
            try:
                envelope = socket._receive_envelope(DONTWAIT)
            except (Again, StateError):  # nothing is there, or a REP owes a reply
                return
            except DecodeError as error:
                self._fail(Failure(socket, error, None, error.route))
            else:
                if envelope is not None:
                    self._deliver(socket, envelope)

    def _deliver(self, socket: TypedSocket[Any, Any], envelope: Received[ProtobufMessage]) -> None:
        delivery = Delivery(socket, envelope)
        try:
            if self.allowed is not None and not self.allowed(envelope.user_id):
                raise NotAllowed(f"the user {envelope.user_id!r} is not allowed")
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
        try:
            self.on_error(failure)
        finally:
            if not failure.replied and failure.socket.type is SocketType.REP:
                failure.socket._answer(failure.error)
