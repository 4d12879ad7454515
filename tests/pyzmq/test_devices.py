"""The devices of zmqlite.pyzmq: what pyzmq's own tests do not see."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import struct
import threading
from typing import Any

import pytest
from pyzmq_support import KeepingContext
from support import Task, eventually

import zmqlite.pyzmq as zmq
from zmqlite.pyzmq import devices

LIMIT = 30
LOCAL = "tcp://127.0.0.1"


def connected(context: zmq.Context[Any], kind: int, port: int) -> zmq.Socket[Any]:
    socket: zmq.Socket[Any] = context.socket(kind)
    socket.rcvtimeo = LIMIT * 1000
    socket.connect(f"{LOCAL}:{port}")
    return socket


class InContext:
    """Mixed into a device: it runs in the context of the test."""

    shared: zmq.Context[Any]

    def context_factory(self) -> zmq.Context[Any]:
        return self.shared


def in_context(kind: type[Any], context: zmq.Context[Any], *args: Any) -> Any:
    return type(kind.__name__, (InContext, kind), {"shared": context})(*args)


@pytest.mark.parametrize("end", ["term", "destroy"])
@pytest.mark.parametrize("background", [devices.ThreadDevice, devices.ThreadProxy])
def test_a_device_ends_with_its_context(background: type[Any], end: str) -> None:
    context: zmq.Context[Any] = zmq.Context()
    args: tuple[int, ...] = (zmq.PULL, zmq.PUSH)
    if background is devices.ThreadDevice:
        args = (zmq.STREAMER, *args)
    device = in_context(background, context, *args)
    first, last = device.bind_in_to_random_port(LOCAL), device.bind_out_to_random_port(LOCAL)
    device.start()
    with zmq.Context() as other:
        source, sink = connected(other, zmq.PUSH, first), connected(other, zmq.PULL, last)
        source.send_multipart([b"two", b"frames"])
        assert sink.recv_multipart() == [b"two", b"frames"]
        source.close()
        sink.close()
    Task(getattr(context, end)).result()
    device.join(LIMIT)
    assert device.done
    assert not device.launcher.is_alive()


def test_a_device_whose_socket_is_closed_before_it_forwards_ends(
    context: KeepingContext,
) -> None:
    device = in_context(devices.ThreadDevice, context, zmq.QUEUE, zmq.ROUTER, zmq.DEALER)
    make = device._setup_sockets

    def close_one() -> list[zmq.Socket[Any]]:
        sockets: list[zmq.Socket[Any]] = make()
        sockets[0].close()
        return sockets

    device._setup_sockets = close_one
    device.start()
    device.join(LIMIT)
    assert device.done
    assert [each.closed for each in context.kept] == [True, True]


def test_an_endpoint_in_use_is_raised_and_leaves_no_socket(context: zmq.Context[Any]) -> None:
    taken = context.socket(zmq.PULL)
    port = taken.bind_to_random_port(LOCAL)
    device = in_context(devices.Device, context, zmq.STREAMER, zmq.PULL, zmq.PUSH)
    device.bind_in(f"{LOCAL}:{port}")
    with pytest.raises(zmq.ZMQError) as caught:
        device.start()
    assert caught.value.errno == errno.EADDRINUSE
    assert device.done
    taken.close()
    Task(context.term).result()  # which waits for sockets that are open


def test_options_come_before_binds_and_connects(context: zmq.Context[Any]) -> None:
    device = in_context(devices.ThreadDevice, context, zmq.QUEUE, zmq.ROUTER, zmq.DEALER)
    port = device.bind_in_to_random_port(LOCAL)
    device.setsockopt_in(zmq.ROUTING_ID, b"the device")
    device.setsockopt_out(zmq.LINGER, 0)
    device.start()
    router = context.socket(zmq.ROUTER)
    router.rcvtimeo = LIMIT * 1000
    router.probe_router = 1
    router.router_mandatory = 1
    router.connect(f"{LOCAL}:{port}")

    def reached() -> bool:
        with contextlib.suppress(zmq.ZMQError):
            router.send_multipart([b"the device", b"hello"])
            return True
        return False

    eventually(reached)


@pytest.mark.slow
def test_a_process_that_is_killed_ends_the_wait_for_it(context: zmq.Context[Any]) -> None:
    device = devices.ProcessDevice(zmq.QUEUE, zmq.ROUTER, zmq.DEALER)
    first, last = device.bind_in_to_random_port(LOCAL), device.bind_out_to_random_port(LOCAL)
    device.start()
    try:
        client, worker = connected(context, zmq.REQ, first), connected(context, zmq.REP, last)
        client.send(b"question")
        assert worker.recv() == b"question"
        worker.send(b"answer")
        assert client.recv() == b"answer"
        device.join(0)
        assert device.launcher.is_alive()
    finally:
        os.kill(device.launcher.pid, signal.SIGKILL)
    device.join(LIMIT)
    assert device.launcher.exitcode == -signal.SIGKILL
    again = devices.ProcessDevice(zmq.QUEUE, zmq.ROUTER, zmq.DEALER)
    again.bind_out(f"{LOCAL}:{last}")
    again.bind_in(f"{LOCAL}:{first}")
    again.start()
    try:
        client.send(b"again")
        assert worker.recv() == b"again"
    finally:
        again.launcher.kill()
        again.join(LIMIT)


def test_a_port_that_is_reserved_is_not_given_again() -> None:
    device = devices.Device(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    first = device.bind_in_to_random_port(LOCAL)
    with pytest.raises(zmq.ZMQBindError):
        device.bind_out_to_random_port(LOCAL, min_port=first, max_port=first + 1)


@pytest.mark.parametrize("control", [b"TERMINATE", b"PAUSE"])
def test_a_steerable_proxy_obeys(context: zmq.Context[Any], control: bytes) -> None:
    kinds = (zmq.PULL, zmq.PUSH, zmq.PUB, zmq.PAIR)
    device = in_context(devices.ThreadProxySteerable, context, *kinds)
    first, last = device.bind_in_to_random_port(LOCAL), device.bind_out_to_random_port(LOCAL)
    steering = device.bind_ctrl_to_random_port(LOCAL)
    device.start()
    source, sink = connected(context, zmq.PUSH, first), connected(context, zmq.PULL, last)
    pair = connected(context, zmq.PAIR, steering)
    source.send(b"before")
    assert sink.recv() == b"before"
    pair.send(b"STATISTICS")
    numbers = [struct.unpack("=Q", each)[0] for each in pair.recv_multipart()]
    assert (numbers[0], numbers[1]) == (1, len(b"before"))
    pair.send(control)
    if control == b"PAUSE":
        pair.send(b"RESUME")
        source.send(b"after")
        assert sink.recv() == b"after"
        pair.send(b"TERMINATE")
    device.join(LIMIT)
    assert device.done


def test_a_monitored_queue_on_one_socket_echoes(context: zmq.Context[Any]) -> None:
    echo, peer = context.socket(zmq.DEALER), context.socket(zmq.DEALER)
    port = echo.bind_to_random_port(LOCAL)
    peer.connect(f"{LOCAL}:{port}")
    peer.rcvtimeo = LIMIT * 1000
    monitor = context.socket(zmq.PUB)
    ended: list[zmq.ZMQError] = []

    def run() -> None:
        with echo, monitor, pytest.raises(zmq.ZMQError) as caught:
            devices.monitored_queue(echo, echo, monitor)
        ended.append(caught.value)

    thread = threading.Thread(target=run)
    thread.start()
    messages = [[b"%d" % number, b""] for number in range(500)]
    for message in messages:
        peer.send_multipart(message)
    assert [peer.recv_multipart() for _ in messages] == messages
    peer.close()
    Task(context.term).result()
    thread.join(LIMIT)
    assert [error.errno for error in ended] == [zmq.ETERM]


@pytest.mark.parametrize("prefixes", [("in", b"out"), (b"in", "out"), (b"in", 5)])
def test_a_prefix_is_bytes(context: zmq.Context[Any], prefixes: Any) -> None:
    sockets = [context.socket(zmq.PAIR) for _ in range(3)]
    with pytest.raises(TypeError):
        devices.monitored_queue(*sockets, *prefixes)


def test_a_background_device_is_joined_after_its_start() -> None:
    with pytest.raises(RuntimeError):
        devices.ThreadDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH).join()
