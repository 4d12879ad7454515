"""Threads, signals, forks and the end of the program, where C is undefined: see test_misuse.py."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time

from capi.given import Call, end, refused, start, tcp

from zmqlite.capi import *
from zmqlite.capi._handles import Handle


def threads_and_the_end_of_a_context() -> None:
    for _ in range(100):
        context, socket = start()
        seen: set[int] = set()
        ready = threading.Barrier(4)

        def use(context: void_p, seen: set[int] = seen, ready: threading.Barrier = ready) -> None:
            ready.wait()
            while True:
                calls: list[Call] = [
                    (zmq_ctx_get, context, ZMQ_IO_THREADS),
                    (zmq_ctx_set, context, ZMQ_IPV6, 0),
                    (zmq_socket, context, ZMQ_PUB),
                ]
                function, *arguments = random.choice(calls)
                answer = function(*arguments)
                if isinstance(answer, Handle):
                    zmq_close(answer)
                elif answer != 0 and answer != 1:
                    seen.add(zmq_errno())
                    if zmq_ctx_get(context, ZMQ_IO_THREADS) == -1:
                        return

        threads = [zmq_threadstart(use, context) for _ in range(3)]
        ready.wait()
        zmq_close(socket)
        assert zmq_ctx_term(context) == 0
        for thread in threads:
            zmq_threadclose(thread)
        assert seen <= {EFAULT, ENOTSOCK, ETERM}, seen


def two_ends_of_one_context() -> None:
    context, socket = start()
    codes: list[int] = []
    thread = zmq_threadstart(lambda context: codes.append(zmq_ctx_term(context)), context)
    while zmq_ctx_get(context, ZMQ_IO_THREADS) != -1:
        time.sleep(0.001)
    refused(
        EFAULT,
        (zmq_ctx_term, context),
        (zmq_ctx_get, context, ZMQ_IO_THREADS),
        (zmq_ctx_set, context, ZMQ_IPV6, 1),
    )
    refused(ETERM, (zmq_socket, context, ZMQ_PUB))
    assert zmq_ctx_shutdown(context) == 0
    assert zmq_close(socket) == 0
    zmq_threadclose(thread)
    assert codes == [0]


class Interrupted(BaseException):
    pass


def signals_that_raise() -> None:
    """In the middle of any call, and nothing is lost track of: all sockets can be closed."""

    def interrupt(signum: int, frame: object) -> None:
        raise Interrupted

    signal.signal(signal.SIGALRM, interrupt)
    hits = 0
    for turn in range(1500):
        context, push, pull = zmq_ctx_new(), None, None
        msg = zmq_msg_t()
        made: list[void_p] = []
        zmq_msg_init(msg)
        try:
            signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, 3e-4))
            made.append(zmq_socket(context, ZMQ_PAIR))
            made.append(zmq_socket(context, ZMQ_PAIR))
            push, pull = made
            zmq_bind(push, f"inproc://{turn}")
            zmq_connect(pull, f"inproc://{turn}")
            for _ in range(10):
                zmq_send(push, b"Hello", 5, 0)
                zmq_msg_recv(msg, pull, 0)
                zmq_msg_send(msg, pull, 0)
                zmq_recv(push, bytearray(5), 5, 0)
            zmq_poll([zmq_pollitem_t(push, 0, ZMQ_POLLIN)], 1, 1)
            signal.setitimer(signal.ITIMER_REAL, 0)
        except Interrupted:
            hits += 1
        signal.setitimer(signal.ITIMER_REAL, 10)  # a hang
        for socket in made:
            assert zmq_close(socket) == 0
        assert zmq_ctx_term(context) == 0
        signal.setitimer(signal.ITIMER_REAL, 0)
    assert hits > 500, hits


def fork() -> None:
    context, socket = start(ZMQ_PAIR)
    counter, timers, watch = zmq_atomic_counter_new(), zmq_timers_new(), zmq_stopwatch_start()
    thread = zmq_threadstart(time.sleep, 0.1)
    msg = zmq_msg_t()
    zmq_msg_init_size(msg, 100)
    held = threading.Event()
    locker = zmq_threadstart(lambda context: hold_lock(context, held), context)
    held.wait()
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        in_child(context, socket, msg)
        assert zmq_atomic_counter_inc(counter) == 0
        assert zmq_timers_timeout(timers) == -1
        assert zmq_stopwatch_stop(watch) > 0
        zmq_threadclose(thread)
        own, mine = start(ZMQ_PAIR)
        end(own, mine)
        print("child ends", flush=True)
        sys.exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0, status
    zmq_threadclose(locker)
    zmq_threadclose(thread)
    assert zmq_bind(socket, "inproc://parent") == 0
    end(context, socket)


def hold_lock(context: void_p, held: threading.Event) -> None:
    """As any call on the context does for a moment."""
    with context.lock:  # type: ignore[union-attr]
        held.set()
        time.sleep(0.2)


def in_child(context: void_p, socket: void_p, msg: zmq_msg_t) -> None:
    refused(
        ENOTSOCK,
        (zmq_recv, socket, bytearray(1), 1, 0),
        (zmq_send, socket, bytearray(1), 1, 0),
        (zmq_msg_send, msg, socket, 0),
        (zmq_poll, [zmq_pollitem_t(socket, 0, ZMQ_POLLIN)], 1, -1),
        (zmq_proxy, socket, socket, None),
        (zmq_socket_monitor, socket, "inproc://x", ZMQ_EVENT_ALL),
        (zmq_close, socket),
    )
    refused(
        EFAULT,
        (zmq_ctx_term, context),
        (zmq_ctx_shutdown, context),
        (zmq_ctx_get, context, ZMQ_IO_THREADS),
        (zmq_ctx_set, context, ZMQ_IPV6, 1),
        (zmq_socket, context, ZMQ_PUB),
    )
    assert zmq_msg_close(msg) == 0


def forgotten() -> None:
    """Nobody closes anything: the program simply exits, and nothing is closed before."""
    context, server = start(ZMQ_REP)
    endpoint = tcp(server)
    client = zmq_socket(context, ZMQ_REQ)
    zmq_connect(client, endpoint)
    zmq_send(client, b"Hello", 5, 0)
    del server, context
    lost = zmq_socket(other := zmq_ctx_new(), ZMQ_PUSH)
    zmq_connect(lost, "tcp://127.0.0.1:9")
    zmq_send(lost, b"for ever", 8, 0)
    zmq_threadstart(lambda client: zmq_recv(client, bytearray(5), 5, 0), client)
    zmq_timers_add(zmq_timers_new(), 1, print, None)
    del lost, other


def borrowed_at_the_end() -> None:
    """libzmq's thread still reads what Python had, while the interpreter takes itself apart."""
    context, pull = start(ZMQ_PULL)
    push = zmq_socket(context, ZMQ_PUSH)
    zmq_connect(push, tcp(pull))
    for number in range(20):
        data, msg = bytes(8_000_000), zmq_msg_t()
        if number % 2:
            zmq_msg_init_data(msg, data, len(data), lambda data, hint: None, None)
            zmq_msg_send(msg, push, 0)
        else:
            zmq_send_const(push, data, len(data), 0)
