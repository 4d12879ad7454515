"""A proxy that takes commands: the same answers with every libzmq."""

from __future__ import annotations

import struct

import pytest
from support import LONG, Pair, Run, Task, await_subscription, eventually, inside

import zmqlite as zmq

Kind = zmq.SocketType

CONTROLS = [(zmq.PAIR, zmq.PAIR), (zmq.REP, zmq.REQ), (zmq.PULL, zmq.PUSH), (zmq.SUB, zmq.PUB)]
ANSWERING = CONTROLS[:2]


class Steered:
    """A running proxy between two PAIRs, the peers at its far ends, and its control."""

    def __init__(self, pair: Pair, run: Run, control: Kind, hand: Kind) -> None:
        self.frontend, self.first = pair(zmq.PAIR, zmq.PAIR)
        self.backend, self.last = pair(zmq.PAIR, zmq.PAIR)
        self.hand, self.control = pair(hand, control)
        if control is zmq.SUB:
            self.control.subscribe(b"")
            await_subscription(self.control, self.hand)
        self.task: Task[None] = run(
            zmq.proxy_steerable, self.frontend, self.backend, None, self.control
        )

    def command(self, *frames: bytes) -> list[bytes]:
        """Send a command; its answer, which is empty where there is none."""
        self.hand.send_multipart(frames)
        if self.hand.type is zmq.REQ or frames == (b"STATISTICS",):
            return self.hand.recv_multipart(timeout=5000)
        return []

    def statistics(self) -> list[int]:
        return [number for (number,) in map(UINT64.unpack, self.command(b"STATISTICS"))]


UINT64 = struct.Struct("=Q")


@pytest.mark.parametrize(("control", "hand"), CONTROLS)
def test_terminate_ends_it(control: Kind, hand: Kind, pair: Pair, run: Run) -> None:
    steered = Steered(pair, run, control, hand)
    steered.first.send(b"frame")
    assert steered.last.recv(timeout=5000) == b"frame"
    assert steered.command(b"TERMINATE") in ([], [b""])
    steered.task.result()
    steered.first.send(b"stays")
    assert steered.frontend.recv(timeout=5000) == b"stays"  # they are free again


@pytest.mark.parametrize(("control", "hand"), ANSWERING)
def test_pause_leaves_messages_where_they_are_until_resume(
    control: Kind, hand: Kind, pair: Pair, run: Run
) -> None:
    steered = Steered(pair, run, control, hand)
    for _ in range(3):
        steered.command(b"PAUSE")
        before = steered.statistics()
        steered.first.send(b"there")
        steered.last.send(b"back")
        assert steered.statistics() == before
        assert not steered.last.poll(0)
        assert not steered.first.poll(0)
        steered.command(b"PAUSE")
        steered.command(b"RESUME")
        assert steered.last.recv(timeout=5000) == b"there"
        assert steered.first.recv(timeout=5000) == b"back"
        steered.command(b"RESUME")


@pytest.mark.parametrize(("control", "hand"), CONTROLS)
def test_a_paused_proxy_can_be_terminated(control: Kind, hand: Kind, pair: Pair, run: Run) -> None:
    steered = Steered(pair, run, control, hand)
    steered.command(b"PAUSE")
    steered.command(b"TERMINATE")
    steered.task.result()


@pytest.mark.parametrize(("control", "hand"), ANSWERING)
def test_statistics_count_messages_and_bytes(
    control: Kind, hand: Kind, pair: Pair, run: Run
) -> None:
    steered = Steered(pair, run, control, hand)
    assert steered.statistics() == [0] * 8
    steered.first.send_multipart([b"123", b"", b"x" * LONG])
    steered.first.send(b"1")
    steered.last.send_multipart([b"12345", b"67"])
    for _ in range(2):
        steered.last.recv_multipart(timeout=5000)
    steered.first.recv_multipart(timeout=5000)
    there, back = [2, 4 + LONG], [1, 7]
    assert steered.statistics() == [*there, *back, *back, *there]


def test_statistics_of_one_socket_on_both_sides(pair: Pair, run: Run) -> None:
    router, peer = pair(zmq.ROUTER, zmq.REQ)
    hand, control = pair(zmq.PAIR, zmq.PAIR)
    run(zmq.proxy_steerable, router, router, None, control)
    peer.send(b"echo")
    assert peer.recv(timeout=5000) == b"echo"
    hand.send(b"STATISTICS")
    numbers = [UINT64.unpack(frame)[0] for frame in hand.recv_multipart(timeout=5000)]
    size = 5 + 0 + 4  # routing id, delimiter, body
    assert numbers == [1, size, 0, 0, 0, 0, 1, size]


@pytest.mark.parametrize(("control", "hand"), CONTROLS)
@pytest.mark.parametrize(
    "command", [[b""], [b"stop"], [b"terminate"], [b"TERMINATE", b""], [b"x" * LONG], [b"\0"] * 20]
)
def test_an_unknown_command_does_nothing(
    command: list[bytes], control: Kind, hand: Kind, pair: Pair, run: Run
) -> None:
    steered = Steered(pair, run, control, hand)
    for _ in range(2):
        assert steered.command(*command) == ([b""] if hand is zmq.REQ else [])
    steered.first.send(b"goes on")
    assert steered.last.recv(timeout=5000) == b"goes on"


@pytest.mark.parametrize(("control", "hand"), CONTROLS[2:])
def test_statistics_for_one_who_cannot_hear_them_do_nothing(
    control: Kind, hand: Kind, pair: Pair, run: Run
) -> None:
    steered = Steered(pair, run, control, hand)
    steered.hand.send(b"STATISTICS")
    steered.hand.send(b"TERMINATE")
    steered.task.result()


def test_commands_are_taken_while_a_target_is_full(pair: Pair, run: Run) -> None:
    frontend, source = pair(zmq.PULL, zmq.PUSH)
    backend, sink = pair(zmq.PUSH, zmq.PULL, sndhwm=1, rcvhwm=1)
    hand, control = pair(zmq.PAIR, zmq.PAIR)
    copies, capture = pair(zmq.PULL, zmq.PUSH)
    task = run(zmq.proxy_steerable, frontend, backend, capture, control)
    source.send_many([b"%d" % number for number in range(10)])
    while True:
        hand.send(b"STATISTICS")
        if UINT64.unpack(hand.recv_multipart(timeout=5000)[0])[0] == 2:
            break
    hand.send(b"TERMINATE")
    task.result()
    assert frontend.recv(timeout=5000) == b"2"  # what had no room is not lost
    assert [sink.recv(timeout=5000) for _ in range(2)] == [b"0", b"1"]
    run(zmq.proxy_steerable, frontend, backend, capture)
    expected = [b"%d" % number for number in range(10)]
    assert [sink.recv(timeout=5000) for _ in range(7)] == expected[3:]
    assert [copies.recv(timeout=5000) for _ in range(10)] == expected


def test_it_ends_with_the_context(pair: Pair, run: Run, context: zmq.Context) -> None:
    steered = Steered(pair, run, zmq.PAIR, zmq.PAIR)
    steered.command(b"PAUSE")
    eventually(inside, steered.control)
    context.shutdown()
    steered.task.result()


@pytest.mark.parametrize(("control", "hand"), ANSWERING)
def test_a_flood_of_messages_does_not_shut_commands_out(
    control: Kind, hand: Kind, pair: Pair, run: Run
) -> None:
    steered = Steered(pair, run, control, hand)

    def flood(socket: zmq.Socket) -> None:
        while True:
            socket.send(b"x", timeout=5000)

    def drain(socket: zmq.Socket) -> None:
        while socket.poll(5000, zmq.POLLIN):
            socket.recv_many()

    tasks = [run(flood, steered.first), run(drain, steered.last)]
    eventually(lambda: steered.statistics()[0] > 1000)
    steered.command(b"TERMINATE")
    steered.task.result()
    assert not any(task.future.done() for task in tasks)
