"""The article's PUSH: bind, and send tasks to whoever pulls.

zmq_ctx_destroy returns when all of them were taken.

    python -m examples.capi.article.pusher
    python -m examples.capi.article.puller
"""

from zmqlite.capi import *

from ..zhelpers import run


def main(bind: str = "tcp://*:5557", count: int = 10) -> int:
    context = zmq_ctx_new()
    pusher = zmq_socket(context, ZMQ_PUSH)
    rc = zmq_bind(pusher, bind)
    assert rc == 0

    for task_nbr in range(1, count + 1):
        task = b"task %d" % task_nbr
        size = zmq_send(pusher, task, len(task), 0)
        assert size == len(task)
    print(f"Pushed {count} tasks")

    zmq_close(pusher)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
