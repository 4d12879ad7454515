"""The sink of a pipeline that ends its workers when all is done.

A PUB socket reaches all of them with one message.

    python -m examples.capi.ch2.tasksink2
    python -m examples.capi.ch2.taskwork2            (several)
    python -m examples.capi.ch1.taskvent
"""

from zmqlite.capi import *

from ..zhelpers import run, s_clock, s_recv, s_send


def main(bind: str = "tcp://*:5558", control: str = "tcp://*:5559", count: int = 100) -> int:
    context = zmq_ctx_new()
    receiver = zmq_socket(context, ZMQ_PULL)
    rc = zmq_bind(receiver, bind)
    assert rc == 0
    controller = zmq_socket(context, ZMQ_PUB)
    rc = zmq_bind(controller, control)
    assert rc == 0
    print("Ready for results")

    # The ventilator's first message is the start of the batch.
    string = s_recv(receiver)
    assert string is not None
    start_time = s_clock()

    for task_nbr in range(count):
        string = s_recv(receiver)
        assert string is not None
        print("." if task_nbr % 10 else ":", end="", flush=True)
    print()
    print(f"Total elapsed time: {s_clock() - start_time} msec")

    s_send(controller, "KILL")

    zmq_close(receiver)
    zmq_close(controller)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
