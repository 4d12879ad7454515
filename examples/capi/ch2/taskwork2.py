"""A worker of a pipeline that ends when it is told to.

It polls two sockets: tasks, and a SUB on which any message at all means the end.

    python -m examples.capi.ch2.tasksink2
    python -m examples.capi.ch2.taskwork2            (several)
    python -m examples.capi.ch1.taskvent
"""

from zmqlite.capi import *

from ..zhelpers import run, s_recv, s_send, s_sleep


def main(
    source: str = "tcp://localhost:5557",
    sink: str = "tcp://localhost:5558",
    control: str = "tcp://localhost:5559",
) -> int:
    context = zmq_ctx_new()
    receiver = zmq_socket(context, ZMQ_PULL)
    rc = zmq_connect(receiver, source)
    assert rc == 0
    sender = zmq_socket(context, ZMQ_PUSH)
    rc = zmq_connect(sender, sink)
    assert rc == 0
    controller = zmq_socket(context, ZMQ_SUB)
    rc = zmq_connect(controller, control)
    assert rc == 0
    rc = zmq_setsockopt(controller, ZMQ_SUBSCRIBE, b"", 0)
    assert rc == 0
    print("Ready for tasks")

    items = [
        zmq_pollitem_t(receiver, 0, ZMQ_POLLIN, 0),
        zmq_pollitem_t(controller, 0, ZMQ_POLLIN, 0),
    ]
    while True:
        rc = zmq_poll(items, 2, -1)
        if rc == -1:
            break
        if items[0].revents & ZMQ_POLLIN:
            string = s_recv(receiver)
            assert string
            print(f"{string}.", end="", flush=True)
            s_sleep(int(string))
            s_send(sender, "")
        if items[1].revents & ZMQ_POLLIN:
            break
    print()

    zmq_close(receiver)
    zmq_close(sender)
    zmq_close(controller)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
