"""A worker of a pipeline that ends when it is told to (PULL, and SUB for the word).

It polls two sockets: one for tasks, and one on which any message at all means the end.

    python -m examples.guide.ch2.tasksink2
    python -m examples.guide.ch2.taskwork2            (several)
    python -m examples.guide.ch1.taskvent
"""

import time

import zmqlite as zmq

from ...program import run


def main(
    source: str = "tcp://localhost:5557",
    sink: str = "tcp://localhost:5558",
    control: str = "tcp://localhost:5559",
) -> None:
    with (
        zmq.Context() as context,
        context.socket(zmq.PULL) as receiver,
        context.socket(zmq.PUSH) as sender,
        context.socket(zmq.SUB) as controller,
    ):
        receiver.connect(source)
        sender.connect(sink)
        controller.connect(control)
        controller.subscribe(b"")
        print("Ready for tasks")

        poller = zmq.Poller()
        poller.register(receiver, zmq.POLLIN)
        poller.register(controller, zmq.POLLIN)
        while controller not in (ready := dict(poller.poll())):
            if receiver in ready:
                task = receiver.recv()
                print(f"{task.decode()}.", end="", flush=True)
                time.sleep(int(task) / 1000)
                sender.send(b"")
        print()


if __name__ == "__main__":
    run(main)
