"""What the blocking and the awaited typed socket share: each wraps a socket."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, NoReturn, TypeVar

from google.protobuf.message import Message as ProtobufMessage

from ..constants import Flag, SocketType
from ..message import Message
from ..option import Option
from ..socket_options import SUBSCRIBE, UNSUBSCRIBE, SocketOptions
from .codec import Codec, codec_for
from .envelope import Framing, Received
from .errors import BatchError, DecodeError
from .typed import Frames, Typed

if TYPE_CHECKING:
    from typing_extensions import Buffer

Got = TypeVar("Got")
Given = TypeVar("Given")
S = TypeVar("S", bound=ProtobufMessage)
R = TypeVar("R", bound=ProtobufMessage)

OnError = Callable[[DecodeError], object]

ROUTED: Final = {SocketType.ROUTER: 1, SocketType.DEALER: 0}
"""Socket types whose messages have a route, and the least number of frames in it."""

REQUESTING: Final = (SocketType.REQ, SocketType.DEALER, SocketType.ROUTER)
"""Socket types that a REP can be the peer of."""

DONTWAIT: Final = int(Flag.DONTWAIT)
SNDMORE: Final = int(Flag.SNDMORE)


class Wrapper(SocketOptions, Generic[S, R]):
    """A typed socket without its sends and receives; options are those of the socket."""

    __slots__ = ("__weakref__", "_answers", "_on_error", "_typed", "socket")

    socket: Any

    def __init__(
        self,
        socket: Any,
        outgoing: Codec[S] | type[S],
        incoming: Codec[R] | type[R] | None,
        route: int | None,
        on_error: OnError | None,
    ) -> None:
        self.socket = socket
        kind = socket.type
        codec: Codec[Any] = codec_for(outgoing)
        least = ROUTED.get(kind)
        self._typed: Typed[S, R] = Typed(
            Framing(
                codec,
                codec if incoming is None else codec_for(incoming),
                route=0 if least is None and route is None else route,
                least=least or 0,
                replies=kind in REQUESTING,
            )
        )
        # A REQ cannot receive again before it has sent: its errors are raised.
        self._on_error = None if kind is SocketType.REQ else on_error
        self._answers = kind is SocketType.REP

    @property
    def framing(self) -> Framing[S, R]:
        """How messages become frames, and frames messages."""
        return self._typed.framing

    def __repr__(self) -> str:
        framing = self.framing
        return f"<TypedSocket {framing.outgoing!r} -> {framing.incoming!r} on {self.socket!r}>"

    # Receiving

    def _decode_envelope(self, frames: Frames) -> Received[R] | None:
        """Return the envelope in these frames, and who has sent it; None if it is to be skipped."""
        envelope = self._typed.decode_envelope(frames)
        first = frames[0]
        if envelope is not None and self.socket._checked and isinstance(first, memoryview):
            message: Any = first.obj
            envelope.user_id = message.metadata("User-Id")
        return envelope

    # Errors

    def _failed(self, error: DecodeError) -> None:
        """Pass an error to `on_error`, one by one those of a batch, or raise it."""
        if self._on_error is None:
            raise error
        for each in error.errors if isinstance(error, BatchError) else (error,):
            self._on_error(each)

    # Subscriptions

    def subscribe(self, topic: Buffer | str = b"") -> None:
        """Receive the messages whose topic begins with this one, too; an empty one is all (SUB).

        A `str` is sent as UTF-8. If the wire form has no topic, the name of the type is compared.
        """
        topic = SUBSCRIBE.encode(topic)
        if topic and not self.framing.incoming.head:
            raise ValueError(
                "bare messages have no topic to subscribe to: subscribe(), or use Topic() or "
                "Tagged() on both sides"
            )
        self.socket.subscribe(topic)
        self._typed.subscriptions.add(topic)

    def unsubscribe(self, topic: Buffer | str = b"") -> None:
        """Take one subscription back; one that was not made is no error."""
        topic = UNSUBSCRIBE.encode(topic)
        self.socket.unsubscribe(topic)
        self._typed.subscriptions.remove(topic)

    def subscribe_type(self, kind: type[ProtobufMessage]) -> None:
        """Receive messages of exactly this type, too (SUB).

        The wire form has to be Tagged, without a topic.
        """
        name = self._typed.name_to_subscribe(kind)
        self.socket.subscribe(name)
        self._typed.subscriptions.add_type(name)

    def unsubscribe_type(self, kind: type[ProtobufMessage]) -> None:
        """Take one subscription of a type back; one that was not made is no error."""
        name = self._typed.name_to_subscribe(kind)
        self.socket.unsubscribe(name)
        self._typed.subscriptions.remove_type(name)

    # Endpoints and options

    def bind(self, endpoint: str) -> str:
        """Accept peers at an endpoint; return the real one. See zmqlite.Socket.bind."""
        real: str = self.socket.bind(endpoint)
        return real

    def connect(self, endpoint: str) -> None:
        """Start connecting to an endpoint; see zmqlite.Socket.connect."""
        self.socket.connect(endpoint)

    def unbind(self, endpoint: str) -> None:
        """Stop accepting peers at an endpoint; see zmqlite.Socket.unbind."""
        self.socket.unbind(endpoint)

    def disconnect(self, endpoint: str) -> None:
        """End the connection to an endpoint; see zmqlite.Socket.disconnect."""
        self.socket.disconnect(endpoint)

    def get(self, option: Option[Got, Any] | int) -> Got | Any:
        """Read an option of the socket; see zmqlite.Socket.get."""
        return self.socket.get(option)

    def set(self, option: Option[Any, Given] | int, value: Given) -> None:
        """Change an option of the socket; see zmqlite.Socket.set."""
        self.socket.set(option, value)

    # Life

    @property
    def closed(self) -> bool:
        """Whether the socket was closed, by itself or by its context."""
        closed: bool = self.socket.closed
        return closed

    def close(self, linger: int | None = None) -> None:
        """Close the socket; see its own `close`."""
        self.socket.close(linger)


def unknown(payload: object) -> NoReturn:
    """Stand for the parser of a type that the codec does not have."""
    raise LookupError


def whole(flags: int) -> int:
    """Return flags that are for a whole message; ValueError for others."""
    if flags & SNDMORE:
        raise ValueError("a typed message is whole: attachments go with it in an Envelope")
    return flags


def views(parts: Sequence[Message | bytes]) -> list[Any]:
    """Return the content of parts: views of Message objects, which are not copied, and bytes."""
    return [part.data if isinstance(part, Message) else part for part in parts]
