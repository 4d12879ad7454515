"""zmqlite.proto, and beside it what it is built on: protobuf's own calls around send and recv."""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from zmqlite import proto

from .zmqlite import BATCH, OneAtATime


def data_message() -> Any:
    """Make the article's message class, here without protoc."""
    file = descriptor_pb2.FileDescriptorProto(name="message.proto", syntax="proto3")
    message = file.message_type.add(name="DataMessage")
    message.field.add(name="content", number=1, type="TYPE_STRING", label="LABEL_OPTIONAL")
    message.field.add(name="timestamp", number=2, type="TYPE_INT64", label="LABEL_OPTIONAL")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("DataMessage"))


KIND = data_message()
NAME = KIND.DESCRIPTOR.full_name.encode()


def filled(message: bytes) -> Any:
    """Put as many characters as there are bytes into a message."""
    return KIND(content="x" * len(message), timestamp=1_700_000_000_000)


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

    def alternate(self, sender: Any, receiver: Any, message: bytes, count: int) -> None:
        full = filled(message)
        for done in range(0, count, BATCH):
            left = min(BATCH, count - done)
            sender.send_many([full] * left)
            while left:
                left -= len(receiver.recv_many())
