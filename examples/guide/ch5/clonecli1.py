"""Clone, model 1, the client: a table that follows the server's, from now on (SUB).

python -m examples.guide.ch5.clonesrv1
python -m examples.guide.ch5.clonecli1
"""

import zmqlite as zmq

from ...program import run
from . import chp
from .kvsimple import KVSimple


def main(connect: str = "tcp://localhost:5556", count: int = 0) -> None:
    """Store `count` updates, or (0) all until Ctrl-C; print how many those were."""
    table = chp.Table(KVSimple)
    stored = 0
    with zmq.Context() as context, context.socket(zmq.SUB) as subscriber:
        subscriber.subscribe(b"")
        subscriber.connect(connect)
        try:
            while not count or stored < count:
                if update := table.follow(subscriber):
                    stored += 1
                    if stored == 1:
                        print("following from update", update.sequence)
        finally:
            print(f"stored {stored} updates, up to {table.sequence}")


if __name__ == "__main__":
    run(main)
