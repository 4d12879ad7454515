"""Clone, model 4, the server: clients get snapshots of a part of the table (ROUTER, PUB, PULL).

Keys are paths, and a client names the subtree it wants, such as /client/. Of the updates it gets
that part too, since a subscription is a prefix. All else is as in clonesrv3.

    python -m examples.guide.ch5.clonesrv4
    python -m examples.guide.ch5.clonecli4
"""

import zmqlite as zmq

from ...program import run
from . import chp
from .clonesrv3 import serve
from .kvsimple import KVSimple


def answer(table: chp.Table[KVSimple], snapshots: zmq.Socket, request: list[bytes]) -> None:
    """Send a client the subtree it asks for."""
    match request:
        case [peer, chp.ICANHAZ, subtree]:
            table.send(snapshots, peer, subtree)
        case _:
            print("malformed:", request)


def main(
    snapshots: str = "tcp://*:5556",
    updates: str = "tcp://*:5557",
    collector: str = "tcp://*:5558",
) -> None:
    """Serve until Ctrl-C."""
    serve(answer, snapshots, updates, collector)


if __name__ == "__main__":
    run(main)
