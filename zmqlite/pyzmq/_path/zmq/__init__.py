"""`import zmq` in the processes that a program under `python -m zmqlite.pyzmq` starts."""

import sys

sys.modules.pop(__name__, None)

import zmqlite.pyzmq  # noqa: E402

zmqlite.pyzmq.install()
