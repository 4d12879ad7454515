"""A socket for typed messages: it has a Socket, and a codec for each direction.

Everything about frames is in codec and envelope, which know nothing of sockets; what waits and what
goes on is in sending and receiving.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Self, TypeVar, cast, overload

from google.protobuf.message import Message as ProtobufMessage

from ..constants import SocketType
from ..socket import Socket
from .codec import Codec, codec_for
from .envelope import Framing
from .errors import DecodeError
from .receiving import Receiving
from .sending import Sending

S = TypeVar("S", bound=ProtobufMessage)
R = TypeVar("R", bound=ProtobufMessage)

ROUTED: Final = {SocketType.ROUTER: 1, SocketType.DEALER: 0}
"""Socket types whose messages have a route, and the least number of frames in it."""


class TypedSocket(Sending[S], Receiving[R]):
    """A Socket that sends messages of type S and receives messages of type R.

    `outgoing` is a codec, or a message class that travels bare; `incoming` is the same for the
    other direction, if that differs. The socket stays in use for all else, as `socket`: connect,
    bind, options, poll, close. As there, one thread at a time.

    `route` is the length of an incoming route, for ROUTER and DEALER; None stands for any.
    `on_error` is called with the DecodeError of every message that cannot be decoded, and
    receiving goes on; without it, the call that received such a message raises.
    """

    @overload
    def __init__(
        self: TypedSocket[S, S],
        socket: Socket,
        outgoing: Codec[S] | type[S],
        *,
        route: int | None = ...,
        on_error: Callable[[DecodeError], object] | None = ...,
    ) -> None: ...
    @overload
    def __init__(
        self: TypedSocket[S, R],
        socket: Socket,
        outgoing: Codec[S] | type[S],
        incoming: Codec[R] | type[R],
        *,
        route: int | None = ...,
        on_error: Callable[[DecodeError], object] | None = ...,
    ) -> None: ...
    def __init__(
        self,
        socket: Socket,
        outgoing: Codec[S] | type[S],
        incoming: Codec[R] | type[R] | None = None,
        *,
        route: int | None = None,
        on_error: Callable[[DecodeError], object] | None = None,
    ) -> None:
        if not isinstance(socket, Socket):
            raise TypeError(
                f"a zmqlite.Socket is wanted, not {type(socket).__name__}; for one of zmqlite.aio "
                "there is zmqlite.proto.aio.TypedSocket"
            )
        self.socket = socket
        codec = codec_for(outgoing)
        least = ROUTED.get(socket.type)
        self.framing: Framing[S, R] = Framing(
            codec,
            cast("Codec[R]", codec) if incoming is None else codec_for(incoming),
            route=0 if least is None and route is None else route,
            least=least or 0,
        )
        Sending.__init__(self)
        Receiving.__init__(self, on_error)

    def close(self, linger: int | None = None) -> None:
        """Close the socket; see Socket.close."""
        self.socket.close(linger)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        framing = self.framing
        return f"<TypedSocket {framing.outgoing!r} -> {framing.incoming!r} on {self.socket!r}>"
