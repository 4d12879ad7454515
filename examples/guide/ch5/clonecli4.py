"""Clone, model 4, the client: it wants one subtree of the table only (SUB, DEALER, PUSH).

The server selects, both for the snapshot and for the updates; so update numbers have gaps here,
where others were changed. All else is as in clonecli3.

    python -m examples.guide.ch5.clonesrv4
    python -m examples.guide.ch5.clonecli4
"""

from ...program import run
from . import chp
from .clonecli3 import replicate
from .kvsimple import KVSimple, random_pairs


def main(
    snapshots: str = chp.USUAL.snapshots,
    updates: str = chp.USUAL.updates,
    collector: str = chp.USUAL.collector,
    subtree: str = "/client/",
    keys: int = 10_000,
    interval: int = 1000,
    count: int = 0,
    last: int = 0,
) -> None:
    """Change `count` of `keys` random keys of a subtree (0: without end), one each `interval` ms.

    Ends at update `last`, or (0) on Ctrl-C, and prints the state of its table.
    """
    server = chp.Server(snapshots, updates, collector)
    prefix = subtree.encode()
    changes = random_pairs(keys, prefix, count)
    replicate(chp.Table(KVSimple), server, changes, interval, last, prefix)


if __name__ == "__main__":
    run(main)
