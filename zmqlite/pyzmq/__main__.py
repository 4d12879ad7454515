"""python -m zmqlite.pyzmq PROGRAM ARGS: run a program in which `import zmq` gives zmqlite.

Its child processes do the same, by PYTHONPATH: all but those that ignore it (`python -I`).
"""

from __future__ import annotations

import os
import runpy
import sys

from .install import install

USAGE = "usage: python -m zmqlite.pyzmq (PROGRAM | -m MODULE) [ARGS ...]"


def main() -> None:
    """Run the program that the command line names."""
    arguments = sys.argv[1:]
    by_module = arguments[:1] == ["-m"]
    arguments = arguments[by_module:]
    if not arguments or arguments[0].startswith("-"):
        sys.exit(USAGE)
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_path")
    paths = [folder, os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    sys.path.insert(1, folder)  # multiprocessing gives its children this path
    install()
    sys.argv = arguments
    if by_module:
        sys.path[0] = os.getcwd()
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = os.path.dirname(os.path.abspath(arguments[0]))
        runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    main()
