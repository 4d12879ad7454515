"""zmqlite keygen, cert and report: what needs no peer."""

from __future__ import annotations

import json
import platform
import resource
from pathlib import Path
from typing import Any, Final

from .. import __version__
from .._zmq import ffi, lib
from ..arguments import IPC_PATH_MAX
from ..auth.certificate import SECRET, Certificate
from ..context import Context
from ..library import has, zmq_version
from .exits import wrong_input
from .parser import pairs
from .terminal import table

CAPABILITIES: Final = [
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
]


def keygen(args: Any) -> None:
    """Make a key pair, and print it or save it as a certificate."""
    with wrong_input():
        made = Certificate.generate(pairs(args.meta, "--meta"))
        if args.file is not None:
            made.save(args.file)
    secret = made.secret_key.decode() if args.file is None else f"in {args.file}{SECRET}"
    table([("public-key", made.public_key.decode()), ("secret-key", secret)])


def cert(args: Any) -> None:
    """Print what a certificate holds, but no secret key; or its public key alone."""
    with wrong_input():
        found = Certificate.load(args.file)
    key = found.public_key.decode()
    rows = [("public-key", key), ("secret-key", "there" if found.has_secret else "none")]
    table([*rows, *found.metadata.items()] if args.action == "show" else [(key,)])


def report(args: Any) -> None:
    """Print what is installed here."""
    declared = (lib.ZMQ_VERSION_MAJOR, lib.ZMQ_VERSION_MINOR, lib.ZMQ_VERSION_PATCH)
    running, built = (".".join(map(str, version)) for version in (zmq_version(), declared))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Context() as context:
        sockets = f"{context.max_sockets} per context, at most {context.socket_limit}"
    rows = [
        ("zmqlite", __version__),
        ("libzmq", f"{running}, built against {built}"),
        ("  from", f"{ffi.string(lib.ZMQLITE_BUILD_LIBZMQ).decode()}: {_library()}"),
        ("  has", " ".join(name for name in CAPABILITIES if has(name)) or "nothing optional"),
        ("  has not", " ".join(name for name in CAPABILITIES if not has(name))),
        ("Python", f"{platform.python_implementation()} {platform.python_version()}"),
        ("system", platform.platform()),
        ("descriptors", f"{soft} for this process, at most {hard} (ulimit -n); a socket takes one"),
        ("sockets", sockets),
        ("ipc paths", f"at most {IPC_PATH_MAX} bytes"),
    ]
    if args.json:
        print(json.dumps({name.strip(): value for name, value in rows}))
    else:
        table(rows)


def _library() -> str:
    """Return the path of the libzmq that this process has loaded."""
    try:
        maps = Path("/proc/self/maps").read_text()
    except OSError:
        return "unknown"
    names = {line.split(maxsplit=5)[-1] for line in maps.splitlines() if "libzmq" in line}
    return ", ".join(sorted(names)) or "unknown"
