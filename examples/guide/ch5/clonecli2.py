"""Clone, model 2, the client: it may come late, and gets a snapshot first (SUB, DEALER).

It subscribes before it asks for the snapshot, so that nothing is missed between the two, and of the
updates drops those that the snapshot has in it.

    python -m examples.guide.ch5.clonesrv2
    python -m examples.guide.ch5.clonecli2
"""

import zmqlite as zmq

from ...program import run
from . import chp
from .kvsimple import KVSimple


def main(
    snapshots: str = "tcp://localhost:5556", updates: str = "tcp://localhost:5557", last: int = 0
) -> None:
    """Keep up with the server until update `last`, or (0) until Ctrl-C; print the table's state."""
    table = chp.Table(KVSimple)
    with (
        zmq.Context() as context,
        context.socket(zmq.DEALER, linger=0) as dealer,
        chp.subscribe(context, updates, b"") as subscriber,
    ):
        dealer.connect(snapshots)
        dealer.send(chp.ICANHAZ)
        try:
            table.load(dealer)
            print("snapshot:", table)
            while not last or table.sequence < last:
                table.follow(subscriber)
        finally:
            print(table)


if __name__ == "__main__":
    run(main)
