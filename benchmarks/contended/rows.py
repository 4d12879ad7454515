"""What is measured beside another thread, and the bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..calls.rows import Form

OWN: Final = 0.40
"""The bar: the part of its rate alone that a loop of calls keeps beside a computing thread."""

OTHER: Final = 0.35
"""The bar: the part of its rate alone that the computing thread keeps."""

INTERVALS: Final = 2
"""The bar: a thread that sleeps is late by at most so many switch intervals."""

CALLS: Final = 50
"""Calls between two looks at the clock."""

BATCH: Final = 1000


@dataclass(frozen=True)
class Rate:
    """A loop of calls beside a thread that computes.

    What is queued before it has the `content` that `sockets` calls so. The loop ends after so many
    messages at `most`, so that the queue never gets empty. A statement of a form that is `whole`
    adds to `done`, the messages so far.
    """

    name: str
    zmqlite: Form
    pyzmq: Form
    content: str = ""
    standing: int = 0
    most: int = 200_000


@dataclass(frozen=True)
class Late:
    """What a thread that sleeps runs beside: a function of `lateness`, by its name there.

    Rows that are not `barred` say what the machine and CPython do by themselves.
    """

    name: str
    scene: str
    statement: str = ""
    barred: bool = True


def many(statement: str, setup: str = "") -> Form:
    """Make a form whose statement counts the messages itself."""
    return Form(statement, setup=setup, whole=True)


def both(statement: str) -> tuple[Form, Form]:
    """Make the forms of a statement that both libraries have."""
    return Form(statement), Form(statement)


SEND, RECEIVE = Form("push.send(data)"), Form("pull.recv()")
ITERATE: Final = f"for message in islice(pull, {CALLS}):\n    pass\ndone += {CALLS}"

RATES: Final = (
    Rate("send", SEND, SEND),
    Rate("recv", RECEIVE, RECEIVE, "frame"),
    Rate("send_multipart", *both("push.send_multipart(frames)")),
    Rate("recv_multipart", *both("pull.recv_multipart()"), "frames", most=50_000),
    Rate(
        "send_many",
        many(f"done += push.send_many(batch) or {BATCH}", f"batch = [data] * {BATCH}"),
        SEND,
    ),
    Rate("recv_many", many("done += len(pull.recv_many())"), RECEIVE, "frame"),
    Rate("send_string", *both("push.send_string(text)")),
    Rate("recv_string", *both("pull.recv_string()"), "frame"),
    Rate("poll", *both("pull.poll(1000)"), standing=1),
    Rate("for message in socket", many(ITERATE), RECEIVE, "frame"),
    Rate("capi zmq_send", Form("zmq_send(push, data, 16, 0)", "capi"), SEND),
    Rate(
        "capi zmq_recv",
        Form("zmq_recv(pull, buffer, 16, 0)", "capi"),
        Form("pull.recv_into(buffer)"),
        "frame",
        most=100_000,
    ),
    Rate(
        "typed send",
        Form("push.send(typed)", "typed"),
        Form("push.send(typed.SerializeToString())", "by hand"),
    ),
    Rate(
        "typed recv",
        Form("pull.recv()", "typed"),
        Form("kind.FromString(pull.recv())", "by hand"),
        "encoded",
        most=100_000,
    ),
)

COMPUTING: Final = "late, a thread that computes"

LATES: Final = (
    Late("late, nothing else", "idle", barred=False),
    Late(COMPUTING, "compute", barred=False),
    Late("late, recv", "receive", "pull.recv()"),
    Late("late, recv_multipart", "receive", "pull.recv_multipart()"),
    Late("late, recv_string", "receive", "pull.recv_string()"),
    Late("late, SUB with unwanted messages", "unwanted", "recv"),
    Late("late, poll of such a SUB", "unwanted", "poll"),
    Late("late, REP with malformed requests", "malformed"),
)

ROWS: Final[dict[str, Rate | Late]] = {each.name: each for each in (*RATES, *LATES)}
