"""Read two sockets in turn, without zmq_poll: tasks first, then the weather, then a short sleep.

The sleep makes the first message after a pause late; mspoller does better. Runs until Ctrl-C, or
until it has seen as many tasks and updates as it is told.

    python -m examples.capi.ch1.taskvent
    python -m examples.capi.ch1.wuserver
    python -m examples.capi.ch2.msreader
"""

from zmqlite.capi import *

from ..zhelpers import run, s_sleep


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

    task_nbr, update_nbr = 0, 0
    while tasks < 0 or updates < 0 or task_nbr < tasks or update_nbr < updates:
        msg = bytearray(256)
        while True:
            size = zmq_recv(receiver, msg, 255, ZMQ_DONTWAIT)
            if size == -1:
                break
            task_nbr += 1  # here the task would be worked on
        while True:
            size = zmq_recv(subscriber, msg, 255, ZMQ_DONTWAIT)
            if size == -1:
                break
            update_nbr += 1  # here the update would be looked at
        s_sleep(1)
    print(f"Read {task_nbr} tasks and {update_nbr} updates")

    zmq_close(receiver)
    zmq_close(subscriber)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
