"""What the blocking and the asyncio server share: services, and how the calls of handlers end."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, TypedDict

from ..arguments import INT_MAX, integer
from ..constants import SocketType
from ..context import Context
from ..errors import Again, ZMQError
from ..message import Message
from ..proto.codec import LIMIT
from ..proto.errors import ProtoError
from . import schema, wire
from .call import Call, Ended, Hook, check_context, clock, messages
from .service import Form, Method, methods_of
from .serving import Event, ServerCall, ServerProtocol
from .status import Executed, RpcError, Status

if TYPE_CHECKING:
    from ..keywords import SocketKeywords

log: Final = logging.getLogger("zmqlite.rpc")

OPTIONS: Final[SocketKeywords] = {
    "linger": 1000,
    "router_mandatory": True,
    "heartbeat_ivl": 1000,
    "heartbeat_timeout": 3000,
    "sndhwm": 32_768,
}
"""Options of a server's socket."""


class Service:
    """The base of services: the class that protoc-gen-zmqlite makes of one, or its descriptor.

    `Service(descriptor, handlers)` takes the methods of any object whose methods have the names in
    Python of those of the service; methods that it does not have are UNIMPLEMENTED.
    """

    DESCRIPTOR: ClassVar[Any] = None

    def __init__(self, descriptor: Any = None, handlers: object = None) -> None:
        self._descriptor = descriptor or self.DESCRIPTOR
        self._handlers = handlers or self
        if self._descriptor is None:
            raise TypeError("Service(descriptor, handlers), or a class made by protoc-gen-zmqlite")


class Bound(NamedTuple):
    """A method and its handler."""

    method: Method
    handler: Callable[[Any, Call], Any]
    request: Form
    reply: Form


@dataclass(slots=True, eq=False)
class Run:
    """A call under way: the driver's side of a ServerCall."""

    call: ServerCall
    bound: Bound
    seen: Call | None = None  # by the handler
    item: Any = None  # the iterator of a stream, the task with asyncio
    parked: list[Any] = field(default_factory=list)  # not empty: a stream waits for credit
    used: int = 0  # credit
    start: int = field(default_factory=time.monotonic_ns)

    def begin(self) -> Any:
        """Return what the handler returns; raises what it raises, and DecodeError as RpcError."""
        self.seen = seen = Call(self.call, self.bound.method.name)
        try:
            request = self.bound.request.decode(self.call.parts[2])
        except ProtoError as error:
            status = Status.INVALID_ARGUMENT
            raise Refused(status, str(error), executed=Executed.NO) from None
        self.call.parts[2] = b""  # which a call that takes long need not keep
        return self.bound.handler(request, seen)

    def reply(self, message: Any) -> tuple[bytes, bytes, list[Message]]:
        """Return the payload, the further fields and the attachments of a reply."""
        payload, seen = self.bound.reply.encode(message), self.seen
        assert seen is not None
        attachments = messages(seen.reply_attachments) if seen.reply_attachments else []
        return payload, wire.extra(seen.reply_metadata, attachments), attachments

    def error(self, error: BaseException) -> RpcError:
        """Return how a call ends whose handler raised this: never with a traceback."""
        if isinstance(error, Refused):
            return error
        if isinstance(error, RpcError):
            error.executed = Executed.YES
            return error
        name = self.bound.method.name
        log.error("the handler of %s failed", name, exc_info=error)
        text = "the handler failed; the server has logged why"
        return RpcError(Status.INTERNAL, text, executed=Executed.YES)

    @property
    def metadata(self) -> dict[str, str]:
        """What the handler wants to be sent at the end."""
        return {} if self.seen is None else self.seen.reply_metadata


class Refused(RpcError):
    """A call that ended before its handler was begun."""


def unimplemented(call: Call) -> RpcError:
    """Return what a handler raises that was not overridden: it counts as not executed."""
    text = f"the server has no method {call.method}"
    return Refused(Status.UNIMPLEMENTED, text, executed=Executed.NO)


class ServerOptions(TypedDict, total=False):
    """The arguments that both servers take by name."""

    calls: int
    limit: int
    hook: Hook | None
    options: SocketKeywords | None


class Host:
    """What a server is made of: its socket, its services and the protocol.

    `serving` is what the built-in Health says of the server; a program may set it.
    """

    _CONTEXT: ClassVar[type] = Context

    def __init__(
        self,
        context: Any,
        *services: Service,
        calls: int = 10_000,
        limit: int = LIMIT,
        hook: Hook | None = None,
        options: SocketKeywords | None = None,
    ) -> None:
        check_context(self, context, self._CONTEXT)
        self.serving: bool = True
        self._methods: dict[str, Bound] = {}
        self._services: dict[str, Any] = {}  # descriptors by name
        self._hook = hook
        self._limit = limit
        for service in (*services, Service(schema.SERVER, BuiltIn(self))):
            self._add(service)
        calls = integer(calls, "calls", 1, INT_MAX)
        self._protocol = ServerProtocol(os.urandom(8), self._methods, calls=calls, limit=limit)
        self._socket: Any = context.socket(SocketType.ROUTER, **{**OPTIONS, **(options or {})})

    def bind(self, endpoint: str) -> str:
        """Accept clients at an endpoint; return the real one. See zmqlite.Socket.bind."""
        real: str = self._socket.bind(endpoint)
        return real

    def _add(self, service: Service) -> None:
        descriptor = service._descriptor
        if descriptor.full_name in self._services:
            raise ValueError(f"the server has a service {descriptor.full_name} already")
        self._services[descriptor.full_name] = descriptor
        for method in methods_of(descriptor):
            handler = getattr(service._handlers, method.attribute, None)
            if handler is not None:
                forms = Form(method.request, self._limit), Form(method.reply, self._limit)
                self._methods[method.name] = Bound(method, handler, *forms)

    def _unreachable(self, route: bytes, error: ZMQError) -> list[Event]:
        """Abandon the calls of a client that has left, or has no room for a message."""
        if isinstance(error, Again):
            log.warning("a client does not read its replies: its calls are cancelled")
        return self._protocol.unreachable(route, clock())

    def _ended(self, run: Run, status: Status) -> None:
        """Tell the hook about a call."""
        if self._hook is None:
            return
        took = (time.monotonic_ns() - run.start) // 1000
        try:
            self._hook(Ended(run.bound.method.name, status, took))
        except Exception:
            log.exception("the hook of a server failed")


class BuiltIn:
    """The service that every server has."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def list(self, request: Any, call: Call) -> Any:
        """Name the services, and describe them: serialised FileDescriptorProtos."""
        files: dict[str, bytes] = {}
        for descriptor in self._host._services.values():
            _describe(descriptor.file, files)
        return schema.ListReply(services=[*self._host._services], files=[*files.values()])

    def health(self, request: Any, call: Call) -> Any:
        """Tell whether the server, or one service, takes calls."""
        host = self._host
        if request.service and request.service not in host._services:
            raise RpcError(Status.NOT_FOUND, f"the server has no service {request.service}")
        return schema.HealthReply(serving=host.serving and not host._protocol.draining)


def late(run: Run) -> bool:
    """Whether the deadline of a call has passed."""
    deadline = run.call.deadline
    return deadline is not None and clock() >= deadline


def _describe(file: Any, files: dict[str, bytes]) -> None:
    """Add a file and those it imports, these first."""
    if file.name not in files:
        for imported in file.dependencies:
            _describe(imported, files)
        files[file.name] = file.serialized_pb
