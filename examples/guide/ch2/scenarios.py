"""The scenarios of this chapter, and some with programs from examples.capi."""

from __future__ import annotations

from ..basics import PYTHON, C, chapter_2, mixed

_ours, _theirs = ({each.name: each for each in chapter_2(api)} for api in (PYTHON, C))

SCENARIOS = (
    *_ours.values(),
    mixed(
        "broker-mixed",
        "the broker, with a worker and a client in C's own steps",
        _ours["broker"],
        _theirs["broker-c"],
        "worker-1",
        "ada",
    ),
    mixed(
        "queue-mixed",
        "a proxy in C's own steps",
        _ours["queue"],
        _theirs["queue-c"],
        "broker",
    ),
)
