"""The page of the command: `python docs/extensions/cli_page.py > docs/reference/cli.md`.

It is made from the parser, and a test compares it. What all commands that are a socket have comes
first, and is left out in each of them.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from zmqlite._cli.parser import BINDS, build

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD: Final = """\
# The command

<!-- written by python docs/extensions/cli_page.py -->

`zmqlite COMMAND` in a shell; `python -m zmqlite COMMAND` is the same, and without a command it is
`report`. `zmqlite --version` prints the version, and `zmqlite COMMAND --help` what is below.
[From the shell](../howto/shell.md) has an example of each command, the forms of messages, and the
exit codes.

Options have to be written in full; times are milliseconds. An option that is repeatable is given
once for each value.

## All commands that are a socket
"""


def row(action: argparse.Action) -> str:
    """Return the line of a table for an option or argument."""
    name = ", ".join(action.option_strings) or str(action.metavar or action.dest.upper())
    value = "\\|".join(action.choices) if action.choices else action.metavar
    if action.option_strings and action.nargs != 0:
        name += f" {value}"
    elif action.choices:
        name = str(value)
    many = {"+": " ...", "?": ", not needed"}.get(str(action.nargs), "")
    return f"| `{name}`{many} | {action.help} |"


def rows(parser: argparse.ArgumentParser) -> dict[str, None]:
    """Return the lines of a command, in order."""
    actions = [action for action in parser._actions if action.dest != "help"]
    return dict.fromkeys(map(row, actions))


def table(lines: Iterator[str] | list[str]) -> list[str]:
    """Return a table of lines; nothing if there are none."""
    found = list(lines)
    return ["| | |", "|---|---|", *found, ""] if found else []


def page() -> str:
    """Return the page."""
    commands = next(each for each in build()._actions if each.dest == "command")
    assert isinstance(commands.choices, dict)
    parsers: dict[str, argparse.ArgumentParser] = commands.choices
    sockets = [name for name, each in parsers.items() if each.get_default("run") == "exchange.run"]
    common = [
        line
        for line in rows(parsers["push"])
        if all(line in rows(parsers[name]) for name in sockets)
    ]
    lines = [
        HEAD,
        f"`{'`, `'.join(BINDS)}` bind by default, the others connect.",
        "",
        *table(common),
    ]
    for name, parser in parsers.items():
        own = (line for line in rows(parser) if name not in sockets or line not in common)
        purpose = str(parser.description)
        text = f"{purpose[0].upper()}{purpose[1:]}."
        lines += [f"## zmqlite {name}", "", text, "", *table(own)]
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    print(page(), end="")
