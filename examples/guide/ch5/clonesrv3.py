"""Clone, model 3, the server: clients change the table (ROUTER, PUB, PULL).

All changes come in at one place, the collector, where each gets its number; so they have one order,
and all clients store them in it, also the one that made the change.

    python -m examples.guide.ch5.clonesrv3
    python -m examples.guide.ch5.clonecli3
"""

from collections.abc import Callable
from typing import TypeAlias

import zmqlite as zmq

from ...program import run
from . import chp
from .kvsimple import KVSimple

Answer: TypeAlias = Callable[[chp.Table[KVSimple], zmq.Socket, list[bytes]], None]


def answer(table: chp.Table[KVSimple], snapshots: zmq.Socket, request: list[bytes]) -> None:
    """Send a client the whole table."""
    match request:
        case [peer, chp.ICANHAZ]:
            table.send(snapshots, peer)
        case _:
            print("malformed:", request)


def change(table: chp.Table[KVSimple], collector: zmq.Socket, publisher: zmq.Socket) -> None:
    """Take a change in, tell everybody, and store it."""
    if pair := table.collect(collector):
        update = table.number(pair)
        chp.publish(publisher, update)
        update.store(table.pairs)


def serve(answer: Answer, snapshots: str, updates: str, collector: str) -> None:
    """Bind three sockets and serve clients; print the state of the table on Ctrl-C."""
    table = chp.Table(KVSimple)
    with (
        zmq.Context() as context,
        chp.snapshots(context) as router,
        context.socket(zmq.PUB, linger=0) as publisher,
        context.socket(zmq.PULL) as puller,
    ):
        print("bound", router.bind(snapshots), "for snapshots")
        print("bound", publisher.bind(updates), "for updates")
        print("bound", puller.bind(collector), "as collector")
        poller = zmq.Poller()
        poller.register(router, zmq.POLLIN)
        poller.register(puller, zmq.POLLIN)
        try:
            while True:
                ready = dict(poller.poll())
                if puller in ready:
                    change(table, puller, publisher)
                if router in ready:
                    answer(table, router, router.recv_multipart())
        finally:
            print(table)


def main(
    snapshots: str = "tcp://*:5556",
    updates: str = "tcp://*:5557",
    collector: str = "tcp://*:5558",
) -> None:
    """Serve until Ctrl-C."""
    serve(answer, snapshots, updates, collector)


if __name__ == "__main__":
    run(main)
