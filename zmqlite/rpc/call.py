"""Methods as descriptors tell of them, what programs see of their calls, and what drivers share.

A handler sees a Call, a caller the Outcome, a hook what has Ended.
"""

from __future__ import annotations

import keyword
import logging
import os
import re
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, TypeAlias

from google.protobuf import descriptor_pb2, message_factory
from google.protobuf.message import Message as ProtobufMessage

from ..message import Message
from ..proto.codec import LIMIT, Bare
from . import wire
from .calling import WINDOW
from .serving import ServerCall
from .status import Status

if TYPE_CHECKING:
    from typing_extensions import Buffer


log: Final = logging.getLogger("zmqlite.rpc")

REPEATABLE: Final = ("NO_SIDE_EFFECTS", "IDEMPOTENT")
"""The idempotency_level of methods that may be executed more than once."""


def clock() -> int:
    """Return the time in whole milliseconds that deadlines are compared with."""
    return time.monotonic_ns() // 1_000_000


def check_context(user: object, context: object, kind: type) -> None:
    """Raise TypeError unless a server or client was given the right kind of context."""
    if not isinstance(context, kind):
        name = f"{type(user).__module__}.{type(user).__name__}"
        wanted = f"{kind.__module__}.{kind.__name__}"
        raise TypeError(f"{name} takes a {wanted}, not {type(context).__name__}")


def messages(attachments: Iterable[Buffer | Message]) -> list[Message]:
    """Return attachments as they are sent: not copied."""
    return [each if isinstance(each, Message) else Message(each) for each in attachments]


class Method:
    """One method of a service: what a client and a server need to know of it.

    `name` is as in "/package.Service/Method", `attribute` the name in Python, `request` and `reply`
    the codecs of its messages, which `parse_request` and `parse_reply` use on bytes, `field` the
    fields of a request that name it and give credit. On a server `handler` executes it.
    """

    handler: Any = None

    def __init__(self, descriptor: Any, limit: int) -> None:
        self.name: str = f"/{descriptor.containing_service.full_name}/{descriptor.name}"
        if descriptor.client_streaming:
            raise ValueError(f"{self.name} has a stream of requests, which zmqlite.rpc has not")
        self.attribute: str = attribute(descriptor.name)
        self.request: Bare[ProtobufMessage] = _form(descriptor.input_type, limit)
        self.reply: Bare[ProtobufMessage] = _form(descriptor.output_type, limit)
        self.parse_request: Callable[[bytes | memoryview], Any] = _parser(self.request)
        self.parse_reply: Callable[[bytes | memoryview], Any] = _parser(self.reply)
        self.streaming: bool = descriptor.server_streaming
        level = descriptor.GetOptions().idempotency_level
        names = descriptor_pb2.MethodOptions.IdempotencyLevel
        self.idempotent: bool = names.Name(level) in REPEATABLE
        self.field: bytes = wire.more(method=self.name, credit=WINDOW if self.streaming else 0)


def _form(descriptor: Any, limit: int) -> Bare[ProtobufMessage]:
    return Bare(message_factory.GetMessageClass(descriptor), limit=limit)


def _parser(form: Bare[ProtobufMessage]) -> Callable[[bytes | memoryview], Any]:
    return partial(form.parse, form.kind, form.check, frames=())


def attribute(name: str) -> str:
    """Return the name in Python of a method: `SayHello` is `say_hello`."""
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


def methods_of(descriptor: Any, limit: int = LIMIT) -> list[Method]:
    """Return the methods of a service, whose messages have at most `limit` bytes.

    Raises:
        ValueError: one has a stream of requests or a name that cannot be used, or two have the same
            name in Python.
    """
    methods: dict[str, Method] = {}
    for each in descriptor.methods:
        method = Method(each, limit)
        name = method.attribute
        if keyword.iskeyword(name) or name.startswith("_"):
            problem = f"{name} cannot be the name of a method in Python: rename it"
            raise ValueError(f"{method.name}: {problem}")
        other = methods.setdefault(name, method)
        if other is not method:
            problem = f"in Python it would be {name}, and so is {other.name}: rename one"
            raise ValueError(f"{method.name}: {problem}")
    return [*methods.values()]


class Call:
    """A call as its handler sees it.

    `method` is the full name. What a handler puts into `reply_metadata` and `reply_attachments`
    (unary methods) is sent with its reply; an attachment is not copied, so it must not change any
    more.
    """

    _event: threading.Event | None = None

    def __init__(self, call: ServerCall) -> None:
        self._call: Final = call
        self.method: str = call.method.name
        self.reply_metadata: dict[str, str] = {}
        self.reply_attachments: list[Buffer | Message] = []

    @property
    def metadata(self) -> dict[str, str]:
        """The metadata of the request."""
        return self._call.metadata

    @property
    def attachments(self) -> list[memoryview]:
        """The frames of raw bytes that came with the request, as read-only views without a copy."""
        return wire.views(self._call.parts[3:])

    @property
    def user_id(self) -> str | None:
        """Who the client is, as the ZAP handler of the context said; None without one.

        Without a ZAP handler a client can forge it: see zmqlite.Message.metadata.
        """
        return self._known("User-Id")

    @property
    def peer(self) -> str | None:
        """The numeric address of the client, None over inproc."""
        return self._known("Peer-Address")

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits for the result, as it was cancelled, expired, or its client left.

        A handler in the receiving thread sees only that its deadline has passed.
        """
        return self._call.cancelled or self.remaining == 0

    @property
    def cancellation(self) -> threading.Event:
        """An event that is set once the call is `cancelled`, for handlers in a pool of threads.

        With asyncio the task is cancelled.
        """
        if self._event is None:
            self._event = threading.Event()
        if self.cancelled:
            self._event.set()
        return self._event

    @property
    def remaining(self) -> int | None:
        """The milliseconds that remain of the deadline, 0 if it has passed; None without one."""
        deadline = self._call.deadline
        return None if deadline is None else max(0, deadline - clock())

    def _known(self, name: str) -> str | None:
        part = self._call.parts[1]
        return part.metadata(name) if isinstance(part, Message) else None

    def _set(self) -> None:
        if self._event is not None:
            self._event.set()


class Waker:
    """An eventfd that wakes a thread which polls `fd`. Any thread may `set` it, also while another
    one closes it. It is closed by `close`, or with its last reference."""

    __slots__ = ("__weakref__", "_close", "_lock", "fd")

    def __init__(self) -> None:
        self.fd: int = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._lock = threading.RLock()  # a signal handler may come in between
        self._close = weakref.finalize(self, os.close, self.fd)
        self._close.atexit = False

    def set(self) -> None:
        """Wake the thread, now or when it next polls."""
        with self._lock:
            if self._close.alive:
                os.eventfd_write(self.fd, 1)

    def clear(self) -> None:
        """Let the thread sleep again."""
        try:
            os.eventfd_read(self.fd)
        except BlockingIOError:
            pass

    def close(self) -> None:
        """Close the descriptor; nothing if it is closed."""
        with self._lock:
            self._close()


class Closing:
    """What a `with` statement closes."""

    close: Callable[..., None]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncClosing:
    """What an `async with` statement closes."""

    close: Callable[..., None]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


@dataclass(slots=True, eq=False)
class Outcome:
    """What came with the reply of a call that was given this as `outcome`.

    `metadata` and `attachments` are those of the reply, `endpoint` is that of the server.
    """

    metadata: dict[str, str] = field(default_factory=dict, init=False)
    attachments: list[memoryview] = field(default_factory=list, init=False)
    endpoint: str = field(default="", init=False)


class Ended(NamedTuple):
    """What a hook is told about a call that has ended.

    On a client `microseconds` is the time from the call to its result, on a server from the arrival
    of the request to the end of the handler.
    """

    method: str
    status: Status
    microseconds: int


Hook: TypeAlias = Callable[[Ended], Any]


def tell(hook: Hook, method: str, status: Status, start: int) -> None:
    """Tell a hook of a call that began at `start`; what it raises is logged."""
    try:
        hook(Ended(method, status, (time.monotonic_ns() - start) // 1000))
    except Exception:  # whatever the program's hook raises
        log.exception("the hook %r failed", hook)
