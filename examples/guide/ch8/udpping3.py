"""Tell which peers come and go on the network, with the class of interface.

Each event is a message: [JOINED] or [LEFT], and the UUID of the peer as 32 hexadecimal digits.
Start several, end one, and see what the others say:

    python -m examples.guide.ch8.udpping3
    python -m examples.guide.ch8.udpping3 --interface lo
"""

import zmqlite as zmq

from ...program import run
from ..zhelpers import dump
from .interface import Interface


def main(port: int = 9999, interface: str = "", interval: int = 1000, expiry: int = 5000) -> None:
    with zmq.Context() as context, Interface(context, port, interface, interval, expiry) as near:
        print(f"bound port {near.port}")
        while True:
            dump(near.recv())


if __name__ == "__main__":
    run(main)
