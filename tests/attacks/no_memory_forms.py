"""The forms of a call that no_memory attacks, each with what has to be true after it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from google.protobuf.wrappers_pb2 import BytesValue

import zmqlite as zmq
from zmqlite import capi, proto

SHORT, LONG = b"short" * 4, b"long!" * 14_000
BUFFER = bytearray(len(LONG))


class Rig:
    """Sockets in one context, and what was lent in the present attempt."""

    def __init__(self) -> None:
        self.context = zmq.Context(linger=0)
        self.receiver = self.context.socket(zmq.PULL, rcvhwm=0)
        self.sender = self.context.socket(zmq.PUSH, sndhwm=0)
        self.sender.connect(self.receiver.bind("inproc://no-memory"))
        self.typed_sender = proto.TypedSocket(self.sender, BytesValue)
        self.typed_receiver = proto.TypedSocket(self.receiver, BytesValue)
        self.poller = zmq.Poller()
        self.poller.register(self.receiver, zmq.POLLIN)
        self.c_context = capi.zmq_ctx_new()
        self.c_receiver = capi.zmq_socket(self.c_context, capi.ZMQ_PULL)
        self.c_sender = capi.zmq_socket(self.c_context, capi.ZMQ_PUSH)
        assert capi.zmq_bind(self.c_receiver, "inproc://c") == 0
        assert capi.zmq_connect(self.c_sender, "inproc://c") == 0
        self.lent: list[bytes] = []

    def long(self) -> bytes:
        """Bytes that are long enough to be lent, and that nobody else refers to."""
        self.lent.append(bytes(bytearray(LONG)))
        return self.lent[-1]

    def drain(self) -> list[list[bytes]]:
        """All messages that are there."""
        found = []
        with contextlib.suppress(zmq.Again):
            while True:
                found.append(self.receiver.recv_multipart(zmq.DONTWAIT))
        while (size := self.c_receive()) >= 0:
            found.append([bytes(BUFFER[:size])])
        return found

    def c_receive(self) -> int:
        return capi.zmq_recv(self.c_receiver, BUFFER, len(LONG), capi.ZMQ_DONTWAIT)

    def is_free(self) -> bool:
        """Whether nobody but this object refers to what was lent."""
        return {sys.getrefcount(self.lent[index]) for index in range(len(self.lent))} <= {2}

    def close(self) -> None:
        self.context.term()
        for socket in (self.c_receiver, self.c_sender):
            capi.zmq_close(socket)
        capi.zmq_ctx_term(self.c_context)


Frames = list[list[bytes]]


class Form(NamedTuple):
    """A form of a call: what it needs, the call, and what is wrong after it, if anything."""

    prepare: Callable[[Rig], Any]
    call: Callable[[Rig, Any], Any]
    check: Callable[[Rig, Any, bool, Any], str | None]
    """Given what was prepared, whether the call succeeded, and what it returned."""


def sends(
    prepare: Callable[[Rig], Any], call: Callable[[Rig, Any], Any], wire: Callable[[Any], Frames]
) -> Form:
    """A call that sends messages, of which `wire` says how they arrive."""

    def check(rig: Rig, given: Any, succeeded: bool, got: Any) -> str | None:
        arrived = rig.drain()
        if succeeded:
            return None if arrived == wire(given) else "lost"
        return "sent though it raised" if arrived else None

    return Form(prepare, call, check)


def receives(
    call: Callable[[Rig], Any],
    messages: Callable[[Rig], Frames],
    normal: Callable[[Any], Frames] = lambda frame: [[bytes(frame)]],
) -> Form:
    """A call that receives some of the messages that were sent before."""

    def prepare(rig: Rig) -> Frames:
        sent = messages(rig)
        for frames in sent:
            rig.sender.send_multipart(frames)
        return sent

    def check(rig: Rig, given: Frames, succeeded: bool, got: Any) -> str | None:
        arrived = (normal(got) if succeeded else []) + rig.drain()
        if arrived == given:
            return None
        return "lost" if len(arrived) < len(given) else "doubled"

    return Form(prepare, lambda rig, _: call(rig), check)


def plain(call: Callable[[Rig], object], expected: object) -> Form:
    """A call that neither sends nor receives."""

    def check(rig: Rig, given: object, succeeded: bool, got: object) -> str | None:
        return None if not succeeded or got == expected else "wrong result"

    return Form(lambda rig: None, lambda rig, _: call(rig), check)


def first_of(received: Iterable[Any]) -> Any:
    for got in received:
        return got
    raise AssertionError("nothing came")


def nothing_there(rig: Rig) -> str:
    try:
        rig.receiver.recv(zmq.DONTWAIT)
    except zmq.Again:
        return "Again"
    return "something"


def life(rig: Rig, made: list[Any]) -> None:
    """Everything but messages, from the beginning of a context to its end."""
    context = zmq.Context(linger=0)
    made.append(context)
    with context.socket(zmq.PAIR, rcvhwm=5) as a, context.socket(zmq.PAIR) as b:
        with a.monitor():
            real = a.bind("tcp://127.0.0.1:*")
            b.connect(real)
            b.disconnect(real)
            a.unbind(real)
        b.connect("inproc://nobody")
        b.linger = b.linger + 1
    context.term()


def ended(rig: Rig, made: list[Any], succeeded: bool, got: object) -> None:
    """End the context that life() made in peace, where it did not come so far."""
    for context in made:
        context.term()


def c_message(rig: Rig, given: bytes) -> int:
    msg = capi.zmq_msg_t()
    if capi.zmq_msg_init_size(msg, len(given)) < 0:
        return -1
    capi.zmq_msg_data(msg)[:] = given
    return capi.zmq_msg_send(msg, rig.c_sender, 0)


def c_init_data(rig: Rig, given: bytes) -> int:
    msg = capi.zmq_msg_t()
    if capi.zmq_msg_init_data(msg, given, len(given), lambda data, hint: None, None) < 0:
        return -1
    return capi.zmq_msg_send(msg, rig.c_sender, 0)


def one(given: Any) -> Frames:
    return [[bytes(given)]]


def short(rig: Rig) -> bytes:
    return SHORT


def mixed(rig: Rig) -> list[Any]:
    return [SHORT, rig.long(), bytearray(SHORT), zmq.Message(rig.long())]


def whole(given: list[Any]) -> Frames:
    return [list(map(bytes, given))]


def each(given: list[Any]) -> Frames:
    return [[bytes(message)] for message in given]


SENDS = {
    "send": sends(short, lambda r, g: r.sender.send(g), one),
    "send long": sends(Rig.long, lambda r, g: r.sender.send(g), one),
    "send bytearray": sends(lambda r: bytearray(SHORT), lambda r, g: r.sender.send(g), one),
    "send Message": sends(lambda r: zmq.Message(r.long()), lambda r, g: r.sender.send(g), one),
    "send DONTWAIT": sends(Rig.long, lambda r, g: r.sender.send(g, zmq.DONTWAIT), one),
    "send timeout": sends(Rig.long, lambda r, g: r.sender.send(g, timeout=1000), one),
    "send_string": sends(
        lambda r: "text" * 20_000, lambda r, g: r.sender.send_string(g), lambda g: one(g.encode())
    ),
    "send_multipart": sends(mixed, lambda r, g: r.sender.send_multipart(g), whole),
    "send_multipart short": sends(
        lambda r: [SHORT, SHORT], lambda r, g: r.sender.send_multipart(g), whole
    ),
    "send_multipart timeout": sends(
        mixed, lambda r, g: r.sender.send_multipart(g, timeout=1000), whole
    ),
    "send_multipart of 40": sends(
        lambda r: [SHORT] * 40, lambda r, g: r.sender.send_multipart(g), whole
    ),
    "send_many": sends(lambda r: [SHORT] * 40, lambda r, g: r.sender.send_many(g), each),
    "send_many long": sends(
        lambda r: [r.long(), SHORT, r.long()], lambda r, g: r.sender.send_many(g), each
    ),
    "send_many bytearray": sends(
        lambda r: [bytearray(SHORT)] * 3, lambda r, g: r.sender.send_many(g), each
    ),
    "typed send": sends(
        lambda r: BytesValue(value=SHORT),
        lambda r, g: r.typed_sender.send(g),
        lambda g: one(g.SerializeToString()),
    ),
}
C_SENDS = {
    "zmq_send": sends(short, lambda r, g: capi.zmq_send(r.c_sender, g, len(g), 0), one),
    "zmq_msg_init_size": sends(short, c_message, one),
    "zmq_msg_init_data": sends(Rig.long, c_init_data, one),
}


def several(rig: Rig) -> Frames:
    return [[SHORT], [SHORT + b"2"], [rig.long()], [SHORT]]


def many_frames(rig: Rig) -> Frames:
    return [[SHORT, rig.long(), *[SHORT] * 40], [SHORT]]


RECEIVES = {
    "recv": receives(lambda r: r.receiver.recv(), several),
    "recv long": receives(lambda r: r.receiver.recv(), lambda r: [[r.long()], [SHORT]]),
    "recv DONTWAIT": receives(lambda r: r.receiver.recv(zmq.DONTWAIT), several),
    "recv timeout": receives(lambda r: r.receiver.recv(timeout=1000), several),
    "recv_string": receives(lambda r: r.receiver.recv_string(), several, lambda g: one(g.encode())),
    "recv_into": receives(
        lambda r: r.receiver.recv_into(BUFFER), several, lambda size: one(BUFFER[:size])
    ),
    "recv_message": receives(lambda r: r.receiver.recv_message(), several),
    "recv_message long": receives(
        lambda r: r.receiver.recv_message(), lambda r: [[r.long()], [SHORT]]
    ),
    "recv_many": receives(lambda r: r.receiver.recv_many(), several, each),
    "recv_many of 100": receives(lambda r: r.receiver.recv_many(), lambda r: [[SHORT]] * 100, each),
    "for": receives(lambda r: first_of(r.receiver), several),
    "recv_multipart": receives(lambda r: r.receiver.recv_multipart(), many_frames, lambda g: [g]),
    "recv_multipart timeout": receives(
        lambda r: r.receiver.recv_multipart(timeout=1000), many_frames, lambda g: [g]
    ),
    "for multipart": receives(
        lambda r: first_of(r.receiver.iter_multipart()), many_frames, lambda g: [g]
    ),
}


def message_of_nothing_kept(rig: Rig, given: bytes) -> int:
    return len(zmq.Message(given))


OTHERS = {
    "Again": plain(nothing_there, "Again"),
    "poll": plain(lambda r: r.sender.poll(0, zmq.POLLOUT), zmq.POLLOUT),
    "Poller": plain(lambda r: r.poller.poll(0), []),
    "an option": plain(lambda r: r.receiver.rcvhwm, 0),
    "Message": Form(Rig.long, message_of_nothing_kept, lambda r, g, succeeded, got: None),
    "life": Form(lambda r: [], life, ended),
}
GROUPS = {"sends": SENDS, "c_sends": C_SENDS, "receives": RECEIVES, "others": OTHERS}
FORMS = {**SENDS, **C_SENDS, **RECEIVES, **OTHERS}
