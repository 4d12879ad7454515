"""What the blocking and the asyncio client share: from arguments to a request, and to a result."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypedDict, TypeVar, Unpack

from ..arguments import milliseconds
from ..constants import MonitorEvent, SocketType
from ..context import Context
from ..message import Message
from ..proto.codec import LIMIT
from ..proto.errors import DecodeError
from . import wire
from .call import Hook, Method, Outcome, check_context, messages, methods_of, tell
from .calling import ClientCall, ClientProtocol, Link
from .status import Executed, RpcError, Status

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from ..keywords import SocketKeywords

T = TypeVar("T")

OPTIONS: Final[SocketKeywords] = {
    "heartbeat_ivl": 1000,
    "heartbeat_timeout": 3000,
    "reconnect_ivl": 50,
    "reconnect_ivl_max": 1000,
    "sndhwm": 0,
}
"""Options of a client's sockets."""


class Options(TypedDict, total=False):
    """The arguments that both clients take by name."""

    timeout: int
    limit: int
    hook: Hook | None
    options: SocketKeywords | None


class CallOptions(TypedDict, total=False):
    """The arguments that every call takes by name.

    `timeout` in milliseconds, -1 for ever; `metadata` is text; `attachments` are sent as frames of
    their own and not copied, so they must not change any more; `outcome` is filled in.
    """

    timeout: int | None
    metadata: Mapping[str, str] | None
    attachments: Sequence[Buffer | Message]
    outcome: Outcome | None


class Caller:
    """What a client is made of; the arguments are those of Client."""

    _CONTEXT: ClassVar[type] = Context
    _STUB: ClassVar[type[Caption]]
    _nudge: Callable[[], None]  # sends what there is to send, without waiting

    def __init__(
        self,
        context: Any,
        *endpoints: str,
        timeout: int = -1,
        limit: int = LIMIT,
        hook: Hook | None = None,
        options: SocketKeywords | None = None,
    ) -> None:
        check_context(self, context, self._CONTEXT)
        if not endpoints:
            raise ValueError(f"{type(self).__name__}() takes the endpoint of each server")
        self.limit: Final = limit
        self._context = context
        self._timeout = milliseconds(timeout)
        self._hook = hook
        self._options: Any = {**OPTIONS, **(options or {})}
        self._protocol = ClientProtocol(endpoints)
        self._lock = threading.Lock()  # protects the protocol, which with asyncio one thread uses
        self._closed = False

    def stub(self, descriptor: Any) -> Any:
        """Return a client of a service that is known by its descriptor; see Stub."""
        return type(descriptor.name, (self._STUB,), {"DESCRIPTOR": descriptor})(self)

    def _connect(self, link: Link) -> tuple[Any, Any]:
        """Open a socket for a server, and the monitor that tells of the end of the connection."""
        socket = self._context.socket(SocketType.DEALER, **self._options)
        monitor = socket.monitor(MonitorEvent.DISCONNECTED)
        socket.connect(link.endpoint)
        self._protocol.opened(link)
        return socket, monitor

    def _begin(
        self,
        method: Method,
        request: Any,
        timeout: int | None = None,
        metadata: Mapping[str, str] | None = None,
        attachments: Sequence[Buffer | Message] = (),
        outcome: Outcome | None = None,
    ) -> ClientCall:
        """Begin a call; what the protocol wants to be sent for it is not yet sent."""
        if self._closed:
            raise RuntimeError("the Client is closed")
        start = time.monotonic_ns()
        if type(timeout) is not int or timeout < 0:
            timeout = self._timeout if timeout is None else milliseconds(timeout)
        frames: list[Any] = method.request.encode(request)
        if attachments:
            frames += messages(attachments)
        extra = wire.extra(metadata, attachments) if metadata or attachments else b""
        with self._lock:
            call = self._protocol.start(method, frames, timeout, start // 1_000_000, extra)
        call.outcome, call.start = outcome, start
        return call

    def _say(self, what: Callable[[ClientCall], None], call: ClientCall) -> None:
        """Call a method of the protocol, and send what comes of it."""
        with self._lock:
            what(call)
        self._nudge()

    def _leave(self, call: ClientCall) -> None:
        """Cancel a call if it has not ended, and tell the hook about it."""
        if not call.ended:
            self._say(self._protocol.cancel, call)
        if self._hook is not None:
            status = Status.OK if call.error is None else call.error.status
            tell(self._hook, call.method.name, status, call.start)


class Reader(Generic[T]):
    """What a stream is made of."""

    _over = False

    def __init__(self, client: Any, call: ClientCall) -> None:
        self._client = client
        self._call = call

    def close(self) -> None:
        """End the call, if it has not ended, and drop the items that were not read."""
        self._finish()
        self._call.items.clear()

    def _take(self, stop: type[Exception]) -> T:
        """Return the next item; raises the error of the call at its end, or `stop`."""
        call = self._call
        if not call.items:
            self._finish()
            result(call)
            raise stop
        payload = call.items.popleft()
        protocol = self._client._protocol
        if protocol.credit_due(call):
            self._client._say(protocol.grant, call)
        item: T = call.method.parse_reply(memoryview(payload))
        return item

    def _finish(self) -> None:
        if not self._over:
            self._over = True
            self._client._leave(self._call)


class Caption:
    """What a stub is made of: a client of its own or a given one, and the methods of a service."""

    DESCRIPTOR: ClassVar[Any] = None
    _CLIENT: ClassVar[type[Caller]]

    def __init__(self, client: Any, *endpoints: str, **options: Any) -> None:
        self._own = not isinstance(client, self._CLIENT)
        self._client: Any = self._CLIENT(client, *endpoints, **options) if self._own else client
        if self.DESCRIPTOR is None:
            raise TypeError("a class made by protoc-gen-zmqlite is wanted; see Client.stub")
        methods = methods_of(self.DESCRIPTOR, self._client.limit)
        self._methods = {method.attribute: method for method in methods}

    def _call(self, name: str, request: Any, **options: Unpack[CallOptions]) -> Any:
        """Call a method by its name in Python."""
        return self._client._call(self._methods[name], request, **options)

    if not TYPE_CHECKING:  # which knows the methods of generated classes

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_") or name not in self._methods:
                raise AttributeError(f"{self.DESCRIPTOR.full_name} has no method {name}")
            call = partial(self._client._call, self._methods[name])
            setattr(self, name, call)  # found at once from now on
            return call


def result(call: ClientCall) -> Any:
    """Return the reply of a call that has ended, None if it is a stream; raises its error."""
    outcome = call.outcome
    if outcome is not None:
        if call.envelope is not None:
            outcome.metadata = wire.metadata_in(call.envelope)
        outcome.endpoint = call.link.endpoint if call.link else ""
        outcome.attachments = wire.views(call.parts[2:])
    if call.error is not None:
        raise call.error
    if call.method.streaming:
        return None
    try:
        return call.method.parse_reply(memoryview(call.parts[1]))
    except DecodeError as error:
        call.error = RpcError(Status.INTERNAL, f"the reply: {error}", executed=Executed.YES)
        raise call.error from None
