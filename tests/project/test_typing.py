"""What a type checker and an editor find out about a program before it runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import jedi
import pytest
from checkout import ROOT
from program_support import said

pytestmark = pytest.mark.slow

HEAD = """\
import asyncio
import zmqlite as zmq
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from zmqlite import aio, proto, pyzmq

context = zmq.Context()
socket = context.socket(zmq.PULL)
awaited = aio.Context().socket(zmq.PULL)
typed = proto.TypedSocket(socket, Timestamp)
either = proto.TypedSocket(socket, proto.Tagged[Timestamp | Duration](Timestamp, Duration))
poller = zmq.Poller()
theirs = pyzmq.Context()
sub = theirs.socket(pyzmq.SUB)
sub.linger = sub.RCVHWM + theirs.max_sockets
sub.routing_id = sub.last_endpoint.upper()
sub.subscribe = "topic"
sub.subscribe(b"topic")
theirs = sub.context
"""


class Mistake(NamedTuple):
    """A wrong line, and how the checkers call what is wrong; empty where they find nothing."""

    line: str
    mypy: str
    pyright: str


_TABLE = Path(__file__).with_name("typing_mistakes.txt").read_text().splitlines()[1:]
MISTAKES = [Mistake(*(cell.strip() for cell in line.split("|"))) for line in _TABLE]
assert len(MISTAKES) == 51


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program of nothing but mistakes, one a line, after a head that has none."""
    path = tmp_path_factory.mktemp("typing") / "program.py"
    # A coroutine that nobody awaits is looked for in functions only.
    lines = ["async def main() -> None:", *(f"    {mistake.line}" for mistake in MISTAKES)]
    path.write_text(HEAD + "\n".join(lines) + "\n")
    return path


FIRST = HEAD.count("\n") + 2
"""The line of the first mistake, counted from 1."""


@pytest.fixture(scope="module")
def by_mypy(program: Path) -> dict[int, list[str]]:
    """The codes of what mypy finds, by line."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", program.name]
    command += ["--enable-error-code", "unused-coroutine", "--show-error-codes"]
    environment = os.environ | {"MYPYPATH": str(ROOT)}
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=program.parent, env=environment, timeout=300
    )
    found: dict[int, list[str]] = {}
    for line, code in re.findall(
        r"^program\.py:(\d+): error: .*\[([\w-]+)\]$", done.stdout, re.MULTILINE
    ):
        found.setdefault(int(line), []).append(code)
    assert found, done.stdout + done.stderr
    return found


def pyright(*arguments: str, cwd: Path) -> Any:
    """What pyright says; a skip where it is not installed."""
    found = shutil.which("pyright")
    for directory in os.environ.get("NODE_PATH", "").split(os.pathsep):
        found = found or shutil.which("pyright", path=f"{directory}/.bin")
    if found is None:
        pytest.skip("no pyright: npm install pyright, and set NODE_PATH to its node_modules")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [found, "--pythonpath", sys.executable, "--outputjson", *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=cwd, env=environment, timeout=300
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def by_pyright(program: Path) -> dict[int, list[str]]:
    """The rules of what pyright finds, by line."""
    found: dict[int, list[str]] = {}
    for each in pyright(program.name, cwd=program.parent)["generalDiagnostics"]:
        found.setdefault(each["range"]["start"]["line"] + 1, []).append(each.get("rule", ""))
    return found


NUMBERED = [
    pytest.param(FIRST + number, mistake, id=mistake.line)
    for number, mistake in enumerate(MISTAKES)
]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("line", "mistake"), NUMBERED)
def test_mypy_finds_a_mistake(line: int, mistake: Mistake, by_mypy: dict[int, list[str]]) -> None:
    assert set(by_mypy.get(line, [""])) == {mistake.mypy}


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("line", "mistake"), NUMBERED)
def test_pyright_finds_a_mistake(
    line: int, mistake: Mistake, by_pyright: dict[int, list[str]]
) -> None:
    rules = set(by_pyright.get(line, [""])) - {"reportUnusedExpression"}
    assert (rules or {""}) == {mistake.pyright}


def test_nothing_is_found_where_nothing_is_wrong(by_mypy: dict[int, list[str]]) -> None:
    assert [line for line in by_mypy if line < FIRST] == []


@pytest.mark.timeout(300)
def test_every_public_name_has_a_type(tmp_path: Path) -> None:
    found = pyright("--verifytypes", "zmqlite", "--ignoreexternal", cwd=tmp_path)
    symbols = found["typeCompleteness"]["symbols"]
    wrong = [
        (symbol["name"], [each["message"] for each in symbol["diagnostics"]])
        for symbol in symbols
        if symbol["isExported"] and not symbol["isTypeKnown"]
    ]
    assert wrong == []
    assert found["typeCompleteness"]["completenessScore"] == 1


class Editor:
    """The completion of editors that use jedi: of a source, without running it."""

    def __init__(self, directory: Path) -> None:
        jedi.settings.cache_directory = str(directory)
        self._project = jedi.Project(str(directory), added_sys_path=[str(ROOT)])

    def _script(self, line: str) -> Any:
        head = "import zmqlite as zmq\nsocket = zmq.Context().socket(zmq.PULL)\n"
        return jedi.Script(head + line, project=self._project)

    def complete(self, line: str) -> set[str]:
        """What could follow at the end of the line."""
        return {each.name for each in self._script(line).complete()}

    def hover(self, line: str) -> str:
        """What is shown for the last word of the line."""
        [found] = self._script(line).help(3, len(line) - 1)
        return str(found.docstring())


def test_an_editor_completes_what_is_imported_later(tmp_path: Path) -> None:
    assert {"Actor", "Pipe", "Reactor", "Timer", "Context"} <= Editor(tmp_path).complete("zmq.")


def test_an_editor_completes_options_and_shows_what_they_are_for(tmp_path: Path) -> None:
    editor = Editor(tmp_path)
    assert {"sndhwm", "linger", "curve_server"} <= editor.complete("socket.")
    assert editor.hover("socket.sndhwm") == (
        "How many messages are queued to send, for each peer; 0 is no limit."
    )
    assert "PUSH" in editor.complete("zmq.PU")


def test_a_prompt_completes_no_internal_module() -> None:
    assert said("core/imports", "completed_at_a_prompt") == ""
