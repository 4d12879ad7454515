"""What libzmq aborts or hangs on, and a program survives."""

from __future__ import annotations

import os
import socket
import warnings
from collections.abc import Callable
from contextlib import suppress

from prelude import eventually, kept, main, undeliverable

import zmqlite as zmq
from zmqlite import capi as c

FAILURES = (
    zmq.MonitorEvent.HANDSHAKE_FAILED_AUTH,
    zmq.MonitorEvent.HANDSHAKE_FAILED_NO_DETAIL,
    zmq.MonitorEvent.HANDSHAKE_FAILED_PROTOCOL,
    zmq.MonitorEvent.DISCONNECTED,
)


def refused(error: type[Exception], *calls: Callable[[], object]) -> None:
    for number, call in enumerate(calls):
        with suppress(error):
            call()
            raise AssertionError(number)


def inproc_without_a_spare_socket() -> None:
    context = zmq.Context(linger=0, max_sockets=2)
    pusher = context.socket(zmq.PUSH)
    pusher.connect("inproc://nobody")
    try:
        while True:
            kept.append(context.socket(zmq.PUSH))
    except zmq.ZMQError:
        context.term()


def inproc_many_times() -> None:
    context = zmq.Context(linger=0)
    kept.extend(undeliverable(context, f"inproc://nobody-{number}") for number in range(600))
    context.shutdown()
    context.term()


def inproc_of_one_socket_many_times() -> None:
    context = zmq.Context(max_sockets=8)
    sockets = [context.socket(zmq.PUSH)]
    for number in range(20):
        sockets[0].connect("inproc://nobody")
        sockets[0].connect(f"inproc://nobody-{number}")
    sockets[0].send_many([b"lost"] * 50)
    try:
        while True:
            sockets.append(context.socket(zmq.PAIR))
    except zmq.ZMQError:
        context.term()
    assert context.closed


def domain_enforced_that_there_is_none_of() -> None:
    server = zmq.Context(linger=0).socket(zmq.PULL)
    with suppress(zmq.InvalidArgument):
        server.set(93, 1)
    server.plain_server = True
    refused(zmq.SecurityError, lambda: server.bind("tcp://127.0.0.1:*"))
    with server.context.socket(zmq.REP) as handler:
        handler.bind("inproc://zeromq.zap.01")
        endpoint = server.bind("tcp://127.0.0.1:*")
        handler.unbind("inproc://zeromq.zap.01")
    client = server.context.socket(zmq.PUSH, plain_username="a", plain_password="b")
    with client.monitor() as monitor:
        client.connect(endpoint)
        while monitor.recv(timeout=5000).event not in FAILURES:
            pass


def descriptors_that_do_not_listen() -> None:
    context = zmq.Context(linger=0)
    with open("/dev/null") as file, socket.socket() as idle, socket.socket() as gone:
        numbers = file.fileno(), idle.fileno(), gone.fileno()
        gone.close()
        for number in numbers:
            refused(zmq.ZMQError, lambda: context.socket(zmq.PULL, use_fd=number))  # noqa: B023


def descriptor_bound_twice() -> None:
    context = zmq.Context(linger=0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        receiver = context.socket(zmq.PULL, use_fd=server.detach())
    assert receiver.bind("tcp://127.0.0.1:*") == endpoint
    assert receiver.bind("tcp://127.0.0.1:*") != endpoint
    sender = context.socket(zmq.PUSH)
    sender.connect(endpoint)
    sender.send(b"x")
    assert receiver.recv(timeout=5000) == b"x"


def others_that_are_to_talk_raw() -> None:
    context = zmq.Context(linger=0)
    for kind in set(zmq.SocketType) - {zmq.ROUTER}:
        raw = context.socket(kind)
        refused(zmq.InvalidArgument, lambda: setattr(raw, "router_raw", True))  # noqa: B023


def impossibly_many() -> None:
    most = 2**31 - 1
    refused(ValueError, lambda: zmq.Context(max_sockets=most).socket(zmq.PUSH))
    refused(zmq.ZMQError, lambda: zmq.Context(io_threads=most).socket(zmq.PUSH))


def norm_without_a_port() -> None:
    publisher = zmq.Context(linger=0).socket(zmq.PUB)
    for endpoint in ("norm://a", "norm://1,239.1.1.1", "norm://;;;"):
        refused(ValueError, lambda: publisher.bind(endpoint), lambda: publisher.connect(endpoint))  # noqa: B023


def closed_before_its_monitor() -> None:
    context = zmq.Context(linger=0)
    for number in range(1500):
        puller = context.socket(zmq.PULL)
        monitor = puller.monitor()
        puller.bind("tcp://127.0.0.1:*")
        puller.close()
        monitor.close()
        if number % 100 == 0:
            eventually(lambda: len(os.listdir("/proc/self/fd")) < 60)
    eventually(lambda: len(os.listdir("/proc/self/fd")) < 20)


def disconnected_between_two_frames() -> None:
    context, native = zmq.Context(linger=0), c.zmq_ctx_new()
    for kind, peer in ("PULL", "PUSH"), ("PAIR", "PAIR"), ("SUB", "XPUB"), ("DEALER", "DEALER"):
        receiver, sender = (context.socket(zmq.SocketType[each]) for each in (kind, peer))
        r, s = (c.zmq_socket(native, zmq.SocketType[each]) for each in (kind, peer))
        endpoint = f"inproc://{kind}"
        sender.bind(endpoint)
        receiver.connect(endpoint)
        c.zmq_bind(s, endpoint)
        c.zmq_connect(r, endpoint)
        if kind == "SUB":
            receiver.subscribe("")
            sender.recv(timeout=5000)
            c.zmq_setsockopt(r, c.ZMQ_SUBSCRIBE, b"", 0)
            c.zmq_recv(s, bytearray(1), 1, 0)
        sender.send_multipart([b"1", b"2", b"3"])
        for part, flags in (b"1", c.ZMQ_SNDMORE), (b"2", c.ZMQ_SNDMORE), (b"3", 0):
            c.zmq_send(s, part, 1, flags)
        more, got = c.c_int(), bytearray(1)
        assert (receiver.recv(), c.zmq_recv(r, got, 1, 0)) == (b"1", 1)
        receiver.disconnect(endpoint)
        c.zmq_disconnect(r, endpoint)
        for part in b"2", b"3":
            assert (receiver.recv(timeout=5000), receiver.rcvmore) == (part, part == b"2")
            assert c.zmq_recv(r, got, 1, c.ZMQ_DONTWAIT) == 1
            assert bytes(got) == part
            c.zmq_getsockopt(r, c.ZMQ_RCVMORE, more, c.c_size_t(4))
            assert more.value == (part == b"2")
        c.zmq_close(r)
        c.zmq_close(s)
    context.term()
    c.zmq_ctx_term(native)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(globals())
