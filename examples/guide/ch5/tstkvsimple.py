"""Self-test of kvsimple: a pair goes from one socket to another and comes out the same (DEALER).

python -m examples.guide.ch5.tstkvsimple
"""

import sys
from pathlib import Path

import zmqlite as zmq

from ...program import run
from .kvsimple import KVSimple


def check(pair: KVSimple, endpoint: str, verbose: bool) -> None:
    """Send a pair, receive it, store it, and see that it is what it was."""
    with (
        zmq.Context() as context,
        context.socket(zmq.DEALER) as output,
        context.socket(zmq.DEALER) as source,
    ):
        output.bind(endpoint)
        source.connect(endpoint)
        output.send_multipart(pair.encode())
        received = type(pair).decode(source.recv_multipart())
    Path(endpoint.removeprefix("ipc://")).unlink(missing_ok=True)  # libzmq leaves it
    table: dict[bytes, KVSimple] = {}
    received.store(table)
    if verbose:
        print(pair, received, sep="\n", file=sys.stderr)
    if table != {pair.key: pair}:
        raise SystemExit(f"sent {pair}, received {received}")
    print("OK")


def main(endpoint: str = "ipc://kvmsg_selftest.ipc", verbose: bool = False) -> None:
    """Check, and dump what was sent and received if `verbose`."""
    check(KVSimple(b"key", b"body", 1), endpoint, verbose)


if __name__ == "__main__":
    run(main)
