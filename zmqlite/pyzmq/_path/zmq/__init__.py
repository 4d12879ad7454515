"""`import zmq` in the processes that a program under `python -m zmqlite.pyzmq` starts."""

import sys
from importlib import import_module

sys.modules.pop(__name__, None)  # or install() would take this module for pyzmq
import_module("zmqlite.pyzmq").install()
