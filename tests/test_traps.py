"""docs/traps.md counts right, and names files that are there."""

from __future__ import annotations

import re
from collections import Counter

from checkout import ROOT

PAGE = (ROOT / "docs" / "traps.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([A-K]\d+) \| (.+) \| (.+) \| (.+) \| (.*) ?\|$", PAGE, re.MULTILINE)
OUTCOMES = {"prevented", "harmless", "your duty"}


def test_every_trap_has_one_outcome() -> None:
    assert {row[2] for row in ROWS} == OUTCOMES
    assert len({row[0] for row in ROWS}) == len(ROWS)


def test_the_counts_are_those_of_the_table() -> None:
    counts = Counter(row[2] for row in ROWS)
    head = " ".join(PAGE.partition("\n- ")[0].split())
    assert f"Of {len(ROWS)} traps {counts['prevented']} are prevented" in head
    assert f"{counts['harmless']} harmless and {counts['your duty']} your duty" in head


def test_what_is_prevented_or_harmless_names_a_test_or_the_code() -> None:
    unproved = [row[0] for row in ROWS if row[2] == "prevented" and not row[4].strip()]
    assert unproved == []


def test_the_files_named_are_there() -> None:
    for name in re.findall(r"`([\w/]+)`", " ".join(row[4] for row in ROWS)):
        files = (ROOT / "tests" / f"{name}.py", ROOT / "zmqlite" / f"{name}.py")
        assert any(file.is_file() for file in files), name
