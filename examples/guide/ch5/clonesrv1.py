"""Clone, model 1, the server: every change of a table goes to all clients (PUB).

It makes changes up as fast as it can. A client that comes late has no way to get what was before.

    python -m examples.guide.ch5.clonesrv1
    python -m examples.guide.ch5.clonecli1
"""

import itertools
import time

import zmqlite as zmq

from ...program import run
from .kvsimple import KVSimple, random_pairs


def main(bind: str = "tcp://*:5556", keys: int = 10_000, interval: int = 0) -> None:
    """Publish a change of one of `keys` keys, and wait `interval` ms, until Ctrl-C."""
    table: dict[bytes, KVSimple] = {}
    with zmq.Context() as context, context.socket(zmq.PUB, linger=0) as publisher:
        print("bound", publisher.bind(bind))
        try:
            for sequence, pair in zip(itertools.count(1), random_pairs(keys)):
                update = pair.numbered(sequence)
                publisher.send_multipart(update.encode())
                update.store(table)
                time.sleep(interval / 1000)
        finally:
            print(f"published {sequence} updates of {len(table)} keys")


if __name__ == "__main__":
    run(main)
