"""Memory lent to libzmq: kept as long as it is needed, and not longer."""

from __future__ import annotations

import array
import gc
import json
import mmap
import socket
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from safety_support import run as run_program
from support import TRANSPORTS, Make, Pair, Run, Task, eventually

import zmqlite as zmq
from zmqlite import message

SIZE = 100_000
PATTERN = bytes(range(250)) * (SIZE // 250)


def lend(content: bytes = PATTERN) -> tuple[zmq.Message, Callable[[], bool]]:
    """A message over memory that nobody else holds, and whether that memory was let go."""
    memory = array.array("B", content)
    alive = weakref.ref(memory)
    return zmq.Message(memory), lambda: alive() is None


def pinned() -> int:
    return message.collect()


@contextmanager
def refusing() -> Iterator[str]:
    """A port that refuses connections, and can be bound afterwards."""
    with socket.socket() as hole:
        hole.bind(("127.0.0.1", 0))
        yield f"tcp://127.0.0.1:{hole.getsockname()[1]}"


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_memory_is_let_go_after_delivery_without_another_call(pair: Pair, transport: str) -> None:
    receiver, sender = pair(zmq.PULL, zmq.PUSH, transport)
    lent, let_go = lend()
    sender.send_multipart([b"head", lent, b"tail"])
    del lent
    assert receiver.recv_multipart(timeout=5000) == [b"head", PATTERN, b"tail"]
    eventually(let_go)  # which makes no call of zmqlite


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_long_bytes_are_let_go_after_delivery_without_another_call(
    pair: Pair, transport: str
) -> None:
    receiver, sender = pair(zmq.PULL, zmq.PUSH, transport)
    message.collect()
    before = pinned()
    sender.send(PATTERN)
    assert receiver.recv(timeout=5000) == PATTERN
    eventually(lambda: pinned() == before)  # which makes no call of zmqlite


def test_a_mapped_file_can_be_closed_after_delivery(pair: Pair) -> None:
    receiver, sender = pair(zmq.PULL, zmq.PUSH, "tcp")
    before = pinned()
    with mmap.mmap(-1, SIZE) as memory:
        memory[:] = PATTERN
        lent = zmq.Message(memory)
        sender.send(lent)
        del lent
        assert receiver.recv(timeout=5000) == PATTERN
        eventually(lambda: pinned() == before)
        # Leaving the block raises BufferError where a view of it is still alive.


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_memory_is_not_let_go_before_a_late_peer_has_received_it(
    make: Make, transport: str, tmp_path: Path
) -> None:
    sender, receiver = make(zmq.PUSH, linger=0), make(zmq.PULL)
    with refusing() as tcp:
        endpoint = {"inproc": "inproc://late", "ipc": f"ipc://{tmp_path}/late", "tcp": tcp}[
            transport
        ]
        sender.connect(endpoint)
    lent, let_go = lend()
    sender.send(lent)
    sender.send(PATTERN[::-1])
    del lent
    gc.collect()
    message.collect()
    waste = [bytes([number]) * SIZE for number in range(200)]  # would be put where it was
    time.sleep(0.05)
    assert not let_go()
    receiver.bind(endpoint)
    assert receiver.recv(timeout=5000) == PATTERN
    assert receiver.recv(timeout=5000) == PATTERN[::-1]
    eventually(let_go)  # which makes no call of zmqlite
    del waste


def closed(make: Make) -> zmq.Socket:
    pusher = make(zmq.PUSH)
    pusher.close()
    return pusher


def waiting_for_a_reply(make: Make) -> zmq.Socket:
    asker = make(zmq.REQ)
    asker.connect("inproc://reply")
    asker.send(b"question")
    return asker


def unknown_peer(make: Make) -> zmq.Socket:
    return make(zmq.ROUTER, router_mandatory=True)


FAILURES: dict[str, tuple[Callable[[Make], zmq.Socket], int, int | None, type[zmq.ZMQError]]] = {
    "nobody there": (lambda make: make(zmq.PUSH), zmq.DONTWAIT, None, zmq.Again),
    "nobody there in time": (lambda make: make(zmq.PUSH), 0, 10, zmq.Timeout),
    "closed": (closed, 0, None, zmq.SocketClosed),
    "a type that does not send": (lambda make: make(zmq.PULL), 0, None, zmq.NotSupported),
    "out of turn": (waiting_for_a_reply, 0, None, zmq.StateError),
    "no such peer": (unknown_peer, 0, None, zmq.HostUnreachable),
}


@pytest.mark.parametrize("why", FAILURES)
def test_memory_is_let_go_at_once_where_sending_fails(why: str, make: Make) -> None:
    prepare, flags, timeout, error = FAILURES[why]
    sender = prepare(make)
    before = pinned()
    lent, let_go = lend()
    messages: list[list[Any]] = [[lent, b""], [PATTERN, b"x"], [b"x", lent], [PATTERN] * 20]
    for frames in messages:
        with pytest.raises(error):
            sender.send_multipart(frames, flags, timeout=timeout)
    del lent, frames, messages
    message.collect()
    assert pinned() == before
    assert let_go()


def test_memory_is_let_go_at_once_where_a_frame_is_refused(make: Make) -> None:
    sender = make(zmq.PUSH)
    before = pinned()
    lent, let_go = lend()
    for bad in ("text", None, 5):
        with pytest.raises(TypeError):
            sender.send_multipart([lent, PATTERN, bad])  # type: ignore[list-item]
    del lent
    message.collect()
    assert pinned() == before
    assert let_go()


def test_memory_is_let_go_where_a_send_fails_before_libzmq_has_it(make: Make) -> None:
    sender = make(zmq.PUSH)
    before = pinned()
    with pytest.raises(TypeError):
        sender.send_multipart([PATTERN, PATTERN, "text"])  # type: ignore[list-item]  # meant so
    assert pinned() == before


def test_memory_is_let_go_where_the_context_was_shut_down() -> None:
    with zmq.Context() as context, context.socket(zmq.PUSH) as sender:
        context.shutdown()
        lent, let_go = lend()
        with pytest.raises(zmq.ContextTerminated):
            sender.send(lent)
        del lent
        message.collect()
        assert let_go()


def test_closing_lets_unsent_memory_go_after_the_linger(make: Make) -> None:
    for linger in (0, 200):
        lent, let_go = lend()
        with refusing() as nowhere:
            pusher = make(zmq.PUSH)
            pusher.connect(nowhere)
            pusher.send(lent)
            del lent
            start = time.monotonic()
            pusher.close(linger=linger)
            eventually(let_go)  # which makes no call of zmqlite
            assert time.monotonic() - start >= linger / 1000 - 0.01


def test_term_lets_all_memory_go() -> None:
    before = pinned()
    context = zmq.Context(linger=0)
    lent = [lend() for _ in range(50)]
    for number in range(50):
        sender = context.socket(zmq.PUSH)
        sender.connect(f"inproc://nobody-{number}")
        sender.send_multipart([lent[number][0], PATTERN])
        sender.close()
    let_go = [each for _, each in lent]
    lent.clear()
    gc.collect()
    context.term()
    assert pinned() == before
    assert all(each() for each in let_go)


def test_a_thread_that_sends_lets_memory_go_while_the_main_thread_is_blocked(pair: Pair) -> None:
    receiver, sender = pair(zmq.PULL, zmq.PUSH, "tcp")
    sender.sndhwm = receiver.rcvhwm = 5
    most = 0

    def flood() -> None:
        nonlocal most
        for number in range(300):
            sender.send(PATTERN + b"%d" % number)
            most = max(most, pinned())

    def drain() -> None:
        for _ in range(300):
            receiver.recv()

    tasks = Task(flood), Task(drain)
    for task in tasks:
        task.result()  # waits for a lock, so that nothing of the interpreter's runs meanwhile
    assert most < 100


def test_a_received_view_outlives_message_socket_and_context() -> None:
    before = pinned()
    with zmq.Context(linger=0) as context:
        a, b = context.socket(zmq.PUSH), context.socket(zmq.PULL)
        a.bind("inproc://view")
        b.connect("inproc://view")
        lent, let_go = lend()
        a.send(lent)
        a.send(PATTERN[::-1])
        views = [b.recv_message().data[10:], b.recv_message().data]
        del lent
        a.close()
        b.close()
    gc.collect()
    message.collect()
    assert views[0] == PATTERN[10:]
    assert views[1] == PATTERN[::-1]
    assert not let_go()
    views.clear()
    message.collect()
    assert let_go()
    assert pinned() == before


def test_borrowed_memory_is_sent_many_times_and_by_many_threads(pair: Pair, run: Run) -> None:
    receiver, sender = pair(zmq.PULL, zmq.PUSH, "inproc")
    lent, let_go = lend()
    other, target = pair(zmq.PUSH, zmq.PULL, "tcp")

    def send(pusher: zmq.Socket, shared: zmq.Message) -> None:
        for _ in range(200):
            pusher.send(shared)

    tasks = [run(send, sender, lent), run(send, other, lent)]
    for puller in (receiver, target):
        for _ in range(200):
            assert puller.recv(timeout=5000) == PATTERN
    for task in tasks:
        task.result()
    del lent, tasks, task
    eventually(let_go)  # which makes no call of zmqlite


def test_what_is_returned_for_nothing_is_a_reference_of_its_own() -> None:
    """Python 3.11 counts them, and ends the process when it comes to nought."""
    # In a process of its own: from Python 3.12 on other modules may make the counts go astray.
    source = """
        context = zmq.Context()
        pull, push = context.socket(zmq.PULL), context.socket(zmq.PUSH)
        push.connect(pull.bind("tcp://127.0.0.1:*"))
        before = sys.getrefcount(False), sys.getrefcount(None)
        for _ in range(1000):
            push.send(b"frame")
            push.send_multipart([b"frame"])
            assert pull.recv() and pull.recv_multipart()
            assert pull.poll(0) == 0
        after = sys.getrefcount(False), sys.getrefcount(None)
        say(all(abs(now - then) < 500 for now, then in zip(after, before)))
        context.term()
        """
    assert run_program(source).succeeded() == "True\n"


def test_no_thread_of_ours_frees_memory() -> None:
    source = """
        def names():
            found = set()
            for task in os.listdir("/proc/self/task"):
                with open(f"/proc/self/task/{task}/comm") as comm:
                    found.add(comm.read().strip())
            return found
        before = names()
        context = zmq.Context(linger=0)
        a, b = context.socket(zmq.PUSH), context.socket(zmq.PULL)
        b.connect(a.bind("tcp://127.0.0.1:*"))
        for _ in range(10):
            a.send(bytes(100_000))
            b.recv()
        eventually(lambda: names() - before == {"ZMQbg/IO/0", "ZMQbg/Reaper"})
        say(threading.active_count(), len(os.listdir("/proc/self/task")))
        """
    assert run_program(source).succeeded() == "1 3\n"


KINDS = {
    "small": (200_000, "a.send(b'x'); b.recv()"),
    "multipart": (100_000, "a.send_multipart([b'x', b'', b'yyyy']); b.recv_multipart()"),
    "frames": (50_000, "a.send(b'x', zmq.SNDMORE); a.send(b'y'); b.recv(); b.recv()"),
    "long": (20_000, "a.send(long); b.recv()"),
    "many frames": (2_000, "a.send_multipart([b'x'] * 100 + [long]); b.recv_multipart()"),
    "Message": (30_000, "a.send(zmq.Message(long)); b.recv_message().data[:5]"),
    "batches": (200, "a.send_many([b'xyz'] * 1000)\nfor _ in range(4): b.recv_many(250)"),
    "text and buffers": (
        50_000,
        "a.send_string('x'); b.recv_string()\na.send(b'x'); b.recv_into(into)",
    ),
    "refused": (30_000, "refuse(lambda: b.recv(zmq.DONTWAIT)); refuse(lambda: b.recv(timeout=0))"),
    "refused long": (20_000, "refuse(lambda: alone.send_multipart([long, b''], zmq.DONTWAIT))"),
    "refused types": (30_000, "refuse(lambda: a.send('x')); refuse(lambda: a.recv())"),
    "polls": (50_000, "b.poll(0); poller.poll(0)"),
    "options": (50_000, "a.linger = 0; a.linger; b.events; a.last_endpoint"),
    "sockets": (2_000, "with context.socket(zmq.PUSH) as s: s.connect(other)\nc.events"),
    "monitored sockets": (
        500,
        "with context.socket(zmq.PULL) as s, s.monitor(): s.bind('tcp://127.0.0.1:*')",
    ),
    "contexts": (200, "with zmq.Context() as c: c.socket(zmq.PUSH).close()"),
    "keys": (500, "zmq.z85_decode(zmq.z85_encode(bytes(32)))"),
}


def test_memory_stays_flat_whatever_is_done() -> None:
    source = """
        import json
        context = zmq.Context(linger=0)
        a, b, alone = (context.socket(kind) for kind in (zmq.PUSH, zmq.PULL, zmq.PUSH))
        endpoint = a.bind("inproc://flat")
        b.connect(endpoint)
        c = context.socket(zmq.PULL)
        other = c.bind("inproc://other")
        a.bind("tcp://127.0.0.1:*")
        poller = zmq.Poller()
        poller.register(b, zmq.POLLIN)
        long, into = bytes(70_000), bytearray(10)

        def refuse(call):
            try:
                call()
            except (zmq.ZMQError, TypeError):
                return
            raise AssertionError("was not refused")

        def resident():
            gc.collect()
            with open("/proc/self/statm") as statm:
                return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")

        grown = {}
        for kind, (count, code) in json.loads(sys.argv[1]).items():
            code = compile(code, kind, "exec")
            for _ in range(count // 4):
                exec(code)
            for _ in range(3):  # a leak grows each time; a queue for the reaper does not
                before = resident()
                for _ in range(count):
                    exec(code)
                grown[kind] = resident() - before
                if grown[kind] <= int(sys.argv[2]):
                    break
        say(json.dumps(grown))
        """
    most = 2**22
    found = run_program(source, json.dumps(KINDS), str(most), deadline=50)
    grown: dict[str, Any] = json.loads(found.succeeded())
    assert {kind: size for kind, size in grown.items() if size > most} == {}
