"""Several threads at one socket: at once is refused, one after the other works."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from safety_support import run as run_program
from support import Make, Run, Task, eventually, inside

import zmqlite as zmq

STORM = """
import json

sys.setswitchinterval(1e-5)

ENOUGH = 100  # refusals, and messages of each thread, after which it is proven
LIMIT = 4.0  # seconds

start = time.monotonic()
refused = [0] * 4
failed = []

def in_threads(*works):
    def run(index, work):
        count = 0
        try:
            while time.monotonic() - start < LIMIT and min(sum(refused), count) < ENOUGH:
                try:
                    work(index, count)
                    count += 1
                except zmq.SocketBusy:
                    refused[index] += 1
        except BaseException as error:
            failed.append(repr(error))
    threads = [threading.Thread(target=run, args=each) for each in enumerate(works)]
    for each in threads:
        each.start()
    return threads

def end(threads, **found):
    for each in threads:
        each.join()
    say(json.dumps({"refused": sum(refused), "failed": failed, **found}))

context = zmq.Context(linger=0)
def pair(a, b, hwm=0):
    sockets = context.socket(a, sndhwm=hwm, rcvhwm=hwm), context.socket(b, sndhwm=hwm, rcvhwm=hwm)
    sockets[1].connect(sockets[0].bind("tcp://127.0.0.1:*"))
    return sockets
"""
"""Four threads that do something until it was refused and done often enough; what came of it."""

CALLS: dict[str, Callable[[zmq.Socket], Any]] = {
    "send": lambda s: s.send(b"x"),
    "send a long one": lambda s: s.send(bytes(100_000)),
    "send_multipart": lambda s: s.send_multipart([b"x", b"y"]),
    "send_many": lambda s: s.send_many([b"x", b"y"]),
    "recv": lambda s: s.recv(),
    "recv with a timeout": lambda s: s.recv(timeout=1000),
    "recv_multipart": lambda s: s.recv_multipart(),
    "recv_many": lambda s: s.recv_many(),
    "recv_into": lambda s: s.recv_into(bytearray(9)),
    "recv_message": lambda s: s.recv_message(),
    "recv_string": lambda s: s.recv_string(),
    "iteration": list,
    "poll": lambda s: s.poll(),
    "bind": lambda s: s.bind("inproc://refused"),
    "connect": lambda s: s.connect("inproc://refused"),
    "unbind": lambda s: s.unbind("inproc://refused"),
    "disconnect": lambda s: s.disconnect("inproc://refused"),
    "read an option": lambda s: s.linger,
    "set an option": lambda s: setattr(s, "linger", 0),
    "close": lambda s: s.close(),
}


def storm(source: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run_program(STORM + source).succeeded())
    assert found["failed"] == []
    # A call that does not wait keeps the GIL, so that no other thread meets it.
    assert found["refused"] > 0 or "DONTWAIT" in source
    return found


@pytest.mark.parametrize(
    "send",
    [
        's.send_multipart([b"%d" % index, b"", b"%d" % count, bytes(1000)])',
        's.send_multipart([b"%d" % index, b"", b"%d" % count, bytes(100_000)])',
        's.send_many([b"%d %d" % (index, count)])',
        's.send(b"%d %d" % (index, count))',
    ],
)
def test_what_four_threads_send_at_once_is_refused_or_arrives_whole(send: str) -> None:
    found = storm(f"""
s, receiver = pair(zmq.PUSH, zmq.PULL, 10)  # who waits for room is inside
sent = [[], [], [], []]

def work(index, count):
    {send}
    sent[index].append(count)

threads = in_threads(*[work] * 4)
got = [[], [], [], []]
torn = 0
while any(each.is_alive() for each in threads) or sum(map(len, got)) < sum(map(len, sent)):
    try:
        frames = receiver.recv_multipart(timeout=1000)
    except zmq.Timeout:
        break
    if len(frames) == 1:
        index, count = frames[0].split()
    else:
        index, empty, count, rest = frames
        torn += len(rest) % 1000 != 0 or empty != b""
    got[int(index)].append(int(count))
s.send(b"still works")
end(threads, arrived=got == sent, torn=torn, last=receiver.recv(timeout=5000).decode())
""")
    assert (found["arrived"], found["torn"], found["last"]) == (True, 0, "still works")


@pytest.mark.parametrize(
    "receive",
    [
        "s.recv_multipart(timeout=20)",
        "s.recv_multipart(zmq.DONTWAIT)",
        "[bytes(s.recv_message(timeout=20))]",
        "s.recv_many(timeout=20)",
    ],
)
def test_what_four_threads_receive_at_once_arrives_once_and_whole(receive: str) -> None:
    frames = 1 if "many" in receive or "recv_message" in receive else 3
    found = storm(f"""
sender, s = pair(zmq.PUSH, zmq.PULL)
got = [[], [], [], []]

def work(index, count):
    try:
        got[index].append({receive})
    except zmq.Again:
        pass

threads = in_threads(*[work] * 4)
sent = 0
while any(each.is_alive() for each in threads):
    for _ in range(100):
        sender.send_multipart([b"%d" % sent] * {frames})
        sent += 1
    time.sleep(0.001)
sender.send(b"%d" % sent)
received = [message for each in got for message in each]
torn = sum(len(message) != {frames} for message in received) if {frames} > 1 else 0
numbers = [int(frame) for message in received for frame in message[:: {frames}]]
rest = []
while not rest or rest[-1] < sent:
    rest.append(int(s.recv_multipart(timeout=5000)[0]))
end(threads, torn=torn, doubled=len(numbers) - len(set(numbers)),
    first=sorted(numbers) == list(range(len(numbers))),
    next=rest == list(range(len(numbers), sent + 1)))
""")
    assert found["torn"] == found["doubled"] == 0
    assert found["first"]
    assert found["next"]  # the socket still works, and has the rest


def test_four_threads_that_do_different_things_at_once_are_refused_or_served() -> None:
    found = storm("""
s, other = pair(zmq.DEALER, zmq.DEALER)
sent, got, echoed = [], [], []
poller = zmq.Poller()
poller.register(s)

def send(index, count):
    s.send_multipart([b"%d" % count, b"end"])
    sent.append(count)

def receive(index, count):
    try:
        got.append(s.recv_multipart(timeout=5))
    except zmq.Again:
        pass

def poll(index, count):
    poller.poll(1)

def look(index, count):
    s.sndhwm = 0
    s.events, s.rcvmore, s.poll(0)

threads = in_threads(send, receive, poll, look)
while any(each.is_alive() for each in threads) or len(echoed) < len(sent):
    try:
        echoed.append(other.recv_multipart(timeout=1000))
        other.send_multipart(echoed[-1])
    except zmq.Timeout:
        break
while len(got) < len(echoed):
    got.append(s.recv_multipart(timeout=5000))
expected = [[b"%d" % count, b"end"] for count in sent]
end(threads, there=echoed == expected, back=got == expected)
""")
    assert found["there"]
    assert found["back"]


@pytest.mark.parametrize("call", CALLS)
def test_a_call_while_another_thread_waits_in_the_socket_is_refused_and_disturbs_nothing(
    call: str, make: Make, run: Run, endpoint: str
) -> None:
    a, b = make(zmq.PAIR), make(zmq.PAIR)
    a.bind(endpoint)
    b.connect(endpoint)
    waiting = run(b.recv_multipart)
    eventually(lambda: inside(b))
    with pytest.raises(zmq.SocketBusy, match="another thread"):
        CALLS[call](b)
    a.send_multipart([b"1", b"2"])
    assert waiting.result() == [b"1", b"2"]
    b.send(b"back")
    assert a.recv(timeout=1000) == b"back"


def test_a_poller_is_refused_while_another_thread_waits_in_one_of_its_sockets(
    make: Make, run: Run
) -> None:
    free, busy = make(zmq.PULL), make(zmq.PULL)
    poller = zmq.Poller()
    poller.register(free)
    poller.register(busy)
    waiting = run(busy.recv)
    eventually(lambda: inside(busy))
    with pytest.raises(zmq.SocketBusy):
        poller.poll()
    with pytest.raises(zmq.SocketBusy):
        zmq.proxy(free, busy)
    assert free.poll(0) == 0  # what was entered before the refusal was left again
    assert not waiting.future.done()


def test_a_socket_moves_from_thread_to_thread(make: Make, run: Run, endpoint: str) -> None:
    rounds = 2000
    receiver, sender = make(zmq.PULL), make(zmq.PUSH)
    receiver.bind(endpoint)
    sender.connect(endpoint)
    baton: queue.Queue[tuple[int, zmq.Socket]] = queue.Queue()

    def carry() -> int:
        moved = 0
        while True:
            number, socket = baton.get(timeout=5)
            if number < rounds:
                socket.send_multipart([b"%d" % number, b"x" * (number % 50)])
                moved += 1
            baton.put((number + 1, socket))
            if number >= rounds:
                return moved

    tasks = [run(carry) for _ in range(4)]
    baton.put((0, sender))
    for number in range(rounds):
        assert receiver.recv_multipart(timeout=5000)[0] == b"%d" % number
    assert sum(task.result() for task in tasks) == rounds


def test_shutdown_wakes_every_blocked_thread_and_term_waits_for_them(run: Run) -> None:
    context = zmq.Context()
    sockets = [context.socket(zmq.PULL) for _ in range(6)]
    poller = zmq.Poller()
    poller.register(sockets[3])
    calls: list[Callable[[], object]] = [
        sockets[0].recv,
        sockets[1].recv_multipart,
        sockets[2].poll,
        poller.poll,
    ]
    waiting = [run(call) for call in calls]
    proxying = run(zmq.proxy, sockets[4], sockets[5])
    eventually(lambda: inside(*sockets))
    Task(context.term).result(1)
    for task in waiting:
        with pytest.raises(zmq.ContextTerminated):
            task.result()
    assert proxying.result() is None
    assert context.closed
    assert all(socket.closed for socket in sockets)


def test_a_socket_can_be_closed_while_a_thread_that_was_woken_comes_out_of_it(run: Run) -> None:
    for _ in range(50):
        context = zmq.Context()
        socket = context.socket(zmq.PULL)
        waiting = run(socket.recv)
        eventually(inside, socket)
        context.shutdown()
        socket.close()
        assert socket.closed
        with pytest.raises((zmq.ContextTerminated, zmq.SocketClosed)):
            waiting.result()
        context.term()


def test_term_from_many_threads_ends_once(run: Run) -> None:
    context = zmq.Context()
    socket = context.socket(zmq.PULL)
    gate = threading.Barrier(4)

    def term() -> None:
        gate.wait(5)
        context.term()

    for task in [run(term) for _ in range(4)]:
        task.result()
    assert context.closed
    assert socket.closed


def _are_many(made: list[zmq.Socket]) -> bool:
    return len(made) > 5


def test_sockets_made_in_many_threads_while_the_context_ends_are_refused_or_closed(
    run: Run,
) -> None:
    for _ in range(20):
        context = zmq.Context()
        made: list[zmq.Socket] = []

        def make(context: zmq.Context = context, made: list[zmq.Socket] = made) -> None:
            while True:
                made.append(context.socket(zmq.PUSH))

        tasks = [run(make) for _ in range(3)]
        eventually(partial(_are_many, made))
        Task(context.term).result()
        for task in tasks:
            with pytest.raises(zmq.ZMQError) as caught:
                task.result()
            assert isinstance(caught.value, zmq.ContextTerminated) or "open files" in str(caught)
        assert all(socket.closed for socket in made)
