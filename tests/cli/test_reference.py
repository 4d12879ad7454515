"""The page of the command is what the parser says."""

from __future__ import annotations

import subprocess
import sys

from checkout import ROOT

PAGE = ROOT / "docs" / "reference" / "cli.md"
MAKE = ROOT / "docs" / "extensions" / "cli_page.py"


def test_the_page_is_made_from_the_parser() -> None:
    made = subprocess.run([sys.executable, MAKE], capture_output=True, text=True, timeout=30)
    assert made.stdout == PAGE.read_text(encoding="utf-8"), made.stderr
