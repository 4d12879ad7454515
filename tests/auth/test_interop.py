"""CURVE and PLAIN with programs that do not use zmqlite: their certificates, clients and servers.

What a program needs to be built and run is looked for; where it is missing, its tests are skipped.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from auth_support import HASHES, SERVER, WAIT, denial
from checkout import ROOT
from support import Make

from zmqlite import PULL, PUSH, Context, SecurityError, Socket, auth

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

INTEROP = ROOT / "tests" / "auth" / "interop"


def run(*command: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=250, check=False
    )


def build_czmq(directory: Path) -> list[str]:
    """Compile the peer in C."""
    flags = run("pkg-config", "--cflags", "--libs", "libczmq", "libzmq")
    if flags.returncode or shutil.which("gcc") is None:
        pytest.skip("no czmq: apt-get install gcc pkg-config libczmq-dev")
    program = directory / "peer"
    made = run("gcc", "-Wall", "-o", program, INTEROP / "peer.c", *flags.stdout.split())
    assert made.returncode == 0, made.stderr
    return [str(program)]


def build_node(directory: Path) -> list[str]:
    """Find Node.js and its package, beside the peer or on NODE_PATH."""
    node = shutil.which("node")
    if node is None or run(node, "-e", "require('zeromq')", cwd=INTEROP).returncode:
        pytest.skip("no Node.js with zeromq: npm install --prefix tests/proto/interop")
    return [node, str(INTEROP / "peer.js")]


def build_pyzmq(directory: Path) -> list[str]:
    if importlib.util.find_spec("zmq") is None:
        pytest.skip("no pyzmq: pip install pyzmq")
    return [sys.executable, str(INTEROP / "peer.py")]


# Who writes certificates, and has an authenticator; and whether the files are theirs or ours.
BOTH = [(name, own) for name in ("czmq", "pyzmq") for own in (True, False)]

BUILDERS = {"czmq": build_czmq, "Node.js": build_node, "pyzmq": build_pyzmq}


class Peer:
    """A program, and the certificates of a test: of the server, of anna, and of bert."""

    def __init__(self, name: str, command: list[str], directory: Path) -> None:
        self.name = name
        self._command = command
        self.directory = directory
        self.public = directory / "public"
        self.public.mkdir()
        SERVER.save(directory / "server")

    def play(self, *arguments: str | Path) -> None:
        done = run(*self._command, *arguments)
        assert done.returncode == 0, done.stderr

    def certificate(self, name: str, own: bool) -> auth.Certificate:
        """Make a certificate, by the program itself if it is its `own`; return it."""
        path = self.directory / f"{name}.key"
        if own:
            self.play("write", path)
        else:
            auth.Certificate.generate({"name": name}).save(path)
        return auth.Certificate.load(path)

    @contextmanager
    def server(self, role: str, *arguments: str | Path) -> Iterator[tuple[str, list[str]]]:
        """Start a server; its endpoint, and a list that has its lines once it has ended."""
        command = [*self._command, role, *map(str, arguments), "tcp://127.0.0.1:*"]
        lines: list[str] = []
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                assert process.stdout is not None
                yield process.stdout.readline().split()[1], lines
                out, err = process.communicate(timeout=WAIT / 1000)
                assert process.returncode == 0, err
                lines += out.splitlines()
            finally:
                process.kill()


@pytest.fixture
def peer(request: pytest.FixtureRequest, tmp_path: Path) -> Peer:
    return Peer(request.param, BUILDERS[request.param](tmp_path), tmp_path)


def refused(client: Socket, endpoint: str) -> bool:
    with pytest.raises(SecurityError, match="denied by the policy"):
        auth.connect(client, endpoint, WAIT, interval=None)
    return True


@pytest.mark.parametrize(("peer", "own"), [*BOTH, ("Node.js", False)], indirect=["peer"])
def test_a_client_comes_in_if_its_certificate_is_in_the_directory(
    own: bool, peer: Peer, make: Make, context: Context
) -> None:
    anna, bert = (peer.certificate(name, own) for name in ("anna", "bert"))
    anna.public_only().save(peer.public / "anna")
    server = make(PULL)
    auth.curve_server(server, SERVER, allow=peer.public)
    endpoint = server.bind("tcp://127.0.0.1:*")
    peer.play("client", peer.directory / "anna.key", peer.directory / "server", endpoint)
    message = server.recv_message(timeout=WAIT)
    assert bytes(message).startswith(b"from ")
    assert message.metadata("User-Id") == anna.public_key.decode()
    with context.monitor() as monitor:
        peer.play("client", peer.directory / "bert.key", peer.directory / "server", endpoint)
        assert bert.public_key.decode() in denial(monitor).cause
    assert not server.poll(0)


@pytest.mark.parametrize(("peer", "own"), BOTH, indirect=["peer"])
def test_our_client_comes_in_if_their_authenticator_has_its_certificate(
    own: bool, peer: Peer, make: Make
) -> None:
    anna, bert, there = (peer.certificate(name, own) for name in ("anna", "bert", "there"))
    if own:
        shutil.copy(peer.directory / "anna.key", peer.public)
    else:
        anna.public_only().save(peer.public / "anna.key")
    with peer.server("server", peer.directory / "there.key", peer.public) as (endpoint, lines):
        client, stranger = make(PUSH, linger=-1), make(PUSH)
        auth.curve_client(stranger, bert, there)
        assert refused(stranger, endpoint)
        auth.curve_client(client, anna, there)
        auth.connect(client, endpoint, WAIT)
        client.send(b"hello")
    assert lines[0].startswith("received hello")
    assert peer.name == "czmq" or anna.public_key.decode() in lines[0]


def test_plain_both_ways_with_pyzmq(tmp_path: Path, make: Make, context: Context) -> None:
    peer = Peer("pyzmq", build_pyzmq(tmp_path), tmp_path)
    server = make(PULL)
    auth.plain_server(server, allow=HASHES)
    endpoint = server.bind("tcp://127.0.0.1:*")
    peer.play("plain-client", "anna", "right", endpoint)
    assert server.recv_message(timeout=WAIT).metadata("User-Id") == "anna"
    with context.monitor() as monitor:
        peer.play("plain-client", "anna", "wrong", endpoint)
        assert "do not fit" in denial(monitor).cause
    with peer.server("plain-server", "anna", "right") as (endpoint, lines):
        client, stranger = make(PUSH, linger=-1), make(PUSH)
        auth.plain_client(stranger, "anna", "wrong")
        assert refused(stranger, endpoint)
        auth.plain_client(client, "anna", "right")
        auth.connect(client, endpoint, WAIT)
        client.send(b"hello")
    assert lines == ["received hello of anna"]
