"""Sections of pages that programs write, between two markers."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from .children import ROOT

WIDTH: Final = 160
"""Characters of a line, so that no cell of a table is wrapped."""

COMMAND: Final = "python -m benchmarks"
PUBLISH: Final = "python -m benchmarks --publish"
END: Final = "<!-- written until here -->"

SPEED: Final = ROOT / "docs" / "explanation" / "speed.md"


def begin(command: str) -> str:
    """Write the marker that starts the section of a command."""
    return f"<!-- written by {command} -->"


def with_section(page: str, section: str, command: str = COMMAND) -> str:
    """Put the section of a command between its markers in a page.

    Raises:
        ValueError: the markers are not there.
    """
    marker = begin(command)
    before, found, rest = page.partition(marker)
    _, end, after = rest.partition(END)
    if not (found and end):
        raise ValueError(f"the page has no {marker} with {END} after it")
    return f"{before}{marker}\n{section}{END}{after}"


def as_text(*parts: Table | str) -> str:
    """Write tables and paragraphs as Markdown."""
    texts = []
    for part in parts:
        file = io.StringIO()
        Console(file=file, width=WIDTH).print(part, soft_wrap=isinstance(part, str))
        texts.append("\n".join(line.rstrip() for line in file.getvalue().splitlines()).strip("\n"))
    return "\n\n".join(texts) + "\n"


def write_section(command: str, parts: Sequence[Table | str], page: Path = SPEED) -> Path:
    """Write tables and paragraphs into the section of a command; return the page."""
    text = with_section(page.read_text(encoding="utf-8"), as_text(*parts), command)
    page.write_text(text, encoding="utf-8")
    return page
