"""Clone, model 6, the client: it changes a table that outlives its servers (with the class Clone).

python -m examples.guide.ch5.clonesrv6 primary
python -m examples.guide.ch5.clonesrv6 backup
python -m examples.guide.ch5.clonecli6
"""

import random
import signal
import time

import zmqlite as zmq

from ...program import run
from . import chp
from .clone import Clone
from .kvsimple import random_pairs

USUAL = ("tcp://localhost:5556", "tcp://localhost:5566")


def main(
    *servers: str,
    subtree: str = "/client/",
    name: str = "",
    keys: int = 10_000,
    longest: int = 29,
    interval: int = 1000,
    count: int = 0,
    silence: int = 5000,
) -> None:
    """Change `count` of `keys` random keys of a subtree (0: without end), one each `interval` ms.

    Each lives 0 to `longest` seconds, and 0 is for ever; with a name, the keys are its own part of
    the subtree. A server is three endpoints, with commas between, or one, whose port is the first
    of the three. One that is silent for `silence` ms is given up. Ends on Ctrl-C.
    """
    prefix = f"{subtree}{name}/" if name else subtree
    with zmq.Context() as context, Clone(context, subtree, silence) as clone:
        for server in servers or USUAL:
            clone.connect(endpoints(server))
        made: dict[str, bytes] = {}
        for pair in random_pairs(keys, prefix.encode(), count):
            made[pair.key.decode()] = pair.body
            clone.set(pair.key.decode(), pair.body, random.randint(0, longest))
            time.sleep(interval / 1000)
        while clone.unconfirmed():
            time.sleep(interval / 1000)
        there = sum(clone.get(key) == body for key, body in made.items())
        print(f"all changes are made, {there} of {len(made)} values are there")
        signal.pause()


def endpoints(text: str) -> chp.Server:
    """Return the server that an argument names."""
    first, *others = text.split(",")
    if others:
        return chp.Server(first, *others)
    address, _, port = first.rpartition(":")
    return chp.Server.at(address, int(port))


if __name__ == "__main__":
    run(main)
