"""Ask the server for square roots, one after the other (REQ).

python -m examples.proto.square_server
python -m examples.proto.square_client 2 9 -1
"""

import argparse

import zmqlite as zmq
from zmqlite import proto

from .generated.square_pb2 import Reply, Request


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Ask for square roots.")
    parser.add_argument("--connect", default="tcp://127.0.0.1:5555", metavar="ENDPOINT")
    parser.add_argument("value", type=float, nargs="+")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        client = proto.TypedSocket(socket, Request, Reply)
        socket.connect(options.connect)
        for value in options.value:
            client.send(Request(value=value))
            reply = client.recv(timeout=5000)
            print(f"{value:g} -> {reply.error or f'{reply.root:.4g}'}", flush=True)
        socket.send(b"\xff")  # no Request at all
        print(f"garbage -> {client.recv(timeout=5000).error}", flush=True)


if __name__ == "__main__":
    main()
