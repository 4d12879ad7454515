"""Message types from .proto files, descriptor sets and modules; payloads as JSON, and back.

The payload is the last frame. With `--tagged` the frame before it has the full name of its type.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet

from ..proto.codec import Bare, Tagged
from .terminal import Wrong

# On a terminal all but ASCII is escaped: a message could send it commands.
ENCODE: Final = json.JSONEncoder(ensure_ascii=sys.stdout.isatty()).encode
DICT: Final[Any] = partial(json_format.MessageToDict, preserving_proto_field_name=True)

DEEPEST: Final = 16
"""How many messages inside one another `--decode-raw` looks for."""


def load(args: Any) -> Any:
    """Return the pool of `--proto`."""
    source, compiled = args.proto, args.proto.endswith(".proto")
    try:
        if not compiled and not Path(source).is_file():
            sys.path[:0] = args.include or ["."]
            return import_module(source).DESCRIPTOR.pool
        content = _compile(source, args.include) if compiled else Path(source).read_bytes()
        return pool_of(descriptor_pb2.FileDescriptorSet.FromString(content).file)
    except Wrong:
        raise
    except Exception as error:  # of protobuf, or whatever the code of a module raises
        what = "no .proto file, descriptor set or module of protoc"
        raise Wrong(f"{source} is {what}: {error}") from None


def _compile(source: str, include: list[str]) -> bytes:
    """Return the descriptor set that protoc makes of a file and its imports."""
    beside = f"{Path(sys.executable).parent}:{Path(sys.argv[0]).parent}"
    if (protoc := shutil.which("protoc") or shutil.which("protoc", path=beside)) is None:
        raise Wrong(f"{source} needs protoc, which is not here; give a descriptor set or a module")
    with tempfile.TemporaryDirectory(prefix="zmqlite-") as folder:
        result = Path(folder, "set")
        paths = [f"-I{path}" for path in [*include, str(Path(source).parent)]]
        command = [protoc, *paths, "--include_imports", f"--descriptor_set_out={result}", source]
        if (done := subprocess.run(command, capture_output=True, text=True)).returncode:
            raise Wrong(f"{source}: {done.stderr}")
        return result.read_bytes()


def pool_of(given: Iterable[Any]) -> Any:
    """Return a pool with these files, in whatever order; KeyError, TypeError if one is broken."""
    files, pool = {file.name: file for file in given}, descriptor_pool.DescriptorPool()
    added: set[str] = set()

    def add(names: Iterable[str]) -> None:
        for name in {*names} - added:
            added.add(name)
            if (file := files.get(name)) is None:  # an import that comes with protobuf
                content = descriptor_pool.Default().FindFileByName(name).serialized_pb
                file = descriptor_pb2.FileDescriptorProto.FromString(content)
            add(file.dependency)
            pool.Add(file)

    add(files)
    return pool


def message_class(pool: Any, name: str) -> Any:
    """Return the class of a message type of a schema."""
    try:
        return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
    except KeyError:
        raise Wrong(f"the schema has no message {name}; its full name has the package") from None


def json_text(message: Any) -> str:
    """Return a message as one line of JSON, with the names of the .proto file."""
    return ENCODE(DICT(message, descriptor_pool=message.DESCRIPTOR.file.pool))


def parsed(text: Any, kind: Any) -> Any:
    """Return the message that a JSON text describes; ValueError if it describes none."""
    try:
        return json_format.Parse(text, kind(), descriptor_pool=kind.DESCRIPTOR.file.pool)
    except (json_format.ParseError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"no {kind.DESCRIPTOR.full_name}: {error}") from None


class Typed:
    """Payloads of one type, or with `--tagged` of those that are given.

    Both ways frames keep their places, and the payload is a JSON text here; ValueError if it is
    none, or does not parse.
    """

    def __init__(self, args: Any) -> None:
        if not (args.proto and args.type) or args.decode_raw:
            raise Wrong("--proto and --type, of which --tagged takes several, or --decode-raw")
        pool = load(args)
        kinds = [message_class(pool, name) for name in args.type]
        if len(kinds) > 1 and not args.tagged:
            raise Wrong("several types need --tagged")
        self._codec: Final[Any] = Tagged(*kinds) if args.tagged else Bare(*kinds)
        self._kinds: Final = {kind.DESCRIPTOR.full_name.encode(): kind for kind in kinds}

    def encode(self, frames: list[bytes]) -> list[bytes]:
        """Return what to send; a payload alone is of the first type."""
        *head, text = frames
        name = head.pop() if self._codec.head and head else next(iter(self._kinds))
        if name not in self._kinds:
            raise ValueError(f"the frame before the payload names none of --type: {name!r:.80}")
        return [*head, *self._codec.encode(parsed(text, self._kinds[name]))]

    def decode(self, frames: list[bytes]) -> list[bytes]:
        """Return what to print."""
        message = self._codec.decode(frames[-1 - self._codec.head :])
        return [*frames[:-1], json_text(message).encode()]


class Raw:
    """Payloads whose schema is not known: their fields by the numbers; input stays as it is."""

    encode: Final = staticmethod(list[bytes])

    def decode(self, frames: list[bytes]) -> list[bytes]:
        """Return what to print; ValueError if the payload is no message."""
        if (fields := raw_fields(frames[-1], DEEPEST)) is None:
            raise ValueError("the payload is no message of Protocol Buffers")
        return [*frames[:-1], ENCODE(fields).encode()]


def raw_fields(payload: bytes, depth: int) -> dict[str, Any] | None:
    """Return the values of each field; None if the bytes are no message.

    What may be text or a message is shown as text if it is printable, as a message if it parses.
    """
    fields: dict[str, Any] = {}
    try:
        found: Any = UnknownFieldSet(Empty.FromString(payload))
    except DecodeError:
        return None
    for field in found:
        value = field.data
        if isinstance(value, bytes):
            text = value.decode(errors="surrogateescape")
            inner = None if text.isprintable() or not depth else raw_fields(value, depth - 1)
            value = text if text.isprintable() else inner or {"hex": value.hex()}
        shown = value if isinstance(value, int | str | dict) else "a group"
        fields.setdefault(str(field.field_number), []).append(shown)
    return fields


def payloads(args: Any) -> Typed | Raw:
    """Return what the options of a command say about payloads."""
    return Typed(args) if args.proto or args.type or args.tagged else Raw()
