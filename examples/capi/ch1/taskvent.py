"""The ventilator of a pipeline: a hundred tasks for whoever is there to work on them.

The first worker to connect would get all tasks if the others came later, so somebody who can see
them has to press Enter. With --workers the program itself counts them as they connect.

    python -m examples.capi.ch1.tasksink
    python -m examples.capi.ch1.taskwork             (several)
    python -m examples.capi.ch1.taskvent
"""

import sys

from zmqlite.capi import *

from ..zhelpers import randof, run, s_send


def wait_for_workers(context: void_p, sender: void_p, bind: str, workers: int) -> None:
    """Bind, and wait until a number of workers have connected."""
    endpoint = "inproc://joined"
    rc = zmq_socket_monitor(sender, endpoint, ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
    assert rc == 0
    monitor = zmq_socket(context, ZMQ_PAIR)
    rc = zmq_connect(monitor, endpoint)
    assert rc == 0
    rc = zmq_bind(sender, bind)
    assert rc == 0
    for _ in range(workers):
        zmq_recv(monitor, None, 0, 0)  # the event
        zmq_recv(monitor, None, 0, 0)  # its endpoint
    zmq_socket_monitor(sender, None, 0)
    zmq_close(monitor)


def main(
    bind: str = "tcp://*:5557",
    sink: str = "tcp://localhost:5558",
    count: int = 100,
    longest: int = 100,
    workers: int = 0,
) -> int:
    context = zmq_ctx_new()
    sender = zmq_socket(context, ZMQ_PUSH)
    if workers:
        wait_for_workers(context, sender, bind, workers)
    else:
        rc = zmq_bind(sender, bind)
        assert rc == 0
        print("Press Enter when the workers are ready:")
        sys.stdin.readline()
    print("Sending tasks to workers")

    # The first message tells the sink that the batch begins.
    sink_socket = zmq_socket(context, ZMQ_PUSH)
    rc = zmq_connect(sink_socket, sink)
    assert rc == 0
    s_send(sink_socket, "0")

    total_msec = 0
    for _ in range(count):
        workload = randof(longest) + 1
        total_msec += workload
        s_send(sender, str(workload))
    print(f"Total expected cost: {total_msec} msec")

    zmq_close(sink_socket)
    zmq_close(sender)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
