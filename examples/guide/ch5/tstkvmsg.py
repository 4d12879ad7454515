"""Self-test of kvmsg: a pair with a UUID and properties comes out of a socket the same (DEALER).

python -m examples.guide.ch5.tstkvmsg
"""

import uuid

from ...program import run
from .kvmsg import KVMsg
from .tstkvsimple import check


def main(endpoint: str = "ipc://kvmsg_selftest.ipc", verbose: bool = False) -> None:
    """Check, and dump what was sent and received if `verbose`."""
    pair = KVMsg(b"key", b"body", 2, uuid.uuid4().bytes)
    for name, value in (("prop1", "value1"), ("prop2", "value1"), ("prop2", "value2")):
        pair = pair.having(name, value)
    check(pair, endpoint, verbose)


if __name__ == "__main__":
    run(main)
