"""What the codecs want to know about a message class, with every protobuf from 5.29 on."""

from __future__ import annotations

from typing import Any, TypeVar

from google.protobuf.message import Message as ProtobufMessage

M = TypeVar("M", bound=ProtobufMessage)

REQUIRED = 2
"""FieldDescriptor.LABEL_REQUIRED."""


def message_class(kind: type[M]) -> type[M]:
    """Return a class that protobuf made for a message type; TypeError for anything else."""
    given: object = kind
    if not isinstance(given, type) or not issubclass(given, ProtobufMessage):
        raise TypeError(f"a message class that protoc generated is wanted, not {given!r}")
    if getattr(kind, "DESCRIPTOR", None) is None:
        raise TypeError(f"{kind.__name__} is the base of all messages, not one of them")
    return kind


def full_name(kind: type[ProtobufMessage]) -> str:
    """Return the name of a message type with its package, as in `google.protobuf.Timestamp`."""
    name: str = kind.DESCRIPTOR.full_name
    return name


def needs_check(kind: type[ProtobufMessage]) -> bool:
    """Whether a message of this type can parse although a required field is missing.

    That is so where it, or any type below it, has one, or can be extended by one.
    """
    seen: set[str] = set()
    todo: list[Any] = [kind.DESCRIPTOR]
    while todo:
        descriptor = todo.pop()
        if descriptor.full_name in seen:
            continue
        seen.add(descriptor.full_name)
        if descriptor.is_extendable:
            return True
        for field in descriptor.fields:
            if _is_required(field):
                return True
            if field.message_type is not None:
                todo.append(field.message_type)
    return False


def _is_required(field: Any) -> bool:
    # `label` is deprecated where `is_required` exists.
    if hasattr(field, "is_required"):
        return bool(field.is_required)
    return bool(field.label == REQUIRED)
