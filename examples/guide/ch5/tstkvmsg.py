"""Self-test of kvmsg: a pair with a UUID and properties comes out of a socket the same (DEALER).

python -m examples.guide.ch5.tstkvmsg
"""

from ...program import run
from .kvmsg import KVMsg
from .tstkvsimple import check


def main(endpoint: str = "ipc://kvmsg_selftest.ipc", verbose: bool = False) -> None:
    """Check, and dump what was sent and received if `verbose`."""
    pair = KVMsg.new(b"key", b"body").having("prop1", "value1").having("prop2", "value1")
    check(pair.having("prop2", "value2").numbered(2), endpoint, verbose)


if __name__ == "__main__":
    run(main)
