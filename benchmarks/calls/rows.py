"""Which calls are measured: a row each, with the statement of each library.

A statement is repeated in a loop of its own, as `timeit` does it, and is what a user would write.
The names in it are those that `sockets` defines: push, pull, data and so on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True)
class Form:
    """One call as users of one library write it.

    With `whole` the statement is itself the loop over `count` messages. `setup` runs before the
    clock starts. `options` are set on both sockets while the loop runs. `needs` is a method that
    sockets must have; where they have none, the row stays empty.
    """

    statement: str
    sockets: str = ""
    """The class in `sockets` whose names the statement uses; empty for the library's own."""
    setup: str = ""
    whole: bool = False
    options: Mapping[str, int] = field(default_factory=dict, hash=False)
    needs: str = ""

    def loop(self) -> str:
        """Write the loop over `count` statements."""
        return self.statement if self.whole else each(self.statement)


def each(statement: str) -> str:
    """Write a loop that executes a statement `count` times."""
    lines = "\n".join(f"    {line}" for line in statement.splitlines())
    return f"for _ in repeat(None, count):\n{lines}"


@dataclass(frozen=True)
class Row:
    """One form of a call in both libraries.

    Before the loop `before` messages are queued for each statement, and after it `after` frames
    have to be left for each; `standing` messages of one frame are there all the time.
    """

    name: str
    zmqlite: Form
    pyzmq: Form
    before: int = 0
    after: int = 0
    standing: int = 0
    content: str = "frame"
    """What such a message is: the name of a list of frames in `sockets`."""
    count: int = 2000
    most: float = 1.0
    """The bar: at most this much of pyzmq's time."""
    default: str | None = None
    """The row of the default form that this is a variant of."""
    variant: float | None = None
    """The bar: at most this much of the default form's time."""


ONE_FRAME: Final = 1.2
"""The bar for receiving one frame of 16 bytes."""

DEFAULT_SEND: Final = 0.45
ITERATION: Final = 0.65
VARIANT: Final = 1.5

TIMED: Final = {"sndtimeo": 1000, "rcvtimeo": 1000}
AT_ONCE: Final = {"sndtimeo": 0, "rcvtimeo": 0}


def send(name: str, ours: str | Form, theirs: str | Form, **more: object) -> Row:
    """Make a row of a call that sends one message."""
    return row(name, ours, theirs, **{"after": 1, "default": "send", **more})


def receive(name: str, ours: str | Form, theirs: str | Form, **more: object) -> Row:
    """Make a row of a call that receives one message."""
    return row(name, ours, theirs, **{"before": 1, "default": "recv", "most": ONE_FRAME, **more})


def row(name: str, ours: str | Form, theirs: str | Form, **more: object) -> Row:
    """Make a row of other calls."""
    forms = [each if isinstance(each, Form) else Form(each) for each in (ours, theirs)]
    return Row(name, *forms, **more)  # type: ignore[arg-type]  # Row's own fields


def expecting(statement: str, error: str = "zmq.Again") -> str:
    """Write a call that has to raise."""
    return (
        f"try:\n    {statement}\nexcept {error}:\n    pass\n"
        "else:\n    raise AssertionError('it did not raise')"
    )


RECEIVE_MANY: Final = "while count:\n    count -= len(pull.recv_many())"
ITERATE: Final = "try:\n    for message in {}:\n        pass\nexcept zmq.Again:\n    pass"
POLLER: Final = (
    "poller = zmq.Poller()\n"
    "for socket in [pull, *others[:{}]]:\n"
    "    poller.register(socket, zmq.POLLIN)"
)

SENDS: Final = (
    send("send", "push.send(data)", "push.send(data)", most=DEFAULT_SEND, default=None),
    send("send DONTWAIT", "push.send(data, DONTWAIT)", "push.send(data, DONTWAIT)",
         variant=VARIANT),
    send("send timeout", "push.send(data, timeout=1000)", Form("push.send(data)", options=TIMED),
         variant=VARIANT),
    send("send bytearray", "push.send(array)", "push.send(array)", variant=VARIANT),
    send("send memoryview", "push.send(view)", "push.send(view)", variant=VARIANT),
    send("send Message", Form("push.send(message)", setup="message = zmq.Message(data)"),
         Form("push.send(message)", setup="message = zmq.Frame(data)")),
    send("send_string", "push.send_string(text)", "push.send_string(text)"),
    send("send_multipart", "push.send_multipart(frames)", "push.send_multipart(frames)",
         default=None, after=3),
    send("send_multipart tuple", "push.send_multipart(several)", "push.send_multipart(several)",
         default="send_multipart", variant=VARIANT, after=3),
    send("send_multipart DONTWAIT", "push.send_multipart(frames, DONTWAIT)",
         "push.send_multipart(frames, DONTWAIT)",
         default="send_multipart", variant=VARIANT, after=3),
    send("send SNDMORE, send", "push.send(data, SNDMORE)\npush.send(data)",
         "push.send(data, SNDMORE)\npush.send(data)", after=2),
    send("send_many", Form("push.send_many(batch)", setup="batch = [data] * count", whole=True),
         "push.send(data)"),
    send("send 100 KB", "push.send(long)", "push.send(long)", default=None, count=100),
    send("send_many 100 KB",
         Form("push.send_many(batch)", setup="batch = [long] * count", whole=True),
         "push.send(long)", default="send 100 KB", count=100),
    row("send, Again", expecting("full.send(data, DONTWAIT)"),
        expecting("full.send(data, DONTWAIT)")),
    row("send timeout 0, Again", expecting("full.send(data, timeout=0)"),
        Form(expecting("full.send(data)"), options=AT_ONCE), default="send, Again"),
)  # fmt: skip

RECEIVES: Final = (
    receive("recv", "pull.recv()", "pull.recv()", default=None),
    receive("recv DONTWAIT", "pull.recv(DONTWAIT)", "pull.recv(DONTWAIT)", variant=VARIANT),
    receive("recv timeout", "pull.recv(timeout=1000)", Form("pull.recv()", options=TIMED),
            variant=VARIANT),
    receive("recv_string", "pull.recv_string()", "pull.recv_string()"),
    receive("recv_into", "pull.recv_into(buffer)", "pull.recv_into(buffer)", variant=VARIANT),
    receive("recv_message", "pull.recv_message()", "pull.recv(copy=False)"),
    receive("recv_multipart", "pull.recv_multipart()", "pull.recv_multipart()",
            default=None, content="frames", most=1.0),
    receive("recv_multipart timeout", "pull.recv_multipart(timeout=1000)",
            Form("pull.recv_multipart()", options=TIMED),
            default="recv_multipart", content="frames", most=1.0, variant=VARIANT),
    receive("recv_many", Form(RECEIVE_MANY, whole=True), "pull.recv()", most=1.0),
    receive("recv 100 KB", "pull.recv()", "pull.recv()", default=None, content="large",
            most=1.0, count=100),
    receive("for message in socket",
            Form(ITERATE.format("pull"), whole=True, options=AT_ONCE), "pull.recv()",
            most=ITERATION),
    receive("iter_multipart",
            Form(ITERATE.format("pull.iter_multipart()"), whole=True, options=AT_ONCE,
                 needs="iter_multipart"),
            "pull.recv_multipart()", default="recv_multipart", content="frames", most=1.0),
    row("recv, Again", expecting("pull.recv(DONTWAIT)"), expecting("pull.recv(DONTWAIT)")),
    row("recv timeout 0, Again", expecting("pull.recv(timeout=0)"),
        Form(expecting("pull.recv()"), options=AT_ONCE), default="recv, Again"),
)  # fmt: skip

OTHERS: Final = (
    row("poll", "pull.poll(1000)", "pull.poll(1000)", standing=1),
    row("Poller of 1", Form("poller.poll(1000)", setup=POLLER.format(0)),
        Form("poller.poll(1000)", setup=POLLER.format(0)), standing=1),
    row("Poller of 10", Form("poller.poll(1000)", setup=POLLER.format(9)),
        Form("poller.poll(1000)", setup=POLLER.format(9)), standing=1),
    row("read an option", "full.rcvhwm", "full.rcvhwm"),
    row("set an option", "full.rcvhwm = 100", "full.rcvhwm = 100"),
    row("subscribe", "subscriber.subscribe(data)", "subscriber.subscribe(data)"),
)  # fmt: skip

CAPI: Final = (
    send("capi zmq_send", Form("zmq_send(push, data, 16, 0)", "capi"), "push.send(data)",
         default=None),
    receive("capi zmq_recv", Form("zmq_recv(pull, buffer, 16, 0)", "capi"),
            "pull.recv_into(buffer)", default=None, most=1.0),
    send("capi zmq_msg_send",
         Form("zmq_msg_init_size(message, 16)\n"
              "zmq_msg_send(message, push, 0)\n"
              "zmq_msg_close(message)",
              "capi", setup="message = zmq_msg_t()"),
         "push.send(data)", default="capi zmq_send"),
    receive("capi zmq_msg_recv",
            Form("zmq_msg_init(message)\n"
                 "zmq_msg_recv(message, pull, 0)\n"
                 "zmq_msg_close(message)",
                 "capi", setup="message = zmq_msg_t()"),
            "pull.recv(copy=False)", default="capi zmq_recv", most=1.0),
)  # fmt: skip

TYPED: Final = (
    send("typed send", Form("push.send(typed)", "typed"),
         Form("push.send(typed.SerializeToString())", "by hand"), default=None),
    receive("typed recv", Form("pull.recv()", "typed"),
            Form("kind.FromString(pull.recv())", "by hand"), default=None, content="encoded",
            most=1.0),
)  # fmt: skip

LOOP: Final = row("the loop alone", "pass", "pass", most=float("inf"))
"""The other rows contain this, too, in both libraries alike."""

ROWS: Final = {each.name: each for each in (LOOP, *SENDS, *RECEIVES, *OTHERS, *CAPI, *TYPED)}
