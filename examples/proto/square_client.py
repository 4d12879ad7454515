"""Ask the server for square roots, one after the other (REQ).

python -m examples.proto.square_server
python -m examples.proto.square_client 2 9 -1
"""

import zmqlite as zmq
from zmqlite import proto

from ..program import run
from .generated.square_pb2 import Reply, Request


def main(*values: float, connect: str = "tcp://127.0.0.1:5555") -> None:
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        client = proto.TypedSocket(socket, Request, Reply)
        socket.connect(connect)
        for value in values:
            client.send(Request(value=value))
            reply = client.recv(timeout=5000)
            print(f"{value:g} -> {reply.error or f'{reply.root:.4g}'}")
        socket.send(b"\xff")  # no Request at all
        print(f"garbage -> {client.recv(timeout=5000).error}")


if __name__ == "__main__":
    run(main)
