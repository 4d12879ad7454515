"""The messages of the wire form, from descriptors that are made at run time.

docs/reference/rpc-wire.md has them as a .proto file. They live in a pool of their own, so no
program that has the same file from protoc gets a conflict.
"""

from __future__ import annotations

from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PACKAGE: Final = "zmqlite.rpc"

_ENUMS: Final[dict[str, dict[str, int]]] = {
    "Kind": {
        "KIND_UNSPECIFIED": 0,
        "HELLO": 1,
        "WELCOME": 2,
        "REQUEST": 3,
        "REPLY": 4,
        "ITEM": 5,
        "CREDIT": 6,
        "CANCEL": 7,
        "STATUS": 8,
        "RESUME": 9,
        "PROBE": 10,
    },
    "Executed": {"EXECUTED_UNKNOWN": 0, "EXECUTED_NO": 1, "EXECUTED_YES": 2},
}

_MESSAGES: Final[dict[str, tuple[str, ...]]] = {
    # The numbers of the fields are their places; "?" is for explicit presence.
    "Envelope": (
        "kind Kind",
        "id bytes",
        "method string",
        "incarnation bytes",
        "timeout uint32 ?",
        "metadata MetadataEntry *",
        "attachments uint32",
        "credit uint32",
        "status int32",
        "message string",
        "details Detail *",
        "executed Executed",
        "version uint32",
        "limit uint32",
    ),
    "Detail": ("type_url string", "value bytes"),
    "ListRequest": (),
    "ListReply": ("services string *", "files bytes *"),
    "HealthRequest": ("service string",),
    "HealthReply": ("serving bool",),
}

_METHODS: Final = (("List", "ListRequest", "ListReply"), ("Health", "HealthRequest", "HealthReply"))

_Field = descriptor_pb2.FieldDescriptorProto


def _add_field(message: descriptor_pb2.DescriptorProto, number: int, text: str) -> None:
    name, kind, *more = text.split()
    field = message.field.add(name=name, number=number, json_name=name)
    if name == "type_url":
        field.json_name = "typeUrl"
    field.label = _Field.LABEL_REPEATED if more == ["*"] else _Field.LABEL_OPTIONAL
    if kind in _ENUMS:
        field.type, field.type_name = _Field.TYPE_ENUM, f".{PACKAGE}.{kind}"
    elif kind == "MetadataEntry":
        field.type, field.type_name = _Field.TYPE_MESSAGE, f".{PACKAGE}.Envelope.{kind}"
        entry = message.nested_type.add(name=kind)
        entry.options.map_entry = True
        _add_field(entry, 1, "key string")
        _add_field(entry, 2, "value string")
    elif kind in _MESSAGES:
        field.type, field.type_name = _Field.TYPE_MESSAGE, f".{PACKAGE}.{kind}"
    else:
        field.type = _Field.Type.Value(f"TYPE_{kind.upper()}")
    if more == ["?"]:
        field.proto3_optional = True
        field.oneof_index = len(message.oneof_decl)
        message.oneof_decl.add(name=f"_{name}")


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name="zmqlite/rpc.proto", package=PACKAGE, syntax="proto3"
    )
    for name, values in _ENUMS.items():
        enum = file.enum_type.add(name=name)
        for value, number in values.items():
            enum.value.add(name=value, number=number)
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, text in enumerate(fields, 1):
            _add_field(message, number, text)
    service = file.service.add(name="Server")
    for name, request, reply in _METHODS:
        method = service.method.add(name=name)
        method.input_type, method.output_type = f".{PACKAGE}.{request}", f".{PACKAGE}.{reply}"
        method.options.idempotency_level = descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS
    return file


FILE: Final = _file()
"""The whole schema, as protoc would describe it."""

_pool = descriptor_pool.DescriptorPool()
_pool.Add(FILE)


def _message(name: str) -> Any:
    descriptor = _pool.FindMessageTypeByName(f"{PACKAGE}.{name}")
    return message_factory.GetMessageClass(descriptor)


Envelope: Final = _message("Envelope")
ListReply: Final = _message("ListReply")
ListRequest: Final = _message("ListRequest")
HealthRequest: Final = _message("HealthRequest")
HealthReply: Final = _message("HealthReply")

SERVER: Final[Any] = _pool.FindServiceByName(f"{PACKAGE}.Server")
"""The service that every server has."""
