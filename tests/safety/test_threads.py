"""Several threads at one socket: at once is refused, one after the other works.

Threads that keep on trying are in tests/attacks/storm_threads.py.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from functools import partial

import pytest
from calls import CALLS, Call
from support import Make, Run, Task, eventually, inside

import zmqlite as zmq

ENTER: dict[str, Call] = {**CALLS, "iteration": list, "close": lambda s: s.close()}
del ENTER["monitor"]  # the hub watches the socket from beside it


@pytest.mark.parametrize("call", ENTER)
def test_a_call_while_another_thread_waits_in_the_socket_is_refused_and_disturbs_nothing(
    call: str, make: Make, run: Run, endpoint: str
) -> None:
    a, b = make(zmq.PAIR), make(zmq.PAIR)
    a.bind(endpoint)
    b.connect(endpoint)
    waiting = run(b.recv_multipart)
    eventually(lambda: inside(b))
    with pytest.raises(zmq.SocketBusy, match="another thread"):
        ENTER[call](b)
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
