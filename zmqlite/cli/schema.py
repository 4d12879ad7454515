"""Message types from .proto files, descriptor sets and modules; and descriptors as .proto text."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

from .exits import Wrong, wrong_input

_TYPES: Final = {
    value.number: value.name.removeprefix("TYPE_").lower()
    for value in descriptor_pb2.FieldDescriptorProto.DESCRIPTOR.enum_types_by_name["Type"].values
}


def load(source: str, include: list[str]) -> Any:
    """Return the pool of a schema."""
    try:
        if not source.endswith(".proto") and not Path(source).is_file():
            sys.path[:0] = include or ["."]
            return import_module(source).DESCRIPTOR.pool
        with wrong_input():
            compiled = source.endswith(".proto")
            content = _compile(source, include) if compiled else Path(source).read_bytes()
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
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Wrong(f"{source}: {done.stderr.strip()}")
        return result.read_bytes()


def pool_of(given: Iterable[Any]) -> Any:
    """Return a pool with these files, in whatever order; KeyError, TypeError if one is broken."""
    files = {file.name: file for file in given}
    pool = descriptor_pool.DescriptorPool()
    added: set[str] = set()

    def add(names: Iterable[str]) -> None:
        for name in set(names) - added:
            added.add(name)
            file = files.get(name)
            if file is None:  # an import that comes with protobuf
                file = descriptor_pb2.FileDescriptorProto()
                descriptor_pool.Default().FindFileByName(name).CopyToProto(file)
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
    pool = message.DESCRIPTOR.file.pool
    shown = {"indent": None, "preserving_proto_field_name": True, "ensure_ascii": False}
    return str(json_format.MessageToJson(message, descriptor_pool=pool, **shown))  # type: ignore[arg-type]


def parsed(text: Any, kind: Any) -> Any:
    """Return the message that a JSON text describes; ValueError if it describes none."""
    try:
        return json_format.Parse(text, kind(), descriptor_pool=kind.DESCRIPTOR.file.pool)
    except (json_format.ParseError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"no {kind.DESCRIPTOR.full_name}: {error}") from None


def symbol(pool: Any, name: str) -> Iterator[str]:
    """Yield the lines of a service, message or enum, as a .proto file has them."""
    for find, shown in (
        (pool.FindServiceByName, _service),
        (pool.FindMessageTypeByName, _message),
        (pool.FindEnumTypeByName, _enum),
    ):
        try:
            found = find(name)
        except KeyError:
            continue
        return shown(found)
    raise Wrong(f"there is no {name}; its full name has the package")


def _service(service: Any) -> Iterator[str]:
    yield f"service {service.full_name} {{"
    for method in service.methods:
        request, reply = (
            f"{'stream ' if streams else ''}{kind.full_name}"
            for streams, kind in (
                (method.client_streaming, method.input_type),
                (method.server_streaming, method.output_type),
            )
        )
        level = method.GetOptions().idempotency_level
        name = descriptor_pb2.MethodOptions.IdempotencyLevel.Name(level)
        option = f" {{ option idempotency_level = {name}; }}" if level else ";"
        yield f"  rpc {method.name}({request}) returns ({reply}){option}"
    yield "}"


def _message(message: Any) -> Iterator[str]:
    yield f"message {message.full_name} {{"
    for field in message.fields:
        kind, label = _kind(field), ""
        if field.message_type and field.message_type.GetOptions().map_entry:
            key, value = (_kind(each) for each in field.message_type.fields)
            kind = f"map<{key}, {value}>"
        elif field.is_repeated if hasattr(field, "is_repeated") else field.label == 3:
            label = "repeated "
        elif one := field.containing_oneof:
            label = "optional " if len(one.fields) == 1 else f"/* oneof {one.name} */ "
        yield f"  {label}{kind} {field.name} = {field.number};"
    yield "}"


def _kind(field: Any) -> str:
    inner = field.message_type or field.enum_type
    return str(inner.full_name if inner else _TYPES[field.type])


def _enum(enum: Any) -> Iterator[str]:
    yield f"enum {enum.full_name} {{"
    yield from (f"  {value.name} = {value.number};" for value in enum.values)
    yield "}"
