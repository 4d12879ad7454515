"""Messages: made, sent, received, moved, copied, asked, closed."""

from capi.harness import call, pointer, text

from zmqlite.capi import *

context: void_p = None


def show(message: zmq_msg_t) -> None:
    call(zmq_msg_size, message)
    text("data", zmq_msg_data(message), zmq_msg_size(message))
    call(zmq_msg_more, message)
    call(zmq_msg_get, message, ZMQ_MORE)
    call(zmq_msg_get, message, ZMQ_SHARED)
    call(zmq_msg_get, message, ZMQ_SRCFD)


def on_free(data: bytearray, hint: bytes) -> None:
    text("freed", data, 4)
    text("hint", hint, 4)


long_text = bytearray(b"a text that is too long to lie in the struct itself")


def life() -> None:
    message = zmq_msg_t()
    call(zmq_msg_init, message)
    show(message)
    call(zmq_msg_close, message)
    call(zmq_msg_close, message)
    call(zmq_msg_init_size, message, 5)
    zmq_msg_data(message)[:5] = b"Hello"
    show(message)
    call(zmq_msg_close, message)
    call(zmq_msg_init_size, message, 0)
    show(message)
    call(zmq_msg_close, message)
    call(zmq_msg_init_size, message, 1 << 62)
    call(zmq_msg_init_data, message, long_text, sizeof(long_text), on_free, b"hint")
    show(message)
    call(zmq_msg_close, message)
    call(zmq_msg_init_data, message, long_text, 4, None, None)
    show(message)
    call(zmq_msg_close, message)
    call(zmq_msg_init_data, message, None, 0, None, None)
    call(zmq_msg_size, message)
    call(zmq_msg_close, message)


def properties() -> None:
    message = zmq_msg_t()
    zmq_msg_init(message)
    call(zmq_msg_get, message, 99)
    call(zmq_msg_set, message, ZMQ_MORE, 1)
    call(zmq_msg_set, message, 99, 1)
    pointer(zmq_msg_gets, message, "Peer-Address")
    pointer(zmq_msg_gets, message, "")
    call(zmq_msg_close, message)


def moving(size: int) -> None:
    one, two, closed = zmq_msg_t(), zmq_msg_t(), zmq_msg_t()
    zmq_msg_init(closed)
    zmq_msg_close(closed)
    call(zmq_msg_init_size, one, size)
    zmq_msg_data(one)[:] = b"x" * size
    call(zmq_msg_init, two)
    call(zmq_msg_copy, two, one)
    show(one)
    show(two)
    call(zmq_msg_move, two, one)
    show(one)
    show(two)
    call(zmq_msg_copy, closed, two)
    call(zmq_msg_move, closed, two)
    call(zmq_msg_copy, two, closed)
    call(zmq_msg_move, two, closed)
    show(two)
    call(zmq_msg_move, two, two)
    show(two)
    call(zmq_msg_close, one)
    call(zmq_msg_close, two)


def exchange(endpoint: str) -> None:
    push = pointer(zmq_socket, context, ZMQ_PUSH)
    pull = pointer(zmq_socket, context, ZMQ_PULL)
    address = c_char_buffer(256)
    size = c_size_t(sizeof(address))
    call(zmq_bind, pull, endpoint)
    zmq_getsockopt(pull, ZMQ_LAST_ENDPOINT, address, size)
    call(zmq_connect, push, address)
    message, answer = zmq_msg_t(), zmq_msg_t()
    call(zmq_msg_init_size, message, 3)
    zmq_msg_data(message)[:3] = b"one"
    call(zmq_msg_send, message, push, ZMQ_SNDMORE)
    show(message)
    call(zmq_msg_send, message, push, ZMQ_SNDMORE)
    call(zmq_msg_init_size, message, 100)
    zmq_msg_data(message)[:] = b"x" * 100
    call(zmq_msg_send, message, push, 0)
    call(zmq_msg_close, message)
    call(zmq_msg_init, answer)
    for _ in range(3):
        call(zmq_msg_recv, answer, pull, 0)
        call(zmq_msg_size, answer)
        call(zmq_msg_more, answer)
        pointer(zmq_msg_gets, answer, "Socket-Type")
    type = zmq_msg_gets(answer, "Socket-Type")
    text("type", (type or "none").encode(), 4)
    call(zmq_msg_recv, answer, pull, ZMQ_DONTWAIT)
    call(zmq_msg_size, answer)  # as it was
    call(zmq_msg_recv, answer, push, 0)
    call(zmq_msg_send, answer, pull, 0)
    call(zmq_msg_size, answer)
    call(zmq_msg_close, answer)
    call(zmq_msg_recv, answer, pull, 0)
    call(zmq_recvmsg, pull, answer, 0)
    call(zmq_msg_init, answer)
    call(zmq_sendmsg, push, answer, ZMQ_SNDMORE)
    call(zmq_sendmsg, push, answer, 0)
    call(zmq_recvmsg, pull, answer, 0)
    call(zmq_msg_more, answer)
    call(zmq_msg_close, answer)
    call(zmq_msg_more, answer)  # also once it is closed
    call(zmq_msg_init, answer)
    call(zmq_recvmsg, pull, answer, 0)
    call(zmq_msg_more, answer)
    call(zmq_msg_init_data, message, long_text, 30, on_free, b"hint")
    call(zmq_msg_send, message, pull, 0)
    call(zmq_msg_close, message)
    call(zmq_msg_close, answer)
    call(zmq_close, push)
    call(zmq_close, pull)


def no_room() -> None:
    push = pointer(zmq_socket, context, ZMQ_PUSH)
    req = pointer(zmq_socket, context, ZMQ_REQ)
    message = zmq_msg_t()
    call(zmq_msg_init_size, message, 5)
    zmq_msg_data(message)[:5] = b"Hello"
    call(zmq_msg_send, message, push, ZMQ_DONTWAIT)
    call(zmq_sendmsg, push, message, ZMQ_DONTWAIT)
    call(zmq_msg_recv, message, req, 0)
    show(message)
    call(zmq_msg_close, message)
    call(zmq_close, push)
    call(zmq_close, req)
    pub = pointer(zmq_socket, context, ZMQ_PUB)
    call(zmq_msg_init_data, message, long_text, 30, on_free, b"hint")
    call(zmq_msg_send, message, pub, 0)  # nobody subscribed, so it is freed here
    call(zmq_msg_close, message)
    call(zmq_close, pub)


def main() -> None:
    global context
    context = pointer(zmq_ctx_new)
    life()
    properties()
    moving(5)
    moving(100)
    exchange("inproc://exchange")
    exchange("tcp://127.0.0.1:*")
    no_room()
    call(zmq_ctx_term, context)


if __name__ == "__main__":
    main()
