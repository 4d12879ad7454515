"""Sockets as the options describe them: type, options by name, security, endpoints."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from ..constants import SocketType
from ..context import Context
from ..options import Bool, Filter, Number, Text
from ..socket_options import ALL_SOCKET_OPTIONS
from .parser import BINDS
from .terminal import Wrong, wrong_input

ROLES: Final = "CURVE takes --cert and --server-key (client) or --allow (server), PLAIN --user"

WORDS: Final = {"true": "1", "yes": "1", "false": "0", "no": "0"}


def options(args: Any) -> dict[str, Any]:
    """Return the options of `--set`; names and values are checked by the socket."""
    found = {}
    for name, text in args.set:
        with wrong_input(f"--set {name}: "):
            found[name] = _value(ALL_SOCKET_OPTIONS.get(name), text)
    return found


def _value(row: object, text: str) -> Any:
    """Return the value of an option that was given as text; ValueError if it is none."""
    if isinstance(row, Number | Filter):
        return int(WORDS.get(text.lower(), text) if isinstance(row, Bool) else text)
    return text if isinstance(row, Text) else os.fsencode(text)


@contextmanager
def opened(args: Any, kind: str) -> Iterator[Any]:
    """Make the socket of a command in a context of its own; close both at the end.

    One that is to wait for subscribers is an XPUB. After Ctrl-C what is not yet sent is dropped.
    """
    name = "XPUB" if kind == "pub" and args.wait else kind.upper()
    with Context(linger=args.linger or 0) as context:
        with wrong_input():
            socket = context.socket(SocketType[name], **options(args))
        try:
            yield socket
        except (KeyboardInterrupt, BrokenPipeError):
            socket.close(0)
            raise
        finally:
            socket.close()


def attach(socket: Any, args: Any, kind: str) -> bool:
    """Set up the security of a socket, and bind or connect it; return whether it is bound."""
    if args.bind and args.connect:
        raise Wrong("--bind and --connect exclude each other")
    endpoints = args.endpoint if isinstance(args.endpoint, list) else [args.endpoint]
    default = [not args.connect and (kind in BINDS or "*" in each) for each in endpoints]
    sides = [args.bind or bound for bound in default]
    # Not where messages are received: those not read yet are lost when their sender goes.
    if kind == "push" and not any(sides) and "immediate" not in options(args):
        socket.immediate = True
    with wrong_input():
        if args.allow or (args.user and any(sides)):
            _secure_server(socket, args)
        else:
            for name, value in client_security(args).items():
                setattr(socket, name, value)
        for bound, endpoint in zip(sides, endpoints, strict=True):
            if not bound:
                socket.connect(endpoint)
            elif (real := socket.bind(endpoint)) != endpoint:
                print(f"bound to {real}", file=sys.stderr, flush=True)
    return any(sides)


def _secure_server(socket: Any, args: Any) -> None:
    """Make a socket a CURVE or PLAIN server that lets in whom the options name."""
    auth = import_module("..auth", __package__)  # not at the top: it takes long
    if not (args.allow or args.cert or args.server_key):
        auth.plain_server(socket, allow={args.user: auth.hash_password(_password())})
        return
    if args.user or args.server_key or not args.cert:
        raise Wrong(ROLES)
    if args.allow != "any" and not Path(args.allow).is_dir():
        raise Wrong(f"--allow takes a folder of certificates, or any, not {args.allow}")
    own = auth.Certificate.load(args.cert)
    auth.curve_server(socket, own, allow=auth.ANYONE if args.allow == "any" else args.allow)


def client_security(args: Any) -> dict[str, Any]:
    """Return the options of a CURVE or PLAIN client; none without security."""
    if not (args.cert or args.server_key):
        name = args.user
        return {"plain_username": name, "plain_password": _password()} if name else {}
    if args.user or not (args.cert and args.server_key):
        raise Wrong(ROLES)
    load = import_module("..auth", __package__).Certificate.load  # not at the top: it takes long
    own, saved = load(args.cert), Path(args.server_key).exists()
    server = load(args.server_key).public_key if saved else os.fsencode(args.server_key)
    keys = {"curve_publickey": own.public_key, "curve_secretkey": own.secret_key}
    return keys | {"curve_serverkey": server}


def _password() -> str:
    if (password := os.environ.get("ZMQLITE_PASSWORD")) is None:
        raise Wrong("--user needs the password as ZMQLITE_PASSWORD in the environment")
    return password
