"""The service that is measured, from descriptors: Echo, and a stream of the same messages."""

from __future__ import annotations

from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

METADATA: Final = {"trace": "0123456789abcdef"}
TIMEOUT: Final = 30_000
"""Milliseconds of each call, so that the deadline travels."""


def _make() -> Any:
    file = descriptor_pb2.FileDescriptorProto(
        name="benchmarks/echo.proto", package="benchmarks", syntax="proto3"
    )
    message = file.message_type.add(name="Note")
    kinds = descriptor_pb2.FieldDescriptorProto
    for number, (name, kind) in enumerate(
        (("text", kinds.TYPE_STRING), ("number", kinds.TYPE_UINT64), ("data", kinds.TYPE_BYTES)), 1
    ):
        message.field.add(name=name, number=number, type=kind, label=kinds.LABEL_OPTIONAL)
    service = file.service.add(name="Echo")
    for name, stream in (("Echo", False), ("Wait", False), ("Count", True)):
        service.method.add(
            name=name,
            input_type=".benchmarks.Note",
            output_type=".benchmarks.Note",
            server_streaming=stream,
        )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool.FindServiceByName("benchmarks.Echo")


SERVICE: Final = _make()
Note: Final[Any] = message_factory.GetMessageClass(SERVICE.file.message_types_by_name["Note"])
