"""The commands and their options; docs/reference/cli.md is made from this parser."""

from __future__ import annotations

import argparse
import os
import re
from functools import partial
from typing import Any, Final, NoReturn

from .. import __version__
from ..arguments import INT_MAX
from .terminal import Wrong

BINDS: Final = ("pub", "pull", "rep", "router")
"""The commands that are a socket and bind by default; the others connect."""

COMMANDS: Final = r"""
[endpoints]
ENDPOINT+               such as tcp://127.0.0.1:5555
--bind                  bind all endpoints, as those with a * by default
--connect               connect to all endpoints
-n --count N            end after so many
--timeout MS            end when nothing happens for so long
[schema]
--proto SCHEMA          payloads are JSON here: a .proto file, a descriptor set, a module of protoc
-I --include DIR*       where imports are
[client]
--cert FILE             the certificate of this side, for CURVE; see keygen
--server-key KEY        be a client of this server, a certificate or key; =KEY if it begins with -
--user NAME             be a PLAIN client, or let this one in, with the password ZMQLITE_PASSWORD
--set NAME=VALUE*       an option of the socket
[security @client]
--allow WHO             be a CURVE server for the certificates of a folder, or for any
[socket @endpoints @schema @security]
--linger MS(5000)       how long to go on sending at the end
--wait N                begin when so many peers, for pub subscribers, are there
--rate                  print the rate to standard error every second, and at the end
--separator SEPARATOR   what is between the frames of a message; escapes such as \t and \x1f
--type NAME*            the full name of a message of --proto
--tagged                the frame before the payload is the name of its type
[sends]
-m --message TEXT*      send this; without -m and -f, what standard input has
-f --file FILE*         send what a file has; - is standard input
--input lines|json|nul|length|whole    how messages are given
[paced]
--interval MS           pause between messages
[receives]
--output lines|json|nul|length|hex     how messages are printed
--decode-raw            print the fields of payloads whose schema is not known
[pub exchange.run @socket @sends @paced] send each message to all subscribers; binds
--topic TEXT            the first frame
[sub exchange.run @socket @receives] print what publishers send; connects
--topic TEXT*           receive what begins so
[push exchange.run @socket @sends @paced] send each message to one of the peers; connects
[pull exchange.run @socket @receives] print what peers push; binds
[req exchange.run @socket @sends @paced @receives] send messages and print replies; connects
[rep exchange.run @socket @sends @receives] print requests and answer, or send them back; binds
[dealer exchange.run @socket @sends @receives] send messages and print what comes; connects
[router exchange.run @socket @sends @receives] the same; the first frame is a routing id; binds
[pair exchange.run @socket @sends @receives] the same with one peer; connects
[rpc @client]
ENDPOINT                where a server of zmqlite.rpc is
--timeout MS(5000)      the longest wait
[call services.call @rpc @schema] call a method and print its replies as JSON
METHOD                  package.Service/Method
REQUEST?                the request, by default {}; - is standard input
--meta NAME=VALUE*      metadata
[list services.list_services @rpc] list services and their health
[describe services.describe @rpc] print services and messages as a .proto file has them
NAME?                   of a service, message or enum; by default all services
[probe probe.probe @client] say step by step what answers at an endpoint
ENDPOINT                tcp:// or ipc://
--socket auto|pub|sub|push|pull|req|rep|dealer|router|pair    do the handshake as this type
--timeout MS(2000)      the longest time for a step
[watch tools.watch @endpoints @security] print the events of connections
--socket req|pub|sub|push|pull|rep|dealer|router|pair         as this type
[proxy tools.pass_on] pass messages on between two endpoints, which it binds
FRONT                   where clients, publishers or pushers connect
BACK                    where servers, subscribers or pullers connect
--mode queue|forwarder|streamer    ROUTER and DEALER, XSUB and XPUB, or PULL and PUSH
--capture ENDPOINT      bind a PUB that sends all of it
--set NAME=VALUE*       an option of both sockets
[bench tools.bench @security] measure round trips and throughput
--json                  print one JSON object
ENDPOINT?               of a bench --serve; by default a server is started here
--serve                 be the server, and bind the endpoint
--size N(16)            bytes of a message
-n --count N(10000)     round trips, and ten times as many messages one way
--timeout MS(5000)      the longest wait for the other side
[keygen tools.keygen] make a CURVE key pair
FILE?                   save this, and FILE_secret with the secret key; by default print both
--meta NAME=VALUE*      kept in the file
[cert tools.cert] print what a certificate holds, but its secret key; or its public key alone
ACTION show|public      what to print
FILE                    the certificate
[report tools.report] print what is installed here, for a bug report
--json                  print one JSON object
"""
"""What the parser is built from: sections, each of lines that are an option or argument.

A section with a dot is a command: its name, the function that runs it, and what that does. The
others are groups of options, which `@` includes. After the names of an option comes that of its
value: `a|b` are choices, of which the first is the default, and other defaults are in brackets. `*`
says that an option is repeatable, `?` and `+` how many values an argument has. After two blanks
comes what the option is for.
"""

UNSET: Final = dict.fromkeys(re.findall(r"__([a-z_]+)", COMMANDS.replace("-", "_")))
"""All options: a command may look at one that it does not have."""


class Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        """Print one line and exit with the code for wrong input."""
        line = " ".join(message.split())
        self.exit(Wrong.code, f"{self.prog}: {line}; see {self.prog} --help\n")


def number(least: int, text: str) -> int:
    """Return a whole number that is not too small."""
    if not text.isascii() or not text.isdecimal() or not least <= int(text[:12]) <= INT_MAX:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} to {INT_MAX}")
    return int(text)


def pair(text: str) -> tuple[str, str]:
    """Return the name and the value of NAME=VALUE."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def separator(text: str) -> bytes:
    """Return the bytes of a text that may have escapes; ValueError if there are none."""
    if found := os.fsencode(text):
        return found.decode("unicode_escape").encode("latin-1") if b"\\" in found else found
    raise ValueError(text)


KINDS: Final[dict[str, Any]] = {
    "MS": partial(number, 0), "N": partial(number, 1), "NAME=VALUE": pair, "SEPARATOR": separator
}  # fmt: skip
"""What reads the values of these names; others are texts."""


def build(wanted: str | None = None) -> Parser:
    """Return the parser of all commands; with the options of one alone, which is quicker."""
    parser = Parser(prog="zmqlite", description="Look at, try, measure and repair ZeroMQ.")
    parser.add_argument("--version", action="version", version=f"zmqlite {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    groups: dict[str, list[str]] = {}
    for section in COMMANDS.strip().split("\n["):
        head, *rows = section.strip("[").splitlines()
        words, _, purpose = head.partition("] ")
        name, *more = words.rstrip("]").split()
        included = [row for each in more if each[0] == "@" for row in groups[each[1:]]]
        groups[name] = rows = [*included, *rows]
        if more and more[0][0] != "@":
            made = commands.add_parser(name, help=purpose, description=purpose, allow_abbrev=False)
            made.set_defaults(run=more[0], **UNSET)
            for row in rows if wanted in (None, name) else ():
                _add(made, *re.split(r"  +", row, maxsplit=1))
    return parser


def _add(parser: argparse.ArgumentParser, spec: str, text: str) -> None:
    """Add the option or argument of a line."""
    found = re.fullmatch(r"([A-Z]+ |(?:-\S+ ?)*)([^(]*?)([*+?]?)(?:\((.*)\))?", spec)
    names, value, many, default = found.groups() if found else ()
    options: dict[str, Any] = {"metavar": value, "type": KINDS.get(value, str)}
    if not value:
        options = {"action": "store_true"}
    elif "|" in value:
        options = {"choices": value.split("|")}
        default = options["choices"][0] if spec[0] == "-" else None
    if many == "*":
        options |= {"action": "append", "default": []}
        text += "; repeatable"
    elif many:
        options["nargs"] = many
    if default:
        options["default"] = default
        text += f"; {default} by default"
    if spec[0] != "-":
        names = (names or value).lower()
    parser.add_argument(*names.split(), help=text, **options)
