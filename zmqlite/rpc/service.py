"""Services as descriptors tell of them: methods, their messages and their names in Python."""

from __future__ import annotations

import keyword
import re
from typing import Any, Final

from google.protobuf import descriptor_pb2, message_factory
from google.protobuf.message import Message as ProtobufMessage

from ..proto.codec import LIMIT, Bare
from . import wire

REPEATABLE: Final = ("NO_SIDE_EFFECTS", "IDEMPOTENT")
"""The idempotency_level of methods that may be executed more than once."""


class Method:
    """One method of a service: what a client and a server need to know of it.

    `name` is as in "/package.Service/Method", `attribute` the name in Python, `request` and `reply`
    the codecs of its messages, `field` the field of a request that names it. On a server `handler`
    executes it.
    """

    handler: Any = None

    def __init__(self, descriptor: Any, limit: int) -> None:
        self.name: str = f"/{descriptor.containing_service.full_name}/{descriptor.name}"
        if descriptor.client_streaming:
            raise ValueError(f"{self.name} has a stream of requests, which zmqlite.rpc has not")
        self.attribute: str = attribute(descriptor.name)
        self.request: Bare[ProtobufMessage] = _form(descriptor.input_type, limit)
        self.reply: Bare[ProtobufMessage] = _form(descriptor.output_type, limit)
        self.streaming: bool = descriptor.server_streaming
        level = descriptor.GetOptions().idempotency_level
        names = descriptor_pb2.MethodOptions.IdempotencyLevel
        self.idempotent: bool = names.Name(level) in REPEATABLE
        self.field: bytes = wire.more(method=self.name)


def _form(descriptor: Any, limit: int) -> Bare[ProtobufMessage]:
    return Bare(message_factory.GetMessageClass(descriptor), limit=limit)


def parse(form: Bare[ProtobufMessage], payload: bytes) -> ProtobufMessage:
    """Return the message in a payload; DecodeError."""
    return form.parse(form.kind, form.check, payload, ())


def attribute(name: str) -> str:
    """Return the name in Python of a method: `SayHello` is `say_hello`."""
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


def methods_of(descriptor: Any, limit: int = LIMIT) -> list[Method]:
    """Return the methods of a service, whose messages have at most `limit` bytes.

    Raises:
        ValueError: one has a stream of requests or a name that cannot be used, or two have the same
            name in Python.
    """
    methods = {}
    for each in descriptor.methods:
        method = Method(each, limit)
        name = method.attribute
        if keyword.iskeyword(name) or name.startswith("_"):
            problem = f"{name} cannot be the name of a method in Python: rename it"
            raise ValueError(f"{method.name}: {problem}")
        other = methods.setdefault(name, method)
        if other is not method:
            problem = f"in Python it would be {name}, and so is {other.name}: rename one"
            raise ValueError(f"{method.name}: {problem}")
    return [*methods.values()]
