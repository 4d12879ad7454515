"""Lazy Pirate, the client: retry a request on a fresh socket, and give up after some tries (REQ).

A REQ socket whose request or reply was lost can neither send nor receive. So the client polls with
a time limit, throws the socket away, and sends the request again through a new one. The linger of 0
matters: else what was abandoned would be delivered after all, as soon as the server is back.

It asks for one number after the other, and ends when it had to give one up. Simple and Paranoid
Pirate have the same client.

    python -m examples.guide.ch4.lpserver
    python -m examples.guide.ch4.lpclient
"""

import itertools

import zmqlite as zmq

from ...program import run
from ..zhelpers import clock, shown


def connected(context: zmq.Context, endpoint: str) -> zmq.Socket:
    socket = context.socket(zmq.REQ, linger=0)
    socket.connect(endpoint)
    return socket


def answered(socket: zmq.Socket, request: bytes, timeout: int) -> bool:
    """Send a request; tell whether its reply came in time, whatever else comes."""
    socket.send(request)
    deadline = clock() + timeout
    while socket.poll(max(0, deadline - clock())):
        reply = socket.recv_multipart()
        if reply == [request]:
            return True
        print("malformed reply:", *map(shown, reply))
    return False


def main(
    connect: str = "tcp://localhost:5555", timeout: int = 2500, tries: int = 3, count: int = 0
) -> None:
    """Ask for `count` numbers, or without end if that is 0."""
    with zmq.Context() as context:
        socket = connected(context, connect)
        for number in itertools.islice(itertools.count(1), count or None):
            left = tries
            while not answered(socket, b"%d" % number, timeout):
                left -= 1
                socket.close()
                if not left:
                    print(f"no reply to {number} in {tries} tries, abandoning")
                    return
                print(f"no reply to {number}, retrying")
                socket = connected(context, connect)
            print(f"reply: {number}")


if __name__ == "__main__":
    run(main)
