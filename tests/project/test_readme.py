"""README.md does what it says: its programs run, and every name in it exists."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT, succeed
from schemas import generate

import zmqlite as zmq

README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
OURS = "\n".join(line.rpartition("|")[0].rpartition("|")[2] for line in README.splitlines())


def test_the_quick_start_moves_ten_messages_between_two_processes() -> None:
    receiver, sender, *_ = PROGRAMS
    command = [sys.executable, "-u", "-c", receiver]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            endpoint = process.stdout.readline().decode().strip()
            subprocess.run([sys.executable, "-c", sender, endpoint], check=True, timeout=20)
            lines = [process.stdout.readline().decode().strip() for _ in range(10)]
            assert lines == [str(b"message %d" % number) for number in range(10)]
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=10)
            assert process.returncode == -signal.SIGINT
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("number", "out"),
    [(2, "hello\n"), (3, "b'hello'\n"), (4, "b'HELLO'\n" * 3), (5, None)],
    ids=["typed", "awaited", "an actor and a reactor", "in terms of C"],
)
def test_a_program_prints_what_it_is_said_to(number: int, out: str | None, tmp_path: Path) -> None:
    generate(tmp_path)
    printed = succeed(sys.executable, "-W", "error", "-c", PROGRAMS[number], cwd=tmp_path)
    assert out is None or printed == out


def test_the_message_of_anna_is_known_to_be_hers() -> None:
    command = [sys.executable, "-W", "error", "-c", PROGRAMS[6]]
    out = subprocess.run(command, capture_output=True, timeout=20, check=True).stdout
    assert len(out) == len("\n") + 40


@pytest.mark.parametrize("name", sorted(set(re.findall(r"zmq\.([A-Za-z_]+)", OURS))))
def test_a_name_of_the_package_exists(name: str) -> None:
    assert hasattr(zmq, name)


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        *((zmq.Socket, name) for name in sorted(set(re.findall(r"socket\.(\w+)", OURS)))),
        *((zmq.Reactor, name) for name in sorted(set(re.findall(r"reactor\.(\w+)", README)))),
        *((zmq.Context, name) for name in sorted(set(re.findall(r"context\.(\w+)", OURS)))),
    ],
)
def test_a_method_or_option_exists(owner: type, name: str) -> None:
    assert hasattr(owner, name)


def test_an_option_is_also_known_by_the_number_of_c() -> None:
    with zmq.Context() as context, context.socket(zmq.PUSH) as socket:
        socket.set(23, 7)
        assert socket.sndhwm == 7
