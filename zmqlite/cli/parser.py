"""The commands and their options. docs/cli.md has a part that is made from this parser.

The tables have an argument or option in each line, and what it is for. After the names of an option
comes the name of its value: MS and N are whole numbers, `a|b` are choices of which the first is the
default, and `=` is before another default. A `*` says that an option is repeatable, a `+` or `?`
how many values an argument has.
"""

from __future__ import annotations

import argparse
import re

from .. import __version__
from ..arguments import INT_MAX
from .exits import Wrong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, NoReturn

SOCKETS: Final = {
    "pub": "send each message to all subscribers; binds",
    "sub": "print what publishers send; connects",
    "push": "send each message to one of the peers; connects",
    "pull": "print what peers push; binds",
    "req": "send each message and print its reply; connects",
    "rep": "print requests and answer them, by default with the request itself; binds",
    "dealer": "send messages and print those that come; connects",
    "router": "the same by routing id, which is the first frame; binds",
    "pair": "the same with one peer; connects",
}
"""The commands that are a socket: what each does, and what it does with its endpoints."""

BINDS: Final = tuple(name for name, text in SOCKETS.items() if text.endswith("; binds"))

ENDPOINTS: Final = """
ENDPOINT+             such as tcp://127.0.0.1:5555
--bind                bind all endpoints, as those with a * by default
--connect             connect to all endpoints
-n --count N          end after so many
--timeout MS          end when nothing happens for so long
"""
SOCKET: Final = """
--linger MS=5000      how long to go on sending at the end
--wait N              begin when so many peers, for pub subscribers, are there
--rate                print the rate to standard error every second, and at the end
--separator TEXT      what is between the frames of a message; \\t, \\n, \\0 and \\x1f are known
--type NAME*          the full name of a message of --proto
--tagged              the frame before the payload is the name of its type
"""
PUB: Final = "--topic TEXT*  the first frame"
SUB: Final = "--topic TEXT*  receive what begins so"
ONE_WAY: Final = "--interval MS  pause between messages"
SENDS: Final = """
-m --message TEXT*    send this; without -m and -f, what standard input has
-f --file FILE*       send what a file has; - is standard input
--input lines|json|nul|length|whole  how messages are given
"""
RECEIVES: Final = """
--output lines|json|nul|length|hex  how messages are printed
--decode-raw          print the fields of payloads whose schema is not known
"""
SCHEMA: Final = """
--proto SCHEMA        payloads are JSON here: a .proto file, a descriptor set, a module of protoc
-I --include DIR*     where imports are
"""
CLIENT: Final = """
--cert FILE           the certificate of this side, for CURVE; see keygen
--server-key KEY      be a client of the server with this public key or certificate
--user NAME           be a PLAIN client; where endpoints are bound, let this one in
--password-file FILE  its first line is the password of --user; by default ZMQLITE_PASSWORD
--set NAME=VALUE*     an option of the socket
"""
SERVER: Final = "--allow WHO  be a CURVE server for the certificates of a folder, or for any"
JSON: Final = "--json  print one JSON object"
RPC: Final = "ENDPOINT  where a server of zmqlite.rpc is\n--timeout MS=5000  the longest wait"
CALL: Final = """
METHOD                package.Service/Method
REQUEST?              the request, by default {}; - is standard input
--meta NAME=VALUE*    metadata
"""
PROXY: Final = """
FRONT                 where clients, publishers or pushers connect
BACK                  where servers, subscribers or pullers connect
--mode queue|forwarder|streamer  ROUTER and DEALER, XSUB and XPUB, or PULL and PUSH
--capture ENDPOINT    bind a PUB that sends all of it
--set NAME=VALUE*     an option of both sockets
"""
WATCH: Final = "--as TYPE=req  the type of the socket; req takes no messages"
PROBE: Final = """
ENDPOINT              tcp:// or ipc://
--as TYPE             do the handshake as this type, whatever it takes from the peer
--timeout MS=2000     the longest time for a step
"""
BENCH: Final = """
ENDPOINT?             of a bench --serve; by default a server is started here
--serve               be the server, and bind the endpoint
--size N=16           bytes of a message
-n --count N=10000    round trips, and ten times as many messages one way
--timeout MS=5000     the longest wait for the other side
"""
KEYGEN: Final = """
FILE?                 save this, and FILE_secret with the secret key; by default print both
--meta NAME=VALUE*    kept in the file
"""

COMMANDS: Final = {
    "call": (
        "services",
        "call a method and print its replies as JSON",
        RPC + CALL + SCHEMA + CLIENT,
    ),
    "list": (
        "services",
        "list services, or the methods of one",
        RPC + "\nSERVICE?  list its methods\n" + SCHEMA + CLIENT,
    ),
    "describe": (
        "services",
        "print services and messages as a .proto file has them",
        RPC + "\nNAME?  of a service, message or enum; by default all services\n" + SCHEMA + CLIENT,
    ),
    "probe": ("probe", "say step by step what answers at an endpoint", PROBE + CLIENT),
    "watch": ("relay", "print the events of connections", ENDPOINTS + WATCH + CLIENT + SERVER),
    "proxy": ("relay", "pass messages on between two endpoints, which it binds", PROXY),
    "bench": ("bench", "measure round trips and throughput", BENCH + JSON + CLIENT + SERVER),
    "keygen": ("keys", "make a CURVE key pair", KEYGEN),
    "report": ("report", "print what is installed here, for a bug report", JSON),
}
"""The other commands: module, purpose, tables. `run_call` of the module runs `call`."""

UNSET: Final[dict[str, Any]] = dict.fromkeys(
    (
        "allow",
        "bind",
        "connect",
        "decode_raw",
        "input",
        "interval",
        "linger",
        "output",
        "topic",
        "wait",
    )
)
"""What some commands have no option for, and look at all the same."""

CERT: Final = {
    "show": "print the public key, where the secret key is, and what else a certificate holds",
    "public": "print the public key of a certificate alone",
}


class Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Print one line and exit with the code for wrong input."""
        line = " ".join(message.split())
        self.exit(Wrong.code, f"{self.prog}: {line}; see {self.prog} --help\n")


def number(text: str, least: int = 0) -> int:
    """Return a whole number that is not negative."""
    if not text.isascii() or not text.isdecimal() or not least <= int(text[:12]) <= INT_MAX:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} to {INT_MAX}")
    return int(text)


def positive(text: str) -> int:
    """Return a whole number, at least 1."""
    return number(text, 1)


def pairs(texts: list[str], option: str) -> dict[str, str]:
    """Return what was given as NAME=VALUE."""
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise Wrong(f"{option} takes NAME=VALUE, not {text!r}")
        found[name] = value
    return found


def build() -> Parser:
    """Return the parser of all commands."""
    parser = Parser(prog="zmqlite", description="Look at, try, measure and repair ZeroMQ.")
    parser.add_argument("--version", action="version", version=f"zmqlite {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, module: str, text: str, *tables: str, parent: Any = commands) -> None:
        made = parent.add_parser(name, help=text, description=f"{name}: {text}.")
        made.set_defaults(module=module, function=f"run_{name}", **UNSET)
        for line in "\n".join(tables).strip().splitlines():
            if line:
                _add(made, *re.split(r"  +", line, maxsplit=1))

    for name, text in SOCKETS.items():
        tables = [ENDPOINTS, SOCKET, SCHEMA, CLIENT, SERVER]
        tables += [PUB] if name == "pub" else [SUB] if name == "sub" else []
        tables += [SENDS] if name not in ("sub", "pull") else []
        tables += [RECEIVES] if name not in ("pub", "push") else []
        tables += [ONE_WAY] if name in ("pub", "push", "req") else []
        command(name, "exchange", text, *tables)
        commands.choices[name].set_defaults(function="run_socket")
    for name, (module, text, table) in COMMANDS.items():
        command(name, module, text, table)
    text = "show what a certificate holds"
    cert = commands.add_parser("cert", help=text, description=f"cert: {text}.")
    actions = cert.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, text in CERT.items():
        command(name, "keys", text, "FILE  the certificate", parent=actions)
    return parser


def _add(parser: Any, spec: str, text: str) -> None:
    """Add what a line of a table says."""
    *names, value = spec.split() if " " in spec else ([spec, ""] if spec[0] == "-" else [spec])
    options: dict[str, Any] = {"help": text}
    if value.endswith("*"):
        options |= {"action": "append", "default": [], "help": f"{text}; repeatable"}
    value, equals, default = value.strip("*").partition(
        "=" if names and "VALUE" not in value else " "
    )
    if "|" in value:
        options |= {"choices": value.split("|"), "default": value.partition("|")[0]}
    elif value == "TYPE":
        options |= {"choices": tuple(SOCKETS), "metavar": value, "dest": "type"}
    elif not names:
        options |= {
            "metavar": value.rstrip("+?"),
            "nargs": value[-1] if value[-1] in "+?" else None,
        }
        names = [value.rstrip("+?").lower()]
    elif value:
        kinds = {"MS": number, "N": positive}
        options |= {"metavar": value, "type": kinds.get(value, str)}
    else:
        options["action"] = "store_true"
    if equals:
        options["default"] = default if value == "TYPE" else int(default)
    if options.get("default"):
        options["help"] += f"; {options['default']} by default"
    parser.add_argument(*names, **options)
