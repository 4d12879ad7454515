"""The examples with typed messages: each scenario under the launcher, as a user runs it."""

from __future__ import annotations

import sys

from checkout import ROOT, run


def test_the_message_of_the_example_is_the_message_of_the_vectors() -> None:
    example = (ROOT / "examples" / "proto" / "message.proto").read_text()
    assert example == (ROOT / "tests" / "proto" / "schemas" / "message.proto").read_text()


def test_without_protoc_an_example_says_what_to_install() -> None:
    program = """
import importlib.util
importlib.util.find_spec = lambda name: None
import examples.proto.generated
"""
    done = run(sys.executable, "-c", program, cwd=ROOT)
    assert done.returncode == 1
    assert done.stderr == "this example needs protoc: pip install -e '.[examples]'\n"
