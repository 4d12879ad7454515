"""README.md is short and has its two commands, and every name in it and in its tables exists."""

from __future__ import annotations

import re

import pytest
from checkout import ROOT

import zmqlite as zmq

README = (ROOT / "README.md").read_text(encoding="utf-8")
HOWTO = [
    (ROOT / "docs" / "howto" / f"{name}.md").read_text(encoding="utf-8")
    for name in ("sockets", "handlers", "pyzmq")
]
# The last column of tables is about zmqlite, the others may be about pyzmq.
OURS = README + "\n".join(
    line.rpartition("|")[0].rpartition("|")[2] for page in HOWTO for line in page.splitlines()
)


def test_it_is_an_entrance() -> None:
    assert len(README.splitlines()) <= 150


def test_it_has_two_commands() -> None:
    section = README.partition("\n## Two commands\n")[2].partition("\n## ")[0]
    commands = re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert [command.count("\n") for command in commands] == [1, 1]


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\bzmq\.([A-Za-z_]+)", OURS)) - {"h"}))
def test_a_name_of_the_package_exists(name: str) -> None:
    assert hasattr(zmq, name)


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        *((zmq.Socket, name) for name in sorted(set(re.findall(r"\bsocket\.(\w+)", OURS)))),
        *((zmq.Reactor, name) for name in sorted(set(re.findall(r"\breactor\.(\w+)", HOWTO[1])))),
        *((zmq.Context, name) for name in sorted(set(re.findall(r"\bcontext\.(\w+)", OURS)))),
    ],
)
def test_a_method_or_option_exists(owner: type, name: str) -> None:
    assert hasattr(owner, name)


def test_an_option_is_also_known_by_the_number_of_c() -> None:
    with zmq.Context() as context, context.socket(zmq.PUSH) as socket:
        socket.set(23, 7)
        assert socket.sndhwm == 7
