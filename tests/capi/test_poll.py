"""Polling and proxies where Python's side has something to say: items, sockets in use, signals."""

from __future__ import annotations

import os
import resource

import pytest
from capi.given import Make, Pair, refused, tcp
from support import Task, eventually

from zmqlite.capi import *


def test_a_ready_socket_does_not_wait_for_a_descriptor(pair: Pair) -> None:
    push, pull = pair(ZMQ_PUSH, ZMQ_PULL)
    reader, writer = os.pipe()
    try:
        items = [zmq_pollitem_t(None, reader, ZMQ_POLLIN), zmq_pollitem_t(pull, 0, ZMQ_POLLIN)]
        zmq_send(push, b"x", 1, 0)
        assert Task(zmq_poll, items, 2, -1).result() == 1
        assert [item.revents for item in items] == [0, ZMQ_POLLIN]
    finally:
        os.close(writer)
        os.close(reader)


@pytest.mark.parametrize("timeout", [-1, 60_000])
def test_a_peer_that_only_attaches_does_not_end_a_poll_for_messages(
    make: Make, timeout: int
) -> None:
    pull = make(ZMQ_PULL)
    endpoint = tcp(pull)
    items = [zmq_pollitem_t(pull, 0, ZMQ_POLLIN)]
    waiting = Task(zmq_poll, items, 1, timeout)
    eventually(lambda: zmq_poll(items, 1, 0) == -1)  # it is inside
    for _ in range(3):
        push = make(ZMQ_PUSH)
        assert zmq_connect(push, endpoint) == 0
        assert zmq_poll(zmq_pollitem_t(push, 0, ZMQ_POLLOUT), 1, 60_000) == 1
    assert not waiting.future.done()
    assert zmq_send(push, b"x", 1, 0) == 1
    assert waiting.result() == 1
    assert items[0].revents == ZMQ_POLLIN


def test_a_socket_that_another_thread_waits_in_is_busy(make: Make, ctx: void_p) -> None:
    pull, free = make(ZMQ_PULL), make(ZMQ_PULL)
    waiting = Task(zmq_recv, pull, None, 0, 0)
    item, buffer = zmq_pollitem_t(pull, 0, ZMQ_POLLIN), bytearray(8)
    eventually(lambda: zmq_poll([item], 1, 0) == -1)
    assert zmq_errno() == EBUSY
    value, size = c_int(), c_size_t(4)
    refused(
        EBUSY,
        (zmq_recv, pull, buffer, 8, ZMQ_DONTWAIT),
        (zmq_send, pull, buffer, 8, ZMQ_DONTWAIT),
        (zmq_bind, pull, "inproc://busy"),
        (zmq_getsockopt, pull, ZMQ_EVENTS, value, size),
        (zmq_setsockopt, pull, ZMQ_LINGER, value, 4),
        (zmq_proxy, pull, free, None),
        (zmq_proxy, free, pull, None),
        (zmq_proxy, free, free, pull),
        (zmq_proxy_steerable, free, free, None, pull),
        (zmq_close, pull),
    )
    zmq_ctx_shutdown(ctx)
    assert waiting.result() == -1
    assert zmq_close(pull) == 0
    assert zmq_recv(free, buffer, 8, ZMQ_DONTWAIT) == -1
    assert zmq_errno() == ETERM  # and not left busy by a proxy that did not begin


def test_more_items_than_the_process_may_have_descriptors_are_refused(make: Make) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
    try:
        items = [zmq_pollitem_t(None, 0, ZMQ_POLLIN)] * 65
        assert zmq_poll(items, 65, 0) == -1
        assert zmq_errno() == EINVAL
        assert zmq_poll(items, 64, 0) >= 0
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_what_is_no_item_is_refused(make: Make) -> None:
    assert repr(zmq_pollitem_t(None, 3, 1)) == "zmq_pollitem_t(None, 3, 1, 0)"
    socket = make(ZMQ_PAIR)
    for item in (socket, 0, (socket, 0, 1, 0)):
        with pytest.raises(TypeError, match="zmq_pollitem_t"):
            zmq_poll([item], 1, 0)  # type: ignore[list-item]  # is what is tested
    with pytest.raises(TypeError):
        zmq_poll([zmq_pollitem_t(socket, 0, ZMQ_POLLIN)], 1, 1.5)  # type: ignore[arg-type]  # same
    with pytest.raises(ValueError, match="zmq_poll"):
        zmq_poll([zmq_pollitem_t(socket, 0, 2**15)], 1, 0)


def test_a_long_wait_for_nothing_is_no_short_one() -> None:
    for timeout in (2**31, 2**40, -1, -(2**31) - 1):
        task = Task(zmq_poll, None, 0, timeout)
        with pytest.raises(TimeoutError):
            task.result(0.05)
