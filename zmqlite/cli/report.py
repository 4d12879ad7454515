"""zmqlite report: what is installed here, for a bug report."""

from __future__ import annotations

import json
import platform
import resource
from argparse import Namespace
from pathlib import Path
from typing import Final

from .. import __version__
from .._zmq import ffi, lib
from ..arguments import IPC_PATH_MAX
from ..context import Context
from ..library import has, zmq_version

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


def run_report(args: Namespace) -> None:
    """Print the report."""
    rows = report()
    if args.json:
        print(json.dumps({name.strip(): value for name, value in rows}))
        return
    for name, value in rows:
        print(f"{name:<12} {value}")
