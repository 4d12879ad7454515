"""`python -m zmqlite` as a user calls it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import zmqlite as zmq
from zmqlite.cli import main


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "zmqlite", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


def test_the_command_prints_the_report_and_exits_0() -> None:
    done = run()
    assert done.returncode == 0, done.stderr
    lines = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert lines["zmqlite"] == zmq.__version__
    assert lines["libzmq"].startswith(".".join(map(str, zmq.zmq_version())))
    assert lines["from"].startswith(("system: ", "bundled: "))
    assert "python" in lines["Python"].lower()


def test_the_libzmq_named_is_a_file() -> None:
    [line] = [line for line in run().stdout.splitlines() if "  from" in line]
    assert Path(line.rpartition(": ")[2]).is_file()


def test_every_capability_is_named_once(capsys: pytest.CaptureFixture[str]) -> None:
    main([])
    out = capsys.readouterr().out
    present = next(line.split()[1:] for line in out.splitlines() if line.startswith("  has "))
    assert ("curve" in present) == zmq.has("curve")
    assert ("ipc" in present) == zmq.has("ipc")


def test_an_unknown_argument_is_refused_with_the_usage() -> None:
    done = run("--nonsense")
    assert done.returncode == 2
    assert "usage: python -m zmqlite" in done.stderr


def test_a_reader_that_has_seen_enough_ends_the_command_without_a_word() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as stdout:
        done = subprocess.run(
            [sys.executable, "-m", "zmqlite"], stdout=stdout, stderr=subprocess.PIPE, timeout=30
        )
    assert (done.returncode, done.stderr) == (1, b"")
