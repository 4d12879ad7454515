"""What the blocking and the asyncio client share: from arguments to a request, and to a result."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..keywords import SocketKeywords
from ..message import Message
from ..proto.errors import DecodeError
from . import wire
from .call import Ended, Hook, Outcome
from .calling import ClientCall
from .service import Form, Method, methods_of
from .status import Executed, RpcError, Status

if TYPE_CHECKING:
    from typing_extensions import Buffer

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


def bound_methods(descriptor: Any, limit: int) -> dict[str, Bound]:
    """Return the methods of a service by their names in Python."""
    if descriptor is None:
        raise TypeError("a class made by protoc-gen-zmqlite is wanted; see Client.stub")
    return {
        method.attribute: Bound(method, Form(method.request, limit), Form(method.reply, limit))
        for method in methods_of(descriptor)
    }


def prepare(
    bound: Bound,
    request: Any,
    metadata: Mapping[str, str] | None,
    attachments: Sequence[Buffer | Message],
) -> tuple[list[Any], bytes]:
    """Return the frames after the envelope, and the fields of the envelope that do not change."""
    frames: list[Any] = [bound.request.encode(request)]
    fields = bound.method.field
    if attachments or metadata:
        frames += (each if isinstance(each, Message) else Message(each) for each in attachments)
        fields += wire.extra(metadata, attachments)
    return frames, fields


def result(bound: Bound, call: ClientCall, outcome: Outcome | None) -> Any:
    """Return the reply of a call that has ended, None if it is a stream; raises its error."""
    if outcome is not None:
        if call.envelope is not None:
            outcome.metadata = dict(call.envelope.metadata)
        outcome.endpoint = call.link.endpoint if call.link else ""
        outcome.attachments = wire.views(call.parts[2:])
    if call.error is not None:
        raise call.error
    if bound.method.streaming:
        return None
    try:
        return bound.reply.decode(call.parts[1])
    except DecodeError as error:
        call.error = RpcError(Status.INTERNAL, f"the reply: {error}", executed=Executed.YES)
        raise call.error from None


def ended(hook: Hook | None, bound: Bound, call: ClientCall, start: int) -> None:
    """Tell the hook of a client about a call."""
    if hook is None:
        return
    status = Status.OK if call.error is None else call.error.status
    try:
        hook(Ended(bound.method.name, status, (time.monotonic_ns() - start) // 1000))
    except Exception:
        log.exception("the hook of a client failed")


def calling(
    stub: Any,
    name: str,
    request: Any,
    *,
    timeout: int | None = None,
    metadata: Mapping[str, str] | None = None,
    attachments: Sequence[Buffer | Message] = (),
    outcome: Outcome | None = None,
) -> Any:
    """Call a method of a stub that was made from a descriptor."""
    return stub._call(name, request, timeout, metadata, attachments, outcome)
