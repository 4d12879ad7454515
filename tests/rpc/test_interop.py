"""Clients and servers in C++ and Node, which speak the wire form without any library of ours.

What a program needs to be built and run is looked for; where it is missing, its tests are skipped.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from checkout import ROOT
from rpc_support import KINDS, LONG, Event, Request, WatchRequest, calling, serving
from support import DEADLINE, Task

import zmqlite as zmq
from zmqlite import rpc

# Compiling takes a minute where others work, too.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

INTEROP = Path(__file__).parent / "interop"
SCHEMA = INTEROP.parent / "greeter.proto"


def run(*command: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=240, check=False
    )


def build_cpp(directory: Path) -> list[str]:
    """Compile the peer in C++."""
    found = run("pkg-config", "--variable=prefix", "protobuf") if shutil.which("g++") else None
    protoc = Path(found.stdout.strip() if found else "", "bin", "protoc")
    if not (protoc.exists() and Path("/usr/include/zmq.hpp").exists()):
        pytest.skip("apt-get install g++ cppzmq-dev libprotobuf-dev protobuf-compiler libzmq3-dev")
    names = ("rpc.proto", "greeter.proto")
    made = run(protoc, f"--proto_path={directory}", f"--cpp_out={directory}", *names)
    assert made.returncode == 0, made.stderr
    flags = run("pkg-config", "--cflags", "--libs", "libzmq", "protobuf").stdout.split()
    sources = [INTEROP / "peer.cpp", directory / "rpc.pb.cc", directory / "greeter.pb.cc"]
    made = run("g++", "-std=c++17", f"-I{directory}", "-o", directory / "peer", *sources, *flags)
    assert made.returncode == 0, made.stderr
    return [str(directory / "peer")]


def build_node(directory: Path) -> list[str]:
    """Find Node.js and its packages, beside the peer of typed messages or on NODE_PATH."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node.js: apt-get install nodejs npm")
    typed = ROOT / "tests" / "proto" / "interop"
    os.environ.setdefault("NODE_PATH", str(typed / "node_modules"))
    if run(node, "-e", "require('zeromq'); require('protobufjs')").returncode:
        pytest.skip(f"no zeromq and protobufjs: npm install --prefix {typed.relative_to(ROOT)}")
    return [node, str(INTEROP / "peer.js")]


BUILDERS = {"C++": build_cpp, "Node.js": build_node}


@pytest.fixture(scope="module", params=BUILDERS)
def peer(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, list[str], list[str]]:
    directory = tmp_path_factory.mktemp("peer")
    page = (ROOT / "docs" / "reference" / "rpc-wire.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```proto\n(.*?)```", page, re.DOTALL)
    (directory / "rpc.proto").write_text(block)
    shutil.copy(SCHEMA, directory)
    schemas = [str(directory / name) for name in ("rpc.proto", "greeter.proto")]
    command = BUILDERS[request.param](directory)
    return request.param, command, [] if request.param == "C++" else schemas


@pytest.mark.parametrize("kind", KINDS)
def test_a_client_without_zmqlite_calls_a_server(
    context: zmq.Context, peer: tuple[str, list[str], list[str]], kind: str
) -> None:
    name, command, schemas = peer
    with serving(kind, context) as server:
        done = run(*command, "client", server.endpoint, *schemas)
    assert done.returncode == 0, done.stderr
    hello = f"Hello, {name} got a=b attached data!"
    assert done.stdout.splitlines() == [
        hello,
        hello,
        "status 5 executed 2",
        "status 14 executed 1",
        "items 10 status 0",
    ]
    assert server.greeter.executed.count(name) == 1


@pytest.mark.parametrize("peer", ["C++"], indirect=True)
@pytest.mark.parametrize("kind", ["blocking", "asyncio"])
def test_a_server_without_zmqlite_registers_with_a_broker(
    context: zmq.Context, peer: tuple[str, list[str], list[str]], kind: str
) -> None:
    name, command, _ = peer
    if name != "C++":
        pytest.skip(
            "the peer in C++ registers; a client in any language calls a broker as a server"
        )
    broker = rpc.Broker(context)
    endpoint = broker.bind("tcp://127.0.0.1:*")
    task = Task(broker.run)
    with subprocess.Popen([*command, "register", endpoint], stdin=subprocess.PIPE) as process:
        try:
            with calling(kind, context, endpoint, timeout=LONG) as stub:
                reply = stub.hello(Request(name="you"), attachments=[b"1"])
                assert reply.text == "Hello, you in time"
                with pytest.raises(rpc.RpcError, match="NOT_FOUND: nobody is called so"):
                    stub.hello(Request(name="unknown"))
                items = list(stub.watch(WatchRequest(count=3000)))
                assert items == [Event(number=number) for number in range(3000)]
            done = run(*command, "client", endpoint)
            assert done.stdout.splitlines()[-1] == "items 10 status 0", done.stderr
            assert process.stdin is not None
            process.stdin.close()
            assert process.wait(DEADLINE) == 0
        finally:
            process.kill()
            broker.stop()
            task.result()


@pytest.mark.parametrize("kind", ["blocking", "asyncio"])
def test_a_server_without_zmqlite_answers_a_client(
    context: zmq.Context, peer: tuple[str, list[str], list[str]], kind: str
) -> None:
    _, command, schemas = peer
    with subprocess.Popen(
        [*command, "server", "tcp://127.0.0.1:*", *schemas],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            _, endpoint = process.stdout.readline().split()
            with calling(kind, context, endpoint, timeout=LONG) as stub:
                outcome = rpc.Outcome()
                reply = stub.hello(
                    Request(name="you"), metadata={"a": "b"}, attachments=[b"1"], outcome=outcome
                )
                assert reply.text == "Hello, you in time"
                assert outcome.metadata == {"got a": "b"}
                assert [bytes(each) for each in outcome.attachments] == [b"1!"]
                with pytest.raises(rpc.RpcError, match="NOT_FOUND: nobody is called so"):
                    stub.hello(Request(name="unknown"))
                items = list(stub.watch(WatchRequest(count=3000)))
                assert items == [Event(number=number) for number in range(3000)]
            assert process.stdin is not None
            process.stdin.close()
            assert process.wait(DEADLINE) == 0
        finally:
            process.kill()
