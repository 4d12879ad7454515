"""docs/howto/porting-from-c.md: its programs run, and say the same in both languages."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest
from capi.given import EXPORTED, compiled
from checkout import ROOT, succeed

from zmqlite import capi

PAGE = (ROOT / "docs" / "howto" / "porting-from-c.md").read_text(encoding="utf-8")
IN_C, PORT, OPTIONS = re.findall(r"^```\w+\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a compiler")
def test_the_port_prints_what_the_program_prints(include: Path, tmp_path: Path) -> None:
    source = tmp_path / "program.c"
    source.write_text(IN_C)
    printed = succeed(compiled(source, include))
    assert printed == "sum: 10\nnothing more: Resource temporarily unavailable\n"
    assert succeed(sys.executable, "-c", PORT) == printed


@pytest.mark.slow
def test_the_port_is_typed(tmp_path: Path) -> None:
    for number, program in enumerate((PORT, OPTIONS)):
        path = tmp_path / f"port{number}.py"
        path.write_text(program)
        succeed(sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path, path, cwd=ROOT)


@pytest.mark.slow
def test_the_options_of_every_kind_are_set_and_read() -> None:
    succeed(sys.executable, "-c", OPTIONS)


def test_every_name_on_the_page_exists() -> None:
    names = set(re.findall(r"`?\b((?:zmq|ZMQ)_\w+|E[A-Z]{3,})\b", PAGE))
    known = set(EXPORTED) | {"EBADF", "ZMQ_ZAP_ENFORCE_DOMAIN", "zmq_msg_init_buffer"}
    assert {name for name in names if not name.endswith("_")} <= known


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(_\w+)`", PAGE))))
def test_a_shortened_name_exists(name: str) -> None:
    assert hasattr(capi, f"zmq_timers{name}")
