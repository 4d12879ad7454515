"""Print the version of libzmq.

Three `c_int` stand for C's `int major, minor, patch` and for their addresses.

    python -m examples.capi.ch1.version
"""

from zmqlite.capi import *

from ..zhelpers import run


def main() -> int:
    major, minor, patch = c_int(), c_int(), c_int()
    zmq_version(major, minor, patch)
    print(f"libzmq has version {major}.{minor}.{patch}")
    return 0


if __name__ == "__main__":
    run(main)
