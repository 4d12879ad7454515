"""Messages: views of the content that never dangle, and messages in use."""

from __future__ import annotations

import copy
import os
import pickle
import signal
import sys
from collections.abc import Callable
from typing import TypeAlias

import pytest
from capi.given import Make, Pair, content, made, refused
from checkout import ROOT, succeed
from support import Task, eventually

from zmqlite import message
from zmqlite.capi import *

SHORT, LONG = b"short", bytes(range(256)) * 300


End: TypeAlias = Callable[[zmq_msg_t, Pair], int]


def end_by_init_size(msg: zmq_msg_t, pair: Pair) -> int:
    rc = zmq_msg_init_size(msg, len(LONG))
    zmq_msg_data(msg)[:] = bytes(len(LONG))
    return rc


def end_by_move_away(msg: zmq_msg_t, pair: Pair) -> int:
    other = made(b"other")
    assert zmq_msg_move(other, msg) == 0
    return zmq_msg_close(other)


def end_by_send(msg: zmq_msg_t, pair: Pair) -> int:
    push, pull = pair(ZMQ_PUSH, ZMQ_PULL)
    size = zmq_msg_size(msg)
    assert zmq_msg_send(msg, push, 0) == size
    assert zmq_msg_size(msg) == 0
    other = made(b"other")
    assert zmq_msg_recv(other, pull, 0) == size
    return zmq_msg_close(other)


def end_by_recv(msg: zmq_msg_t, pair: Pair) -> int:
    push, pull = pair(ZMQ_PUSH, ZMQ_PULL)
    assert zmq_send(push, b"other", 5, 0) == 5
    assert zmq_msg_recv(msg, pull, 0) == 5
    return int(content(msg) != b"other")


REPLACING: dict[str, End] = {
    "init": lambda msg, pair: zmq_msg_init(msg),
    "init_size": end_by_init_size,
    "move to": lambda msg, pair: zmq_msg_move(msg, made(b"other")),
    "copy": lambda msg, pair: zmq_msg_copy(msg, made(b"other")),
}
"""What puts other content in the place of a message's."""
ENDS: dict[str, End] = {
    **REPLACING,
    "close": lambda msg, pair: zmq_msg_close(msg),
    "move away": end_by_move_away,
    "recv": end_by_recv,
    "send": end_by_send,
}


@pytest.mark.parametrize("data", [SHORT, LONG], ids=["short", "long"])
@pytest.mark.parametrize("end", ENDS)
def test_a_view_outlives_what_happens_to_the_message(pair: Pair, end: str, data: bytes) -> None:
    msg = made(data)
    whole = zmq_msg_data(msg)
    part = whole[1:]
    del whole
    assert ENDS[end](msg, pair) == 0
    rubbish = [bytearray(os.urandom(64)) for _ in range(1000)]
    assert part == data[1:]
    part[0] = 0
    assert part[0] == 0
    assert rubbish
    if zmq_msg_size(msg) > 0:
        assert zmq_msg_close(msg) == 0


@pytest.mark.slow
def test_views_outlive_their_messages_where_freed_memory_is_overwritten() -> None:
    """The same again, in a process where malloc spoils what is freed and what is new."""
    tests = f"{__file__}::test_a_view_outlives_what_happens_to_the_message"
    env = {"MALLOC_PERTURB_": "165", "PYTHONMALLOC": "malloc"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tests]
    succeed(*command, cwd=ROOT, env=env)


class TestViews:
    def test_what_is_written_to_one_is_sent(self, pair: Pair) -> None:
        push, pull = pair(ZMQ_PUSH, ZMQ_PULL)
        msg = made(b"-----")
        view = zmq_msg_data(msg)
        view[:] = b"Hello"
        assert content(msg) == b"Hello"
        assert zmq_msg_send(msg, push, 0) == 5
        view[:] = b"later"
        assert zmq_msg_recv(msg, pull, 0) == 5
        assert content(msg) == b"Hello"

    @pytest.mark.parametrize("size", [5, 100])
    def test_one_stays_joined_to_a_message_that_could_not_be_sent(
        self, make: Make, pair: Pair, size: int
    ) -> None:
        msg, alone = made(b"-" * size), make(ZMQ_PUSH)
        view = zmq_msg_data(msg)
        assert zmq_msg_send(msg, alone, ZMQ_DONTWAIT) == -1
        assert zmq_msg_recv(msg, alone, ZMQ_DONTWAIT) == -1
        view[:] = b"x" * size
        assert content(msg) == b"x" * size
        push, pull = pair(ZMQ_PUSH, ZMQ_PULL)
        assert zmq_msg_send(msg, push, 0) == size
        assert zmq_msg_recv(msg, pull, 0) == size
        assert content(msg) == b"x" * size

    def test_it_keeps_nothing_else_alive(self) -> None:
        freed: list[object] = []
        msg = zmq_msg_t()
        data = bytearray(LONG)
        assert zmq_msg_init_data(msg, data, len(data), lambda d, h: freed.append(h), 1) == 0
        one, other = zmq_msg_data(msg), zmq_msg_data(msg)
        assert zmq_msg_close(msg) == 0
        del one
        message.collect()
        assert not freed
        del other
        message.collect()
        assert freed == [1]


def test_a_message_can_be_neither_copied_nor_pickled() -> None:
    msg = made(b"x")
    for spoil in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="zmq_msg_copy"):
            spoil(msg)
    assert repr(msg).startswith("<zmq_msg_t at")


def test_a_message_copied_to_itself_stays() -> None:
    msg = made(b"Hello")
    assert zmq_msg_copy(msg, msg) == 0
    assert content(msg) == b"Hello"


def test_a_message_in_use_counts_as_not_initialised(pair: Pair) -> None:
    push, pull = pair(ZMQ_PUSH, ZMQ_PULL)
    msg, other = made(b"old"), made(b"other")
    waiting = Task(zmq_msg_recv, msg, pull, 0)
    eventually(lambda: zmq_msg_size(msg) == -1)
    refused(
        EFAULT,
        (zmq_msg_close, msg),
        (zmq_msg_send, msg, push, 0),
        (zmq_msg_copy, other, msg),
        (zmq_msg_copy, msg, other),
        (zmq_msg_move, other, msg),
        (zmq_msg_move, msg, other),
        (zmq_msg_get, msg, ZMQ_MORE),
        (content, msg),
        (zmq_msg_gets, msg, "User-Id"),
    )
    assert zmq_send(push, b"new", 3, 0) == 3
    assert waiting.result() == 3
    assert content(msg) == b"new"
    assert content(other) == b"other"


def test_a_message_being_sent_counts_as_not_initialised(ctx: void_p, make: Make) -> None:
    push, msg = make(ZMQ_PUSH), made(LONG)
    waiting = Task(zmq_msg_send, msg, push, 0)
    eventually(lambda: zmq_msg_size(msg) == -1)
    assert zmq_msg_close(msg) == -1
    assert zmq_errno() == EFAULT
    assert len(zmq_msg_data(msg)) == 0
    zmq_ctx_shutdown(ctx)
    assert waiting.result() == -1
    assert content(msg) == LONG


@pytest.mark.parametrize("size", [5, len(LONG)])
def test_a_call_with_a_number_of_another_kind_is_the_same_call(pair: Pair, size: int) -> None:
    """bool takes the general way: with memory that is copied there, and with views and without."""
    push, pull = pair(ZMQ_PUSH, ZMQ_PULL)
    data, buffer, msg = os.urandom(2 * size), bytearray(size), made(b"")
    for keep_view in (False, True):
        view = zmq_msg_data(msg) if keep_view else None
        assert zmq_send(push, memoryview(data)[::2], size, True) == size
        assert zmq_msg_recv(msg, pull, True) == size
        assert content(msg) == data[::2]
        assert zmq_msg_send(msg, push, True) == size
        assert zmq_msg_size(msg) == 0
        assert zmq_recv(pull, buffer, size, True) == size
        assert buffer == data[::2]
        assert zmq_recv(pull, buffer, size, True) == -1
        assert zmq_errno() == EAGAIN
        assert view is None or len(view) == 0


def test_a_signal_ends_a_wait_and_what_its_handler_did_to_errno_is_not_seen(make: Make) -> None:
    push, pull, msg, ran = make(ZMQ_PUSH), make(ZMQ_PULL), made(b"x"), list[int]()
    calls: list[Callable[[], int]] = [
        lambda: zmq_send(push, b"x", 1, 0),
        lambda: zmq_recv(pull, bytearray(1), 1, 0),
        lambda: zmq_msg_send(msg, push, 0),
        lambda: zmq_msg_recv(made(b""), pull, 0),
    ]
    before = signal.signal(signal.SIGALRM, lambda *_: ran.append(zmq_close(None)))
    try:
        for number, call in enumerate(calls, 1):
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            assert call() == -1
            assert zmq_errno() == EINTR
            assert len(ran) == number
    finally:
        signal.signal(signal.SIGALRM, before)
    assert content(msg) == b"x"
