"""A ROUTER that gives work to REQ workers when they ask for it, and fires them after a while.

Each asks for work by a request, so the ROUTER always answers one that is free.
With --others it waits for workers of other programs, too.

    python -m examples.capi.ch3.rtreq
"""

from zmqlite.capi import *

from ..zhelpers import randof, run, s_clock, s_recv, s_send, s_sendmore, s_set_id, s_sleep


def worker_task(args: tuple[str, int]) -> None:
    endpoint, longest = args
    context = zmq_ctx_new()
    worker = zmq_socket(context, ZMQ_REQ)
    s_set_id(worker)
    rc = zmq_connect(worker, endpoint)
    assert rc == 0

    total = 0
    while True:
        # Tell the broker that we are free.
        s_send(worker, "Hi Boss")

        # Get a workload, or the sack.
        workload = s_recv(worker)
        assert workload is not None
        if workload == "Fired!":
            print(f"Completed: {total} tasks")
            break
        total += 1
        s_sleep(randof(longest) + 1)  # the work

    zmq_close(worker)
    zmq_ctx_destroy(context)


def main(
    bind: str = "tcp://*:5671",
    connect: str = "tcp://localhost:5671",
    workers: int = 10,
    others: int = 0,
    duration: int = 5000,
    longest: int = 500,
) -> int:
    context = zmq_ctx_new()
    broker = zmq_socket(context, ZMQ_ROUTER)
    rc = zmq_bind(broker, bind)
    assert rc == 0

    threads = [zmq_threadstart(worker_task, (connect, longest)) for _ in range(workers)]

    end_time = s_clock() + duration
    workers_fired = 0
    while workers_fired < workers + others:
        # The next one that is free, by its id.
        identity = s_recv(broker)
        assert identity
        s_recv(broker)  # the empty frame
        s_recv(broker)  # what it says
        s_sendmore(broker, identity)
        s_sendmore(broker, "")
        if s_clock() < end_time:
            s_send(broker, "Work harder")
        else:
            s_send(broker, "Fired!")
            workers_fired += 1

    for thread in threads:
        zmq_threadclose(thread)
    zmq_close(broker)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
