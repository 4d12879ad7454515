"""zmqlite.capi against C: the same calls in both languages, line by line.

Each topic in tests/capi is a program of calls in C, which port.py turns into Python: types, braces
and semicolons go. Both print a line for every call, with the value that came back and errno where
that means failure. Where C is undefined there is no such line; test_misuse.py has it.
"""

from __future__ import annotations

import functools
import re
import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest
from capi.given import EXPORTED, OLD_NAMES, compiled
from capi.port import port
from checkout import ROOT, TESTS, VENDOR, succeed

from zmqlite import capi

PROGRAMS = ROOT / "tests" / "capi"
TOPICS = sorted(path.stem for path in PROGRAMS.glob("calls_*.c"))
FUNCTIONS = {name for name in EXPORTED if callable(getattr(capi, name))} & set(
    re.findall(r"\b(zmq_\w+)\(", "".join(path.read_text() for path in VENDOR.glob("*.h")))
)

# What C does not let fail: these return nothing, or nothing that says so; zmq_ctx_new fails without
# descriptors only, zmq_curve_keypair without CURVE, and zmq_msg_init_data without memory.
INFALLIBLE = {
    *(f"zmq_atomic_counter_{name}" for name in ("dec", "destroy", "inc", "new", "set", "value")),
    *(f"zmq_msg_{name}" for name in ("data", "init", "init_data", "more", "size")),
    *(f"zmq_stopwatch_{name}" for name in ("intermediate", "start", "stop")),
    *("zmq_ctx_new", "zmq_curve_keypair", "zmq_errno", "zmq_has", "zmq_strerror"),
    *("zmq_threadclose", "zmq_threadstart", "zmq_timers_new", "zmq_version"),
}
# What has no line of its own: the lines that tell of it are those of what it gives.
UNPRINTED = {"zmq_errno", "zmq_msg_data", "zmq_stopwatch_intermediate", "zmq_stopwatch_stop"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("cc") is None, reason="needs a compiler"),
]


@functools.cache
def lines_of_c(topic: str, include: Path) -> list[str]:
    return succeed(compiled(PROGRAMS / f"{topic}.c", include)).splitlines()


def lines_of_python(topic: str, directory: Path) -> list[str]:
    program = directory / f"{topic}.py"
    program.write_text(port((PROGRAMS / f"{topic}.c").read_text()))
    return succeed(sys.executable, program, env=TESTS).splitlines()


def function_of(line: str) -> str:
    return line.split()[0]


def current_name(line: str) -> str:
    """Replace an old name of a function: the port prints the name that the function has."""
    function, *rest = line.split(" ")
    return " ".join([OLD_NAMES.get(function, function), *rest])


def failed(line: str) -> bool:
    return re.match(r"zmq_\w+ (-1|NULL) (?!0$)", line) is not None


@pytest.mark.parametrize("topic", TOPICS)
def test_the_same_calls_give_the_same(topic: str, include: Path, tmp_path: Path) -> None:
    assert lines_of_python(topic, tmp_path) == [
        current_name(line) for line in lines_of_c(topic, include)
    ]


def test_every_function_is_compared_both_when_it_succeeds_and_when_it_fails(include: Path) -> None:
    lines = [line for topic in TOPICS for line in lines_of_c(topic, include)]
    calls = [line for line in lines if line.startswith("zmq_") and " = " not in line]
    bad = Counter(function_of(line) for line in calls if failed(line))
    good = Counter(function_of(line) for line in calls if not failed(line))
    print(f"{len(calls)} calls compared: {good.total()} good ones, {bad.total()} bad ones")
    assert len(FUNCTIONS) == 70
    assert good.keys() | bad.keys() == FUNCTIONS - UNPRINTED
    assert bad.keys() >= FUNCTIONS - INFALLIBLE
    assert not bad.keys() & INFALLIBLE
    never_succeed = {"zmq_proxy", "zmq_device", "zmq_msg_set"}
    assert good.keys() == FUNCTIONS - UNPRINTED - never_succeed
