"""Serve many clients at once, and answer each job when it is done (DEALER/ROUTER).

A ROUTER socket puts the sender's routing id in front of each message that it receives, and takes
it off each that it sends, to know whom to send it to. So it may keep jobs of many clients, and
reply in any order, where a REP socket can only answer the last request. A reply to a client that
has gone is dropped.

    python -m examples.article.router
    python -m examples.article.dealer --name ada
"""

import heapq
import time

import zmqlite as zmq

from ..program import run


def shown(routing_id: bytes) -> str:
    """Return an id as text: as the client chose it, or as ROUTER invented it."""
    return routing_id.hex() if routing_id.startswith(b"\0") else routing_id.decode()


def now() -> int:
    """Return a time in milliseconds."""
    return time.monotonic_ns() // 1_000_000


def serve(socket: zmq.Socket) -> None:
    """Take jobs as they come; answer those whose time has come, the shortest first."""
    jobs: list[tuple[int, bytes, bytes]] = []  # done when, for whom, what
    while True:
        if socket.poll(max(0, jobs[0][0] - now()) if jobs else None):
            client, name, duration = socket.recv_multipart()
            print(f"{name.decode()} job of client {shown(client)}")
            heapq.heappush(jobs, (now() + int(duration), client, name))
        else:
            _, client, name = heapq.heappop(jobs)
            socket.send_multipart([client, name, b"done"])


def main(bind: str = "tcp://127.0.0.1:5555") -> None:
    with (
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as socket,
    ):
        print("bound", socket.bind(bind))
        serve(socket)


if __name__ == "__main__":
    run(main)
