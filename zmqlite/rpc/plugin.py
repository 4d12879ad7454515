"""protoc-gen-zmqlite: typed servers and clients of the services in .proto files.

    protoc --python_out=. --zmqlite_out=. greeter.proto

writes greeter_rpc.py beside greeter_pb2.py: for a service Greeter the classes Greeter and
AsyncGreeter, whose methods a server overrides, and GreeterClient and AsyncGreeterClient. They hold
nothing but names and types; what a service is comes from the descriptors in greeter_pb2.
"""

from __future__ import annotations

import keyword
import sys
from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias

from google.protobuf import descriptor_pb2
from google.protobuf.compiler import plugin_pb2

from .service import attribute, name_problem

HEAD: Final = '''\
# Made by protoc-gen-zmqlite from {file}. Do not edit.
"""Servers and clients of the services in {file}."""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import Any, Unpack

from zmqlite import rpc
from zmqlite.rpc import aio as rpc_aio

{imports}

'''

CLASS: Final = '''

class {name}({base}):
    """{text}."""

    DESCRIPTOR = {module}.DESCRIPTOR.services_by_name["{service}"]
'''

HANDLER: Final = """
    {define} {name}(self, request: {request}, call: rpc.Call) -> {reply}:
        raise rpc.unimplemented(call)
"""

CALL: Final = """
    def {name}(self, request: {request}, **options: Unpack[rpc.CallOptions]) -> {reply}:
        result: {reply} = self._call("{name}", request, **options)
        return result
"""

OWN_NAMES: Final = ("Any", "AsyncIterator", "Coroutine", "Iterator", "Unpack", "rpc", "rpc_aio")
"""Names of a generated module that are not those of services and messages."""


class Refusal(Exception):
    """Why there is no code for a file."""


class Types:
    """Where Python has the message types of all files, and the modules that one file imports."""

    def __init__(self, files: Iterable[Any]) -> None:
        self._places: dict[str, tuple[str, str]] = {}
        self.imported: dict[str, str] = {}  # the names of modules
        for file in files:
            package = f".{file.package}" if file.package else ""
            for path in _nested(file.message_type, ""):
                self._places[f"{package}.{path}"] = file.name, path

    def module(self, file: str) -> str:
        """Return what the generated code calls the module of a .proto file, and import it."""
        path = file.removesuffix(".proto").replace("-", "_").split("/")
        if bad := [part for part in path if keyword.iskeyword(part)]:
            raise Refusal(f"{file}: {bad[0]} is a keyword of Python: rename the file or directory")
        package, name = ".".join(path[:-1]), f"{path[-1]}_pb2"
        alias = "_".join([*path[:-1], name])
        source = f"from {package} import {name}" if package else f"import {name}"
        line = source if alias == name else f"{source} as {alias}"
        if self.imported.setdefault(alias, line) != line:
            raise Refusal(f"{file}: another file is {alias} in Python, too: rename one")
        return alias

    def name(self, full_name: str) -> str:
        """Return how the generated code names a message type."""
        file, path = self._places[full_name]
        if bad := [part for part in path.split(".") if keyword.iskeyword(part)]:
            raise Refusal(f"{full_name[1:]}: {bad[0]} is a keyword of Python: rename the message")
        return f"{self.module(file)}.{path}"


def _nested(messages: Iterable[Any], prefix: str) -> Iterator[str]:
    for message in messages:
        yield f"{prefix}{message.name}"
        yield from _nested(message.nested_type, f"{prefix}{message.name}.")


def generate(request: Any) -> Any:
    """Return the CodeGeneratorResponse to a CodeGeneratorRequest."""
    features = plugin_pb2.CodeGeneratorResponse.Feature
    response = plugin_pb2.CodeGeneratorResponse(
        supported_features=features.FEATURE_PROTO3_OPTIONAL | features.FEATURE_SUPPORTS_EDITIONS,
        minimum_edition=descriptor_pb2.EDITION_PROTO2,
        maximum_edition=descriptor_pb2.EDITION_2023,
    )
    try:
        for file in request.proto_file:
            if file.name in request.file_to_generate and file.service:
                name = file.name.removesuffix(".proto").replace("-", "_")
                content = _code(file, Types(request.proto_file))
                response.file.add(name=f"{name}_rpc.py", content=content)
    except Refusal as refusal:
        return plugin_pb2.CodeGeneratorResponse(error=str(refusal))
    return response


def _code(file: Any, types: Types) -> str:
    module = types.module(file.name)
    body = "".join(_service(file, service, module, types) for service in file.service)
    taken = [*OWN_NAMES, *types.imported]
    for service in file.service:
        for pattern in ("{}", "Async{}", "{}Client", "Async{}Client"):
            name = pattern.format(service.name)
            if name in taken or keyword.iskeyword(name):
                raise Refusal(f"{file.name}: the name {name} is taken: rename {service.name}")
            taken.append(name)
    imports = "\n".join(sorted(types.imported.values()))
    return HEAD.format(file=file.name, imports=imports).rstrip("\n") + "\n" + body


def _service(file: Any, service: Any, module: str, types: Types) -> str:
    full_name = f"{file.package}.{service.name}" if file.package else service.name
    methods = list(_methods(full_name, service, types))
    text = ""
    for prefix, base in (("", "rpc.Stub"), ("Async", "rpc_aio.Stub")):
        handlers = calls = ""
        for streaming, reply, names in methods:
            define = "async def" if prefix and not streaming else "def"
            given = f"{prefix}Iterator[{reply}]" if streaming else reply
            handlers += HANDLER.format(define=define, reply=given, **names)
            got = f"Coroutine[Any, Any, {reply}]" if prefix else reply
            got = f"{base.replace('Stub', 'Stream')}[{reply}]" if streaming else got
            calls += CALL.format(reply=got, **names)
        for name, parent, what, body in (
            ("", "rpc.Service", f"The methods of {full_name}, which a server overrides", handlers),
            ("Client", base, f"Calls the methods of {full_name}", calls),
        ):
            known = {"module": module, "service": service.name, "base": parent, "text": what}
            text += CLASS.format(name=f"{prefix}{service.name}{name}", **known) + body
    return text


_Method: TypeAlias = tuple[bool, str, dict[str, str]]


def _methods(full_name: str, service: Any, types: Types) -> Iterator[_Method]:

    taken: dict[str, str] = {}
    for method in service.method:
        name = attribute(method.name)
        if problem := name_problem(name, taken):
            raise Refusal(f"{full_name}.{method.name}: {problem}")
        if method.client_streaming:
            text = "has a stream of requests, which zmqlite.rpc has not"
            raise Refusal(f"{full_name}.{method.name} {text}")
        taken[name] = method.name
        request, reply = types.name(method.input_type), types.name(method.output_type)
        yield method.server_streaming, reply, {"name": name, "request": request}


def main() -> None:
    """Answer protoc: a request on standard input, the response on standard output."""
    request = plugin_pb2.CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    sys.stdout.buffer.write(generate(request).SerializeToString())
