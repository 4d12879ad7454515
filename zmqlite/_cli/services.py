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
from .exits import Failed, TimedOut, Wrong, printable, wrong_input
from .parser import pairs
from .schema import json_text, load, message_class, parsed, pool_of
from .sockets import client_security, options
from .terminal import table

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
            yield client
        except RpcError as error:
            # The server cancels a call whose deadline it sees pass first.
            late = error.status in (Status.DEADLINE_EXCEEDED, Status.CANCELLED)
            raise (TimedOut if late else Failed)(str(error)) from None
        finally:
            client.close()


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
    metadata = pairs(args.meta, "--meta")
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
        reply = getattr(stub, attribute(method))(request, metadata=metadata)
        for each in reply if found.server_streaming else [reply]:
            print(json_text(each), flush=True)


def list_services(args: Any) -> None:
    """Print the services of a server and their health."""
    with _client(args) as client:
        names, health = _listed(client)[1], client.stub(wire.SERVER).health
        states = [health(wire.HealthRequest(service=name)).serving for name in names]
    shown = ["serving" if serving else "not serving" for serving in states]
    table([*zip(map(printable, names), shown, strict=True)])


def describe(args: Any) -> None:
    """Print a service, message or enum as a .proto file has it; all services by default."""
    with _client(args) as client:
        pool, names = _listed(client)
    kinds = {"Service": _methods, "MessageType": _fields, "EnumType": _values}
    for name in [args.name] if args.name else names:
        for kind, lines in kinds.items():
            with suppress(KeyError):
                print(
                    *map(printable, lines(getattr(pool, f"Find{kind}ByName")(name))), "}", sep="\n"
                )
                break
        else:
            raise Wrong(f"there is no {name}; its full name has the package")


def _methods(service: Any) -> Iterator[str]:
    yield f"service {service.full_name} {{"
    for each in service.methods:
        request = "stream " * each.client_streaming + each.input_type.full_name
        reply = "stream " * each.server_streaming + each.output_type.full_name
        level = each.GetOptions().idempotency_level
        option = f" {{ option idempotency_level = {LEVEL(level)}; }}" if level else ";"
        yield f"  rpc {each.name}({request}) returns ({reply}){option}"


def _fields(message: Any) -> Iterator[str]:
    yield f"message {message.full_name} {{"
    for field in message.fields:
        kind, label, one = _kind(field), "", field.containing_oneof
        if field.message_type and field.message_type.GetOptions().map_entry:
            kind = f"map<{', '.join(map(_kind, field.message_type.fields))}>"
        elif field.is_repeated if hasattr(field, "is_repeated") else field.label == 3:
            label = "repeated "
        elif one:
            label = "optional " if len(one.fields) == 1 else f"/* oneof {one.name} */ "
        yield f"  {label}{kind} {field.name} = {field.number};"


def _kind(field: Any) -> str:
    inner = field.message_type or field.enum_type
    return str(inner.full_name) if inner else TYPE(field.type).removeprefix("TYPE_").lower()


def _values(enum: Any) -> Iterator[str]:
    yield f"enum {enum.full_name} {{"
    yield from (f"  {value.name} = {value.number};" for value in enum.values)
