"""Clone, model 3, the client: it changes the table, like all others (SUB, DEALER, PUSH).

What it changes it does not store itself, but sends to the server's collector; it comes back among
the updates, in its place in the order of all.

    python -m examples.guide.ch5.clonesrv3
    python -m examples.guide.ch5.clonecli3
"""

from collections.abc import Iterator

import zmqlite as zmq

from ...program import run
from ..zhelpers import clock
from . import chp
from .kvsimple import KVSimple, random_pairs


def replicate(
    table: chp.Table[chp.Pair],
    server: chp.Server,
    changes: Iterator[chp.Pair],
    interval: int,
    last: int,
    *subtree: bytes,
) -> None:
    """Keep up with the server until update `last`; send it a change each `interval` ms."""
    with (
        zmq.Context() as context,
        context.socket(zmq.DEALER, linger=0) as dealer,
        context.socket(zmq.PUSH, linger=0) as pusher,
        chp.subscribe(context, server.updates, *(subtree or (b"",))) as subscriber,
    ):
        dealer.connect(server.snapshots)
        pusher.connect(server.collector)
        dealer.send_multipart([chp.ICANHAZ, *subtree])
        try:
            table.load(dealer)
            print("snapshot:", table)
            change_at = clock() + interval
            while not last or table.sequence < last:
                if subscriber.poll(max(0, change_at - clock())):
                    chp.show(table.follow(subscriber))
                if clock() >= change_at:
                    change_at = clock() + interval
                    if change := next(changes, None):
                        pusher.send_multipart(change.encode())
        finally:
            print(table)


def main(
    snapshots: str = chp.USUAL.snapshots,
    updates: str = chp.USUAL.updates,
    collector: str = chp.USUAL.collector,
    keys: int = 10_000,
    interval: int = 1000,
    count: int = 0,
    last: int = 0,
) -> None:
    """Change `count` of `keys` random keys (0: without end), one each `interval` ms.

    Ends at update `last`, or (0) on Ctrl-C, and prints the state of its table.
    """
    server = chp.Server(snapshots, updates, collector)
    changes = random_pairs(keys, count=count)
    replicate(chp.Table(KVSimple), server, changes, interval, last)


if __name__ == "__main__":
    run(main)
