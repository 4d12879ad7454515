"""The scenarios of this chapter, and one with workers from examples.capi."""

from __future__ import annotations

from ..basics import PYTHON, C, chapter_1, mixed

_ours, _theirs = ({each.name: each for each in chapter_1(api)} for api in (PYTHON, C))

SCENARIOS = (
    *_ours.values(),
    mixed(
        "pipeline-mixed",
        "the pipeline, with two workers in C's own steps",
        _ours["pipeline"],
        _theirs["pipeline-c"],
        "worker-1",
        "worker-2",
    ),
)
