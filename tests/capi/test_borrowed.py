"""Memory lent to libzmq: not copied, and freed exactly once, on a thread of Python's."""

from __future__ import annotations

import gc
import sys
import threading
from typing import Any

import pytest
from capi.given import Make, Pair, content, made
from capi.test_message import REPLACING
from support import Task, eventually

from zmqlite import message
from zmqlite.capi import *
from zmqlite.capi import _memory

SHORT, LONG = b"short", bytes(range(256)) * 300
TRANSPORTS = ["inproc://messages", "tcp://127.0.0.1:*"]


class Freed:
    """A free function that remembers its calls, and on which thread they came."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, object]] = []
        self.threads: list[threading.Thread] = []

    def __call__(self, data: object, hint: object) -> None:
        self.threads.append(threading.current_thread())
        self.calls.append((data, hint))


def lent(sent: bytes, freed: Freed, hint: object = "hint") -> tuple[zmq_msg_t, bytearray]:
    msg, data = zmq_msg_t(), bytearray(sent)
    assert zmq_msg_init_data(msg, data, len(data), freed, hint) == 0
    return msg, data


@pytest.mark.parametrize("sent", [SHORT, LONG], ids=["short", "long"])
class TestFreeFunction:
    def test_it_may_change_the_size_of_the_memory(self, sent: bytes) -> None:
        msg, data = zmq_msg_t(), bytearray(sent)
        grow = bytearray.append
        assert zmq_msg_init_data(msg, data, len(data), grow, 1) == 0
        with pytest.raises(BufferError):
            data.append(0)
        assert zmq_msg_close(msg) == 0
        assert data == sent + b"\1"

    def test_it_is_called_when_the_variable_goes(self, sent: bytes) -> None:
        freed = Freed()
        msg, data = lent(sent, freed)
        del msg
        eventually(lambda: freed.calls)
        assert freed.calls == [(data, "hint")]

    @pytest.mark.parametrize("end", REPLACING)
    def test_it_is_called_when_other_content_takes_the_place(
        self, pair: Pair, sent: bytes, end: str
    ) -> None:
        freed = Freed()
        msg, data = lent(sent, freed)
        assert REPLACING[end](msg, pair) == 0
        eventually(lambda: freed.calls)
        assert freed.calls == [(data, "hint")]

    def test_it_is_called_when_the_last_copy_goes(self, sent: bytes) -> None:
        freed = Freed()
        msg, data = lent(sent, freed)
        copied = made(b"")
        assert zmq_msg_copy(copied, msg) == 0
        assert zmq_msg_close(msg) == 0
        message.collect()
        assert not freed.calls
        assert zmq_msg_close(copied) == 0
        assert freed.calls == [(data, "hint")]

    @pytest.mark.parametrize("endpoint", TRANSPORTS)
    def test_it_is_called_after_sending(self, pair: Pair, sent: bytes, endpoint: str) -> None:
        freed = Freed()
        push, pull = pair(ZMQ_PUSH, ZMQ_PULL, endpoint)
        msg, data = lent(sent, freed)
        assert zmq_msg_send(msg, push, 0) == len(sent)
        received = made(b"")
        assert zmq_msg_recv(received, pull, 0) == len(sent)
        assert content(received) == sent
        assert zmq_msg_close(received) == 0
        eventually(lambda: freed.calls)
        assert freed.calls == [(data, "hint")]
        assert zmq_msg_close(msg) == 0
        assert len(freed.calls) == 1

    def test_it_is_called_at_the_end_for_what_was_never_sent(self, sent: bytes) -> None:
        freed = Freed()
        context = zmq_ctx_new()
        socket = zmq_socket(context, ZMQ_PUSH)
        assert zmq_setsockopt(socket, ZMQ_LINGER, c_int(0), 4) == 0
        assert zmq_connect(socket, "tcp://127.0.0.1:9") == 0
        for hint in range(10):
            msg, _ = lent(sent, freed, hint)
            assert zmq_msg_send(msg, socket, 0) == len(sent)
        assert not freed.calls
        assert zmq_close(socket) == 0
        assert zmq_ctx_term(context) == 0
        assert sorted(str(hint) for _, hint in freed.calls) == [str(n) for n in range(10)]

    def test_it_is_not_called_where_nothing_was_made(self, sent: bytes) -> None:
        freed, msg = Freed(), zmq_msg_t()
        assert zmq_msg_init_data(msg, bytearray(sent), len(sent) + 1, freed, 0) == -1
        assert zmq_errno() == EFAULT
        assert zmq_msg_init_data(None, bytearray(sent), 1, freed, 0) == -1
        assert zmq_msg_init_data(msg, None, 1, freed, 0) == -1
        with pytest.raises(TypeError):
            zmq_msg_init_data(msg, bytearray(sent), 1, "free", 0)  # type: ignore[arg-type]
        gc.collect()
        message.collect()
        assert not freed.calls
        assert zmq_msg_close(msg) == -1

    def test_it_is_not_called_while_the_message_is_kept(self, make: Make, sent: bytes) -> None:
        freed = Freed()
        msg, data = lent(sent, freed)
        assert zmq_msg_send(msg, make(ZMQ_PUSH), ZMQ_DONTWAIT) == -1
        message.collect()
        assert not freed.calls
        assert content(msg) == sent
        assert zmq_msg_close(msg) == 0
        assert freed.calls == [(data, "hint")]


def test_the_free_function_runs_on_the_main_thread_when_libzmq_frees(pair: Pair) -> None:
    """libzmq's own thread lets go of what went out over tcp; the main thread does nothing."""
    freed = Freed()
    push, pull = pair(ZMQ_PUSH, ZMQ_PULL, "tcp://127.0.0.1:*")
    for _ in range(100):
        msg, _ = lent(LONG, freed)
        assert zmq_msg_send(msg, push, 0) == len(LONG)
        assert zmq_recv(pull, bytearray(1), 1, 0) == len(LONG)
    eventually(lambda: len(freed.calls) == 100)
    assert set(freed.threads) == {threading.main_thread()}


def test_the_free_function_runs_on_the_thread_that_closes() -> None:
    freed = Freed()
    msg, _ = lent(LONG, freed)
    task = Task(zmq_msg_close, msg)
    assert task.result() == 0
    assert freed.threads == [task.thread]


def test_what_a_free_function_does_to_errno_is_not_seen(make: Make) -> None:
    msg, pub = zmq_msg_t(), make(ZMQ_PUB)
    data = bytearray(8)
    assert zmq_msg_init_data(msg, data, 8, lambda data, hint: zmq_close(None), None) == 0
    assert zmq_recv(pub, None, 0, 0) == -1
    del msg
    message.collect()
    assert zmq_errno() == ENOTSUP


def test_what_a_free_function_raises_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: reported.append(args.exc_value))

    def fail(data: object, hint: object) -> None:
        raise ValueError("from a free function")

    msg = zmq_msg_t()
    assert zmq_msg_init_data(msg, bytearray(8), 8, fail, None) == 0
    assert zmq_msg_close(msg) == 0
    assert [str(error) for error in reported] == ["from a free function"]


def test_a_free_function_may_make_and_send_messages(pair: Pair) -> None:
    push, pull = pair(ZMQ_PUSH, ZMQ_PULL)

    def tell(data: bytearray, hint: bytes) -> None:
        assert zmq_send(push, hint, len(hint), 0) == len(hint)

    msg = zmq_msg_t()
    assert zmq_msg_init_data(msg, bytearray(8), 8, tell, b"freed") == 0
    assert zmq_msg_close(msg) == 0
    buffer = bytearray(5)
    assert zmq_recv(pull, buffer, 5, ZMQ_DONTWAIT) == 5
    assert buffer == b"freed"


class TestConstants:
    def test_memory_without_a_free_function_is_kept_for_ever(self, pair: Pair) -> None:
        push, pull = pair(ZMQ_PUSH, ZMQ_PULL)
        for number in range(50):
            data, msg = bytes([number]) * 5000, zmq_msg_t()
            assert zmq_msg_init_data(msg, data, 5000, None, None) == 0
            assert zmq_msg_send(msg, push, 0) == 5000
            data = bytes([number]) * 5000
            assert zmq_send_const(push, data, 5000, 0) == 5000
            del data
        gc.collect()
        for number in range(50):
            for _ in range(2):
                buffer = bytearray(5000)
                assert zmq_recv(pull, buffer, 5000, 0) == 5000
                assert buffer == bytes([number]) * 5000

    def test_each_is_kept_only_once(self, make: Make) -> None:
        pub, data = make(ZMQ_PUB), bytes(range(200))
        assert zmq_send_const(pub, data, 100, 0) == 100
        before = len(_memory._constants)
        for size in (100, 200, 50, 0):
            assert zmq_send_const(pub, data, size, 0) == size
            assert zmq_send_const(pub, memoryview(data), size, 0) == size
        assert len(_memory._constants) == before

    def test_an_immutable_object_is_not_written_to(self, pair: Pair) -> None:
        push, pull = pair(ZMQ_PUSH, ZMQ_PULL)
        for data in (b"immutable", memoryview(b"immutable")):
            msg, freed = zmq_msg_t(), Freed()
            assert zmq_msg_init_data(msg, data, 9, freed, None) == 0
            assert zmq_msg_data(msg).readonly
            assert zmq_msg_copy(other := made(b""), msg) == 0
            assert zmq_msg_data(other).readonly
            assert zmq_msg_send(msg, push, 0) == 9
            assert zmq_msg_recv(msg, pull, 0) == 9
            assert zmq_msg_init_size(msg, 9) == 0
            assert not zmq_msg_data(msg).readonly


def test_no_memory_is_kept_by_messages_that_come_and_go(pair: Pair) -> None:
    push, pull = pair(ZMQ_PUSH, ZMQ_PULL)
    lent_before = message.collect()
    objects = 0
    for turn in range(3):
        for _ in range(200):
            msg, _ = lent(LONG, Freed())
            view = zmq_msg_data(msg)
            zmq_msg_send(msg, push, 0)
            zmq_msg_recv(msg, pull, 0)
            del view
            zmq_msg_close(msg)
        gc.collect()
        if turn == 1:
            objects = len(gc.get_objects())
    assert message.collect() == lent_before
    assert len(gc.get_objects()) - objects < 50
