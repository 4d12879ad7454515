"""The command `zmqlite` as a user starts it: to its end, or with others that it talks to."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, ClassVar

import pytest
from checkout import ROOT
from support import Task

from zmqlite._cli import main

SCRIPT = str(Path(sys.executable).with_name("zmqlite"))
PEERS = ROOT / "tests" / "cli" / "programs" / "peer_pyzmq.py"
LONGEST = 50
"""Seconds that a command may take."""

Done = subprocess.CompletedProcess[str]


def run(*arguments: str, stdin: str | bytes = "", **environment: str) -> Done:
    """Run the command to its end."""
    return _run([SCRIPT, *arguments], stdin, environment)


Call = Callable[..., Done]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command in this process, which is quicker; no exit code of a signal."""

    def run_here(*arguments: str) -> Done:
        try:
            code = main([*arguments])
        except SystemExit as end:  # of argparse
            code = int(end.code or 0)
        return Done(arguments, code, *capsys.readouterr())

    return run_here


def module(*arguments: str) -> Done:
    """Run `python -m zmqlite` to its end."""
    return _run([sys.executable, "-m", "zmqlite", *arguments], "", {})


def _run(command: list[str], stdin: str | bytes, environment: dict[str, str]) -> Done:
    data = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        command, input=data, capture_output=True, timeout=LONGEST, env={**os.environ, **environment}
    )
    out, err = (text.decode("utf-8", "surrogateescape") for text in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(command, done.returncode, out, err)


def says(*arguments: str, stdin: str | bytes = "", **environment: str) -> str:
    """Run the command, which must not fail; what it prints."""
    done = run(*arguments, stdin=stdin, **environment)
    assert done.returncode == 0, done
    return done.stdout


def refused(*arguments: str, stdin: str | bytes = "", **environment: str) -> str:
    """Run the command, which must refuse its input; the one line that it says."""
    done = run(*arguments, stdin=stdin, **environment)
    assert (done.returncode, done.stdout) == (2, ""), done
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("zmqlite ")
    return done.stderr


class Command:
    """A command that runs."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self.stdin: IO[bytes] = process.stdin
        self.stdout: IO[bytes] = process.stdout
        self.stderr: IO[bytes] = process.stderr

    def bound(self) -> str:
        """The endpoint that it says it has bound."""
        text = self.error()
        assert text.startswith("bound to "), text
        return text.removeprefix("bound to ")

    def error(self) -> str:
        """The next line on its standard error."""
        return Task(self.stderr.readline).result(LONGEST).decode().rstrip("\n")

    def line(self) -> str:
        """The next line that it prints."""
        return Task(self.stdout.readline).result(LONGEST).decode().rstrip("\n")

    def end(self) -> tuple[int, str, str]:
        """Wait for its end: exit code, and the rest of its output and of its standard error."""
        out, err = self.process.communicate(timeout=LONGEST)
        return self.process.returncode, out.decode("utf-8", "surrogateescape"), err.decode()

    def output(self) -> str:
        """Wait for its end, which must be a good one: the rest of its output."""
        code, out, err = self.end()
        assert (code, err) == (0, "")
        return out


@contextmanager
def started(*arguments: str, **options: Any) -> Iterator[Command]:
    """Start the command; kill it at the end of the `with` statement."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([SCRIPT, *arguments], **{**pipes, **options}) as process:
        try:
            yield Command(process)
        finally:
            process.kill()


class Peer:
    """A socket of pyzmq, in a process that all tests share, for a command to talk to."""

    process: ClassVar[subprocess.Popen[bytes] | None] = None
    _numbers = itertools.count()

    def __init__(self, kind: str) -> None:
        if Peer.process is None or Peer.process.poll() is not None:
            pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
            Peer.process = subprocess.Popen([sys.executable, PEERS], **pipes)
        self._command = Command(Peer.process)
        self._number = next(Peer._numbers)
        self._step("open", kind)

    def _step(self, *step: Any) -> Any:
        self._command.stdin.write(json.dumps([self._number, *step]).encode() + b"\n")
        self._command.stdin.flush()
        line = self._command.line()
        assert line, self._command.end()
        return json.loads(line)

    def close(self) -> None:
        self._step("close")

    def bind(self, endpoint: str = "tcp://127.0.0.1:*") -> str:
        """Bind, and return the endpoint."""
        return str(self._step("bind", endpoint))

    def connect(self, endpoint: str) -> None:
        self._step("connect", endpoint)

    def subscribe(self, topic: str) -> None:
        self._step("subscribe", topic)

    def option(self, name: str, value: object) -> None:
        self._step("option", [name, value])

    def send(self, *frames: bytes) -> None:
        self._step("send", [frame.decode("latin-1") for frame in frames])

    def recv(self) -> list[bytes]:
        return [frame.encode("latin-1") for frame in self._step("recv")]


def pyzmq(kind: str) -> contextlib.closing[Peer]:
    """A peer."""
    return contextlib.closing(Peer(kind))


@pytest.fixture(scope="session", autouse=True)
def _end_of_peers() -> Iterator[None]:
    """End the process with the sockets of pyzmq."""
    yield
    if Peer.process is not None:
        with Peer.process as process:
            process.kill()
