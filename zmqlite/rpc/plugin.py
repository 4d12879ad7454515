"""protoc-gen-zmqlite: typed servers and clients of the services in .proto files.

    protoc --python_out=. --zmqlite_out=. greeter.proto

writes greeter_rpc.py beside greeter_pb2.py: for a service Greeter the classes Greeter and
AsyncGreeter, whose methods a server overrides, and GreeterClient and AsyncGreeterClient. They hold
nothing but names and types; what a service is comes from the descriptors in greeter_pb2.
"""

from __future__ import annotations

import keyword
import sys
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.compiler import plugin_pb2

from .call import methods_of

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


class Imports:
    """The modules that the code for one file imports: lines, by what the code calls the modules."""

    def __init__(self) -> None:
        self.lines: dict[str, str] = {}

    def module(self, file: Any) -> str:
        """Return what the code calls the module of a .proto file, and import it."""
        path = file.name.removesuffix(".proto").replace("-", "_").split("/")
        _check_keywords(path, file.name, "file or directory")
        package, name = ".".join(path[:-1]), f"{path[-1]}_pb2"
        alias = "_".join([*path[:-1], name])
        source = f"from {package} import {name}" if package else f"import {name}"
        line = source if alias == name else f"{source} as {alias}"
        if self.lines.setdefault(alias, line) != line:
            raise ValueError(f"{file.name}: another file is {alias} in Python, too: rename one")
        return alias

    def name(self, message: Any) -> str:
        """Return how the code names a message type."""
        path = message.full_name.removeprefix(f"{message.file.package}.")
        _check_keywords(path.split("."), message.full_name, "message")
        return f"{self.module(message.file)}.{path}"


def _check_keywords(path: list[str], name: str, what: str) -> None:
    if bad := next(filter(keyword.iskeyword, path), None):
        raise ValueError(f"{name}: {bad} is a keyword of Python: rename the {what}")


def generate(request: Any) -> Any:
    """Return the CodeGeneratorResponse to a CodeGeneratorRequest."""
    features = plugin_pb2.CodeGeneratorResponse.Feature
    response = plugin_pb2.CodeGeneratorResponse(
        supported_features=features.FEATURE_PROTO3_OPTIONAL | features.FEATURE_SUPPORTS_EDITIONS,
        minimum_edition=descriptor_pb2.EDITION_PROTO2,
        maximum_edition=descriptor_pb2.EDITION_2023,
    )
    pool = descriptor_pool.DescriptorPool()
    for proto in request.proto_file:  # those that are imported come first
        pool.Add(proto)
    try:
        for file in map(pool.FindFileByName, request.file_to_generate):
            if file.services_by_name:
                name = file.name.removesuffix(".proto").replace("-", "_")
                response.file.add(name=f"{name}_rpc.py", content=_code(file))
    except ValueError as refusal:
        return plugin_pb2.CodeGeneratorResponse(error=str(refusal))
    return response


def _code(file: Any) -> str:
    imports = Imports()
    module, services = imports.module(file), file.services_by_name.values()
    body = "".join(_service(service, module, imports) for service in services)
    taken = [*OWN_NAMES, *imports.lines]
    for service in services:
        for pattern in ("{}", "Async{}", "{}Client", "Async{}Client"):
            name = pattern.format(service.name)
            if name in taken or keyword.iskeyword(name):
                raise ValueError(f"{file.name}: the name {name} is taken: rename {service.name}")
            taken.append(name)
    lines = "\n".join(sorted(imports.lines.values()))
    return HEAD.format(file=file.name, imports=lines).rstrip("\n") + "\n" + body


def _service(service: Any, module: str, imports: Imports) -> str:
    methods, text = methods_of(service), ""
    for prefix, base in (("", "rpc.Stub"), ("Async", "rpc_aio.Stub")):
        handlers = calls = ""
        for method, descriptor in zip(methods, service.methods, strict=True):
            names = {"name": method.attribute, "request": imports.name(descriptor.input_type)}
            reply = given = imports.name(descriptor.output_type)
            got = f"Coroutine[Any, Any, {reply}]" if prefix else reply
            if method.streaming:
                given = f"{prefix}Iterator[{reply}]"
                got = f"{base.replace('Stub', 'Stream')}[{reply}]"
            define = "async def" if prefix and not method.streaming else "def"
            handlers += HANDLER.format(define=define, reply=given, **names)
            calls += CALL.format(reply=got, **names)
        for name, parent, what, body in (
            ("", "rpc.Service", "The methods of {}, which a server overrides", handlers),
            ("Client", base, "Calls the methods of {}", calls),
        ):
            known = {"module": module, "service": service.name, "base": parent}
            known |= {
                "name": f"{prefix}{service.name}{name}",
                "text": what.format(service.full_name),
            }
            text += CLASS.format(**known) + body
    return text


def main() -> None:
    """Answer protoc: a request on standard input, the response on standard output."""
    request = plugin_pb2.CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    sys.stdout.buffer.write(generate(request).SerializeToString())
