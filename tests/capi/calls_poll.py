"""Polling, proxies, monitors."""

import os
import struct

from capi.harness import call, interrupt_after, number, pointer, text

from zmqlite.capi import *

context: void_p = None


def show_revents(items: list[zmq_pollitem_t]) -> None:
    for item in items:
        number("revents", item.revents)


def polling() -> None:
    push = pointer(zmq_socket, context, ZMQ_PUSH)
    pull = pointer(zmq_socket, context, ZMQ_PULL)
    pipes = os.pipe()
    call(zmq_bind, pull, "inproc://polling")
    call(zmq_connect, push, "inproc://polling")
    items = [
        zmq_pollitem_t(pull, 0, ZMQ_POLLIN, 7),
        zmq_pollitem_t(push, 0, ZMQ_POLLIN | ZMQ_POLLOUT, 7),
        zmq_pollitem_t(None, pipes[0], ZMQ_POLLIN, 7),
        zmq_pollitem_t(None, pipes[1], ZMQ_POLLOUT, 7),
        zmq_pollitem_t(push, 0, 0, 7),
        zmq_pollitem_t(push, 0, ZMQ_POLLIN, 7),
    ]
    call(zmq_poll, items, 3, 0)
    show_revents(items)
    call(zmq_poll, items, 1, 20)
    call(zmq_poll, items, 6, 0)
    show_revents(items)
    call(zmq_send, push, b"x", 1, 0)
    os.write(pipes[1], b"x")
    call(zmq_poll, items, 6, -1)
    show_revents(items)
    call(zmq_poll, items, 2, 1000)
    call(zmq_poll, items, 0, 0)
    call(zmq_poll, items, 0, 10)
    call(zmq_poll, items, -1, 10)
    call(zmq_poll, None, 0, 10)
    call(zmq_poll, None, 1, 10)
    single = zmq_pollitem_t(pull, 0, ZMQ_POLLIN, 0)
    call(zmq_poll, single, 1, 0)
    number("revents", single.revents)
    buffer = bytearray(1)
    call(zmq_recv, pull, buffer, 1, 0)
    interrupt_after(50)
    call(zmq_poll, single, 1, -1)
    interrupt_after(50)
    call(zmq_poll, single, 1, 1000)
    interrupt_after(50)
    call(zmq_poll, None, 0, 1000)
    os.close(pipes[1])
    call(zmq_poll, items[2:], 1, 0)
    number("revents", items[2].revents)
    os.read(pipes[0], 1)
    call(zmq_poll, items[2:], 1, 0)
    number("revents", items[2].revents)
    os.close(pipes[0])
    call(zmq_close, push)
    call(zmq_close, pull)


def proxies() -> None:
    pull = pointer(zmq_socket, context, ZMQ_PULL)
    push = pointer(zmq_socket, context, ZMQ_PUSH)
    control = pointer(zmq_socket, context, ZMQ_PAIR)
    steer = pointer(zmq_socket, context, ZMQ_PAIR)
    into = pointer(zmq_socket, context, ZMQ_PUSH)
    out = pointer(zmq_socket, context, ZMQ_PULL)
    capture = pointer(zmq_socket, context, ZMQ_PUSH)
    captured = pointer(zmq_socket, context, ZMQ_PULL)
    call(zmq_bind, pull, "inproc://front")
    call(zmq_bind, push, "inproc://back")
    call(zmq_bind, control, "inproc://control")
    call(zmq_bind, capture, "inproc://capture")
    call(zmq_connect, into, "inproc://front")
    call(zmq_connect, out, "inproc://back")
    call(zmq_connect, steer, "inproc://control")
    call(zmq_connect, captured, "inproc://capture")
    call(zmq_proxy, None, push, None)
    call(zmq_proxy, pull, None, None)
    call(zmq_proxy_steerable, None, push, None, control)
    call(zmq_proxy_steerable, pull, None, None, control)
    interrupt_after(50)
    call(zmq_proxy, pull, push, None)
    interrupt_after(50)
    call(zmq_device, ZMQ_QUEUE, pull, push)
    interrupt_after(50)
    call(zmq_proxy_steerable, pull, push, None, None)
    call(zmq_send, into, b"message", 7, 0)
    interrupt_after(50)
    call(zmq_proxy, pull, push, capture)
    buffer = bytearray(16)
    call(zmq_recv, out, buffer, 16, 0)
    text("buffer", buffer, 7)
    call(zmq_recv, captured, buffer, 16, 0)
    text("buffer", buffer, 7)
    call(zmq_send, steer, b"STATISTICS", 10, 0)
    call(zmq_send, steer, b"TERMINATE", 9, 0)
    call(zmq_proxy_steerable, pull, push, None, control)
    interrupt_after(50)
    call(zmq_proxy, push, push, None)
    for socket in (pull, push, control, steer, into, out, capture, captured):
        call(zmq_close, socket)


def event(monitor: void_p) -> None:
    head = bytearray(6)
    endpoint = bytearray(256)
    if call(zmq_recv, monitor, head, sizeof(head), 0) == -1:
        return
    kind, _ = struct.unpack("=HI", head)
    number("event", kind)
    size = zmq_recv(monitor, endpoint, 256, 0)
    number("of a tcp endpoint", int(size > 6 and endpoint.startswith(b"tcp://")))


def monitors() -> None:
    socket = pointer(zmq_socket, context, ZMQ_PULL)
    monitor = pointer(zmq_socket, context, ZMQ_PAIR)
    call(zmq_socket_monitor, socket, "tcp://127.0.0.1:*", ZMQ_EVENT_ALL)
    call(zmq_socket_monitor, socket, "nothing", ZMQ_EVENT_ALL)
    call(zmq_socket_monitor, socket, "inproc://", ZMQ_EVENT_ALL)
    call(zmq_socket_monitor, socket, "inproc://events", 0x10000)
    call(zmq_socket_monitor, socket, None, 0)
    call(zmq_socket_monitor, socket, "inproc://events", ZMQ_EVENT_ALL)
    call(zmq_connect, monitor, "inproc://events")
    call(zmq_bind, socket, "tcp://127.0.0.1:*")
    event(monitor)
    endpoint = c_char_buffer(256)
    size = c_size_t(sizeof(endpoint))
    zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint, size)
    call(zmq_unbind, socket, endpoint)
    event(monitor)
    call(zmq_socket_monitor, socket, None, 0)
    event(monitor)
    call(zmq_recv, monitor, endpoint, 256, ZMQ_DONTWAIT)
    call(zmq_bind, monitor, "inproc://taken")
    call(zmq_socket_monitor, socket, "inproc://taken", ZMQ_EVENT_ALL)
    call(zmq_close, monitor)
    call(zmq_close, socket)


def no_socket() -> None:
    items = [zmq_pollitem_t(None, -1, ZMQ_POLLIN, 0)]
    call(zmq_poll, items, 1, 0)
    call(zmq_socket_monitor, None, "inproc://x", ZMQ_EVENT_ALL)
    call(zmq_socket_monitor, None, None, 0)


def main() -> None:
    global context
    context = pointer(zmq_ctx_new)
    polling()
    proxies()
    monitors()
    no_socket()
    call(zmq_ctx_term, context)


if __name__ == "__main__":
    main()
