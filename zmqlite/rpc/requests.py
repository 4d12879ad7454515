"""What the blocking and the asyncio client share: from arguments to a request, and to a result."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, TypedDict, Unpack

from ..arguments import milliseconds
from ..context import Context
from ..message import Message
from ..proto.codec import LIMIT
from ..proto.errors import DecodeError
from . import wire
from .call import Ended, Hook, Outcome, check_context, clock, messages
from .calling import ClientCall, ClientProtocol
from .service import Form, Method, methods_of
from .status import Executed, RpcError, Status

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from ..keywords import SocketKeywords

log: Final = logging.getLogger("zmqlite.rpc")

OPTIONS: Final[SocketKeywords] = {
    "heartbeat_ivl": 1000,
    "heartbeat_timeout": 3000,
    "reconnect_ivl": 50,
    "reconnect_ivl_max": 1000,
    "sndhwm": 0,
}
"""Options of a client's sockets."""


class Bound(NamedTuple):
    """A method, and the forms of its messages."""

    method: Method
    request: Form
    reply: Form


class Tag(NamedTuple):
    """What a client notes about a call under way."""

    bound: Bound
    outcome: Outcome | None
    start: int  # in nanoseconds


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

    def _begin(
        self,
        bound: Bound,
        request: Any,
        timeout: int | None = None,
        metadata: Mapping[str, str] | None = None,
        attachments: Sequence[Buffer | Message] = (),
        outcome: Outcome | None = None,
    ) -> ClientCall:
        """Begin a call; what the protocol wants to be sent for it is not yet sent."""
        tag = Tag(bound, outcome, time.monotonic_ns())
        if timeout is None:
            timeout = self._timeout
        elif type(timeout) is not int or timeout < 0:
            timeout = milliseconds(timeout)
        method = bound.method
        frames: list[Any] = [bound.request.encode(request)]
        fields = method.field
        if attachments or metadata:
            frames += messages(attachments)
            fields += wire.extra(metadata, attachments)
        repeats, streaming = method.idempotent, method.streaming
        return self._start(fields, frames, timeout, clock(), repeats, streaming, tag)

    def _start(self, *arguments: Any) -> ClientCall:
        return self._protocol.start(*arguments)

    def _ended(self, call: ClientCall) -> None:
        """Tell the hook about a call."""
        if self._hook is None:
            return
        status = Status.OK if call.error is None else call.error.status
        took = (time.monotonic_ns() - call.tag.start) // 1000
        try:
            self._hook(Ended(call.tag.bound.method.name, status, took))
        except Exception:
            log.exception("the hook of a client failed")


class Reader:
    """What a stream is made of."""

    _over = False

    def __init__(self, client: Any, call: ClientCall) -> None:
        self._client = client
        self._call = call
        self._decode = call.tag.bound.reply.decode

    def close(self) -> None:
        """End the call, if it has not ended, and drop the items that were not read."""
        self._client._cancel(self._call)
        self._call.items.clear()
        self._finish()

    def _finish(self) -> None:
        if not self._over:
            self._over = True
            self._client._ended(self._call)


class Caption:
    """What a stub is made of: a client of its own or a given one, and the methods of a service."""

    DESCRIPTOR: ClassVar[Any] = None
    _CLIENT: ClassVar[type[Caller]]

    def __init__(self, client: Any, *endpoints: str, **options: Any) -> None:
        self._own = not isinstance(client, self._CLIENT)
        self._client: Any = self._CLIENT(client, *endpoints, **options) if self._own else client
        if self.DESCRIPTOR is None:
            raise TypeError("a class made by protoc-gen-zmqlite is wanted; see Client.stub")
        limit = self._client.limit
        self._methods = {
            method.attribute: Bound(method, Form(method.request, limit), Form(method.reply, limit))
            for method in methods_of(self.DESCRIPTOR)
        }

    def _call(self, name: str, request: Any, **options: Unpack[CallOptions]) -> Any:
        raise NotImplementedError


class Dynamic(Caption):
    """A stub whose methods are found by name."""

    def __init__(self, client: Any, descriptor: Any) -> None:
        self.DESCRIPTOR = descriptor  # type: ignore[misc]
        super().__init__(client)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._methods:
            raise AttributeError(f"{self.DESCRIPTOR.full_name} has no method {name}")
        call = partial(self._call, name)
        setattr(self, name, call)  # found at once from now on
        return call


def result(call: ClientCall) -> Any:
    """Return the reply of a call that has ended, None if it is a stream; raises its error."""
    bound, outcome, _ = call.tag
    if outcome is not None:
        if call.envelope is not None:
            outcome.metadata = dict(call.envelope.metadata)
        outcome.endpoint = call.link.endpoint if call.link else ""
        outcome.attachments = wire.views(call.parts[2:])
    if call.error is not None:
        raise call.error
    if call.streaming:
        return None
    try:
        return bound.reply.decode(call.parts[1])
    except DecodeError as error:
        call.error = RpcError(Status.INTERNAL, f"the reply: {error}", executed=Executed.YES)
        raise call.error from None
