"""Binary Star, the client: ask the server that answers, or else the other one (REQ).

One server at a time: a request is also a vote for the server that it is sent to, and must not reach
the other before its peer has been silent for two heartbeats. Hence the pause before turning to it,
and the linger of 0, so that nothing is delivered that was given up.

    python -m examples.guide.ch4.bstarsrv primary
    python -m examples.guide.ch4.bstarsrv backup
    python -m examples.guide.ch4.bstarcli
"""

import itertools
import time

import zmqlite as zmq

from ...program import run
from ..zhelpers import clock


def answered(socket: zmq.Socket, request: bytes, timeout: int) -> bool:
    """Send a request; tell whether its reply came in time."""
    socket.send(request)
    deadline = clock() + timeout
    while socket.poll(max(0, deadline - clock())):
        reply = socket.recv_multipart()
        if reply == [request]:
            return True
        print("malformed reply:", reply)
    return False


def main(
    primary: str = "tcp://localhost:5001",
    backup: str = "tcp://localhost:5002",
    timeout: int = 1000,
    settle: int = 2000,
    interval: int = 1000,
    count: int = 0,
) -> None:
    """Ask for `count` numbers, or for ever, one each `interval` ms.

    A server that does not answer within `timeout` ms is left for the other one, after a pause of
    `settle` ms; that is at least two of the servers' heartbeats.
    """
    servers = itertools.cycle([("primary", primary), ("backup", backup)])
    with zmq.Context() as context:
        name, endpoint = next(servers)
        socket = context.socket(zmq.REQ, linger=0)
        socket.connect(endpoint)
        for number in itertools.islice(itertools.count(1), count or None):
            while not answered(socket, b"%d" % number, timeout):
                socket.close()
                print(f"no reply to {number} from the {name}, failing over")
                time.sleep(settle / 1000)
                name, endpoint = next(servers)
                socket = context.socket(zmq.REQ, linger=0)
                socket.connect(endpoint)
            print(f"reply {number} from the {name}")
            time.sleep(interval / 1000)


if __name__ == "__main__":
    run(main)
