"""Contexts: options, limits, ending."""

from capi.harness import call, interrupt_after, number, pointer

from zmqlite.capi import *

OPTIONS = [
    ZMQ_IO_THREADS,
    ZMQ_MAX_SOCKETS,
    ZMQ_SOCKET_LIMIT,
    ZMQ_THREAD_SCHED_POLICY,
    ZMQ_MAX_MSGSZ,
    ZMQ_MSG_T_SIZE,
    ZMQ_THREAD_AFFINITY_CPU_ADD,
    ZMQ_THREAD_AFFINITY_CPU_REMOVE,
    ZMQ_THREAD_NAME_PREFIX,
    ZMQ_IPV6,
    ZMQ_BLOCKY,
    9999,
]
VALUES = [-2, -1, 0, 1, 2]


def options() -> None:
    context = pointer(zmq_ctx_new)
    for option in OPTIONS:
        call(zmq_ctx_get, context, option)
    for option in OPTIONS:
        if option in (ZMQ_SOCKET_LIMIT, ZMQ_THREAD_SCHED_POLICY):
            continue  # 3 sets ZMQ_THREAD_PRIORITY
        for value in VALUES:
            number("option", option)
            if option != ZMQ_THREAD_AFFINITY_CPU_ADD or value <= 0:
                call(zmq_ctx_set, context, option, value)
            call(zmq_ctx_get, context, option)
    call(zmq_ctx_set, context, ZMQ_THREAD_PRIORITY, -1)
    call(zmq_ctx_set, context, ZMQ_THREAD_SCHED_POLICY, -1)
    call(zmq_ctx_term, context)


def null() -> None:
    call(zmq_ctx_get, None, ZMQ_IO_THREADS)
    call(zmq_ctx_set, None, ZMQ_IO_THREADS, 1)
    call(zmq_ctx_shutdown, None)
    call(zmq_ctx_term, None)
    call(zmq_ctx_destroy, None)
    call(zmq_term, None)
    pointer(zmq_socket, None, ZMQ_PUB)


def old_names() -> None:
    context = pointer(zmq_init, 2)
    call(zmq_ctx_get, context, ZMQ_IO_THREADS)
    call(zmq_term, context)
    context = pointer(zmq_init, 0)
    call(zmq_ctx_get, context, ZMQ_IO_THREADS)
    call(zmq_ctx_destroy, context)
    pointer(zmq_init, -1)


def limits() -> None:
    context = pointer(zmq_ctx_new)
    call(zmq_ctx_set, context, ZMQ_MAX_SOCKETS, 1)
    pointer(zmq_socket, context, -1)
    pointer(zmq_socket, context, 99)
    socket = pointer(zmq_socket, context, ZMQ_PUB)
    pointer(zmq_socket, context, ZMQ_PUB)
    call(zmq_ctx_set, context, ZMQ_MAX_SOCKETS, 5)  # too late
    pointer(zmq_socket, context, ZMQ_PUB)
    call(zmq_close, socket)
    call(zmq_ctx_term, context)


def shut_down() -> None:
    context = pointer(zmq_ctx_new)
    socket = pointer(zmq_socket, context, ZMQ_PULL)
    call(zmq_ctx_shutdown, context)
    call(zmq_ctx_shutdown, context)
    call(zmq_ctx_get, context, ZMQ_IO_THREADS)
    call(zmq_ctx_set, context, ZMQ_IPV6, 1)
    pointer(zmq_socket, context, ZMQ_PULL)
    buffer = bytearray(1)
    value = c_int(0)
    size = c_size_t(sizeof(value))
    message = zmq_msg_t()
    zmq_msg_init(message)
    call(zmq_recv, socket, buffer, 1, 0)
    call(zmq_send, socket, buffer, 1, 0)
    call(zmq_msg_recv, message, socket, 0)
    call(zmq_msg_send, message, socket, 0)
    call(zmq_bind, socket, "inproc://late")
    call(zmq_connect, socket, "inproc://late")
    call(zmq_unbind, socket, "inproc://late")
    call(zmq_disconnect, socket, "inproc://late")
    call(zmq_setsockopt, socket, ZMQ_LINGER, value, size.value)
    call(zmq_getsockopt, socket, ZMQ_LINGER, value, size)
    call(zmq_socket_monitor, socket, "inproc://events", ZMQ_EVENT_ALL)
    items = [zmq_pollitem_t(socket, 0, ZMQ_POLLIN, 0)]
    call(zmq_poll, items, 1, 0)
    call(zmq_proxy, socket, socket, None)
    call(zmq_close, socket)
    call(zmq_ctx_term, context)


def interrupted() -> None:
    context = pointer(zmq_ctx_new)
    socket = pointer(zmq_socket, context, ZMQ_PULL)
    interrupt_after(100)
    call(zmq_ctx_term, context)
    pointer(zmq_socket, context, ZMQ_PULL)
    call(zmq_ctx_get, context, ZMQ_IO_THREADS)
    call(zmq_ctx_shutdown, context)
    call(zmq_close, socket)
    call(zmq_ctx_term, context)


def main() -> None:
    options()
    null()
    old_names()
    limits()
    shut_down()
    interrupted()


if __name__ == "__main__":
    main()
