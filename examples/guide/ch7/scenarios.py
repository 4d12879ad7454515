"""The scenarios of this chapter: which programs run together, and what they must print."""

from __future__ import annotations

from ...scenario import Part, Scenario


def _transfer(name: str, summary: str, chunks: int) -> Scenario:
    """A file that is made and then transferred; it has 10 MB where that is to be fast."""
    return Scenario(
        name,
        f"a file transferred {summary}",
        (
            Part(
                "maker",
                "examples.guide.ch7.mktestdata --size {size}",
                ready=("wrote {size} bytes to testdata",),
            ),
            Part(
                "program",
                f"examples.guide.ch7.{name} --bind {{port}} --connect {{port}}",
                expect=("{chunks} chunks received, {size} bytes, sha256 [0-9a-f]{{64}}",),
            ),
        ),
        values={"size": 1 << 30, "chunks": chunks},
        fast={"size": 10_000_000, "chunks": 41},
        ports=("port",),
        timeout=120_000,
    )


SCENARIOS = (
    _transfer("fileio1", "all at once", 4296),
    _transfer("fileio2", "chunk by chunk, each when it is asked for", 4295),
    _transfer("fileio3", "with ten chunks under way, a credit for flow control", 4295),
)
