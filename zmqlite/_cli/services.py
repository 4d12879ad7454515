"""zmqlite call, list and describe: services of zmqlite.rpc, by their own listing or by a schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from google.protobuf import descriptor_pb2

from ..context import Context
from ..rpc import Client, RpcError, Status
from ..rpc import schema as wire
from ..rpc.call import attribute
from .schema import json_text, load, message_class, parsed, pool_of
from .sockets import client_security, options
from .terminal import Failed, TimedOut, Wrong, printable, table, wrong_input

TYPE: Final = descriptor_pb2.FieldDescriptorProto.Type.Name
LEVEL: Final = descriptor_pb2.MethodOptions.IdempotencyLevel.Name


@contextmanager
def _client(args: Any) -> Iterator[Any]:
    """Connect a client; turn the errors of its calls into those of commands."""
    with Context() as context:
        with wrong_input():
            given: Any = options(args) | client_security(args)
            client = Client(context, args.endpoint, timeout=args.timeout, options=given)
        try:
            with client:
                yield client
        except RpcError as error:
            # The server cancels a call whose deadline it sees pass first.
            late = error.status in (Status.DEADLINE_EXCEEDED, Status.CANCELLED)
            raise (TimedOut if late else Failed)(str(error)) from None


def _listed(client: Any) -> tuple[Any, list[str]]:
    """Return the pool of a server, and the names of its services."""
    reply = client.stub(wire.SERVER).list(wire.ListRequest())
    try:
        files = map(descriptor_pb2.FileDescriptorProto.FromString, reply.files)
        return pool_of(files), list(reply.services)
    except Exception as error:  # of protobuf, which raises many kinds
        raise Failed(f"the server describes its services wrongly: {error}") from None


def call(args: Any) -> None:
    """Call a method, and print its reply, or the items of its stream as they come."""
    name, _, method = args.method.strip("/").rpartition("/")
    text = Path("/dev/stdin").read_bytes() if args.request == "-" else args.request or "{}"
    with _client(args) as client:
        pool = load(args) if args.proto else _listed(client)[0]
        try:
            service = pool.FindServiceByName(name)
            found = service.methods_by_name[method]
        except KeyError:
            raise Wrong(f"there is no method {args.method}; list and describe say which") from None
        with wrong_input():
            request = parsed(text, message_class(pool, found.input_type.full_name))
            stub = client.stub(service)
        reply = getattr(stub, attribute(method))(request, metadata=dict(args.meta))
        for each in reply if found.server_streaming else [reply]:
            print(json_text(each), flush=True)


def list_services(args: Any) -> None:
    """Print the services of a server and their health."""
    with _client(args) as client:
        names, health = _listed(client)[1], client.stub(wire.SERVER).health
        states = [health(wire.HealthRequest(service=name)).serving for name in names]
    rows = zip(map(printable, names), states, strict=True)
    table([(name, "serving" if serving else "not serving") for name, serving in rows])


def describe(args: Any) -> None:
    """Print a service, message or enum as a .proto file has it; all services by default."""
    with _client(args) as client:
        pool, names = _listed(client)
    for name in [args.name] if args.name else names:
        print(*map(printable, _described(pool, name)), "}", sep="\n")


def _described(pool: Any, name: str) -> list[str]:
    """Return the lines of a service, message or enum, but the last."""
    with suppress(KeyError):
        methods = pool.FindServiceByName(name).methods
        return [f"service {name} {{", *map(_method, methods)]
    with suppress(KeyError):
        fields = pool.FindMessageTypeByName(name).fields
        return [f"message {name} {{", *map(_field, fields)]
    with suppress(KeyError):
        values = pool.FindEnumTypeByName(name).values
        return [f"enum {name} {{", *(f"  {value.name} = {value.number};" for value in values)]
    raise Wrong(f"there is no {name}; its full name has the package")


def _method(method: Any) -> str:
    request = "stream " * method.client_streaming + method.input_type.full_name
    reply = "stream " * method.server_streaming + method.output_type.full_name
    level = method.GetOptions().idempotency_level
    option = f" {{ option idempotency_level = {LEVEL(level)}; }}" if level else ";"
    return f"  rpc {method.name}({request}) returns ({reply}){option}"


def _field(field: Any) -> str:
    kind, one = _kind(field), field.containing_oneof
    if field.message_type and field.message_type.GetOptions().map_entry:
        kind = f"map<{', '.join(map(_kind, field.message_type.fields))}>"
    elif field.is_repeated if hasattr(field, "is_repeated") else field.label == 3:
        kind = f"repeated {kind}"
    elif one:
        kind = ("optional " if len(one.fields) == 1 else f"/* oneof {one.name} */ ") + kind
    return f"  {kind} {field.name} = {field.number};"


def _kind(field: Any) -> str:
    inner = field.message_type or field.enum_type
    return str(inner.full_name) if inner else TYPE(field.type).removeprefix("TYPE_").lower()
