"""`python -m zmqlite`: what is installed here, for a bug report."""

from __future__ import annotations

import argparse
import os
import platform
import resource
import sys
from pathlib import Path
from typing import Final

from . import __version__
from ._zmq import ffi, lib
from .arguments import IPC_PATH_MAX
from .context import Context
from .library import has, zmq_version

CAPABILITIES: Final = (
    "curve",
    "draft",
    "gssapi",
    "ipc",
    "norm",
    "pgm",
    "tipc",
    "vmci",
    "ws",
    "wss",
)


def report() -> list[tuple[str, str]]:
    """Return the lines of the report as pairs of name and value."""
    declared = (lib.ZMQ_VERSION_MAJOR, lib.ZMQ_VERSION_MINOR, lib.ZMQ_VERSION_PATCH)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Context() as context:
        sockets = f"{context.max_sockets} per context, at most {context.socket_limit}"
    return [
        ("zmqlite", __version__),
        ("libzmq", f"{_dotted(zmq_version())}, built against {_dotted(declared)}"),
        ("  from", f"{_mode()}: {_library()}"),
        ("  has", " ".join(name for name in CAPABILITIES if has(name)) or "nothing optional"),
        ("  has not", " ".join(name for name in CAPABILITIES if not has(name))),
        ("Python", f"{platform.python_implementation()} {platform.python_version()}"),
        ("system", platform.platform()),
        ("descriptors", f"{soft} for this process, at most {hard} (ulimit -n); a socket takes one"),
        ("sockets", sockets),
        ("ipc paths", f"at most {IPC_PATH_MAX} bytes"),
    ]


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _mode() -> str:
    return ffi.string(lib.ZMQLITE_BUILD_LIBZMQ).decode()


def _library() -> str:
    """Return the path of the libzmq that this process has loaded."""
    try:
        maps = Path("/proc/self/maps").read_text()
    except OSError:
        return "unknown"
    names = {line.split(maxsplit=5)[-1] for line in maps.splitlines() if "libzmq" in line}
    return ", ".join(sorted(names)) or "unknown"


def main(arguments: list[str] | None = None) -> int:
    """Print the report; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m zmqlite",
        description="Print versions, where libzmq comes from, what it can do, and limits.",
    )
    parser.parse_args(arguments)
    try:
        for name, value in report():
            print(f"{name:<12} {value}")
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough, as head(1) does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at exit
        return 1
    return 0
