"""Versions, texts, keys, counters, timers, stopwatches, threads."""

import time

from capi.harness import call, interrupt_after, number, pointer, text, void

from zmqlite._zmq import ffi
from zmqlite.capi import *


def facts() -> None:
    codes = [
        0, EAGAIN, EFSM, ENOCOMPATPROTO, ETERM, EMTHREAD,
        ENOTSOCK, EFAULT, EHOSTUNREACH, ENOTSUP, -1, 99999,
        EADDRINUSE,
    ]  # fmt: skip
    names = [
        "ipc", "pgm", "tipc", "norm", "curve", "gssapi", "vmci",
        "draft", "tcp", "inproc", "WS", "ws", "IPC", "",
    ]  # fmt: skip
    major, minor, patch = c_int(-1), c_int(-1), c_int(-1)
    void(zmq_version, major, minor, patch)
    number("major", major.value)
    number("minor", minor.value)
    number("patch", patch.value)
    for code in codes:
        meaning = pointer(zmq_strerror, code)
        text("meaning", meaning.encode(), len(meaning))
    for name in names:
        call(zmq_has, name)
    ffi.errno = EFSM
    number("zmq_errno", zmq_errno())


def keys() -> None:
    public, secret, derived = c_char_buffer(41), c_char_buffer(41), c_char_buffer(41)
    call(zmq_curve_keypair, public, secret)
    number("length", len(public.value))
    number("length", len(secret.value))
    call(zmq_curve_public, derived, secret)
    number("equal", int(public == derived))
    call(zmq_curve_public, derived, "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7")
    text("public", derived, 40)
    call(zmq_curve_public, derived, "too short")
    call(zmq_curve_public, derived, "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf~")
    call(zmq_curve_public, derived, "")


def z85() -> None:
    data = bytes([0x86, 0x4F, 0xD2, 0x6F, 0xB5, 0x59, 0xF7, 0x5B])
    encoded = bytearray(41)
    pointer(zmq_z85_encode, encoded, data, 8)
    text("encoded", encoded, 11)
    pointer(zmq_z85_encode, encoded, data, 0)
    text("encoded", encoded, 1)
    pointer(zmq_z85_encode, encoded, data, 3)
    pointer(zmq_z85_encode, encoded, data, 5)
    decoded = bytearray(32)
    pointer(zmq_z85_decode, decoded, "HelloWorld")
    number("equal", int(decoded[:8] == data))
    pointer(zmq_z85_decode, decoded, "Hello")
    pointer(zmq_z85_decode, decoded, "Hell")
    pointer(zmq_z85_decode, decoded, "HelloW")
    pointer(zmq_z85_decode, decoded, "")
    pointer(zmq_z85_decode, decoded, "Hell~")
    pointer(zmq_z85_decode, decoded, "Hell\x01")
    pointer(zmq_z85_decode, decoded, "#####")
    pointer(zmq_z85_decode, decoded, b"Hell\xff")


def counters() -> None:
    counter = pointer(zmq_atomic_counter_new)
    call(zmq_atomic_counter_value, counter)
    call(zmq_atomic_counter_inc, counter)
    call(zmq_atomic_counter_inc, counter)
    call(zmq_atomic_counter_value, counter)
    call(zmq_atomic_counter_dec, counter)
    call(zmq_atomic_counter_dec, counter)
    call(zmq_atomic_counter_value, counter)
    void(zmq_atomic_counter_set, counter, 41)
    call(zmq_atomic_counter_inc, counter)
    call(zmq_atomic_counter_value, counter)
    void(zmq_atomic_counter_set, counter, 2147483647)
    call(zmq_atomic_counter_value, counter)
    void(zmq_atomic_counter_set, counter, -2)
    call(zmq_atomic_counter_value, counter)
    counter_p = c_pointer(counter)
    void(zmq_atomic_counter_destroy, counter_p)
    number("null", int(counter_p.value is None))


timers: void_p = None
calls = 0


def on_timer(id: int, arg: bytes) -> None:
    number("timer", id)
    text("arg", arg, 3)


def on_restless(id: int, arg: None) -> None:
    global calls
    calls += 1
    if calls == 3:
        call(zmq_timers_cancel, timers, id)


def on_adding(id: int, arg: bytes) -> None:
    call(zmq_timers_cancel, timers, id)
    call(zmq_timers_cancel, timers, id)
    call(zmq_timers_add, timers, 1000000, on_timer, arg)


def on_cancelling(id: int, arg: None) -> None:
    number("timer", id)
    call(zmq_timers_cancel, timers, id + 1)


def timing() -> None:
    global timers
    timers = pointer(zmq_timers_new)
    call(zmq_timers_timeout, timers)
    call(zmq_timers_execute, timers)
    first = call(zmq_timers_add, timers, 20, on_timer, b"one")
    second = call(zmq_timers_add, timers, 1000000, on_timer, b"two")
    call(zmq_timers_add, timers, 10, None, None)
    number("soon", int(zmq_timers_timeout(timers) <= 20))
    call(zmq_timers_execute, timers)
    time.sleep(0.03)
    call(zmq_timers_timeout, timers)
    call(zmq_timers_execute, timers)
    number("again", int(zmq_timers_timeout(timers) <= 20))
    call(zmq_timers_set_interval, timers, first, 2000000)
    call(zmq_timers_set_interval, timers, 99, 10)
    number("later", int(zmq_timers_timeout(timers) > 900000))
    call(zmq_timers_reset, timers, second)
    call(zmq_timers_reset, timers, 99)
    call(zmq_timers_cancel, timers, 99)
    call(zmq_timers_cancel, timers, first)
    call(zmq_timers_cancel, timers, first)
    call(zmq_timers_set_interval, timers, second, 10)
    time.sleep(0.02)
    call(zmq_timers_execute, timers)
    call(zmq_timers_cancel, timers, second)
    call(zmq_timers_timeout, timers)
    call(zmq_timers_add, timers, 0, on_restless, None)
    call(zmq_timers_execute, timers)
    number("calls", calls)
    call(zmq_timers_add, timers, 1, on_adding, b"new")
    time.sleep(0.005)
    call(zmq_timers_execute, timers)
    number("later", int(zmq_timers_timeout(timers) > 900000))
    call(zmq_timers_add, timers, 1, on_cancelling, None)
    call(zmq_timers_add, timers, 2, on_timer, b"not")
    time.sleep(0.005)
    call(zmq_timers_execute, timers)
    third = call(zmq_timers_add, timers, 10, on_timer, b"3rd")
    call(zmq_timers_add, timers, 10, on_timer, b"4th")
    time.sleep(0.05)
    call(zmq_timers_execute, timers)
    call(zmq_timers_cancel, timers, third)
    call(zmq_timers_reset, timers, third)
    call(zmq_timers_set_interval, timers, third, 1)
    time.sleep(0.005)
    number("soon", int(zmq_timers_timeout(timers) <= 10))
    call(zmq_timers_reset, timers, third)
    call(zmq_timers_set_interval, timers, third, 1)
    call(zmq_timers_cancel, timers, third)
    timers_p = c_pointer(timers)
    call(zmq_timers_destroy, timers_p)
    number("null", int(timers_p.value is None))
    call(zmq_timers_destroy, timers_p)
    call(zmq_timers_add, None, 10, on_timer, None)
    call(zmq_timers_cancel, None, 1)
    call(zmq_timers_set_interval, None, 1, 10)
    call(zmq_timers_reset, None, 1)
    call(zmq_timers_timeout, None)
    call(zmq_timers_execute, None)


def watches() -> None:
    watch = pointer(zmq_stopwatch_start)
    time.sleep(0.02)
    before = zmq_stopwatch_intermediate(watch)
    after = zmq_stopwatch_stop(watch)
    number("microseconds", int(20000 <= before < 10000000))
    number("more", int(after >= before))
    void(zmq_sleep, 0)
    interrupt_after(50)
    void(zmq_sleep, 5)


def in_thread(counter: void_p) -> None:
    zmq_atomic_counter_inc(counter)


def threads() -> None:
    counter = pointer(zmq_atomic_counter_new)
    for _ in range(3):
        thread = pointer(zmq_threadstart, in_thread, counter)
        void(zmq_threadclose, thread)
    call(zmq_atomic_counter_value, counter)
    void(zmq_atomic_counter_destroy, c_pointer(counter))


def main() -> None:
    facts()
    keys()
    z85()
    counters()
    timing()
    watches()
    threads()


if __name__ == "__main__":
    main()
