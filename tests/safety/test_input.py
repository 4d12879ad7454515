"""Whatever is passed in, it works or raises; nothing aborts, and the socket goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from program_support import said
from support import Pair

import zmqlite as zmq

# The socket is given as Any: a type checker finds most of these.
REFUSED: dict[str, tuple[Callable[[Any], Any], type[Exception], str]] = {
    "text": (lambda s: s.send("text"), TypeError, "send_string"),
    "a number": (lambda s: s.send(5), TypeError, "int"),
    "nothing": (lambda s: s.send(None), TypeError, "NoneType"),
    "text as a frame": (lambda s: s.send_multipart([b"a", "b"]), TypeError, "str"),
    "bytes as frames": (lambda s: s.send_multipart(b"ab"), TypeError, "list of frames"),
    "text as frames": (lambda s: s.send_multipart("ab"), TypeError, "list of frames"),
    "a Message as frames": (lambda s: s.send_multipart(zmq.Message(b"x")), TypeError, "frames"),
    "no frame": (lambda s: s.send_multipart([]), ValueError, "may be empty: [b'']"),
    "bytes as messages": (lambda s: s.send_many(b"ab"), TypeError, ""),
    "text as messages": (lambda s: s.send_many("ab"), TypeError, ""),
    "a number as messages": (lambda s: s.send_many(5), TypeError, ""),
    "bytes as text": (lambda s: s.send_string(b"x"), TypeError, "str, not bytes; see send()"),
    "unknown flags": (lambda s: s.send(b"x", 64), ValueError, "0x40"),
    "unknown flags of frames": (lambda s: s.send_multipart([b"x"], 4), ValueError, "0x4"),
    "unknown flags of a receive": (lambda s: s.recv(8), ValueError, "0x8"),
    "negative flags": (lambda s: s.recv_multipart(-1), ValueError, "unknown flags"),
    "flags as text": (lambda s: s.send(b"x", "1"), TypeError, "flags are DONTWAIT and SNDMORE"),
    "SNDMORE on a receive": (lambda s: s.recv(zmq.SNDMORE), ValueError, "unknown flags 0x2"),
    "SNDMORE on a batch": (lambda s: s.send_many([b""], zmq.SNDMORE), ValueError, "flags 0x2"),
    "a float as timeout": (lambda s: s.recv(timeout=0.5), TypeError, "milliseconds"),
    "True as timeout": (lambda s: s.recv(timeout=True), TypeError, "milliseconds"),
    "text as timeout": (lambda s: s.recv_many(timeout="5"), TypeError, "timeout"),
    "a negative timeout": (lambda s: s.recv_multipart(timeout=-2), ValueError, "-2"),
    "too long a timeout": (lambda s: s.send(b"x", timeout=2**31), ValueError, "2147483647"),
    "a timeout of poll": (lambda s: s.poll(1.0), TypeError, "timeout"),
    "a timeout of a Poller": (lambda s: zmq.Poller().poll(2**31), ValueError, "timeout"),
    "a read-only buffer": (lambda s: s.recv_into(b"xxx"), TypeError, "writable"),
    "a buffer with gaps": (
        lambda s: s.recv_into(memoryview(bytearray(8))[::2]),
        TypeError,
        "writable",
    ),
    "no buffer": (lambda s: s.recv_into("text"), TypeError, "recv_into() takes bytes or another"),
    "none at all": (lambda s: s.recv_many(0, zmq.DONTWAIT), ValueError, "limit"),
    "too many": (lambda s: s.recv_many(2**31, zmq.DONTWAIT), ValueError, "limit"),
    "a limit as text": (lambda s: s.recv_many("1", zmq.DONTWAIT), TypeError, "limit"),
    "True as a limit": (lambda s: s.recv_many(True, zmq.DONTWAIT), TypeError, "limit"),
    "a NUL in an endpoint": (lambda s: s.bind("inproc://a\0b"), ValueError, "NUL"),
    "bytes as endpoint": (lambda s: s.connect(b"inproc://a"), TypeError, "endpoint is a str"),
    "None as endpoint": (lambda s: s.unbind(None), TypeError, "endpoint is a str"),
    "a number as endpoint": (lambda s: s.disconnect(5), TypeError, "endpoint is a str"),
    "no transport": (lambda s: s.bind("127.0.0.1:5555"), ValueError, "transport://"),
    "no address": (lambda s: s.connect("tcp://"), ValueError, "transport://"),
    "an unknown transport": (lambda s: s.bind("tpc://*:*"), zmq.ZMQError, "has()"),
    "too long an ipc path": (lambda s: s.bind("ipc:///" + 108 * "a"), zmq.ZMQError, "107 bytes"),
    "a port out of range": (lambda s: s.connect("tcp://127.0.0.1:65536"), ValueError, "65535"),
    "no port": (lambda s: s.bind("tcp://127.0.0.1:abc"), ValueError, "a port is 0 to 65535"),
    "not an interface": (lambda s: s.bind("tcp://no.such.interface:1"), zmq.ZMQError, "interface"),
    "an endpoint not bound": (lambda s: s.unbind("tcp://127.0.0.1:1"), zmq.ZMQError, "bind()"),
    "an option out of range": (lambda s: setattr(s, "sndhwm", -1), ValueError, "sndhwm"),
    "an option of another type": (lambda s: setattr(s, "sndhwm", "1"), TypeError, "sndhwm"),
    "an option that is not there": (lambda s: setattr(s, "hwm", 1), AttributeError, "hwm"),
    "a read-only option": (lambda s: setattr(s, "rcvmore", 1), AttributeError, "read-only"),
    "too short a key": (lambda s: setattr(s, "curve_serverkey", b"x" * 39), ValueError, "39"),
    "a raw key": (lambda s: setattr(s, "curve_serverkey", bytes(32)), ValueError, "z85_encode"),
    "a key as text": (lambda s: setattr(s, "curve_serverkey", "x" * 40), TypeError, "bytes"),
    "too long an identity": (lambda s: setattr(s, "routing_id", 256 * b"x"), ValueError, "255"),
    "events as text": (lambda s: s.monitor("all"), TypeError, "events"),
    "True as events": (lambda s: s.monitor(True), TypeError, "events"),
    "too many events": (lambda s: s.monitor(2**40), ValueError, "events"),
    "no event to poll": (lambda s: s.poll(0, 0), ValueError, "events are POLLIN, POLLOUT"),
    "an event that does not exist": (lambda s: s.poll(0, 16), ValueError, "events are POLLIN"),
    "a negative mask": (lambda s: s.poll(0, -1), ValueError, "events are POLLIN"),
    "a mask as text": (lambda s: s.poll(0, "POLLIN"), TypeError, "events are POLLIN"),
}


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[zmq.Socket, zmq.Socket]]:
    """Two sockets that go on after everything that is refused."""
    with zmq.Context(linger=0) as context:
        a, b = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
        b.connect(a.bind("inproc://both"))
        yield a, b


@pytest.mark.parametrize("what", REFUSED)
def test_bad_input_is_refused_with_a_reason_and_the_socket_goes_on(
    what: str, both: tuple[zmq.Socket, zmq.Socket]
) -> None:
    call, error, reason = REFUSED[what]
    a, b = both
    with pytest.raises(error) as caught:
        call(a)
    assert reason in str(caught.value)
    a.send_multipart([b"still", b"works"])
    assert b.recv_multipart(timeout=1000) == [b"still", b"works"]
    assert not b.poll(0)  # of what was refused nothing came
    b.send(b"back")
    assert a.recv(timeout=1000) == b"back"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_message_may_be_a_gibibyte_long(pair: Pair) -> None:
    size = 2**30
    receiver, sender = pair(zmq.PULL, zmq.PUSH, "tcp")
    content = bytes(size - 5) + b"quite"
    sender.send_multipart([content, b"end"])
    with receiver.recv_message(timeout=60_000).data as view:
        assert len(view) == size
        assert bytes(view[-5:]) == b"quite"
    assert receiver.recv() == b"end"


@pytest.mark.slow
def test_too_few_descriptors_raise_an_error_and_abort_nothing() -> None:
    found: dict[str, list[int]] = json.loads(said("safety/scarce", "all_of_them"))
    assert len(found) == 11
    for name, codes in found.items():
        # 1 is EMFILE, and 0 success, from as many descriptors on as it takes.
        assert set(codes) <= {0, 1}, (name, codes)
        assert codes == sorted(codes, reverse=True), (name, codes)
        assert codes[-1] == 0 or name == "many I/O threads", (name, codes)
