"""Read two sockets as messages come, with a poll; nothing happens while there is nothing to read.

One message of each socket that has any is read before the next poll, so neither of them has to
wait for the other. It runs until Ctrl-C, or until it has read as much of both as it is told.

    python -m examples.guide.ch1.taskvent
    python -m examples.guide.ch1.wuserver
    python -m examples.guide.ch2.mspoller
"""

import zmqlite as zmq

from ...program import run


def main(
    source: str = "tcp://localhost:5557",
    weather: str = "tcp://localhost:5556",
    filter: str = "10001 ",
    tasks: int = -1,
    updates: int = -1,
) -> None:
    with (
        zmq.Context() as context,
        context.socket(zmq.PULL) as receiver,
        context.socket(zmq.SUB) as subscriber,
    ):
        receiver.connect(source)
        subscriber.connect(weather)
        subscriber.subscribe(filter.encode())
        poller = zmq.Poller()
        poller.register(receiver, zmq.POLLIN)
        poller.register(subscriber, zmq.POLLIN)

        tasks_read = updates_read = 0
        while tasks < 0 or tasks_read < tasks or updates_read < updates:
            ready = dict(poller.poll())
            if receiver in ready:
                receiver.recv()
                tasks_read += 1  # here the task would be worked on
            if subscriber in ready:
                subscriber.recv()
                updates_read += 1  # here the update would be looked at
        print(f"Read {tasks_read} tasks and {updates_read} updates")


if __name__ == "__main__":
    run(main)
