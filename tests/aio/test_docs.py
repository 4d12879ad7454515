"""docs/howto/aio.md does what it says: its programs run, its parts in programs of ours."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from checkout import ROOT

from zmqlite.aio.context import TIME_SLICE

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "howto" / "aio.md").read_text(encoding="utf-8")
PROGRAM, BATCH, THREAD, TYPED = re.findall(
    r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL
)

AROUND_BATCH, AROUND_THREAD = (
    (Path(__file__).parent / "programs" / f"{name}.py.in").read_text()
    for name in ("batch", "thread")
)


def output(program: str, directory: Path) -> bytes:
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, cwd=directory, capture_output=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_the_messages_arrive_until_there_are_no_more(tmp_path: Path) -> None:
    assert output(PROGRAM, tmp_path) == b"one\ntwo\nthree\nno more\n"


def test_what_is_left_of_a_batch_is_what_was_not_sent(tmp_path: Path) -> None:
    program = AROUND_BATCH.format(textwrap.indent(BATCH.replace("(1)", "(0.01)"), " " * 8))
    assert output(program, tmp_path) == b"b'5' [b'0', b'1', b'2', b'3', b'4']\n"


def test_a_thread_talks_over_inproc(tmp_path: Path) -> None:
    program = AROUND_THREAD.format(textwrap.indent(THREAD, " " * 4))
    assert output(program, tmp_path) == b"b'from a thread'\n"


def test_the_typed_message_arrives(tmp_path: Path) -> None:
    assert output(TYPED, tmp_path) == b"7\n"


def test_the_default_time_slice_is_what_the_page_says() -> None:
    assert "one *time slice* of\none millisecond" in PAGE
    assert TIME_SLICE == 1
