"""The life of a socket, its options, and waiting for it."""

from __future__ import annotations

import gc
import pickle
import select
from copy import copy, deepcopy
from typing import Any

import pytest
from calls import CALLS
from support import Connect, Make, Pair, Run, eventually, inside, open_descriptors

import zmqlite as zmq

# The end


def test_a_closed_socket_refuses_every_call(make: Make) -> None:
    socket = make(zmq.PAIR)
    socket.close()
    for call in CALLS.values():
        with pytest.raises(zmq.SocketClosed, match="the socket is closed"):
            call(socket)


@pytest.mark.parametrize("end", ["shutdown", "term"])
def test_a_socket_whose_context_ended_refuses_every_call(
    end: str, make: Make, context: zmq.Context
) -> None:
    sockets = {name: make(zmq.PAIR) for name in CALLS}
    getattr(context, end)()
    for name, socket in sockets.items():
        with pytest.raises(zmq.ContextTerminated):
            socket.poll()  # libzmq lets it have its options until it has noticed
        with pytest.raises(zmq.ContextTerminated):
            CALLS[name](socket)


def test_a_socket_knows_whether_it_is_closed(make: Make) -> None:
    socket = make(zmq.PULL)
    assert not socket.closed
    socket.close()
    assert socket.closed
    assert repr(socket).startswith("<closed zmqlite.Socket PULL at ")


@pytest.mark.parametrize("end", [None, "shutdown", "term"])
def test_a_socket_may_be_closed_again(end: str | None, make: Make, context: zmq.Context) -> None:
    socket = make(zmq.PULL)
    if end is not None:
        getattr(context, end)()
    for linger in (None, 0, None):
        socket.close(linger)
        assert socket.closed


def test_with_closes_even_after_an_error(make: Make) -> None:
    socket = make(zmq.PULL)

    def fail() -> None:
        with socket as entered:
            assert entered is socket
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert socket.closed
    with make(zmq.PULL) as other:
        other.close()


def test_close_gives_back_the_descriptor(make: Make) -> None:
    make(zmq.PULL)  # starts the threads
    before = open_descriptors()
    sockets = [make(zmq.PULL) for _ in range(10)]
    assert len(open_descriptors()) >= len(before) + 10
    for socket in sockets:
        socket.close()
    eventually(lambda: open_descriptors().keys() <= before.keys())


def test_a_socket_in_use_is_not_closed(make: Make, run: Run) -> None:
    socket = make(zmq.PULL)
    task = run(socket.recv)
    eventually(inside, socket)
    for linger in (None, 0):
        with pytest.raises(zmq.SocketBusy, match="another thread"):
            socket.close(linger)
    assert not socket.closed
    assert not task.future.done()


def test_a_linger_that_is_none_is_refused_and_nothing_is_closed(make: Make) -> None:
    socket = make(zmq.PUSH)
    for linger in (1.5, "0", -2):
        with pytest.raises((TypeError, ValueError), match="linger"):
            socket.close(linger)  # type: ignore[arg-type]  # the point
    assert not socket.closed


def test_a_forgotten_socket_is_closed_with_a_warning(context: zmq.Context) -> None:
    socket = context.socket(zmq.PULL)
    name = repr(socket)
    with pytest.warns(ResourceWarning, match="unclosed") as warned:
        del socket
    [warning] = warned
    assert str(warning.message) == f"unclosed {name}"
    assert "0 sockets" in repr(context)


def test_a_forgotten_socket_in_a_heap_of_garbage_is_closed_too(context: zmq.Context) -> None:
    for close in (True, False):
        heap: list[Any] = [context.socket(zmq.PULL)]
        if close:
            heap[0].close()
        heap.append(heap)
        del heap
        if close:
            gc.collect()
        else:
            with pytest.warns(ResourceWarning, match="unclosed"):
                gc.collect()
    assert "0 sockets" in repr(context)


def test_neither_a_closed_socket_nor_one_of_an_ended_context_is_warned_about() -> None:
    context = zmq.Context()
    closed, other = context.socket(zmq.PULL), context.socket(zmq.PULL)
    closed.close()
    context.term()
    del closed, other
    gc.collect()


def test_a_socket_is_neither_copied_nor_pickled(make: Make) -> None:
    socket = make(zmq.PULL)
    for each in (socket, socket.context):
        for function in (copy, deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match="neither copied nor pickled"):
                function(each)
    assert not socket.closed


def test_sockets_are_told_apart(make: Make) -> None:
    a, b = make(zmq.PULL), make(zmq.PULL)
    assert a == a
    assert a != b
    assert len({a, b}) == 2


# Options


def test_options_may_be_given_when_it_is_made(make: Make) -> None:
    socket = make(zmq.DEALER, sndhwm=7, linger=3, routing_id=b"name", tcp_keepalive=1)
    assert socket.sndhwm == 7
    assert socket.linger == 3
    assert socket.routing_id == b"name"
    assert socket.tcp_keepalive == 1


def test_a_subscription_may_be_given_too(make: Make, connect: Connect) -> None:
    publisher, subscriber = make(zmq.XPUB), make(zmq.SUB, subscribe=b"topic")
    connect(publisher, subscriber)
    assert publisher.recv(timeout=5000) == b"\1topic"


@pytest.mark.parametrize("name", ["sendhwm", "bind", "_handle", "context", "io_threads"])
def test_an_unknown_option_is_refused_and_nothing_is_left(name: str, context: zmq.Context) -> None:
    options: Any = {name: 1}
    with pytest.raises(TypeError, match=rf"socket\(\) got '{name}', which is no option of"):
        context.socket(zmq.PULL, **options)
    assert "0 sockets" in repr(context)


def test_a_bad_option_closes_the_socket_that_it_was_for(context: zmq.Context) -> None:
    bad: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"sndhwm": -1}, ValueError),
        ({"sndhwm": "7"}, TypeError),
        ({"connect_routing_id": b"x"}, zmq.InvalidArgument),
        ({"events": 1}, AttributeError),
    ]
    for options, error in bad:
        with pytest.raises(error):
            context.socket(zmq.PULL, **options)
    assert "0 sockets" in repr(context)


def test_an_option_is_a_row_a_number_or_an_attribute(make: Make) -> None:
    socket = make(zmq.PULL)
    socket.set(zmq.Socket.rcvhwm, 5)
    assert socket.get(24) == 5
    socket.set(24, 6)
    assert socket.get(zmq.Socket.rcvhwm) == socket.rcvhwm == 6
    socket.rcvhwm = 7
    assert socket.get(24) == 7


def test_a_number_that_libzmq_does_not_know_is_refused(make: Make) -> None:
    with pytest.raises(zmq.InvalidArgument, match=r"^Socket.get\('option 9999'\).* no such option"):
        make(zmq.PULL).get(9999)
    with pytest.raises(zmq.InvalidArgument, match=r"^Socket.set\('option 9999'\).* no such option"):
        make(zmq.PULL).set(9999, 1)


@pytest.mark.parametrize("kind", [zmq.PUSH, zmq.PUB, zmq.REQ, zmq.ROUTER])
def test_linger_is_that_of_the_context(kind: Any) -> None:
    with zmq.Context(linger=77) as context, context.socket(kind) as socket:
        assert socket.linger == 77
    with zmq.Context(linger=None) as context, context.socket(kind) as socket:
        assert socket.linger == -1
        socket.linger = None
        assert socket.linger == -1
        socket.linger = 0
    with zmq.Context() as context, context.socket(kind, linger=5) as socket:
        assert socket.linger == 5


@pytest.mark.parametrize("kind", [zmq.SUB, zmq.XSUB])
def test_one_that_sends_subscriptions_does_not_linger(kind: Any) -> None:
    with zmq.Context(linger=77) as context, context.socket(kind) as socket:
        assert socket.linger == 0
        socket.linger = 5
        assert socket.linger == 5


# Waiting


def test_poll_says_what_can_be_done(pair: Pair) -> None:
    sender, receiver = pair(zmq.PAIR, zmq.PAIR)
    both = zmq.POLLIN | zmq.POLLOUT
    assert sender.poll(0) == 0
    assert sender.poll(0, both) == sender.poll(0, zmq.POLLOUT) == zmq.POLLOUT
    sender.send(b"frame")
    assert receiver.poll() == receiver.poll(-1) == receiver.poll(5000) == zmq.POLLIN
    assert receiver.poll(0, both) == both
    assert receiver.poll(0, zmq.POLLERR) == 0
    assert isinstance(receiver.poll(0), zmq.Event)


def test_poll_waits_as_long_as_it_is_told(pair: Pair, run: Run) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    assert receiver.poll(20) == 0
    for timeout in (None, -1, 60_000):
        task = run(receiver.poll, timeout)
        eventually(inside, receiver)
        sender.send(b"frame")
        assert task.result() == zmq.POLLIN
        receiver.recv()


def test_the_descriptor_becomes_readable_with_a_message(pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    poller = select.poll()
    poller.register(receiver.fd, select.POLLIN)
    while poller.poll(0):  # edge-triggered: quiet once the events were read
        assert not receiver.events
    sender.send(b"frame")
    assert poller.poll(5000)
    assert receiver.events & zmq.POLLIN
