"""The service of rpc_faults, from a descriptor."""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


def _make() -> Any:
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="faults.proto", package="faults")
    file.syntax = "proto3"
    message = file.message_type.add(name="Note")
    for place, name in enumerate(("number", "pause"), 1):
        field = message.field.add(name=name, number=place, type=kinds.TYPE_UINT64)
        field.label = kinds.LABEL_OPTIONAL
    service = file.service.add(name="Faults")
    for name in ("Once", "Repeat", "Count"):
        method = service.method.add(name=name, input_type=".faults.Note")
        method.output_type = ".faults.Note"
        method.server_streaming = name == "Count"
        if name == "Repeat":
            method.options.idempotency_level = descriptor_pb2.MethodOptions.IDEMPOTENT
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool.FindServiceByName("faults.Faults")


SERVICE = _make()
Note: Any = message_factory.GetMessageClass(SERVICE.file.message_types_by_name["Note"])
