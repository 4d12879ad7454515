"""The article's message, made here without protoc; it needs protobuf and nothing of zmqlite."""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


def data_message() -> Any:
    """Make the message class."""
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
    """Make a message with as many characters as there are bytes."""
    return KIND(content="x" * len(message), timestamp=1_700_000_000_000)
