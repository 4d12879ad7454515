"""Print the version of libzmq that zmqlite works with.

python -m examples.guide.ch1.version
"""

import zmqlite as zmq

from ...program import run


def main() -> None:
    print("libzmq has version", ".".join(map(str, zmq.zmq_version())))


if __name__ == "__main__":
    run(main)
