"""A worker of a pipeline: sleep for as long as a task says, and tell the sink.

Prints each task as milliseconds. Runs until Ctrl-C.

    python -m examples.capi.ch1.tasksink
    python -m examples.capi.ch1.taskwork             (several)
    python -m examples.capi.ch1.taskvent
"""

from zmqlite.capi import *

from ..zhelpers import run, s_recv, s_send, s_sleep


def main(source: str = "tcp://localhost:5557", sink: str = "tcp://localhost:5558") -> int:
    context = zmq_ctx_new()

    # Tasks come from here,
    receiver = zmq_socket(context, ZMQ_PULL)
    rc = zmq_connect(receiver, source)
    assert rc == 0

    # and results go there.
    sender = zmq_socket(context, ZMQ_PUSH)
    rc = zmq_connect(sender, sink)
    assert rc == 0

    while True:
        string = s_recv(receiver)
        if string is None:
            break
        print(f"{string}.", end="", flush=True)
        s_sleep(int(string))
        s_send(sender, "")

    zmq_close(receiver)
    zmq_close(sender)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
