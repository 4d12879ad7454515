"""Read two sockets in turn without a poll: all tasks there are, then all of the weather, and again.

In between it has to sleep, so a message that comes then is late, and the loop goes round while
there is nothing to do; mspoller does better. What is read first has the higher priority. It runs
until Ctrl-C, or until it has read as much of both as it is told.

    python -m examples.guide.ch1.taskvent
    python -m examples.guide.ch1.wuserver
    python -m examples.guide.ch2.msreader
"""

import time

import zmqlite as zmq

from ...program import run


def drain(socket: zmq.Socket) -> int:
    """Take all messages that are there; say how many."""
    count = 0
    while True:
        try:
            socket.recv(zmq.DONTWAIT)
        except zmq.Again:
            return count
        count += 1  # here the message would be worked on


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

        tasks_read = updates_read = 0
        while tasks < 0 or tasks_read < tasks or updates_read < updates:
            tasks_read += drain(receiver)
            updates_read += drain(subscriber)
            time.sleep(0.001)
        print(f"Read {tasks_read} tasks and {updates_read} updates")


if __name__ == "__main__":
    run(main)
