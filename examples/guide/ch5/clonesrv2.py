"""Clone, model 2, the server: who comes late gets a snapshot of the table (PUB, ROUTER).

One thread publishes, and the other one has the table and answers for it; what is published goes to
that one first, so it never knows less than those who follow the updates.

    python -m examples.guide.ch5.clonesrv2
    python -m examples.guide.ch5.clonecli2
"""

import itertools
import signal
import time

import zmqlite as zmq

from ...program import run
from . import chp
from .kvsimple import KVSimple, random_pairs


def keep(pipe: zmq.Pipe, endpoint: str) -> None:
    """Store what comes over the pipe, and send the table to whoever asks for it."""
    table = chp.Table(KVSimple)
    with chp.snapshots(pipe.socket.context) as snapshots:
        print("bound", snapshots.bind(endpoint), "for snapshots")
        pipe.ready()
        poller = zmq.Poller()
        poller.register(pipe.socket, zmq.POLLIN)
        poller.register(snapshots, zmq.POLLIN)
        try:
            while True:
                ready = dict(poller.poll())
                request = snapshots.recv_multipart() if snapshots in ready else None
                while pipe.socket.poll(0):  # all that may be published already
                    table.apply(KVSimple.decode(pipe.recv_multipart()))
                match request:
                    case [peer, chp.ICANHAZ]:
                        table.send(snapshots, peer)
                    case [*_]:
                        print("malformed:", request)
        finally:
            print(table)


def main(
    snapshots: str = "tcp://*:5556",
    updates: str = "tcp://*:5557",
    keys: int = 10_000,
    interval: int = 0,
    count: int = 0,
) -> None:
    """Publish `count` changes of `keys` keys (0: without end), with `interval` ms after each."""
    with (
        zmq.Context() as context,
        context.socket(zmq.PUB, linger=0) as publisher,
        zmq.Actor(context, keep, snapshots) as keeper,
    ):
        print("bound", publisher.bind(updates), "for updates")
        for sequence, pair in zip(itertools.count(1), random_pairs(keys, count=count)):
            update = pair.numbered(sequence)
            keeper.pipe.send_multipart(update.encode())
            chp.publish(publisher, update)
            time.sleep(interval / 1000)
        signal.pause()


if __name__ == "__main__":
    run(main)
