"""What the blocking and the asyncio server share: services, and how the calls of handlers end."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypedDict

from ..arguments import INT_MAX, integer
from ..constants import POLLOUT, SocketType
from ..context import Context
from ..errors import Again, HostUnreachable
from ..message import Message
from ..proto.codec import LIMIT
from ..proto.errors import ProtoError
from . import schema, wire
from .call import Call, Hook, Method, check_context, clock, log, messages, methods_of, tell
from .serving import Event, ServerCall, ServerProtocol
from .status import Executed, RpcError, Status

if TYPE_CHECKING:
    from ..keywords import SocketKeywords

OPTIONS: Final[SocketKeywords] = {
    "linger": 1000,
    "router_mandatory": True,
    "heartbeat_ivl": 1000,
    "heartbeat_timeout": 3000,
    "sndhwm": 32_768,
}
"""Options of a server's socket."""

OUTGOING: Final = int(POLLOUT)
"""What a ROUTER is always ready for."""


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
    _put: Callable[[Any], object]  # sends a message without waiting
    _happened: Callable[[Event], None]  # does what an event asks for
    _finish: Callable[..., None]  # calls a method of the protocol, and sends what comes of it

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
        self._methods: dict[str, Method] = {}
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

    def register(self, endpoint: str, *, calls: int = 64) -> None:
        """Take calls from a broker, too, at most so many at once; call it before `run`.

        A server may have any number of brokers. The connection is made, and made again, in the
        background. It has the options of the socket, those for CURVE included: so with CURVE a
        server has either clients of its own or brokers.
        """
        calls = integer(calls, "calls", 1, INT_MAX)
        own = [each for each in self._services.values() if each is not schema.SERVER]
        files: dict[str, bytes] = {}
        for descriptor in own:
            _describe(descriptor.file, files)
        registration = schema.Registration(
            services=[descriptor.full_name for descriptor in own],
            files=[*files.values()],
            repeatable=[each.name for each in self._methods.values() if each.idempotent],
            calls=calls,
        )
        route = b"broker " + os.urandom(8)
        self._socket.connect_routing_id = route
        self._socket.connect(endpoint)
        self._protocol.register(route, registration.SerializeToString(), clock())

    def _add(self, service: Service) -> None:
        descriptor = service._descriptor
        if descriptor.full_name in self._services:
            raise ValueError(f"the server has a service {descriptor.full_name} already")
        self._services[descriptor.full_name] = descriptor
        for method in methods_of(descriptor, self._limit):
            method.handler = getattr(service._handlers, method.attribute, None)
            if method.handler is not None:
                self._methods[method.name] = method

    # What has come, and what goes

    def _tick(self, now: int) -> None:
        for event in self._protocol.tick(now):
            self._happened(event)
        self._flush()

    def _flush(self) -> None:
        """Send what there is to send; clients that cannot be reached have their calls cancelled."""
        outgoing, self._protocol.outgoing = self._protocol.outgoing, []
        for frames in outgoing:
            try:
                self._put(frames)
            except (HostUnreachable, Again) as error:
                if isinstance(error, Again):
                    log.warning("a client does not read its replies: its calls are cancelled")
                for event in self._protocol.unreachable(frames[0], clock()):
                    self._happened(event)

    # Calls

    def _begin(self, call: ServerCall) -> Any:
        """Return what the handler returns; raises what it raises, or Refused if it is not begun."""
        method = call.method
        call.seen = seen = Call(call)
        if call.deadline is not None and clock() >= call.deadline:
            text = "it ended before it was begun"
            raise Refused(Status.DEADLINE_EXCEEDED, text, executed=Executed.NO)
        try:
            request = method.parse_request(call.payload)
        except ProtoError as error:
            status = Status.INVALID_ARGUMENT
            raise Refused(status, str(error), executed=Executed.NO) from None
        call.payload = b""  # which a call that takes long need not keep
        return method.handler(request, seen)

    def _encode(self, call: ServerCall, message: Any) -> tuple[bytes, bytes, list[Message]]:
        """Return the payload, the further fields and the attachments of a reply."""
        (payload,), seen = call.method.reply.encode(message), call.seen
        attachments = messages(seen.reply_attachments) if seen.reply_attachments else []
        return payload, wire.extra(seen.reply_metadata, attachments), attachments

    def _error(self, call: ServerCall, error: BaseException) -> RpcError:
        """Return how a call ends whose handler raised this: never with a traceback."""
        if not isinstance(error, RpcError):
            log.error("the handler of %s failed", call.method.name, exc_info=error)
            error = RpcError(Status.INTERNAL, "the handler failed; the server has logged why")
        if not isinstance(error, Refused):
            error.executed = Executed.YES
        return error

    def _fail(self, call: ServerCall, raised: BaseException) -> None:
        """End a call whose handler raised this."""
        error, metadata = self._error(call, raised), call.seen.reply_metadata
        self._end(call, error.status, self._protocol.fail, error, clock(), metadata)

    def _end(self, call: ServerCall, status: Status, end: Any, *arguments: Any) -> None:
        """End a call by a method of the protocol, and tell the hook."""
        self._finish(end, call, *arguments)
        call.seen = None  # which refers to the call: a reference cycle
        if self._hook is not None:
            tell(self._hook, call.method.name, status, call.start)


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


def _describe(file: Any, files: dict[str, bytes]) -> None:
    """Add a file and those it imports, these first."""
    if file.name not in files:
        for imported in file.dependencies:
            _describe(imported, files)
        files[file.name] = file.serialized_pb
