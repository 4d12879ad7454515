"""Read two sockets with zmq_poll: whichever has a message, and asleep while none has.

Runs until Ctrl-C, or until it has seen as many tasks and updates as it is told.

    python -m examples.capi.ch1.taskvent
    python -m examples.capi.ch1.wuserver
    python -m examples.capi.ch2.mspoller
"""

from zmqlite.capi import *

from ..zhelpers import run


def main(
    source: str = "tcp://localhost:5557",
    weather: str = "tcp://localhost:5556",
    filter: str = "10001 ",
    tasks: int = -1,
    updates: int = -1,
) -> int:
    context = zmq_ctx_new()
    receiver = zmq_socket(context, ZMQ_PULL)
    rc = zmq_connect(receiver, source)
    assert rc == 0
    subscriber = zmq_socket(context, ZMQ_SUB)
    rc = zmq_connect(subscriber, weather)
    assert rc == 0
    rc = zmq_setsockopt(subscriber, ZMQ_SUBSCRIBE, filter.encode(), len(filter.encode()))
    assert rc == 0

    items = [
        zmq_pollitem_t(receiver, 0, ZMQ_POLLIN, 0),
        zmq_pollitem_t(subscriber, 0, ZMQ_POLLIN, 0),
    ]
    task_nbr, update_nbr = 0, 0
    while tasks < 0 or updates < 0 or task_nbr < tasks or update_nbr < updates:
        msg = bytearray(256)
        rc = zmq_poll(items, 2, -1)
        assert rc > 0
        if items[0].revents & ZMQ_POLLIN:
            size = zmq_recv(receiver, msg, 255, 0)
            if size != -1:
                task_nbr += 1  # here the task would be worked on
        if items[1].revents & ZMQ_POLLIN:
            size = zmq_recv(subscriber, msg, 255, 0)
            if size != -1:
                update_nbr += 1  # here the update would be looked at
    print(f"Read {task_nbr} tasks and {update_nbr} updates")

    zmq_close(receiver)
    zmq_close(subscriber)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
