"""Turns the plain text of zmqlite's docstrings into what Sphinx reads.

A docstring has indented blocks for code and tables, backquotes for code, and names of pages as
paths in the checkout. Options are left out, since the page of options has them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from zmqlite.option import Missing, Option

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PAGE = re.compile(r"docs/([\w/-]+)\.md")
MANUAL = re.compile(r"^C: (.*)$")


def indentation(line: str) -> int:
    return len(line) - len(line.lstrip())


def prepare(lines: list[str]) -> list[str]:
    """Return the lines of a docstring as reStructuredText for napoleon.

    A block that is indented deeper than the paragraph before it is taken as it is.
    """
    out: list[str] = []
    paragraph, block = 0, None
    for number, line in enumerate(lines):
        if block is not None and line.strip() and indentation(line) < block:
            block = None
        if block is None and line.strip():
            after_gap = number > 0 and not lines[number - 1].strip()
            if after_gap and indentation(line) > paragraph and out:
                block = indentation(line)
                out += ["::" if paragraph == 0 else " " * paragraph + "::", ""]
            else:
                paragraph = indentation(line)
        if block is None:
            line = PAGE.sub(r":doc:`/\1`", line)
            line = re.sub(r"(?<![`\w])\*(?=[\w,) ]|$)", r"\\*", line)
            line = MANUAL.sub(r"**C:** \1", line)
        out.append(line)
    return out


def process(
    app: Sphinx, what: str, name: str, each: object, options: Any, lines: list[str]
) -> None:
    lines[:] = prepare(lines)


def skip(
    app: Sphinx, what: str, name: str, each: object, skipped: bool, options: Any
) -> bool | None:
    return True if isinstance(each, Option | Missing) else None


def setup(app: Sphinx) -> dict[str, bool]:
    # Before napoleon, whose priority is the default, 500.
    app.connect("autodoc-process-docstring", process, priority=400)
    app.connect("autodoc-skip-member", skip)
    return {"parallel_read_safe": True}
