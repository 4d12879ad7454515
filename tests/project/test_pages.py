"""The pages of the documentation: every program in them runs, every link leads somewhere."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pages
import pytest
from checkout import ROOT
from markdown_it import MarkdownIt

PAGES = {
    str(path.relative_to(ROOT)): path
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
}

# These say what other programs around the blocks of the page, and which of their parts, they run.
ELSEWHERE = {
    "docs/howto/aio.md": "tests/aio/test_docs.py",
    "docs/howto/porting-from-c.md": "tests/capi/test_porting_page.py",
}

# Tables, frames and prose.
WITHOUT_PROGRAMS = {
    "docs/index.md",
    "docs/explanation/alternatives.md",
    "docs/explanation/architecture.md",
    "docs/explanation/delivery.md",
    "docs/explanation/index.md",
    "docs/explanation/slower.md",
    "docs/explanation/network.md",
    "docs/explanation/speed.md",
    "docs/explanation/promises.md",
    "docs/howto/index.md",
    "docs/howto/pyzmq.md",
    "docs/reference/aio.md",
    "docs/reference/auth.md",
    "docs/reference/capi.md",
    "docs/reference/cli.md",
    "docs/reference/errors.md",
    "docs/reference/index.md",
    "docs/reference/limits.md",
    "docs/reference/options.md",
    "docs/reference/proto.md",
    "docs/reference/rpc-wire.md",
    "docs/reference/rpc.md",
    "docs/reference/traps.md",
    "docs/reference/wire.md",
    "docs/reference/zmqlite.md",
    "docs/tutorial/gallery.md",
    "docs/tutorial/index.md",
    "docs/troubleshooting.md",
}


def has_programs(name: str) -> bool:
    return any(block.language in ("python", "console") for block in pages.blocks(PAGES[name]))


RUN = sorted(name for name in PAGES.keys() - ELSEWHERE.keys() if has_programs(name))
TUTORIAL = [name for name in RUN if name.startswith("docs/tutorial/")]
RUNS = [[name] for name in RUN if name not in TUTORIAL]
if TUTORIAL:
    RUNS.append(TUTORIAL)  # later steps use the files of earlier ones


def test_a_page_has_programs_unless_it_is_listed() -> None:
    assert {name for name in PAGES if not has_programs(name)} == WITHOUT_PROGRAMS


@pytest.mark.parametrize("name", sorted(ELSEWHERE))
def test_the_programs_of_a_page_that_are_run_elsewhere_are(name: str) -> None:
    parts = " / ".join(f'"{part}"' for part in Path(name).parts)
    assert parts in (ROOT / ELSEWHERE[name]).read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("names", RUNS, ids=lambda names: names[0])
def test_the_programs_of_a_page_print_what_it_says(names: list[str], tmp_path: Path) -> None:
    for name in names:
        pages.run(PAGES[name], tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("```python\nprint(1)\n```\n", "line 1: printed\n1"),
        ("```python\nprint(1)\n```\n```text\n2\n```\n", "line 1: printed\n1"),
        ("\n```python\n1 / 0\n```\n", "ZeroDivisionError"),
        ("```console\n$ echo 1\n2\n```\n", "echo 1\nprinted\n1"),
        ("<!-- test: background -->\n```python\nprint(1)\n```\n```text\n2\n```\n", "line 2"),
    ],
)
def test_a_program_that_prints_something_else_is_found(
    text: str, complaint: str, tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    with pytest.raises(AssertionError, match=complaint):
        pages.run(page, tmp_path)


def test_each_promise_names_tests_that_exist() -> None:
    page = (ROOT / "docs" / "explanation" / "promises.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", page)
    assert named
    for file, test in named:
        assert f"def {test}(" in (ROOT / "tests" / file).read_text(encoding="utf-8"), test


def anchors(path: Path) -> set[str]:
    """The names that links can give the headings of a page."""
    tokens = MarkdownIt().parse(path.read_text(encoding="utf-8"))
    heads = [
        text.content for head, text in itertools.pairwise(tokens) if head.type == "heading_open"
    ]
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def links(path: Path) -> list[str]:
    found = []
    for token in MarkdownIt().enable("table").parse(path.read_text(encoding="utf-8")):
        for part in token.children or ():
            target = part.attrs.get("href") or part.attrs.get("src")
            if target and "://" not in str(target):
                found.append(str(target))
    return found


OTHERS = ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")


@pytest.mark.parametrize("name", sorted({*PAGES, *OTHERS}))
def test_a_link_leads_to_a_file_and_a_heading_that_exist(name: str) -> None:
    page = ROOT / name
    for link in links(page):
        file, _, heading = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), link
        assert not heading or heading in anchors(target), link
