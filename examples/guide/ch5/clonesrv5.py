"""Clone, model 5, the server: pairs can have an end (ROUTER, PUB, PULL, on a reactor).

The property `ttl` says how many seconds a pair lives. The server keeps the moment of its end
instead, looks for what is over once a second, and deletes it: an update like others, without body.

    python -m examples.guide.ch5.clonesrv5
    python -m examples.guide.ch5.clonecli5
"""

import dataclasses

import zmqlite as zmq

from ...program import run
from . import chp
from .kvmsg import KVMsg, now


class Server:
    """A table, and what clients may do with it."""

    def __init__(self, publisher: zmq.Socket) -> None:
        self.table = chp.Table(KVMsg)
        self.publisher = publisher

    def answer(self, snapshots: zmq.Socket) -> None:
        """Send a client the subtree it asks for."""
        match snapshots.recv_multipart():
            case [peer, chp.ICANHAZ, subtree]:
                self.table.send(snapshots, peer, subtree)
            case request:
                print("malformed:", request)

    def collect(self, collector: zmq.Socket) -> None:
        """Take a change in."""
        if pair := self.table.collect(collector):
            self.change(pair)

    def change(self, pair: KVMsg) -> None:
        """Number a change, tell everybody, and store it."""
        update = self.table.number(pair)
        chp.publish(self.publisher, update)
        update.lasting().store(self.table.pairs)

    def flush(self) -> None:
        """Delete what has come to its end."""
        moment = now()
        for pair in list(self.table.pairs.values()):
            if 0 < pair.ttl <= moment:
                self.change(dataclasses.replace(pair, body=b""))


def main(
    snapshots: str = "tcp://*:5556",
    updates: str = "tcp://*:5557",
    collector: str = "tcp://*:5558",
    flush: int = 1000,
) -> None:
    """Serve until Ctrl-C; look each `flush` ms for what has come to its end."""
    reactor = zmq.Reactor()
    with (
        zmq.Context() as context,
        chp.snapshots(context) as router,
        context.socket(zmq.PUB, linger=0) as publisher,
        context.socket(zmq.PULL) as puller,
    ):
        server = Server(publisher)
        print("bound", router.bind(snapshots), "for snapshots")
        print("bound", publisher.bind(updates), "for updates")
        print("bound", puller.bind(collector), "as collector")
        reactor.reader(router, server.answer)
        reactor.reader(puller, server.collect)
        reactor.timer(flush, server.flush)
        try:
            reactor.run()
        finally:
            print(server.table)


if __name__ == "__main__":
    run(main)
