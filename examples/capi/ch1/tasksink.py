"""The sink of a pipeline: count a hundred results, and tell how long they took.

The time is that of the whole batch: with several workers it is less than the ventilator's sum.

    python -m examples.capi.ch1.tasksink
    python -m examples.capi.ch1.taskwork             (several)
    python -m examples.capi.ch1.taskvent
"""

from zmqlite.capi import *

from ..zhelpers import run, s_clock, s_recv


def main(bind: str = "tcp://*:5558", count: int = 100) -> int:
    context = zmq_ctx_new()
    receiver = zmq_socket(context, ZMQ_PULL)
    rc = zmq_bind(receiver, bind)
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

    zmq_close(receiver)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
