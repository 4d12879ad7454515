"""What a type checker knows: with the stubs that protoc writes, the type of every message."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import schemas
from checkout import ROOT, run

RIGHT = (ROOT / "tests" / "proto" / "typing" / "program.py.in").read_text()

WRONG = {
    "typed.send(Cat())": 'incompatible type "Cat"',
    "typed.send(b'bytes')": 'incompatible type "bytes"',
    "typed.recv().no_such_field": "has no attribute",
    "client.send(CatFlap())": 'incompatible type "CatFlap"',
    "proto.TypedSocket(socket, int)": "",
    "both.send(DataMessage())": 'incompatible type "DataMessage"',
    "dispatcher.on(CatFlap)(on_cat)": "incompatible type",
    "proto.TypedSocket(awaited, Cat)": "No overload variant",
    "AsyncTypedSocket(socket, Cat)": "No overload variant",
    "asynchronous.send(CatFlap())": 'incompatible type "CatFlap"',
    "asynchronous.recv().name": 'has no attribute "name"',
    "tagged.send(DataMessage())": 'incompatible type "DataMessage"',
    "proto.Tagged(Cat, CatFlap, topics=True)": "No overload variant",
    "typed.recv(timeout=1.5)": 'incompatible type "float"',
    "typed.send(DataMessage(), topic='text')": 'incompatible type "str"',
}


def mypy(directory: Path, program: str) -> list[str]:
    """Return what mypy says about a program; what protoc wrote for it is not our concern."""
    (directory / "program.py").write_text(program)
    command = (sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "program.py")
    env = {"MYPYPATH": str(ROOT), "MYPY_CACHE_DIR": str(directory.parent / "cache")}
    done = run(*command, cwd=directory, env=env)
    assert not done.stderr
    return [line for line in done.stdout.splitlines() if line.startswith("program.py:")]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("typed")
    schemas.generate(path, f"--pyi_out={path}")
    return path


@pytest.mark.slow
def test_the_types_of_messages_flow_and_misuse_is_found(directory: Path) -> None:
    (revealed,) = mypy(directory, RIGHT)
    assert revealed.endswith('note: Revealed type is "zoo_pb2.Cat | zoo_pb2.CatFlap"')
    program = RIGHT + "\n".join(WRONG)
    first = program.count("\n") - len(WRONG) + 2
    lines = mypy(directory, program)
    for number, (line, words) in enumerate(WRONG.items(), start=first):
        found = [text for text in lines if text.startswith(f"program.py:{number}: error")]
        assert found, f"nothing found in {line!r}:\n" + "\n".join(lines)
        assert words in " ".join(found)
