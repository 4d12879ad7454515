"""Send without waiting until the queue is full, and see what a full queue says (DEALER).

Nobody listens at the endpoint, so messages stay in the queue, which takes as many as its high-water
mark. With `sndtimeo=0` a send that finds no room does not wait but raises zmq.Again. This program
needs no other:

    python -m examples.guide.ch8.eagain
"""

import itertools

import zmqlite as zmq

from ...program import run


def main(connect: str = "tcp://localhost:9876", hwm: int = 4) -> None:
    with (
        zmq.Context(linger=0) as context,  # or the end would wait for somebody to listen
        context.socket(zmq.DEALER, sndhwm=hwm, sndtimeo=0) as mailbox,
    ):
        mailbox.connect(connect)
        for number in itertools.count():
            print(f"Sending message {number}")
            try:
                mailbox.send(b"message %d" % number)
            except zmq.Again as error:
                print(error.strerror)
                break


if __name__ == "__main__":
    run(main)
