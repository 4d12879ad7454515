"""Services as descriptors tell of them: methods, their messages and their names in Python."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from typing import Any, Final

from google.protobuf import descriptor_pb2, message_factory
from google.protobuf.message import Message as ProtobufMessage

from ..proto.codec import Bare
from ..proto.descriptors import needs_check
from . import wire

REPEATABLE: Final = ("NO_SIDE_EFFECTS", "IDEMPOTENT")
"""The idempotency_level of methods that may be executed more than once."""


class Method:
    """One method of a service: what a client and a server need to know of it.

    `name` is as in "/package.Service/Method", `attribute` the name in Python, `request` and `reply`
    the classes of messages.
    """

    __slots__ = (
        "attribute",
        "field",
        "idempotent",
        "name",
        "reply",
        "request",
        "streaming",
    )

    def __init__(self, descriptor: Any) -> None:
        self.name: str = f"/{descriptor.containing_service.full_name}/{descriptor.name}"
        if descriptor.client_streaming:
            raise TypeError(f"{self.name} has a stream of requests, which zmqlite.rpc has not")
        self.attribute: str = attribute(descriptor.name)
        self.request: type[ProtobufMessage] = message_factory.GetMessageClass(descriptor.input_type)
        self.reply: type[ProtobufMessage] = message_factory.GetMessageClass(descriptor.output_type)
        self.streaming: bool = descriptor.server_streaming
        level = descriptor.GetOptions().idempotency_level
        names = descriptor_pb2.MethodOptions.IdempotencyLevel
        self.idempotent: bool = names.Name(level) in REPEATABLE
        self.field: bytes = wire.more(method=self.name)


class Form:
    """How the messages of one type become payloads, and payloads messages, within a limit."""

    __slots__ = ("_check", "_codec", "_kind", "_limit", "_parse", "_serialize")

    def __init__(self, kind: type[ProtobufMessage], limit: int) -> None:
        self._codec: Bare[ProtobufMessage] = Bare(kind, limit=limit)
        self._kind = kind
        self._limit = limit
        self._check = needs_check(kind)
        self._parse = kind.FromString
        self._serialize = kind.SerializeToString

    def encode(self, message: ProtobufMessage) -> bytes:
        """Return the payload of a message; TypeError for another class, or EncodeError."""
        if type(message) is self._kind:
            try:
                data = self._serialize(message)
            except Exception:
                return self._codec.payload(message)  # raises
            if len(data) <= self._limit:
                return data
        return self._codec.encode(message)[0]  # raises

    def decode(self, part: wire.Part) -> ProtobufMessage:
        """Return the message in a payload; DecodeError."""
        data = memoryview(part).tobytes()
        if not self._check and len(data) <= self._limit:
            try:
                return self._parse(data)
            except Exception:
                pass
        return self._codec.parse(self._kind, self._check, data, ())


def attribute(name: str) -> str:
    """Return the name in Python of a method: `SayHello` is `say_hello`."""
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


def methods_of(descriptor: Any, reserved: Iterable[str] = ()) -> list[Method]:
    """Return the methods of a service.

    Raises:
        ValueError: two have the same name in Python, or one a name that cannot be used.
    """
    methods = [Method(each) for each in descriptor.methods]
    taken = dict.fromkeys(reserved, "a name of zmqlite.rpc")
    for method in methods:
        name = method.attribute
        if problem := name_problem(name, taken):
            raise ValueError(f"{method.name}: {problem}")
        taken[name] = method.name
    return methods


def name_problem(name: str, taken: dict[str, str]) -> str | None:
    """Return why a method cannot have this name in Python; None if it can."""
    if keyword.iskeyword(name) or name.startswith("_"):
        return f"{name} cannot be the name of a method in Python: rename it"
    if name in taken:
        return f"in Python it would be {name}, and so is {taken[name]}: rename one"
    return None
