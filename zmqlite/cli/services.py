"""zmqlite call, list and describe: services of zmqlite.rpc, by their own listing or by a schema."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorProto

from ..context import Context
from ..rpc import Client, RpcError, Status
from ..rpc import schema as wire
from ..rpc.service import attribute
from .exits import Failed, TimedOut, Wrong, printable, wrong_input
from .parser import pairs
from .schema import json_text, load, message_class, parsed, pool_of, symbol
from .sockets import client_options
from .terminal import table


@contextmanager
def _client(args: Namespace) -> Iterator[Any]:
    """Connect a client; turn the errors of its calls into those of commands."""
    options = client_options(args)
    with Context() as context:
        with wrong_input():
            client = Client(context, args.endpoint, timeout=args.timeout, options=options)
        try:
            yield client
        except RpcError as error:
            kind = TimedOut if error.status == Status.DEADLINE_EXCEEDED else Failed
            raise kind(str(error)) from None
        finally:
            client.close()


def _listed(args: Namespace, client: Any) -> tuple[Any, list[str]]:
    """Return the pool of a schema, or of the server, and the names of the server's services."""
    if args.proto:
        return load(args.proto, args.include), []
    reply = client.stub(wire.SERVER).list(wire.ListRequest())
    try:
        return pool_of(map(FileDescriptorProto.FromString, reply.files)), list(reply.services)
    except Exception as error:  # of protobuf, which raises many kinds
        raise Failed(f"the server describes its services wrongly: {error}") from None


def _service(pool: Any, name: str) -> Any:
    try:
        return pool.FindServiceByName(name)
    except KeyError:
        raise Wrong(f"there is no service {name}; list says which there are") from None


def run_call(args: Namespace) -> None:
    """Call a method, and print its reply, or the items of its stream as they come."""
    name, _, method = args.method.strip("/").rpartition("/")
    metadata = pairs(args.meta, "--meta")
    text = sys.stdin.buffer.read() if args.request == "-" else args.request or "{}"
    with _client(args) as client:
        pool, _ = _listed(args, client)
        service = _service(pool, name)
        if (found := service.methods_by_name.get(method)) is None:
            raise Wrong(f"{name} has no method {method!r}; list says which it has")
        with wrong_input():
            request = parsed(text, message_class(pool, found.input_type.full_name))
            stub = client.stub(service)
        reply = getattr(stub, attribute(method))(request, metadata=metadata)
        for each in reply if found.server_streaming else [reply]:
            print(json_text(each), flush=True)


def run_list(args: Namespace) -> None:
    """Print the services of a server and their health, or the methods of one service."""
    with _client(args) as client:
        pool, names = _listed(args, client)
        if args.service:
            service = _service(pool, args.service)
            print(*(f"{service.full_name}/{each.name}" for each in service.methods), sep="\n")
            return
        health = client.stub(wire.SERVER).health
        states = [health(wire.HealthRequest(service=name)).serving for name in names]
        shown = ["serving" if serving else "not serving" for serving in states]
        table([*zip(map(printable, names), shown, strict=True)])


def run_describe(args: Namespace) -> None:
    """Print a service, message or enum as a .proto file has it; all services by default."""
    with _client(args) as client:
        pool, names = _listed(args, client)
    for name in [args.name] if args.name else names:
        print(*symbol(pool, name), sep="\n")
