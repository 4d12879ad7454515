"""Sending and receiving plain memory: sizes, flags, states, types, what has room."""

from capi.harness import call, interrupt_after, number, pointer, text

from zmqlite.capi import *

context: void_p = None


def set(socket: void_p, option: int, value: int) -> None:
    call(zmq_setsockopt, socket, option, c_int(value), sizeof(c_int))


def pair(one: int, other: int, endpoint: str) -> tuple[void_p, void_p]:
    binder = pointer(zmq_socket, context, one)
    connecter = pointer(zmq_socket, context, other)
    call(zmq_bind, binder, endpoint)
    call(zmq_connect, connecter, endpoint)
    return binder, connecter


def sizes() -> None:
    a, b = pair(ZMQ_PAIR, ZMQ_PAIR, "inproc://sizes")
    call(zmq_send, a, b"Hello", 5, 0)
    buffer = bytearray(b"." * 16)
    call(zmq_recv, b, buffer, 16, 0)
    text("buffer", buffer, 8)
    call(zmq_send, a, b"Hello, world", 12, 0)
    buffer[:] = b"." * 16
    call(zmq_recv, b, buffer, 5, 0)  # the rest is lost
    text("buffer", buffer, 8)
    call(zmq_send, a, b"Hello", 3, 0)
    call(zmq_recv, b, buffer, 16, 0)
    text("buffer", buffer, 3)
    call(zmq_send, a, b"Hello", 0, 0)
    call(zmq_send, a, None, 0, 0)
    call(zmq_recv, b, buffer, 16, 0)
    call(zmq_recv, b, None, 0, 0)
    call(zmq_send, a, b"lost", 4, 0)
    call(zmq_recv, b, None, 0, 0)
    call(zmq_send_const, a, b"constant", 8, 0)
    call(zmq_recv, b, buffer, 16, 0)
    text("buffer", buffer, 8)
    call(zmq_send_const, a, None, 0, 0)
    call(zmq_recv, b, buffer, 16, 0)
    long_text = bytearray(b"x" * 100000)
    call(zmq_send, a, long_text, sizeof(long_text), 0)
    call(zmq_recv, b, long_text, 10, 0)
    call(zmq_close, a)
    call(zmq_close, b)


def parts() -> None:
    buffer = bytearray(16)
    more = c_int()
    size = c_size_t(sizeof(more))
    a, b = pair(ZMQ_PUSH, ZMQ_PULL, "inproc://parts")
    call(zmq_send, a, b"one", 3, ZMQ_SNDMORE)
    call(zmq_recv, b, buffer, 16, ZMQ_DONTWAIT)
    call(zmq_send, a, b"two", 3, ZMQ_SNDMORE | ZMQ_DONTWAIT)
    call(zmq_send, a, b"three", 5, 0)
    for _ in range(3):
        call(zmq_recv, b, buffer, 16, 0)
        call(zmq_getsockopt, b, ZMQ_RCVMORE, more, size)
        number("more", more.value)
    call(zmq_send, a, b"flag", 4, 64)
    call(zmq_recv, b, buffer, 16, 64)
    call(zmq_close, a)
    call(zmq_close, b)


def directions() -> None:
    types = [
        ZMQ_PUB, ZMQ_SUB, ZMQ_PUSH, ZMQ_PULL, ZMQ_REQ,
        ZMQ_REP, ZMQ_XPUB, ZMQ_XSUB, ZMQ_DEALER, ZMQ_ROUTER,
        ZMQ_STREAM, ZMQ_PAIR,
    ]  # fmt: skip
    buffer = bytearray(16)
    for type in types:
        socket = pointer(zmq_socket, context, type)
        number("type", type)
        set(socket, ZMQ_LINGER, 0)
        call(zmq_send, socket, b"", 0, ZMQ_DONTWAIT)
        call(zmq_send, socket, b"more", 4, ZMQ_DONTWAIT | ZMQ_SNDMORE)
        call(zmq_send_const, socket, b"same", 4, ZMQ_DONTWAIT)
        call(zmq_recv, socket, buffer, 16, ZMQ_DONTWAIT)
        call(zmq_close, socket)


def states() -> None:
    buffer = bytearray(16)
    rep, req = pair(ZMQ_REP, ZMQ_REQ, "inproc://states")
    call(zmq_recv, req, buffer, 16, 0)
    call(zmq_send, rep, b"early", 5, 0)
    call(zmq_send, req, b"question", 8, 0)
    call(zmq_send, req, b"question", 8, 0)
    call(zmq_recv, rep, buffer, 16, 0)
    call(zmq_recv, rep, buffer, 16, 0)
    call(zmq_send, rep, b"answer", 6, 0)
    call(zmq_recv, req, buffer, 16, 0)
    call(zmq_recv, req, buffer, 16, 0)
    call(zmq_close, rep)
    call(zmq_close, req)


def room() -> None:
    push = pointer(zmq_socket, context, ZMQ_PUSH)
    buffer = bytearray(16)
    set(push, ZMQ_LINGER, 0)
    call(zmq_send, push, b"x", 1, ZMQ_DONTWAIT)
    set(push, ZMQ_SNDTIMEO, 20)
    call(zmq_send, push, b"x", 1, 0)
    set(push, ZMQ_SNDTIMEO, 0)
    call(zmq_send, push, b"x", 1, 0)
    call(zmq_close, push)
    push = pointer(zmq_socket, context, ZMQ_PUSH)
    pull = pointer(zmq_socket, context, ZMQ_PULL)
    set(push, ZMQ_SNDHWM, 1)
    set(pull, ZMQ_RCVHWM, 1)
    call(zmq_bind, pull, "inproc://room")
    call(zmq_connect, push, "inproc://room")
    for _ in range(4):
        call(zmq_send, push, b"x", 1, ZMQ_DONTWAIT)
    for _ in range(3):
        call(zmq_recv, pull, buffer, 16, ZMQ_DONTWAIT)
    set(pull, ZMQ_RCVTIMEO, 20)
    call(zmq_recv, pull, buffer, 16, 0)
    set(pull, ZMQ_RCVTIMEO, -1)
    interrupt_after(50)
    call(zmq_recv, pull, buffer, 16, 0)
    call(zmq_close, push)
    call(zmq_close, pull)


def interrupted() -> None:
    push = pointer(zmq_socket, context, ZMQ_PUSH)
    interrupt_after(50)
    call(zmq_send, push, b"x", 1, 0)
    interrupt_after(50)
    call(zmq_send_const, push, b"x", 1, 0)
    message = zmq_msg_t()
    zmq_msg_init(message)
    interrupt_after(50)
    call(zmq_msg_send, message, push, 0)
    call(zmq_close, push)
    pull = pointer(zmq_socket, context, ZMQ_PULL)
    interrupt_after(50)
    call(zmq_msg_recv, message, pull, 0)
    piece = [iovec()]
    count = c_size_t(1)
    interrupt_after(50)
    call(zmq_recviov, pull, piece, count, 0)
    number("count", count.value)
    call(zmq_close, pull)


def routing() -> None:
    buffer = bytearray(16)
    router, dealer = pair(ZMQ_ROUTER, ZMQ_DEALER, "inproc://routing")
    call(zmq_send, router, b"nobody", 6, ZMQ_SNDMORE)
    call(zmq_send, router, b"dropped", 7, 0)
    set(router, ZMQ_ROUTER_MANDATORY, 1)
    call(zmq_send, router, b"nobody", 6, ZMQ_SNDMORE)
    call(zmq_send, dealer, b"hello", 5, 0)
    call(zmq_recv, router, buffer, 16, 0)
    number("first byte", buffer[0])
    call(zmq_send, router, buffer, 5, ZMQ_SNDMORE)
    call(zmq_send, router, b"back", 4, 0)
    call(zmq_recv, dealer, buffer, 16, 0)
    call(zmq_close, router)
    call(zmq_close, dealer)


def content(piece: iovec) -> bytearray:
    assert isinstance(piece.iov_base, bytearray)
    return piece.iov_base


def vectors() -> None:
    buffer = bytearray(16)
    a, b = pair(ZMQ_PAIR, ZMQ_PAIR, "inproc://vectors")
    out = [iovec(b"one", 3), iovec(b"two", 2), iovec(None, 0), iovec(b"three", 5)]
    into = [iovec() for _ in range(4)]
    call(zmq_sendiov, a, out, 4, ZMQ_SNDMORE)
    for _ in range(4):
        number("part", call(zmq_recv, b, buffer, 16, ZMQ_DONTWAIT))
    call(zmq_sendiov, a, out, 2, 0)
    call(zmq_sendiov, a, out, 0, 0)
    call(zmq_sendiov, a, None, 2, 0)
    call(zmq_sendiov, None, out, 2, 0)
    for _ in range(2):
        count = c_size_t(4)
        call(zmq_recviov, b, into, count, 0)
        number("count", count.value)
        text("part", content(into[0]), into[0].iov_len)
    call(zmq_sendiov, a, out, 4, ZMQ_SNDMORE)
    count = c_size_t(3)
    call(zmq_recviov, b, into, count, 0)
    number("count", count.value)
    for i in range(3):
        text("part", content(into[i]), into[i].iov_len)
    count = c_size_t(4)
    call(zmq_recviov, b, into, count, 0)
    text("part", content(into[0]), into[0].iov_len)
    count = c_size_t(4)
    call(zmq_recviov, b, into, count, ZMQ_DONTWAIT)
    number("count", count.value)
    count = c_size_t(0)
    call(zmq_recviov, b, into, count, ZMQ_DONTWAIT)
    call(zmq_recviov, b, into, None, ZMQ_DONTWAIT)
    count = c_size_t(1)
    call(zmq_recviov, b, None, count, ZMQ_DONTWAIT)
    call(zmq_recviov, None, into, count, 0)
    call(zmq_close, a)
    call(zmq_close, b)
    pull = pointer(zmq_socket, context, ZMQ_PULL)
    call(zmq_sendiov, pull, out, 1, 0)
    call(zmq_close, pull)


def no_socket() -> None:
    buffer = bytearray(1)
    message = zmq_msg_t()
    zmq_msg_init(message)
    call(zmq_send, None, buffer, 1, 0)
    call(zmq_send_const, None, buffer, 1, 0)
    call(zmq_recv, None, buffer, 1, 0)
    call(zmq_msg_send, message, None, 0)
    call(zmq_msg_recv, message, None, 0)
    call(zmq_sendmsg, None, message, 0)
    call(zmq_recvmsg, None, message, 0)


def main() -> None:
    global context
    context = pointer(zmq_ctx_new)
    sizes()
    parts()
    directions()
    states()
    room()
    interrupted()
    routing()
    vectors()
    no_socket()
    call(zmq_ctx_term, context)


if __name__ == "__main__":
    main()
