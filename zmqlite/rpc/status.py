"""How a call ends: its status, and whether it was executed."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message as ProtobufMessage


class Status(IntEnum):
    """How a call ended; the numbers are those of google.rpc.Code."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class Executed(IntEnum):
    """Whether the handler of a call was begun."""

    UNKNOWN = 0
    NO = 1
    YES = 2


class RpcError(Exception):
    """A call that did not end with OK.

    A handler raises it to end its call: `status` is anything but OK, `message` is for people, and
    `details` are messages that say more; they travel as google.protobuf.Any. A client's call raises
    it: `executed` says whether the handler was begun, and `metadata` is what the server sent.
    """

    def __init__(
        self,
        status: Status,
        message: str = "",
        details: Iterable[ProtobufMessage] = (),
        *,
        executed: Executed = Executed.UNKNOWN,
    ) -> None:
        if status == Status.OK:
            raise ValueError("a call that ends with OK returns; an RpcError has another status")
        self.status: Status = Status(status)
        self.message: str = message
        self.details: tuple[AnyMessage, ...] = tuple(map(_packed, details))
        self.executed: Executed = executed
        self.metadata: dict[str, str] = {}
        super().__init__(self.status, message)

    def __str__(self) -> str:
        """Return status, message, and whether the call was executed."""
        text = f"{self.status.name}: {self.message}" if self.message else self.status.name
        return f"{text} (executed: {self.executed.name.lower()})"


def _packed(detail: ProtobufMessage) -> AnyMessage:
    if isinstance(detail, AnyMessage):
        return detail
    packed = AnyMessage()
    packed.Pack(detail)
    return packed


def status_of(number: int) -> Status:
    """Return the status with this number; UNKNOWN for one of a later version."""
    return Status(number) if 0 <= number < len(Status) else Status.UNKNOWN
