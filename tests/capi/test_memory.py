"""Memory and texts as arguments: what C writes to, what it reads, and where it would go too far."""

from __future__ import annotations

import array
import ctypes
import mmap
import struct
from collections.abc import Callable
from typing import Any

import pytest
from capi.given import Make, Pair, refused

from zmqlite._zmq import ffi
from zmqlite.capi import *

# Ways to pass the address of an int, and to read it afterwards.
INTS: dict[str, tuple[Callable[[], Any], Callable[[Any], int]]] = {
    "c_int": (c_int, lambda x: int(x.value)),
    "bytearray": (lambda: bytearray(4), lambda x: struct.unpack("=i", x)[0]),
    "memoryview": (lambda: memoryview(bytearray(8))[4:], lambda x: struct.unpack("=i", x)[0]),
    "array": (lambda: array.array("i", [0]), lambda x: x[0]),
    "ctypes": (ctypes.c_int, lambda x: x.value),
    "cffi pointer": (lambda: ffi.new("int *"), lambda x: x[0]),
    "cffi array": (lambda: ffi.new("int[1]"), lambda x: x[0]),
}


@pytest.mark.parametrize("variable", INTS)
def test_an_int_is_written_to_and_read_from_whatever_holds_one(make: Make, variable: str) -> None:
    new, read = INTS[variable]
    socket, value = make(ZMQ_DEALER), new()
    size = c_size_t(4)
    assert zmq_getsockopt(socket, ZMQ_SNDHWM, value, size) == 0
    assert read(value) == 1000
    assert size.value == 4
    assert zmq_setsockopt(socket, ZMQ_RCVHWM, value, 4) == 0
    assert zmq_setsockopt(socket, ZMQ_LINGER, value, 4) == 0
    assert zmq_getsockopt(socket, ZMQ_LINGER, found := c_int(), c_size_t(4)) == 0
    assert found.value == 1000


def test_a_size_is_read_from_and_written_to_whatever_holds_one(make: Make) -> None:
    socket = make(ZMQ_DEALER)
    for size in (c_size_t(8), ctypes.c_size_t(8), array.array("Q", [8]), ffi.new("size_t *", 8)):
        assert zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, bytearray(8), size) == 0
        assert (size[0] if not hasattr(size, "value") else size.value) == 1


class TestVariables:
    @pytest.mark.parametrize(
        ("kind", "low", "high"),
        [
            (c_int, -(2**31), 2**31 - 1),
            (c_int64, -(2**63), 2**63 - 1),
            (c_uint64, 0, 2**64 - 1),
            (c_size_t, 0, 2**64 - 1),
        ],
    )
    def test_a_number_has_the_range_of_its_type(self, kind: Any, low: int, high: int) -> None:
        for value in (low, high, 1):
            assert kind(value).value == value
        for value in (low - 1, high + 1):
            with pytest.raises(ValueError, match=kind.__name__):
                kind(value)
        variable = kind(1)
        with pytest.raises(ValueError, match="does not fit"):
            variable.value = high + 1
        assert variable.value == 1

    def test_a_number_shows_what_it_holds(self) -> None:
        assert repr(c_int(-3)) == "c_int(-3)"
        assert f"{c_size_t(7)}" == "7"
        assert c_int() == c_int(0)
        assert not c_int(0)
        assert c_int(1)

    def test_sizes(self) -> None:
        assert [sizeof(x) for x in (c_int, c_int64, c_uint64, c_size_t)] == [4, 8, 8, 8]
        assert [sizeof(x) for x in (c_int(), bytearray(3), array.array("i", [1, 2]))] == [4, 3, 8]
        assert sizeof(c_char_buffer(256)) == 256

    def test_a_text_ends_at_its_nul(self) -> None:
        text = c_char_buffer(8)
        assert text.value == b""
        text[:6] = b"ab\0cd\0"
        assert text.value == b"ab"
        text[:] = b"no NUL at all"[:8]
        assert text.value == b"no NUL a"
        assert repr(text) == str(text) == "<c_char_buffer of 8 bytes>"

    def test_a_pointer_shows_what_it_points_to(self) -> None:
        assert repr(c_pointer()) == "c_pointer(None)"
        assert "counter" in repr(c_pointer(zmq_atomic_counter_new()))


BUFFERS: dict[str, Callable[[], Any]] = {
    "bytes": lambda: b"Hello",
    "bytearray": lambda: bytearray(b"Hello"),
    "memoryview": lambda: memoryview(b"Hello"),
    "slice": lambda: memoryview(b">>Hello<<")[2:-2],
    "with gaps": lambda: memoryview(b"H-e-l-l-o-")[::2],
    "array": lambda: array.array("b", b"Hello"),
    "ctypes": lambda: ctypes.create_string_buffer(b"Hello", 5),
    "cffi array": lambda: ffi.new("char[]", b"Hello"),
    "cffi pointer": lambda: ffi.cast("char *", ffi.from_buffer("char[]", b"Hello")),
    "a variable": lambda: c_char_buffer(5),
}


@pytest.mark.parametrize("kind", BUFFERS)
@pytest.mark.parametrize("send", [zmq_send, zmq_send_const])
def test_any_buffer_is_sent(pair: Pair, kind: str, send: Any) -> None:
    a, b = pair(ZMQ_PAIR, ZMQ_PAIR)
    data, buffer = BUFFERS[kind](), bytearray(16)
    content = bytes(5) if kind == "a variable" else b"Hello"
    for size in (5, 2, 0):
        assert send(a, data, size, 0) == size
        assert zmq_recv(b, buffer, 16, 0) == size
        assert buffer[:5] == content
    if "cffi" not in kind:
        refused(EFAULT, (send, a, data, 6, 0))
    assert zmq_recv(b, buffer, 16, ZMQ_DONTWAIT) == -1


TARGETS: dict[str, Callable[[], Any]] = {
    "bytearray": lambda: bytearray(10),
    "memoryview": lambda: memoryview(bytearray(12))[2:],
    "array": lambda: array.array("H", [0] * 5),
    "ctypes": lambda: ctypes.create_string_buffer(10),
    "mmap": lambda: mmap.mmap(-1, 10),
    "cffi": lambda: ffi.new("char[]", 10),
    "a variable": lambda: c_char_buffer(10),
}


@pytest.mark.parametrize("kind", TARGETS)
def test_any_writable_buffer_is_received_into(pair: Pair, kind: str) -> None:
    a, b = pair(ZMQ_PAIR, ZMQ_PAIR)
    target = TARGETS[kind]()

    def content() -> bytes:
        return ffi.buffer(target)[:] if kind == "cffi" else bytes(memoryview(target).cast("B"))

    assert zmq_send(a, b"0123456789 and more", 19, 0) == 19
    assert zmq_recv(b, target, 10, 0) == 19
    assert content() == b"0123456789"
    assert zmq_send(a, b"abc", 3, 0) == 3
    assert zmq_recv(b, target, 2, 0) == 3
    assert content() == b"ab23456789"
    assert zmq_send(a, b"kept", 4, 0) == 4
    refused(EFAULT, (zmq_recv, b, target, 11, 0), (zmq_recv, b, None, 1, 0))
    assert zmq_recv(b, target, 10, 0) == 4


def test_what_is_read_only_or_no_memory_is_refused_for_writing(pair: Pair) -> None:
    _, socket = pair(ZMQ_PAIR, ZMQ_PAIR)
    for target in (b"12345", memoryview(b"12345"), "12345", 5, [1], memoryview(bytearray(9))[::2]):
        with pytest.raises(TypeError, match="writable buffer"):
            zmq_recv(socket, target, 5, 0)  # type: ignore[arg-type]  # is what is tested
        with pytest.raises(TypeError, match="writable buffer"):
            zmq_getsockopt(socket, ZMQ_TYPE, target, c_size_t(4))  # type: ignore[arg-type]  # same


def test_a_text_is_no_memory(make: Make) -> None:
    socket = make(ZMQ_SUB)
    for call in (zmq_send, zmq_send_const):
        with pytest.raises(TypeError, match=r"not str.*encode"):
            call(socket, "Hello", 5, 0)  # type: ignore[arg-type]  # is what is tested
    with pytest.raises(TypeError, match=r"not str.*encode"):
        zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "topic", 5)  # type: ignore[arg-type]  # same
    with pytest.raises(TypeError, match="int"):
        zmq_send(socket, 5, 1, 0)  # type: ignore[arg-type]  # is what is tested


def test_a_number_that_c_s_type_cannot_hold_is_refused(ctx: void_p, make: Make) -> None:
    socket = make(ZMQ_PAIR)
    with pytest.raises(ValueError, match="zmq_send"):
        zmq_send(socket, None, -1, 0)
    with pytest.raises(ValueError, match="zmq_msg_init_size"):
        zmq_msg_init_size(zmq_msg_t(), 2**64)
    with pytest.raises(ValueError, match="zmq_ctx_get"):
        zmq_ctx_get(ctx, 2**31)
    for flags in (0.5, "0", None):
        with pytest.raises(TypeError):
            zmq_send(socket, b"", 0, flags)  # type: ignore[arg-type]  # is what is tested
    assert zmq_send(socket, b"", False, True) == -1


def test_no_byte_is_written_past_a_buffer(make: Make) -> None:
    socket, small = make(ZMQ_ROUTER), bytearray(b"....")
    for size in (c_size_t(5), bytearray(7), None):
        refused(EFAULT, (zmq_getsockopt, socket, ZMQ_LAST_ENDPOINT, small, size))
    assert small == b"...."


TEXTS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "bytes": str.encode,
    "bytearray": lambda text: bytearray(text.encode()),
    "memoryview": lambda text: memoryview(text.encode()),
    "cffi": lambda text: ffi.new("char[]", text.encode()),
    "cut at a NUL": lambda text: text.encode() + b"\0ignored",
    "str, cut at a NUL": lambda text: text + "\0ignored",
}


@pytest.mark.parametrize("kind", TEXTS)
def test_any_text_is_an_endpoint(make: Make, kind: str) -> None:
    a, b = make(ZMQ_PAIR), make(ZMQ_PAIR)
    text = TEXTS[kind]
    assert zmq_bind(a, text("inproc://text")) == 0
    assert zmq_connect(b, text("inproc://text")) == 0
    real = c_char_buffer(64)
    assert zmq_getsockopt(a, ZMQ_LAST_ENDPOINT, real, c_size_t(64)) == 0
    assert real.value == b"inproc://text"
    assert zmq_disconnect(b, text("inproc://text")) == 0
    assert zmq_unbind(a, text("inproc://text")) == 0
    assert zmq_has(text("ipc")) == 1


def test_what_is_no_text_is_refused(make: Make) -> None:
    socket = make(ZMQ_PAIR)
    for call in (zmq_bind, zmq_connect, zmq_unbind, zmq_disconnect):
        with pytest.raises(TypeError, match="int"):
            call(socket, 5)  # type: ignore[arg-type]  # is what is tested
    with pytest.raises(ValueError, match="surrogate"):
        zmq_bind(socket, "inproc://\ud800")
    assert zmq_strerror(EFSM) == "Operation cannot be accomplished in current state"
