"""What the blocking and the asyncio server share: services, and how the calls of handlers end."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Final, NamedTuple

from ..keywords import SocketKeywords
from ..message import Message
from ..proto.errors import ProtoError
from . import schema, wire
from .call import Call, Ended, Hook, clock
from .service import Form, Method, methods_of
from .serving import ServerCall, ServerProtocol
from .status import Executed, RpcError, Status

log: Final = logging.getLogger("zmqlite.rpc")

OPTIONS: Final[SocketKeywords] = {
    "linger": 1000,
    "router_mandatory": True,
    "heartbeat_ivl": 1000,
    "heartbeat_timeout": 3000,
    "sndhwm": 32_768,
}
"""Options of a server's socket. A client that does not read its replies loses those beyond."""


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


class Run:
    """A call under way: the driver's side of a ServerCall."""

    __slots__ = ("bound", "call", "item", "parked", "seen", "start", "used")

    def __init__(self, call: ServerCall) -> None:
        self.call = call
        self.bound: Bound = call.method
        self.seen: Call | None = None  # by the handler
        self.item: Any = None  # the iterator of a stream, the task with asyncio
        self.parked: list[Any] = []  # not empty: a stream waits for credit
        self.used: int = 0  # credit
        self.start = time.monotonic_ns()

    def begin(self) -> Any:
        """Return what the handler returns; raises what it raises, and DecodeError as RpcError."""
        self.seen = seen = Call(self.call, self.bound.method.name)
        try:
            request = self.bound.request.decode(self.call.parts[2])
        except ProtoError as error:
            status = Status.INVALID_ARGUMENT
            raise Refused(status, str(error), executed=Executed.NO) from None
        return self.bound.handler(request, seen)

    def reply(self, message: Any) -> tuple[bytes, bytes, list[Message]]:
        """Return the payload, the further fields and the attachments of a reply."""
        payload = self.bound.reply.encode(message)
        assert self.seen is not None
        attachments = [
            each if isinstance(each, Message) else Message(each)
            for each in self.seen.reply_attachments
        ]
        return payload, wire.extra(self.seen.reply_metadata, attachments), attachments

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


class Host:
    """The services of a server, and its protocol."""

    def __init__(self, services: Iterable[Service], calls: int, limit: int, hook: Hook | None):
        self.methods: dict[str, Bound] = {}
        self.services: dict[str, Any] = {}  # descriptors by name
        self.serving: bool = True
        self.hook = hook
        self._limit = limit
        for service in services:
            self.add(service)
        self.add(Service(schema.SERVER, self))
        self.protocol = ServerProtocol(os.urandom(8), self.methods, calls=calls, limit=limit)

    def add(self, service: Service) -> None:
        """Offer a service; ValueError if its name is taken."""
        descriptor = service._descriptor
        if descriptor.full_name in self.services:
            raise ValueError(f"the server has a service {descriptor.full_name} already")
        self.services[descriptor.full_name] = descriptor
        for method in methods_of(descriptor):
            handler = getattr(service._handlers, method.attribute, None)
            if handler is not None:
                forms = Form(method.request, self._limit), Form(method.reply, self._limit)
                self.methods[method.name] = Bound(method, handler, *forms)

    def ended(self, run: Run, status: Status) -> None:
        """Tell the hook of a call."""
        if self.hook is None:
            return
        took = (time.monotonic_ns() - run.start) // 1000
        try:
            self.hook(Ended(run.bound.method.name, status, took))
        except Exception:
            log.exception("the hook of a server failed")

    def late(self, run: Run) -> bool:
        """Whether the deadline of a call has passed."""
        deadline = run.call.deadline
        return deadline is not None and clock() >= deadline

    # The service that every server has

    def list(self, request: Any, call: Call) -> Any:
        """Name the services, and describe them: serialised FileDescriptorProtos."""
        files: dict[str, bytes] = {}
        for descriptor in self.services.values():
            _describe(descriptor.file, files)
        return schema.ListReply(services=list(self.services), files=list(files.values()))

    def health(self, request: Any, call: Call) -> Any:
        """Tell whether the server, or one service, takes calls."""
        if request.service and request.service not in self.services:
            raise RpcError(Status.NOT_FOUND, f"the server has no service {request.service}")
        return schema.HealthReply(serving=self.serving and not self.protocol.draining)


def _describe(file: Any, files: dict[str, bytes]) -> None:
    """Add a file and those it imports, these first."""
    if file.name not in files:
        for imported in file.dependencies:
            _describe(imported, files)
        files[file.name] = file.serialized_pb
