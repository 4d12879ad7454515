"""The messages of the wire form, from descriptors that are made at run time.

docs/reference/rpc-wire.md has them as a .proto file. They live in a pool of their own, so no
program that has the same file from protoc gets a conflict.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from .status import Executed

PACKAGE: Final = "zmqlite.rpc"


class Kind(IntEnum):
    """What a message is for."""

    HELLO = 1
    WELCOME = 2
    REQUEST = 3
    REPLY = 4
    ITEM = 5
    CREDIT = 6
    CANCEL = 7
    STATUS = 8
    RESUME = 9
    PROBE = 10
    REGISTER = 11


_ENUMS: Final[dict[str, list[str]]] = {  # the numbers are the places
    "Kind": ["KIND_UNSPECIFIED", *(kind.name for kind in Kind)],
    "Executed": [f"EXECUTED_{executed.name}" for executed in Executed],
}

_MESSAGES: Final = {
    # The numbers of the fields are their places; "?" is for explicit presence.
    "Envelope": "kind Kind, id bytes, method string, incarnation bytes, timeout uint32 ?, "
    "metadata MetadataEntry *, attachments uint32, credit uint32, status int32, message string, "
    "details Detail *, executed Executed, version uint32, limit uint32",
    "Detail": "type_url string, value bytes",
    "ListRequest": "",
    "ListReply": "services string *, files bytes *",
    "HealthRequest": "service string",
    "HealthReply": "serving bool",
    "Registration": "services string *, files bytes *, repeatable string *, calls uint32",
    "StatisticsRequest": "",
    "ServiceStatistics": "service string, servers uint32, waiting uint32, under_way uint32, "
    "calls uint64, failed uint64, refused uint64, waited uint64, lasted uint64",
    "StatisticsReply": "services ServiceStatistics *, uptime uint64",
}

_SERVICES: Final = {"Server": ("List", "Health"), "Broker": ("Statistics",)}

_Field = descriptor_pb2.FieldDescriptorProto


def _add_field(message: descriptor_pb2.DescriptorProto, number: int, text: str) -> None:
    name, kind, *more = text.split()
    field = message.field.add(name=name, number=number)
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
        message.oneof_decl.add(name=f"_{name}")
        field.oneof_index = 0


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name="zmqlite/rpc.proto", package=PACKAGE, syntax="proto3"
    )
    for name, values in _ENUMS.items():
        enum = file.enum_type.add(name=name)
        for number, value in enumerate(values):
            enum.value.add(name=value, number=number)
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, text in enumerate(filter(None, fields.split(", ")), 1):
            _add_field(message, number, text)
    for owner, names in _SERVICES.items():
        service = file.service.add(name=owner)
        for name in names:
            types = f".{PACKAGE}.{name}Request", f".{PACKAGE}.{name}Reply"
            method = service.method.add(name=name, input_type=types[0], output_type=types[1])
            method.options.idempotency_level = descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS
    return file


FILE: Final = _file()
"""The whole schema, as protoc would describe it."""

_pool = descriptor_pool.DescriptorPool()
_pool.Add(FILE)


def _message(name: str) -> Any:
    return message_factory.GetMessageClass(_pool.FindMessageTypeByName(f"{PACKAGE}.{name}"))


Envelope: Final = _message("Envelope")
ListReply: Final = _message("ListReply")
ListRequest: Final = _message("ListRequest")
HealthRequest: Final = _message("HealthRequest")
HealthReply: Final = _message("HealthReply")
Registration: Final = _message("Registration")
StatisticsRequest: Final = _message("StatisticsRequest")
StatisticsReply: Final = _message("StatisticsReply")

SERVER: Final[Any] = _pool.FindServiceByName(f"{PACKAGE}.Server")
"""The service that every server has."""

BROKER: Final[Any] = _pool.FindServiceByName(f"{PACKAGE}.Broker")
"""The service that every broker has in addition."""
