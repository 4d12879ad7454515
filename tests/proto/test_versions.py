"""Typed messages with other protobufs: the oldest one, the majors since, in C and in Python.

The tests of the codecs and sockets run again, in a process that finds another protobuf first.
"""

from __future__ import annotations

import sys
from pathlib import Path

import google.protobuf
import pytest
from checkout import ROOT, run, succeed

TESTS = [
    ROOT / "tests" / "proto" / f"test_{name}.py"
    for name in ("codec", "envelope", "socket", "typed", "vectors", "fuzz")
]
SHOW = """
from google.protobuf import __version__
from google.protobuf.internal import api_implementation
print(__version__, api_implementation.Type())
"""
INSTALLED = "installed"
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
CASES = [
    *((version, kind) for version in ("5.29.1", "6.30.0", "6.*") for kind in ("upb", "python")),
    (INSTALLED, "python"),  # all other tests use upb
]


@pytest.fixture(scope="module")
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """Return a version, and a directory that has this protobuf alone."""
    path = tmp_path_factory.mktemp("protobuf")
    version: str = request.param
    if version != INSTALLED:
        done = run(
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"),
            *("--target", path, f"protobuf=={version}"),
        )
        if done.returncode:
            pytest.skip(f"protobuf {version} cannot be installed: {done.stderr.splitlines()[-1]}")
    return version, path


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("place", "implementation"), CASES, indirect=["place"])
def test_typed_messages_work_with(place: tuple[str, Path], implementation: str) -> None:
    version, path = place
    if version == INSTALLED:
        version = google.protobuf.__version__
    environment = {
        "PYTHONPATH": str(path),
        "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": implementation,
    }
    found = succeed(sys.executable, "-c", SHOW, env=environment)
    assert found.startswith(version.rstrip("*"))
    assert found.endswith(f" {implementation}\n")
    blocking = "not asyncio and not debug and not uvloop"
    succeed(*PYTEST, "-k", blocking, *TESTS, cwd=ROOT, env=environment)
