"""Ask examples.secure.server again and again, with the certificate of a name, until it says no.

    python -m examples.secure.client anna

A client that may not connect ends at once: the server has denied it.
"""

import time

import zmqlite as zmq
from zmqlite import auth

from ..program import run


def main(name: str, connect: str = "tcp://127.0.0.1:5590", interval: float = 0.5) -> None:
    with zmq.Context() as context, context.socket(zmq.REQ, rcvtimeo=10_000) as client:
        own, server = (
            auth.Certificate.load(f"{name}.key"),
            auth.Certificate.load_public("server.key"),
        )
        auth.curve_client(client, own, server)
        try:
            auth.connect(client, connect, timeout=10_000, interval=None)
        except zmq.SecurityError as error:
            print("not let in:", error)
            return
        print("let in")
        answer = b"yes"
        while answer == b"yes":
            client.send_string(f"the request of {name}")
            answer = client.recv()
            print("answer:", answer.decode())
            time.sleep(interval)


if __name__ == "__main__":
    run(main)
