"""Freelance, model 1, the client: ask one server after the other until one answers (REQ).

A single server is asked several times, of several each once. Every try has a socket of its own,
which is thrown away with what it could not send: hence the linger of 0.

    python -m examples.guide.ch4.flserver1 "tcp://*:5556"
    python -m examples.guide.ch4.flclient1 tcp://localhost:5555 tcp://localhost:5556
"""

import zmqlite as zmq

from ...program import run

REQUEST = b"Hello world"


def ask(context: zmq.Context, endpoint: str, timeout: int) -> bytes | None:
    """Return the reply of one server, or None if it is not there in time."""
    print(f"trying {endpoint}")
    with context.socket(zmq.REQ, linger=0) as socket:
        socket.connect(endpoint)
        socket.send(REQUEST)
        return socket.recv() if socket.poll(timeout) else None


def main(*servers: str, timeout: int = 1000, tries: int = 3) -> None:
    """Ask each server once, or a single one `tries` times, for `timeout` milliseconds each."""
    if not servers:
        raise SystemExit("flclient1 needs the endpoint of at least one server")
    with zmq.Context() as context:
        for server in servers if len(servers) > 1 else servers * tries:
            if (reply := ask(context, server, timeout)) is not None:
                print(f"{server} replied: {reply.decode(errors='replace')}")
                return
            print(f"no reply from {server}")
    raise SystemExit("no server replied, abandoning")


if __name__ == "__main__":
    run(main)
