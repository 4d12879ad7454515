"""Sockets as the options describe them: type, options by name, security, endpoints."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from ..advice import meant
from ..constants import SocketType
from ..context import Context
from ..option import Option
from ..options import Bool, EnumInt, Filter, Ranged, Text
from ..socket_options import ALL_SOCKET_OPTIONS
from .exits import Wrong, wrong_input
from .parser import BINDS, pairs

WAITS: Final = ("push", "req", "dealer", "pair")
"""Types that queue messages only for peers that are there, where they connect: otherwise messages
for a peer that never comes would be dropped at the end."""

WORDS: Final = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


def options(args: Namespace) -> dict[str, Any]:
    """Return the options of `--set`."""
    found = {}
    for name, text in pairs(args.set, "--set").items():
        row = ALL_SOCKET_OPTIONS.get(name)
        if row is None or "w" not in row.access:
            advice = meant(name, ALL_SOCKET_OPTIONS, "socket")
            raise Wrong(f"--set: there is no option {name} to set{advice}")
        with wrong_input(f"--set {name}: "):
            found[name] = value = _value(row, text)
            row.encode(value)  # raises what is wrong with it
    return found


def _value(row: Option[Any, Any], text: str) -> Any:
    """Return the value of an option that was given as text; ValueError if it is none."""
    words: Any = row.kind.__members__ if isinstance(row, EnumInt) else WORDS
    if isinstance(row, EnumInt | Bool):
        word = text.upper() if isinstance(row, EnumInt) else text.lower()
        if word not in words:
            raise ValueError(f"{text!r} is none of {', '.join(words)}")
        return words[word]
    if isinstance(row, Ranged | Filter):
        return int(text)
    return text if isinstance(row, Text) else os.fsencode(text)


@contextmanager
def opened(args: Namespace, kind: str) -> Iterator[Any]:
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


def attach(socket: Any, args: Namespace, kind: str) -> list[str]:
    """Set up the security of a socket; bind or connect it, and return the real endpoints."""
    if args.bind and args.connect:
        raise Wrong("--bind and --connect exclude each other")
    endpoints = args.endpoint if isinstance(args.endpoint, list) else [args.endpoint]
    default = [not args.connect and (kind in BINDS or "*" in each) for each in endpoints]
    sides = [args.bind or bound for bound in default]
    if kind in WAITS and not any(sides) and "immediate" not in options(args):
        socket.immediate = True
    real = []
    with wrong_input():
        secure(socket, args, any(sides))
        for bound, endpoint in zip(sides, endpoints, strict=True):
            real.append((socket.bind(endpoint) if bound else socket.connect(endpoint)) or endpoint)
            if real[-1] != endpoint:
                print(f"bound to {real[-1]}", file=sys.stderr, flush=True)
    return real


def secure(socket: Any, args: Namespace, bound: bool) -> None:
    """Set up CURVE or PLAIN, as the options say."""
    if not (args.cert or args.user or args.server_key or args.allow):
        return
    auth = import_module("..auth", __package__)  # not at the top: it takes long
    keys = import_module(".keys", __package__)
    if args.user:
        if args.cert or args.server_key or args.allow:
            raise Wrong("--user is for PLAIN, and --cert, --server-key and --allow are for CURVE")
        if bound:
            auth.plain_server(socket, allow={args.user: auth.hash_password(_password(args))})
        else:
            auth.plain_client(socket, args.user, _password(args))
        return
    if not args.cert or bool(args.server_key) == bool(args.allow):
        raise Wrong("CURVE needs --cert and either --server-key (client) or --allow (server)")
    own = keys.load(args.cert)
    if args.allow:
        if args.allow != "any" and not Path(args.allow).is_dir():
            raise Wrong(f"--allow takes a folder of certificates, or any, not {args.allow}")
        auth.curve_server(socket, own, allow=auth.ANYONE if args.allow == "any" else args.allow)
    elif Path(args.server_key).exists():
        auth.curve_client(socket, own, keys.load(args.server_key))
    else:
        auth.curve_client(socket, own, os.fsencode(args.server_key))


def client_options(args: Namespace) -> Any:
    """Return the options of a client, those of its security included, for zmqlite.rpc."""
    found = options(args)
    with opened(args, "dealer") as socket, wrong_input():
        secure(socket, args, False)
        for name in ("curve_serverkey", "curve_publickey", "curve_secretkey") if args.cert else ():
            found[name] = getattr(socket, name)
    if args.user:
        found |= {"plain_username": args.user, "plain_password": _password(args)}
    return found


def _password(args: Namespace) -> str:
    if args.password_file:
        return Path(args.password_file).read_text().partition("\n")[0]
    if (password := os.environ.get("ZMQLITE_PASSWORD")) is None:
        raise Wrong("--user needs --password-file, or ZMQLITE_PASSWORD in the environment")
    return password
