"""probe: what it says about sockets of pyzmq, and about what is no ZeroMQ socket."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli_support import Call, pyzmq, run, says, started
from support import Task, unique_ipc

ANY = "tcp://127.0.0.1:*"
GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x01" + b"NULL".ljust(52, b"\0")


def steps(text: str) -> dict[str, str]:
    """What is said of each step."""
    return {line.split()[0]: line.split(maxsplit=1)[1] for line in text.splitlines()}


@pytest.mark.parametrize(
    ("kind", "tried"),
    [
        ("ROUTER", "REQ"),
        ("REP", "REQ"),
        ("XPUB", "SUB"),
        ("PUB", "SUB"),
        ("PULL", "PUSH"),
    ],
)
def test_the_type_of_a_socket_is_told_and_a_handshake_done(
    kind: str, tried: str, call: Call
) -> None:
    with pyzmq(kind) as peer:
        peer.option("routing_id", "anna")
        said = steps(call("probe", peer.bind()).stdout)
    assert list(said) == ["name", "tcp", "greeting", "socket", "handshake"]
    assert re.fullmatch(r"ZMTP 3\.1, NULL; round trip \d+\.\d\d ms", said["greeting"])
    assert said["socket"].startswith(f"{kind}, identity ")
    assert re.fullmatch(rf"as {tried} in \d+\.\d\d ms: the peer is {kind}", said["handshake"])


def test_no_message_is_taken_from_a_pusher(call: Call) -> None:
    with pyzmq("PUSH") as peer:
        endpoint = peer.bind()
        assert "not done: it could take messages from a PUSH" in call("probe", endpoint).stdout
        assert "as PULL in" in call("probe", endpoint, "--socket", "pull").stdout


@pytest.mark.parametrize(("kind", "wrong"), [("PUB", "pull"), ("ROUTER", "sub"), ("PUSH", "req")])
def test_a_type_that_does_not_fit_is_a_failed_handshake(kind: str, wrong: str, call: Call) -> None:
    with pyzmq(kind) as peer:
        done = call("probe", peer.bind(), "--socket", wrong)
    assert (done.returncode, done.stderr) == (1, "zmqlite probe: no handshake succeeded\n")
    assert steps(done.stdout)["socket"].startswith(f"{kind}, identity ")
    assert steps(done.stdout)["handshake"].startswith(f"as {wrong.upper()}: failed; ")


def test_ipc_has_no_name_to_resolve(call: Call) -> None:
    with pyzmq("ROUTER") as peer:
        said = steps(call("probe", peer.bind(unique_ipc())).stdout)
    assert list(said) == ["ipc", "greeting", "socket", "handshake"]


@pytest.mark.slow
def test_who_does_not_listen_is_a_failed_step() -> None:
    with socket.socket() as unbound:
        unbound.bind(("127.0.0.1", 0))
        done = run("probe", f"tcp://127.0.0.1:{unbound.getsockname()[1]}")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "Connection refused" in done.stderr
    done = run("probe", "tcp://nobody.invalid:1")
    assert (done.returncode, done.stdout) == (1, "")
    assert "the name nobody.invalid is not known" in done.stderr


@contextmanager
def answering(answer: bytes, hold: bool) -> Iterator[str]:
    """Something that answers each connection so, and ends it unless it is to hold it."""
    held: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            connection.sendall(answer)
            if hold:
                held.append(connection)
            else:
                connection.recv(64)
                connection.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        task = Task(serve)
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        task.result()
    for connection in held:
        connection.close()


@pytest.mark.parametrize(
    ("answer", "hold", "says"),
    [
        (b"SSH-2.0-x\r\n", True, "no ZeroMQ socket; it says b'SSH-2.0-x"),
        (b"HTTP/1.1 400 Bad\r\n\x1b[31m", True, "no ZeroMQ socket; it says b'HTTP/1.1"),
        (b"", True, "does not greet"),
        (b"", False, "ends the connection"),
        (b"\xff" + bytes(8) + b"\x7f\x01", True, "does not greet after"),
        (b"\xff" + bytes(8) + b"\x7f\x01\x00", True, "ZMTP 1"),
        (GREETING, True, "without security, or its ZAP handler refuses"),
        (GREETING[:40], False, "ends the connection after"),
        (GREETING + b"\x04\x06\x05READ", False, "refuses"),
        (GREETING + b"\x04\x06\x05ERROR", True, "sends no READY"),
        (GREETING + b"\x04\x08\x05READY\xff\xff", True, "sends no READY"),
        (GREETING + b"\x04\x0c\x05READY\x01A\xff\xff\xff\xff", True, "sends no READY"),
        (GREETING.replace(b"NULL", b"\x1b[2J"), True, "the peer wants"),
    ],
)
def test_what_is_no_socket_of_zeromq_is_told(
    answer: bytes, hold: bool, says: str, call: Call
) -> None:
    with answering(answer, hold) as endpoint:
        done = call("probe", endpoint, "--timeout", "200")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done
    assert says in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    (tmp_path / "clients").mkdir()
    for name in ("server", "clients/anna", "eve"):
        says("keygen", str(tmp_path / name))
    return tmp_path


@pytest.mark.slow
def test_each_mistake_with_curve_has_its_meaning(certificates: Path) -> None:
    def keys(own: str, server: str) -> list[str]:
        return ["--cert", str(certificates / own), "--server-key", str(certificates / server)]

    allow = ["--cert", str(certificates / "server"), "--allow", str(certificates / "clients")]
    with started("rep", ANY, *allow) as command:
        endpoint = command.bound()
        good = run("probe", endpoint, *keys("clients/anna", "server"))
        assert good.returncode == 0, good
        assert "CURVE" in steps(good.stdout)["greeting"]
        assert steps(good.stdout)["handshake"].endswith("the peer is ROUTER or REP")
        bare = run("probe", endpoint)
        denied = run("probe", endpoint, *keys("eve", "server"))
        wrong = run("probe", endpoint, *keys("clients/anna", "eve"))
        plain = run("probe", endpoint, "--user", "x", ZMQLITE_PASSWORD="y")
    assert "the peer wants CURVE: it takes --server-key and --cert" in bare.stderr
    assert "denied by the policy of the server" in denied.stdout
    assert "curve_serverkey is not its public key" in wrong.stdout
    assert "the peer wants CURVE" in plain.stderr
    assert {done.returncode for done in (bare, denied, wrong, plain)} == {1}


@pytest.mark.slow
def test_a_wrong_password_has_its_meaning() -> None:
    with started("rep", ANY, "--user", "anna", env=_environment("sesame")) as command:
        endpoint = command.bound()
        good = run("probe", endpoint, "--user", "anna", ZMQLITE_PASSWORD="sesame")
        assert "the peer is ROUTER or REP" in good.stdout
        wrong = run("probe", endpoint, "--user", "anna", ZMQLITE_PASSWORD="guess")
        bare = run("probe", endpoint)
    assert "denied by the policy of the server" in wrong.stdout
    assert "the peer wants PLAIN: it takes --user" in bare.stderr


@pytest.mark.slow
def test_keys_for_a_peer_without_security_are_told(certificates: Path) -> None:
    keys = ["--cert", str(certificates / "eve"), "--server-key", str(certificates / "server")]
    with pyzmq("ROUTER") as peer:
        done = run("probe", peer.bind(), *keys)
    assert "the peer wants NULL: it takes no keys" in done.stderr


def _environment(password: str) -> dict[str, str]:
    return {**os.environ, "ZMQLITE_PASSWORD": password}
