"""Calls that C aborts on, now or later, or leaves undefined: see test_misuse.py."""

from __future__ import annotations

import contextlib
import os
import resource
import time
from errno import EBADF

from capi.given import content, end, refused, set_int, start, tcp

from zmqlite.capi import *

# NULL


def null_endpoint() -> None:
    context, socket = start()
    refused(
        EINVAL,
        (zmq_bind, socket, None),
        (zmq_connect, socket, None),
        (zmq_unbind, socket, None),
        (zmq_disconnect, socket, None),
    )
    end(context, socket)


def null_memory() -> None:
    context, pull = start()
    push = zmq_socket(context, ZMQ_PUSH)
    zmq_bind(pull, "inproc://null")
    zmq_connect(push, "inproc://null")
    zmq_send(push, b"message", 7, 0)
    msg, size = zmq_msg_t(), c_size_t(4)
    refused(
        EFAULT,
        (zmq_recv, pull, None, 7, 0),
        (zmq_send, push, None, 1, 0),
        (zmq_send_const, push, None, 1, 0),
        (zmq_sendiov, push, [iovec(None, 1)], 1, 0),
        (zmq_msg_init_data, msg, None, 1, None, None),
        (zmq_getsockopt, pull, ZMQ_TYPE, None, size),
        (zmq_getsockopt, pull, ZMQ_TYPE, c_int(), None),
        (zmq_curve_keypair, None, None),
        (zmq_curve_public, None, "x" * 40),
        (zmq_curve_public, bytearray(41), None),
        (zmq_z85_encode, None, b"1234", 4),
        (zmq_z85_encode, bytearray(9), None, 4),
        (zmq_z85_decode, None, "12345"),
        (zmq_z85_decode, bytearray(9), None),
        (zmq_poll, None, 1, 0),
    )
    refused(
        EINVAL,
        (zmq_setsockopt, pull, ZMQ_LINGER, None, 4),
        (zmq_setsockopt, pull, ZMQ_SUBSCRIBE, None, 3),
        (zmq_setsockopt, pull, ZMQ_ROUTING_ID, None, 3),
    )
    assert zmq_recv(pull, bytearray(7), 7, 0) == 7
    end(context, push, pull)


def null_things() -> None:
    refused(
        EFAULT,
        (zmq_has, None),
        (zmq_version, None, None, None),
        (zmq_atomic_counter_inc, None),
        (zmq_atomic_counter_dec, None),
        (zmq_atomic_counter_value, None),
        (zmq_atomic_counter_set, None, 1),
        (zmq_atomic_counter_destroy, None),
        (zmq_atomic_counter_destroy, c_pointer()),
        (zmq_stopwatch_intermediate, None),
        (zmq_stopwatch_stop, None),
        (zmq_threadclose, None),
        (zmq_timers_destroy, None),
        (zmq_device, ZMQ_QUEUE, None, None),
        (zmq_msg_init, None),
        (zmq_msg_init_size, None, 1),
        (zmq_msg_close, None),
        (zmq_msg_copy, None, None),
        (zmq_msg_move, None, None),
        (zmq_msg_size, None),
        (content, None),
        (zmq_msg_more, None),
        (zmq_msg_get, None, ZMQ_MORE),
        (zmq_msg_set, None, ZMQ_MORE, 1),
        (zmq_msg_gets, None, "x"),
        (zmq_msg_gets, zmq_msg_t(), None),
    )


# What is too short


def short_memory() -> None:
    context, socket = start(ZMQ_PAIR)
    refused(
        EFAULT,
        (zmq_send, socket, b"abc", 4, 0),
        (zmq_send_const, socket, b"abc", 4, 0),
        (zmq_recv, socket, bytearray(3), 4, 0),
        (zmq_setsockopt, socket, ZMQ_ROUTING_ID, b"abc", 4),
        (zmq_getsockopt, socket, ZMQ_LAST_ENDPOINT, bytearray(3), c_size_t(2**40)),
        (zmq_getsockopt, socket, ZMQ_TYPE, c_int(), bytearray(7)),
        (zmq_msg_init_data, zmq_msg_t(), b"abc", 4, None, None),
        (zmq_sendiov, socket, [iovec(b"abc", 4)], 1, 0),
        (zmq_sendiov, socket, [iovec(b"abc", 3)], 2, 0),
        (zmq_recviov, socket, [iovec()], c_size_t(2), 0),
        (zmq_recviov, socket, [iovec()], bytearray(7), 0),
        (zmq_poll, [], 1, 0),
        (zmq_curve_keypair, bytearray(40), bytearray(41)),
        (zmq_curve_keypair, bytearray(41), bytearray(40)),
        (zmq_curve_public, bytearray(40), "x" * 40),
        (zmq_z85_encode, bytearray(5), b"1234", 4),
        (zmq_z85_encode, bytearray(99), b"1234", 8),
        (zmq_z85_decode, bytearray(3), "12345"),
        (zmq_version, bytearray(3), c_int(), c_int()),
    )
    end(context, socket)


def long_key() -> None:
    for key in ("HelloWorld" * 4000, "HelloWorld" * 5, "HelloWorld" * 3, "Hello"):
        refused(EINVAL, (zmq_curve_public, bytearray(41), key))


# What is stale, or something else


def closed_socket() -> None:
    context, socket = start(ZMQ_PAIR)
    assert zmq_close(socket) == 0
    msg = zmq_msg_t()
    zmq_msg_init(msg)
    for stale in (socket, context, zmq_timers_new(), zmq_atomic_counter_new(), None):
        refused(
            ENOTSOCK,
            (zmq_close, stale),
            (zmq_bind, stale, "inproc://stale"),
            (zmq_connect, stale, "inproc://stale"),
            (zmq_unbind, stale, "inproc://stale"),
            (zmq_disconnect, stale, "inproc://stale"),
            (zmq_send, stale, b"x", 1, 0),
            (zmq_send_const, stale, b"x", 1, 0),
            (zmq_recv, stale, bytearray(1), 1, 0),
            (zmq_sendiov, stale, [iovec(b"x", 1)], 1, 0),
            (zmq_recviov, stale, [iovec()], c_size_t(1), 0),
            (zmq_msg_send, msg, stale, 0),
            (zmq_msg_recv, msg, stale, 0),
            (zmq_sendmsg, stale, msg, 0),
            (zmq_recvmsg, stale, msg, 0),
            (set_int, stale, ZMQ_LINGER, 0),
            (zmq_getsockopt, stale, ZMQ_TYPE, c_int(), c_size_t(4)),
            (zmq_socket_monitor, stale, "inproc://stale", ZMQ_EVENT_ALL),
        )
        if stale is not None:
            refused(
                ENOTSOCK,
                (zmq_poll, [zmq_pollitem_t(stale, 0, ZMQ_POLLIN)], 1, 0),
                (zmq_proxy, stale, stale, None),
                (zmq_proxy_steerable, stale, stale, stale, stale),
                (zmq_device, ZMQ_QUEUE, stale, stale),
            )
    # That comes before anything else that is wrong.
    refused(
        ENOTSOCK,
        (zmq_bind, socket, None),
        (zmq_connect, socket, None),
        (zmq_send, socket, None, 1, 0),
        (zmq_recv, socket, None, 1, 0),
        (zmq_setsockopt, socket, ZMQ_LINGER, None, 4),
        (zmq_getsockopt, socket, ZMQ_LINGER, None, None),
        (zmq_sendiov, socket, None, 0, 0),
        (zmq_recviov, socket, None, None, 0),
        (zmq_msg_send, None, socket, 0),
        (zmq_msg_recv, None, socket, 0),
    )
    assert zmq_ctx_term(context) == 0


def ended_context() -> None:
    context, socket = start()
    end(context, socket)
    for stale in (context, socket, zmq_timers_new(), zmq_stopwatch_start(), None):
        refused(
            EFAULT,
            (zmq_ctx_term, stale),
            (zmq_term, stale),
            (zmq_ctx_destroy, stale),
            (zmq_ctx_shutdown, stale),
            (zmq_ctx_set, stale, ZMQ_IPV6, 1),
            (zmq_ctx_get, stale, ZMQ_IPV6),
            (zmq_socket, stale, ZMQ_PUB),
        )


def closed_message() -> None:
    context, socket = start(ZMQ_PAIR)
    good, closed, never = zmq_msg_t(), zmq_msg_t(), zmq_msg_t()
    zmq_msg_init(good)
    zmq_msg_init_size(closed, 100)
    zmq_msg_close(closed)
    for msg in (closed, never):
        refused(
            EFAULT,
            (zmq_msg_close, msg),
            (zmq_msg_size, msg),
            (content, msg),
            (zmq_msg_get, msg, ZMQ_SHARED),
            (zmq_msg_gets, msg, "User-Id"),
            (zmq_msg_send, msg, socket, 0),
            (zmq_msg_recv, msg, socket, 0),
            (zmq_msg_copy, good, msg),
            (zmq_msg_copy, msg, good),
            (zmq_msg_move, good, msg),
            (zmq_msg_move, msg, good),
        )
        assert zmq_msg_more(msg) == 0
    end(context, socket)


# What libzmq takes, and aborts on later


def draft_type() -> None:
    context, socket = start()
    if not zmq_has("draft"):
        for kind in range(12, 21):
            refused(EINVAL, (zmq_socket, context, kind))
    end(context, socket)


def same_connect_routing_id() -> None:
    for kind, other in ((ZMQ_ROUTER, ZMQ_DEALER), (ZMQ_STREAM, ZMQ_STREAM)):
        context, socket = start(kind)
        peers = [zmq_socket(context, other) for _ in range(2)]
        assert zmq_setsockopt(socket, ZMQ_CONNECT_ROUTING_ID, b"peer", 4) == 0
        assert zmq_connect(socket, tcp(peers[0])) == 0
        again = memoryview(b"peer and more")
        refused(EINVAL, (zmq_setsockopt, socket, ZMQ_CONNECT_ROUTING_ID, again, 4))
        assert zmq_setsockopt(socket, ZMQ_CONNECT_ROUTING_ID, again, 5) == 0
        assert zmq_connect(socket, tcp(peers[1])) == 0
        set_int(socket, ZMQ_LINGER, 0)
        end(context, socket, *peers)


def thread_options() -> None:
    def first_socket(option: int, value: int) -> int:
        context = zmq_ctx_new()
        if zmq_ctx_set(context, option, value) == -1:
            return zmq_errno()
        socket = zmq_socket(context, ZMQ_PUB)
        code = 0 if socket else zmq_errno()
        if socket:
            zmq_close(socket)
        assert zmq_ctx_term(context) == 0
        return code

    assert first_socket(ZMQ_THREAD_AFFINITY_CPU_ADD, 1000) == EINVAL
    assert first_socket(ZMQ_THREAD_AFFINITY_CPU_ADD, 2**31 - 1) == EINVAL
    assert first_socket(ZMQ_THREAD_SCHED_POLICY, 77) == EINVAL
    assert first_socket(ZMQ_MAX_SOCKETS, 2**31 - 1) == EINVAL
    os.setuid(65534)
    assert first_socket(ZMQ_THREAD_SCHED_POLICY, os.SCHED_FIFO) in (EPERM, EINVAL)
    assert first_socket(ZMQ_THREAD_PRIORITY, 5) in (EPERM, EINVAL, 0)


def no_descriptors() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
    taken: list[int] = []
    context = zmq_ctx_new()
    assert zmq_ctx_set(context, ZMQ_IO_THREADS, 60) == 0
    refused(EMFILE, (zmq_socket, context, ZMQ_PUB))
    assert zmq_ctx_set(context, ZMQ_IO_THREADS, 1) == 0
    exhaust(taken)
    refused(EMFILE, (zmq_socket, context, ZMQ_PUB), (zmq_ctx_new,))
    while len(taken) > 80:
        os.close(taken.pop())
    socket = zmq_socket(context, ZMQ_PUB)
    assert socket is not None
    exhaust(taken)
    refused(EMFILE, (zmq_bind, socket, "tcp://lo:*"))
    for descriptor in taken:
        os.close(descriptor)
    end(context, socket)


def exhaust(taken: list[int]) -> None:
    """Take all descriptors that the process may have."""
    with contextlib.suppress(OSError):
        while True:
            taken.append(os.dup(0))


def zap_endpoint() -> None:
    context, socket = start(ZMQ_PULL)
    refused(EINVAL, (zmq_bind, socket, "inproc://zeromq.zap.01"))
    end(context, socket)


def enforced_zap_domain() -> None:
    context, server = start(ZMQ_PULL)
    assert set_int(server, ZMQ_PLAIN_SERVER, 1) == 0
    refused(EINVAL, (set_int, server, 93, 1))
    client = zmq_socket(context, ZMQ_PUSH)
    zmq_setsockopt(client, ZMQ_PLAIN_USERNAME, b"user", 4)
    zmq_setsockopt(client, ZMQ_PLAIN_PASSWORD, b"word", 4)
    set_int(client, ZMQ_LINGER, 0)
    zmq_connect(client, tcp(server))
    time.sleep(0.2)
    end(context, client, server)


def unusable_descriptor() -> None:
    context, socket = start()
    reader, _ = os.pipe()
    refused(EBADF, (set_int, socket, ZMQ_USE_FD, 9999))
    refused(EINVAL, (set_int, socket, ZMQ_USE_FD, reader))
    assert zmq_bind(socket, "tcp://127.0.0.1:*") == 0
    end(context, socket)


def norm_endpoint() -> None:
    context, socket = start(ZMQ_PUB)
    for endpoint in ("norm://127.0.0.1", "norm://1,lo;224.1.1.1", "norm://127.0.0.1:port"):
        refused(EINVAL, (zmq_bind, socket, endpoint), (zmq_connect, socket, endpoint))
    time.sleep(0.2)
    end(context, socket)
