"""zmqlite probe: what is at an endpoint, step by step.

The greeting of ZMTP (RFC 23 and 37) goes over a raw socket: it has no cryptography, and without
security the peer's READY follows it, which names the type of its socket. The handshake itself is
libzmq's. A socket that completes it becomes a peer: a PULL would take messages from a PUSH. So it
is done with a type that takes none, unless `--socket` says otherwise.
"""

from __future__ import annotations

import re
import socket
import time
from typing import Any, Final

from ..auth.sockets import OUTCOMES
from ..constants import MonitorEvent
from .sockets import attach, opened
from .terminal import Failed, Wrong, printable

SIGNATURE: Final = b"\xff" + bytes(8) + b"\x7f\x03\x01"
"""The beginning of a greeting, of 12 bytes: the signature and version 3.1."""

NULL: Final = b"NULL".ljust(52, b"\0")
"""The rest: mechanism, no server, filler. It goes to a peer without security only: another one
would count a failed handshake, and may end the connection before its own greeting is sent."""

HARMLESS: Final = {"req": "ROUTER or REP", "sub": "PUB or XPUB", "push": "PULL", "pub": "SUB XSUB"}
"""Types that take no message from a peer that did not get one, and the peers that they have."""

KEYS: Final = {"CURVE": "--server-key and --cert", "PLAIN": "--user", "NULL": "no keys"}
"""The options that each mechanism takes."""


def probe(args: Any) -> None:
    """Print what each step found; Failed where the last one did not succeed."""
    args.connect = True
    with _reach(args.endpoint, args.timeout / 1000) as connection:
        mechanism, kind = _greet(connection)
    if mechanism != ("CURVE" if args.server_key else "PLAIN" if args.user else "NULL"):
        takes = KEYS.get(mechanism, "what this command has no options for")
        raise Failed(f"the peer wants {mechanism}: it takes {takes}")
    _shake(args, kind)


def _say(step: str, text: str) -> None:
    print(f"{step:<10} {printable(text)}", flush=True)


def _ms(start: float) -> str:
    return f"{(time.perf_counter() - start) * 1000:.2f} ms"


def _reach(endpoint: str, timeout: float) -> socket.socket:
    """Resolve the name, and connect to the first address that answers."""
    transport, _, address = endpoint.partition("://")
    host, _, port = address.rpartition(";")[2].rpartition(":")
    name, tcp = host.strip("[]"), transport == "tcp"
    if not address or not ((tcp and port.isdecimal() and port.strip("0")) or transport == "ipc"):
        raise Wrong(f"probe takes tcp://host:port or ipc://path, not {endpoint}")
    try:
        if tcp:
            found = socket.getaddrinfo(name, int(port), type=socket.SOCK_STREAM)
            _say("name", f"{host} is {', '.join(str(each[4][0]) for each in found)}")
        start = time.perf_counter()
        if tcp:
            connection = socket.create_connection((name, int(port)), timeout)
        else:
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(timeout)
            connection.connect("\0" + address[1:] if address[0] == "@" else address)
    except (socket.gaierror, UnicodeError) as error:
        raise Failed(f"the name {host} is not known: {error}") from None
    except (OSError, OverflowError) as error:
        raise Failed(f"nobody accepts connections at {endpoint}: {error}") from None
    _say(transport, f"connected in {_ms(start)}")
    return connection


def _greet(connection: socket.socket) -> tuple[str, str]:
    """Exchange greetings; return the mechanism and, where it is told, the type of the socket."""
    start, got = time.perf_counter(), b""
    try:
        connection.sendall(SIGNATURE)
        got = _read(connection, b"", 10)
        if got[:1] != b"\xff" or not got[9] & 1:
            raise Failed(f"the peer is no ZeroMQ socket; it says {got[:40]!r}")
        got = _read(connection, got, 12)
        took = _ms(start)
        if got[10] < 3:
            raise Failed(f"the peer speaks ZMTP {got[10]}, of ZeroMQ before 4.0")
        got = _read(connection, got, 64)
        mechanism = got[12:32].rstrip(b"\0").decode("ascii", "replace")
        role = ", its server" if got[32] else ""
        _say("greeting", f"ZMTP {got[10]}.{got[11]}, {mechanism}{role}; round trip {took}")
        if mechanism != "NULL":
            return mechanism, ""
        connection.sendall(NULL)
        return mechanism, _ready(connection)
    except OSError as error:
        reason = "does not greet" if isinstance(error, TimeoutError) else "ends the connection"
        said = f" after {got[:40]!r}" if got else ""
        raise Failed(f"the peer {reason}{said}: it is no ZeroMQ socket, or it is stuck") from None


def _read(connection: socket.socket, got: bytes, size: int) -> bytes:
    """Read until there are so many bytes, all within the timeout; ConnectionError at the end."""
    timeout = connection.gettimeout() or 0
    end = time.monotonic() + timeout
    while len(got) < size:
        connection.settimeout(max(end - time.monotonic(), 0.001))
        if not (more := connection.recv(size - len(got))):
            raise ConnectionError
        got += more
    connection.settimeout(timeout)
    return got


def _ready(connection: socket.socket) -> str:
    """Read the command READY, and say what it tells; return the type of the socket."""
    try:
        head = _read(connection, b"", 2)
        body = _read(connection, b"", head[1])
    except OSError:
        why = "the peer lets nobody in without security, or its ZAP handler refuses"
        raise Failed(why) from None

    def field(name: bytes) -> bytes:
        found = re.search(bytes([len(name)]) + name + rb"\0\0\0(.)", body, re.DOTALL)
        return body[found.end() :][: found[1][0]] if found else b""

    kind = field(b"Socket-Type").decode("ascii", "replace") if body[:6] == b"\5READY" else ""
    if not kind:
        raise Failed(f"the peer sends no READY, but {body[:40]!r}")
    _say("socket", f"{kind}, identity {field(b'Identity')!r}")
    return kind


def _shake(args: Any, kind: str) -> None:
    """Do libzmq's handshake as a type that fits, and say how it ended."""
    kinds = [each for each, peers in HARMLESS.items() if not kind or kind in peers.split()]
    if args.socket != "auto":
        kinds = [args.socket]
    elif not kinds:
        _say("handshake", f"not done: it could take messages from a {kind}; --socket does it")
        return
    for each in kinds:
        start = time.perf_counter()
        with opened(args, each) as socket, socket.monitor(OUTCOMES) as monitor:
            attach(socket, args, each)
            event = next(monitor.iter(args.timeout), None)
        if event is not None and event.event == MonitorEvent.HANDSHAKE_SUCCEEDED:
            peer = kind or HARMLESS.get(each, "a type that fits")
            _say("handshake", f"as {each.upper()} in {_ms(start)}: the peer is {peer}")
            return
        cause = event.cause if event is not None else "nothing happened in time"
        _say("handshake", f"as {each.upper()}: failed; {cause}")
        if event is None or event.event != MonitorEvent.DISCONNECTED:
            break
    raise Failed("no handshake succeeded")
