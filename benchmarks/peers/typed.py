"""zmqlite.proto, and beside it what it is built on: protobuf's own calls around send and recv."""

from __future__ import annotations

from typing import Any

from zmqlite import proto

from .article import KIND, NAME, filled
from .zmqlite import BATCH, OneAtATime


class ByHand(OneAtATime):
    """SerializeToString and FromString around send and recv of the raw socket."""

    def alternate(self, sender: Any, receiver: Any, message: bytes, count: int) -> None:
        serialise, parse = filled(message).SerializeToString, KIND.FromString
        send, receive = sender.send, receiver.recv
        for _ in range(count):
            send(serialise())
            parse(receive())


class ByHandInTwo(OneAtATime):
    """The same with a frame before it, as a topic or a type's name is."""

    def alternate(self, sender: Any, receiver: Any, message: bytes, count: int) -> None:
        serialise, parse = filled(message).SerializeToString, KIND.FromString
        send, receive = sender.send_multipart, receiver.recv_multipart
        for _ in range(count):
            send([NAME, serialise()])
            parse(receive()[1])


class ByHandBatched(OneAtATime):
    """The same in batches."""

    def alternate(self, sender: Any, receiver: Any, message: bytes, count: int) -> None:
        serialise, parse = filled(message).SerializeToString, KIND.FromString
        for done in range(0, count, BATCH):
            left = min(BATCH, count - done)
            sender.send_many([serialise() for _ in range(left)])
            while left:
                left -= len([parse(data) for data in receiver.recv_many()])


class Bare(OneAtATime):
    """Typed sockets, the payload alone."""

    codec: Any = KIND

    def socket(self, kind: str, **options: int) -> Any:
        return proto.TypedSocket(super().socket(kind, **options), self.codec)

    def send(self, socket: Any, message: bytes, count: int) -> None:
        super().send(socket, filled(message), count)

    def alternate(self, sender: Any, receiver: Any, message: bytes, count: int) -> None:
        super().alternate(sender, receiver, filled(message), count)


class Tagged(Bare):
    """With the name of the type in front."""

    codec = proto.Tagged(KIND)


class Topic(Bare):
    """With a topic in front."""

    codec = proto.Topic(KIND)

    def alternate(self, sender: Any, receiver: Any, message: bytes, count: int) -> None:
        full, send, receive = filled(message), sender.send, receiver.recv
        for _ in range(count):
            send(full, topic=NAME)
            receive()


class Batched(Bare):
    """send_many, recv_many."""

    def send(self, socket: Any, message: bytes, count: int) -> None:
        batch = [filled(message)] * BATCH
        for _ in range(count // BATCH):
            socket.send_many(batch)
        socket.send_many(batch[: count % BATCH])

    def receive_first(self, socket: Any) -> int:
        return len(socket.recv_many())

    def receive(self, socket: Any, count: int) -> None:
        while count:
            count -= len(socket.recv_many())

    def alternate(self, sender: Any, receiver: Any, message: bytes, count: int) -> None:
        for done in range(0, count, BATCH):
            number = min(BATCH, count - done)
            self.send(sender, message, number)
            self.receive(receiver, number)
