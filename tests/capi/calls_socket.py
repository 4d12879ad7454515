"""Sockets: types, endpoints, options."""

from capi.harness import call, number, pointer, text

from zmqlite.capi import *

context: void_p = None


def types() -> None:
    for type in range(ZMQ_PAIR, ZMQ_STREAM + 1):
        socket = pointer(zmq_socket, context, type)
        value = c_int()
        size = c_size_t(sizeof(value))
        call(zmq_getsockopt, socket, ZMQ_TYPE, value, size)
        number("type", value.value)
        call(zmq_close, socket)


ENDPOINTS = [
    "inproc://name",
    "inproc://name",
    "inproc://",
    "nowhere",
    "tcp:",
    "tcp://",
    "tcp://127.0.0.1",
    "tcp://192.0.2.1:5555",
    "tcp://127.0.0.1:port",
    "foo://bar",
    "udp://127.0.0.1:5555",
    "ipc://",
    "ipc:///nonexistent/folder/socket",
    "ipc:///aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "",
]


def endpoints() -> None:
    socket = pointer(zmq_socket, context, ZMQ_ROUTER)
    for endpoint in ENDPOINTS:
        text("endpoint", endpoint.encode(), len(endpoint))
        call(zmq_bind, socket, endpoint)
    for endpoint in ENDPOINTS:
        text("endpoint", endpoint.encode(), len(endpoint))
        call(zmq_unbind, socket, endpoint)
    for endpoint in ENDPOINTS:
        text("endpoint", endpoint.encode(), len(endpoint))
        if endpoint != "tcp://127.0.0.1:port":
            call(zmq_connect, socket, endpoint)
        call(zmq_disconnect, socket, endpoint)
    call(zmq_unbind, socket, None)
    call(zmq_disconnect, socket, None)
    call(zmq_close, socket)


def real_endpoints() -> None:
    server = pointer(zmq_socket, context, ZMQ_PULL)
    client = pointer(zmq_socket, context, ZMQ_PUSH)
    endpoint = c_char_buffer(256)
    size = c_size_t(sizeof(endpoint))
    call(zmq_getsockopt, server, ZMQ_LAST_ENDPOINT, endpoint, size)
    number("size", size.value)
    call(zmq_bind, server, "tcp://127.0.0.1:*")
    size.value = sizeof(endpoint)
    call(zmq_getsockopt, server, ZMQ_LAST_ENDPOINT, endpoint, size)
    text("endpoint", endpoint, 16)
    call(zmq_bind, client, endpoint)
    call(zmq_connect, client, endpoint)
    call(zmq_connect, client, endpoint)
    call(zmq_disconnect, client, endpoint)
    call(zmq_disconnect, client, endpoint)
    call(zmq_disconnect, client, endpoint)
    call(zmq_unbind, server, "tcp://127.0.0.1:1")
    call(zmq_unbind, server, endpoint)
    call(zmq_unbind, server, endpoint)
    call(zmq_close, client)
    call(zmq_close, server)


def no_threads() -> None:
    idle = pointer(zmq_init, 0)
    socket = pointer(zmq_socket, idle, ZMQ_PUB)
    call(zmq_bind, socket, "tcp://127.0.0.1:*")
    call(zmq_connect, socket, "tcp://127.0.0.1:5555")
    call(zmq_bind, socket, "inproc://idle")
    call(zmq_close, socket)
    call(zmq_ctx_term, idle)


def options(type: int) -> None:
    """Every option that has an int or a text, on one type of socket: read, written, read again."""
    socket = pointer(zmq_socket, context, type)
    for option in range(93):
        if option in (ZMQ_FD, ZMQ_USE_FD, ZMQ_BINDTODEVICE):
            continue
        number("option", option)
        for room in (0, 1, 4, 16, 64, 256):
            size = c_size_t(room)
            memory = bytearray(256)
            if call(zmq_getsockopt, socket, option, memory, size) == 0:
                number("size", size.value)
                number("first", memoryview(memory).cast("b")[0])
        for value in (-1, 0, 1, 70000):
            call(zmq_setsockopt, socket, option, c_int(value), sizeof(c_int))
        wide = c_int64(1)
        call(zmq_setsockopt, socket, option, wide, 8)
        if option != ZMQ_CONNECT_ROUTING_ID:
            call(zmq_setsockopt, socket, option, b"a-text", 6)
        call(zmq_setsockopt, socket, option, b"", 0)
        call(zmq_setsockopt, socket, option, None, 0)
    call(zmq_close, socket)


def kinds_of_options() -> None:
    socket = pointer(zmq_socket, context, ZMQ_DEALER)
    linger = c_int(250)
    size = c_size_t(sizeof(linger))
    call(zmq_setsockopt, socket, ZMQ_LINGER, linger, size.value)
    linger.value = 0
    call(zmq_getsockopt, socket, ZMQ_LINGER, linger, size)
    number("linger", linger.value)
    most = c_int64(1 << 20)
    size.value = sizeof(most)
    call(zmq_setsockopt, socket, ZMQ_MAXMSGSIZE, most, size.value)
    most.value = 0
    call(zmq_getsockopt, socket, ZMQ_MAXMSGSIZE, most, size)
    number("maxmsgsize", most.value)
    affinity = c_uint64(3)
    size.value = sizeof(affinity)
    call(zmq_setsockopt, socket, ZMQ_AFFINITY, affinity, size.value)
    affinity.value = 0
    call(zmq_getsockopt, socket, ZMQ_AFFINITY, affinity, size)
    number("affinity", affinity.value)
    name = bytearray(255)
    size.value = sizeof(name)
    call(zmq_setsockopt, socket, ZMQ_ROUTING_ID, b"me\0too", 6)
    call(zmq_getsockopt, socket, ZMQ_ROUTING_ID, name, size)
    number("size", size.value)
    text("name", name, size.value)
    size.value = 5
    call(zmq_getsockopt, socket, ZMQ_ROUTING_ID, name, size)
    fd = c_int(-1)
    size.value = sizeof(fd)
    call(zmq_getsockopt, socket, ZMQ_FD, fd, size)
    number("fd", int(fd.value > 2))
    events = c_int(-1)
    call(zmq_getsockopt, socket, ZMQ_EVENTS, events, size)
    number("events", events.value)
    call(zmq_close, socket)


def no_socket(closed: void_p) -> None:
    value = c_int(0)
    size = c_size_t(sizeof(value))
    call(zmq_bind, closed, "inproc://closed")
    call(zmq_connect, closed, "inproc://closed")
    call(zmq_unbind, closed, "inproc://closed")
    call(zmq_disconnect, closed, "inproc://closed")
    call(zmq_setsockopt, closed, ZMQ_LINGER, value, size.value)
    call(zmq_getsockopt, closed, ZMQ_LINGER, value, size)
    call(zmq_socket_monitor, closed, "inproc://events", ZMQ_EVENT_ALL)
    call(zmq_close, closed)


def main() -> None:
    global context
    context = pointer(zmq_ctx_new)
    types()
    endpoints()
    real_endpoints()
    no_threads()
    options(ZMQ_DEALER)
    options(ZMQ_XPUB)
    kinds_of_options()
    no_socket(None)
    socket = pointer(zmq_socket, context, ZMQ_PUB)
    call(zmq_close, socket)
    no_socket(socket)  # where C had better forget it
    call(zmq_ctx_term, context)


if __name__ == "__main__":
    main()
