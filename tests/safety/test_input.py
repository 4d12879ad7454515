"""Whatever is passed in, it works or raises; nothing aborts, and the socket goes on."""

from __future__ import annotations

import errno
import json
import socket as sockets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safety_support import run as run_program
from support import Make, Pair

import zmqlite as zmq

Call = Callable[[zmq.Socket], Any]
RAW_KEY = bytes(32)

REFUSED: dict[str, tuple[Call, type[Exception], str]] = {
    "text": (lambda s: s.send("text"), TypeError, "send_string"),  # type: ignore[arg-type]
    "a number": (lambda s: s.send(5), TypeError, "int"),  # type: ignore[arg-type]
    "nothing": (lambda s: s.send(None), TypeError, "NoneType"),  # type: ignore[arg-type]
    "text as a frame": (
        lambda s: s.send_multipart([b"a", "b"]),  # type: ignore[list-item]
        TypeError,
        "str",
    ),
    "bytes as frames": (
        lambda s: s.send_multipart(b"ab"),  # type: ignore[arg-type]
        TypeError,
        "list of frames",
    ),
    "no frame": (lambda s: s.send_multipart([]), ValueError, "at least one frame"),
    "text among many": (
        lambda s: s.send_many([b"a", "b"]),  # type: ignore[list-item]
        TypeError,
        "str",
    ),
    "bytes as text": (
        lambda s: s.send_string(b"x"),  # type: ignore[arg-type]
        TypeError,
        "str",
    ),
    "unknown flags": (lambda s: s.send(b"x", 64), ValueError, "0x40"),
    "flags as text": (lambda s: s.send(b"x", "1"), TypeError, "flags"),  # type: ignore[arg-type]
    "SNDMORE on a receive": (lambda s: s.recv(zmq.SNDMORE), ValueError, "flags"),
    "a float as timeout": (
        lambda s: s.recv(timeout=0.5),  # type: ignore[arg-type]
        TypeError,
        "milliseconds",
    ),
    "True as timeout": (lambda s: s.recv(timeout=True), TypeError, "milliseconds"),
    "a negative timeout": (lambda s: s.recv(timeout=-2), ValueError, "-2"),
    "too long a timeout": (lambda s: s.send(b"x", timeout=2**31), ValueError, "2147483647"),
    "a read-only buffer": (lambda s: s.recv_into(b"xxx"), TypeError, "writable"),
    "none at all": (lambda s: s.recv_many(0), ValueError, "limit"),
    "a NUL in an endpoint": (lambda s: s.bind("inproc://a\0b"), ValueError, "NUL"),
    "bytes as endpoint": (
        lambda s: s.connect(b"inproc://a"),  # type: ignore[arg-type]
        TypeError,
        "endpoint",
    ),
    "no transport": (lambda s: s.bind("127.0.0.1:5555"), ValueError, "transport://"),
    "an unknown transport": (lambda s: s.bind("tpc://*:*"), zmq.ZMQError, "has()"),
    "too long an ipc path": (lambda s: s.bind("ipc:///" + 108 * "a"), zmq.ZMQError, "107 bytes"),
    "a port out of range": (lambda s: s.connect("tcp://127.0.0.1:65536"), ValueError, "65535"),
    "not an interface": (lambda s: s.bind("tcp://no.such.interface:1"), zmq.ZMQError, "interface"),
    "an endpoint not bound": (lambda s: s.unbind("tcp://127.0.0.1:1"), zmq.ZMQError, "bind()"),
    "an option out of range": (lambda s: setattr(s, "sndhwm", -1), ValueError, "sndhwm"),
    "an option of another type": (lambda s: setattr(s, "sndhwm", "1"), TypeError, "sndhwm"),
    "an option that is not there": (lambda s: setattr(s, "hwm", 1), AttributeError, "hwm"),
    "a read-only option": (lambda s: setattr(s, "rcvmore", 1), AttributeError, "read-only"),
    "an unknown option": (lambda s: s.set(9999, 1), zmq.InvalidArgument, "no such"),
    "too short a key": (lambda s: setattr(s, "curve_serverkey", b"x" * 39), ValueError, "39"),
    "a raw key": (lambda s: setattr(s, "curve_serverkey", RAW_KEY), ValueError, "z85_encode"),
    "a key as text": (lambda s: setattr(s, "curve_serverkey", "x" * 40), TypeError, "bytes"),
    "too long an identity": (lambda s: setattr(s, "routing_id", 256 * b"x"), ValueError, "255"),
    "events as text": (lambda s: s.monitor("all"), TypeError, "events"),  # type: ignore[arg-type]
    "too many events": (lambda s: s.monitor(2**40), ValueError, "events"),
    "no event to poll": (lambda s: s.poll(0, 0), ValueError, "events"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_bad_input_is_refused_with_a_reason_and_the_socket_goes_on(what: str, pair: Pair) -> None:
    call, error, reason = REFUSED[what]
    a, b = pair(zmq.PAIR, zmq.PAIR)
    with pytest.raises(error) as caught:
        call(a)
    assert reason in str(caught.value)
    a.send_multipart([b"still", b"works"])
    assert b.recv_multipart(timeout=1000) == [b"still", b"works"]
    b.send(b"back")
    assert a.recv(timeout=1000) == b"back"


def test_a_port_in_use_is_named(make: Make) -> None:
    endpoint = make(zmq.PULL).bind("tcp://127.0.0.1:*")
    with pytest.raises(zmq.AddressInUse, match=endpoint):
        make(zmq.PULL).bind(endpoint)


def test_a_closed_socket_in_a_poller_is_named(make: Make) -> None:
    closed, open_ = make(zmq.PULL), make(zmq.PULL)
    poller = zmq.Poller()
    poller.register(open_, zmq.POLLIN)
    poller.register(closed, zmq.POLLIN)
    closed.close()
    with pytest.raises(zmq.SocketClosed, match="PULL"):
        poller.poll(0)
    poller.unregister(closed)
    assert poller.poll(0) == []


def test_a_closed_descriptor_in_a_poller_is_an_error_event_or_refused() -> None:
    poller = zmq.Poller()
    with sockets.socket() as closed:
        number = closed.fileno()
        poller.register(number, zmq.POLLIN)
        poller.register(closed, zmq.POLLIN)
    with pytest.raises(ValueError, match="descriptor"):
        poller.poll(0)  # its fileno() is -1 now
    poller.unregister(closed)
    assert poller.poll(0) == [(number, zmq.POLLERR)]


@pytest.mark.parametrize("item", [-1, 2**31, 2**80])
def test_a_number_that_is_no_descriptor_is_refused_by_a_poller(item: int) -> None:
    poller = zmq.Poller()
    poller.register(item, zmq.POLLIN)
    with pytest.raises(ValueError, match="descriptor"):
        poller.poll(0)


@pytest.mark.parametrize("transport", ["inproc", "tcp"])
def test_messages_and_frames_may_be_empty(pair: Pair, transport: str) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR, transport)
    a.send(b"")
    a.send_multipart([b"", b"", b""])
    a.send(zmq.Message(b""))
    a.send(memoryview(b""))
    a.send_many([b"", b""])
    assert b.recv(timeout=1000) == b""
    assert b.recv_multipart(timeout=1000) == [b"", b"", b""]
    assert bytes(b.recv_message(timeout=1000).data) == b""
    assert b.recv_into(bytearray(0), timeout=1000) == 0
    got: list[bytes] = []
    while len(got) < 2:
        got += b.recv_many(timeout=1000)
    assert got == [b"", b""]


@pytest.mark.slow
def test_a_message_may_be_a_gibibyte_long(pair: Pair) -> None:
    size = 2**30
    receiver, sender = pair(zmq.PULL, zmq.PUSH, "tcp")
    content = bytes(size - 5) + b"quite"
    sender.send_multipart([content, b"end"])
    with receiver.recv_message(timeout=60_000).data as view:
        assert len(view) == size
        assert bytes(view[-5:]) == b"quite"
    assert receiver.recv() == b"end"


SCARCE = """
import errno, json, resource
assert not kept

def exhaust(spare):
    "Use up the descriptors of this process, but for a few."
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
    taken = []
    try:
        while True:
            taken.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        pass
    for _ in range(spare):
        os.close(taken.pop())

def attempt(prepare, act, spare):
    "What a child process comes to."
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.dup2(os.open("/dev/null", os.O_WRONLY), 2)
    names = {"zmq": zmq}
    exec(prepare, names)
    exhaust(spare)
    try:
        exec(act, names)
    except zmq.ZMQError as error:
        os._exit(1 if error.errno == errno.EMFILE else 2)
    except BaseException:
        os._exit(3)
    names.pop("c", zmq.Context(linger=0) if spare > 8 else None)
    os._exit(0)

found = {}
for name, (prepare, act) in json.loads(sys.argv[1]).items():
    found[name] = [attempt(prepare, act, spare) for spare in range(12)]
say(json.dumps(found))
"""

SHORTAGES = {
    "Context": ("", "c = zmq.Context(linger=0)"),
    "first socket": ("c = zmq.Context(linger=0)", "c.socket(zmq.PUSH); c.term()"),
    "many I/O threads": ("", "c = zmq.Context(linger=0, io_threads=9); c.socket(zmq.PUSH)"),
    "next socket": (
        "c = zmq.Context(linger=0); s = c.socket(zmq.PUSH)",
        "t = c.socket(zmq.PUSH); c.term()",
    ),
    "bind to tcp": (
        "c = zmq.Context(linger=0); s = c.socket(zmq.PULL)",
        "s.bind('tcp://127.0.0.1:*'); c.term()",
    ),
    "bind to every interface": (
        "c = zmq.Context(linger=0); s = c.socket(zmq.PULL)",
        "s.bind('tcp://*:*'); c.term()",
    ),
    "bind to ipc": (
        "c = zmq.Context(linger=0); s = c.socket(zmq.PULL)",
        "s.bind('ipc://@zmqlite-scarce'); c.term()",
    ),
    "connect to tcp": (
        "c = zmq.Context(linger=0); s = c.socket(zmq.PUSH)",
        "s.connect('tcp://127.0.0.1:9'); s.send(b'x'); c.term()",
    ),
    "connect to inproc, never bound": (
        "c = zmq.Context(linger=0); s = c.socket(zmq.PUSH)",
        "s.connect('inproc://nobody'); s.send(b'x'); c.term()",
    ),
    "monitor": (
        "c = zmq.Context(linger=0); s = c.socket(zmq.PULL)",
        "m = s.monitor(); c.term()",
    ),
    "accept by tcp": (
        "import socket; c = zmq.Context(linger=0); s = c.socket(zmq.PULL)\n"
        "port = int(s.bind('tcp://127.0.0.1:*').rpartition(':')[2]); p = socket.socket()",
        "p.connect(('127.0.0.1', port)); s.poll(20); c.term()",
    ),
}


def test_too_few_descriptors_raise_an_error_and_abort_nothing() -> None:
    found: dict[str, list[int]] = json.loads(run_program(SCARCE, json.dumps(SHORTAGES)).succeeded())
    assert found.keys() == SHORTAGES.keys()
    for name, codes in found.items():
        # 1 is EMFILE, and 0 success, from as many descriptors on as it takes.
        assert set(codes) <= {0, 1}, (name, codes)
        assert codes == sorted(codes, reverse=True), (name, codes)
        assert codes[-1] == 0 or name == "many I/O threads", (name, codes)


def test_more_sockets_than_the_context_may_have_raise_an_error(make: Make) -> None:
    with zmq.Context(max_sockets=3, linger=0) as context:
        three = [context.socket(zmq.PUSH) for _ in range(3)]
        with pytest.raises(zmq.ZMQError, match="max_sockets") as caught:
            context.socket(zmq.PUSH)
        assert caught.value.errno == errno.EMFILE
        for each in three:
            each.close()


def test_an_ipc_path_that_is_a_file_is_not_deleted(make: Make, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("content")
    with pytest.raises(zmq.AddressInUse):
        make(zmq.PULL).bind(f"ipc://{precious}")
    assert precious.read_text() == "content"
