"""Typed messages to and from programs that do not use zmqlite, over tcp, good and malformed ones.

What a program needs to be built and run is looked for; where it is missing, its tests are skipped.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from checkout import ROOT
from schemas import SOURCES, DataMessage, generate
from support import DEADLINE, Make

import zmqlite as zmq
from zmqlite import proto

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

INTEROP = ROOT / "tests" / "proto" / "interop"
FIRST = 1_700_000_000_000
COUNT = 3


def run(*command: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=250, check=False
    )


def build_cpp(directory: Path) -> list[str]:
    """Compile the peer in C++."""
    if not all(map(shutil.which, ("g++", "pkg-config"))):
        pytest.skip("no C++ compiler: apt-get install g++ pkg-config")
    found = run("pkg-config", "--variable=prefix", "protobuf")
    protoc = Path(found.stdout.strip(), "bin", "protoc")
    if found.returncode or not protoc.exists() or not Path("/usr/include/zmq.hpp").exists():
        pytest.skip("apt-get install cppzmq-dev libprotobuf-dev protobuf-compiler libzmq3-dev")
    made = run(protoc, f"--proto_path={SOURCES}", f"--cpp_out={directory}", "message.proto")
    assert made.returncode == 0, made.stderr
    flags = run("pkg-config", "--cflags", "--libs", "libzmq", "protobuf").stdout.split()
    program = directory / "peer"
    sources = [INTEROP / "peer.cpp", directory / "message.pb.cc"]
    made = run("g++", "-std=c++17", f"-I{directory}", "-o", program, *sources, *flags)
    assert made.returncode == 0, made.stderr
    return [str(program)]


def build_node(directory: Path) -> list[str]:
    """Find Node.js and its packages, beside the peer or on NODE_PATH."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node.js: apt-get install nodejs npm")
    check = run(node, "-e", "require('zeromq'); require('protobufjs')", cwd=INTEROP)
    if check.returncode:
        pytest.skip(f"no zeromq and protobufjs: npm install --prefix {INTEROP.relative_to(ROOT)}")
    return [node, str(INTEROP / "peer.js")]


def build_pyzmq(directory: Path) -> list[str]:
    """Generate the message for the peer with pyzmq."""
    if importlib.util.find_spec("zmq") is None:
        pytest.skip("no pyzmq: pip install pyzmq")
    generate(directory)
    shutil.copy(INTEROP / "peer.py", directory)
    return [sys.executable, str(directory / "peer.py")]


BUILDERS = {"C++": build_cpp, "Node.js": build_node, "pyzmq": build_pyzmq}


@pytest.fixture(scope="module", params=BUILDERS)
def peer(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, list[str]]:
    return request.param, BUILDERS[request.param](tmp_path_factory.mktemp("peer"))


@contextmanager
def started(command: list[str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    extra = [str(SOURCES / "message.proto")] if command[-1].endswith(".js") else []
    with subprocess.Popen(
        [*command, *arguments, str(COUNT + 2 if arguments[0] == "subscribe" else COUNT), *extra],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def output(process: subprocess.Popen[str]) -> list[str]:
    out, err = process.communicate(timeout=2 * DEADLINE)
    assert process.returncode == 0, err
    return out.splitlines()


def test_what_another_publishes_is_understood(make: Make, peer: tuple[str, list[str]]) -> None:
    name, command = peer
    receiver = make(zmq.SUB, rcvtimeo=int(DEADLINE * 1000))
    with (
        proto.TypedSocket(receiver, DataMessage) as typed,
        started(command, "publish", "tcp://127.0.0.1:*") as process,
    ):
        assert process.stdout is not None
        bound, endpoint = process.stdout.readline().split()
        assert bound == "bound"
        typed.subscribe()
        typed.socket.connect(endpoint)
        messages = [typed.recv()]
        with pytest.raises(proto.DecodeError, match="does not parse"):
            typed.recv()
        with pytest.raises(proto.FrameCount):
            typed.recv()
        messages += [typed.recv() for _ in range(COUNT - 1)]
        typed.close()
        assert output(process) == []
    assert messages == [
        DataMessage(content=f"from {name} \u2713", timestamp=FIRST + i) for i in range(COUNT)
    ]


def test_what_zmqlite_publishes_is_understood_by_another_program(
    make: Make, peer: tuple[str, list[str]]
) -> None:
    _, command = peer
    publisher = make(zmq.XPUB, rcvtimeo=int(DEADLINE * 1000))
    typed = proto.TypedSocket(publisher, DataMessage)
    with started(command, "subscribe", publisher.bind("tcp://127.0.0.1:*")) as process:
        assert publisher.recv() == b"\1"
        message = DataMessage(content="from zmqlite \u2713", timestamp=FIRST)
        typed.send(message)
        publisher.send(message.SerializeToString()[:-1])
        publisher.send_multipart([message.SerializeToString(), b"too much"])
        for i in range(1, COUNT):
            typed.send(DataMessage(content="from zmqlite \u2713", timestamp=FIRST + i))
        assert output(process) == [
            f"{FIRST} from zmqlite \u2713",
            "malformed",
            "several frames",
            *(f"{FIRST + i} from zmqlite \u2713" for i in range(1, COUNT)),
        ]
