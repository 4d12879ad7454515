"""keygen, cert, proxy, watch and bench."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from cli_support import pyzmq, refused, run, says, started
from support import Task

from zmqlite import auth, curve_public

ANY = "tcp://127.0.0.1:*"


def test_keygen_prints_a_pair() -> None:
    words = says("keygen").split()
    assert words[::2] == ["public-key", "secret-key"]
    assert curve_public(words[3].encode()).decode() == words[1]


@pytest.mark.slow
def test_keygen_saves_a_certificate_that_cert_shows_without_its_secret(tmp_path: Path) -> None:
    path = str(tmp_path / "anna")
    key = says("keygen", path, "--meta", "name=Anna A.").split()[1]
    made = auth.Certificate.load(path)
    assert made.public_key.decode() == key
    assert says("cert", "public", path) == f"{key}\n"
    assert says("cert", "show", path).splitlines() == [
        f"public-key  {key}",
        "secret-key  there",
        "name        Anna A.",
    ]
    assert made.secret_key.decode() not in says("cert", "show", path)
    assert "is not written over" in refused("keygen", path)
    (tmp_path / "anna_secret").unlink()
    assert "secret-key  none\n" in says("cert", "show", path)


@pytest.mark.slow
def test_curve_lets_in_who_has_a_certificate_and_nobody_else(tmp_path: Path) -> None:
    for name in ("server", "anna", "eve"):
        says("keygen", str(tmp_path / name))
    (tmp_path / "clients").mkdir()
    auth.Certificate.load_public(tmp_path / "anna").save(tmp_path / "clients" / "anna")
    server = ["--cert", str(tmp_path / "server"), "--allow", str(tmp_path / "clients")]
    with started("pull", ANY, "-n", "1", *server) as command:
        endpoint = command.bound()
        keys = [f"--server-key={says('cert', 'public', str(tmp_path / 'server')).strip()}"]
        eve = run(
            "push", endpoint, "-m", "x", "--timeout", "300", "--cert", str(tmp_path / "eve"), *keys
        )
        assert eve.returncode == 3
        keys = ["--server-key", str(tmp_path / "server"), "--cert", str(tmp_path / "anna")]
        says("push", endpoint, "-m", "secret", *keys)
        assert command.output() == "secret\n"


@pytest.mark.slow
def test_plain_lets_in_who_has_the_password() -> None:
    password = {**os.environ, "ZMQLITE_PASSWORD": "sesame"}
    with started("pull", ANY, "-n", "1", "--user", "anna", env=password) as command:
        endpoint = command.bound()
        wrong = ["push", endpoint, "-m", "x", "--timeout", "300", "--user", "anna"]
        assert run(*wrong, ZMQLITE_PASSWORD="guess").returncode == 3
        with pyzmq("PUSH") as peer:
            peer.option("plain_username", "anna")
            peer.option("plain_password", "sesame")
            peer.connect(endpoint)
            peer.send(b"x")
            assert command.output() == "x\n"


@pytest.mark.slow
def test_proxy_passes_on_both_ways_and_captures() -> None:
    with started("proxy", ANY, ANY, "--capture", ANY) as proxy:
        front, back, capture = proxy.bound(), proxy.bound(), proxy.bound()
        with started("sub", capture, "-n", "2", "--wait", "1", "--separator", " ") as captured:
            seen = Task(captured.output)
            with started("rep", back, "--connect", "-m", "pong"), pyzmq("REQ") as peer:
                peer.connect(front)
                while not seen.future.done():  # until the subscription has arrived
                    peer.send(b"ping")
                    assert peer.recv() == [b"pong"]
            assert sorted(line.split()[-1] for line in seen.result().splitlines()) == [
                "ping",
                "pong",
            ]


@pytest.mark.slow
def test_proxy_forwards_subscriptions() -> None:
    with started("proxy", ANY, ANY, "--mode", "forwarder") as proxy:
        front, back = proxy.bound(), proxy.bound()
        with pyzmq("SUB") as subscriber, pyzmq("XPUB") as publisher:
            publisher.connect(front)
            subscriber.subscribe("a")
            subscriber.connect(back)
            assert publisher.recv() == [b"\1a"]
            publisher.send(b"abc")
            assert subscriber.recv() == [b"abc"]


def test_watch_prints_who_comes_and_goes() -> None:
    with started("watch", "--bind", "--socket", "rep", ANY) as command:
        with pyzmq("REQ") as peer:
            peer.connect(command.bound())
            lines = [command.line() for _ in range(3)]
        lines.append(command.line())
        command.process.send_signal(signal.SIGINT)
    words = ("accepts peers", "accepted a connection", "has a new peer", "lost the connection")
    assert all(word in line for word, line in zip(words, lines, strict=True)), lines


@pytest.mark.slow
def test_watch_tells_the_cause_of_a_failure() -> None:
    with pyzmq("PUB") as peer, started("watch", peer.bind(), "-n", "3") as command:
        last = command.output().splitlines()[-1]
    assert "the handshake" in last
    assert "; the " in last


@pytest.mark.slow
def test_bench_measures_a_server_of_its_own_and_one_elsewhere() -> None:
    names = "size round_trips messages p50_us p90_us p99_us max_us messages_per_s megabytes_per_s"
    result = json.loads(says("bench", "-n", "100", "--size", "100", "--json"))
    assert list(result) == names.split()
    assert (result["size"], result["round_trips"], result["messages"]) == (100, 100, 1000)
    assert 0 < result["p50_us"] <= result["p90_us"] <= result["p99_us"] <= result["max_us"]
    assert result["messages_per_s"] > 0
    with started("bench", "--serve", ANY) as server:
        endpoint = server.bound()
        for _ in range(2):
            rows = says("bench", endpoint, "-n", "10").splitlines()
            assert [row.split()[0] for row in rows] == names.split()


@pytest.mark.slow
def test_bench_finds_out_that_something_else_answers() -> None:
    with started("dealer", ANY, "--bind", "-m", "hello") as other:
        done = run("bench", other.bound(), "-n", "1", "--timeout", "5000")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "is no zmqlite bench --serve" in done.stderr
    assert run("bench", "tcp://127.0.0.1:1", "--timeout", "50").returncode == 3
