"""Clone, model 5, the client: what it sets has an end (SUB, DEALER, PUSH).

It says in seconds how long each pair is to live; the server sees to it, and all clients learn of
the end by an update without body. All else is as in clonecli4.

    python -m examples.guide.ch5.clonesrv5
    python -m examples.guide.ch5.clonecli5
"""

import random

from ...program import run
from . import chp
from .clonecli3 import replicate
from .kvmsg import KVMsg
from .kvsimple import random_pairs


def main(
    snapshots: str = chp.USUAL.snapshots,
    updates: str = chp.USUAL.updates,
    collector: str = chp.USUAL.collector,
    subtree: str = "/client/",
    keys: int = 10_000,
    shortest: int = 0,
    longest: int = 29,
    interval: int = 1000,
    count: int = 0,
    last: int = 0,
) -> None:
    """Change `count` of `keys` random keys of a subtree (0: without end), one each `interval` ms.

    Each is to live `shortest` to `longest` seconds, and 0 is for ever. Ends at update `last`, or
    (0) on Ctrl-C, and prints the state of its table.
    """
    server = chp.Server(snapshots, updates, collector)
    prefix = subtree.encode()
    changes = (
        KVMsg.new(pair.key, pair.body, random.randint(shortest, longest))
        for pair in random_pairs(keys, prefix, count)
    )
    replicate(chp.Table(KVMsg), server, changes, interval, last, prefix)


if __name__ == "__main__":
    run(main)
