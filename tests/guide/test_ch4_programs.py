"""Programs of chapter 4 with each other: what they say when others fail, or are not there."""

from __future__ import annotations

import pytest
from ports import WAIT, Programs
from support import Make, eventually

import zmqlite as zmq
from examples.guide.ch4.failures import Failures

pytestmark = pytest.mark.slow

NO_ROOM = (
    "Socket.send_multipart() on DEALER [zmq_send]: nobody had room within 50 ms; no ROUTER, REP or "
    "DEALER is connected (yet), or the queues of all are full (sndhwm)"
)
NOBODY = "no answer, is the broker running? no reply of service b'mmi.service' in 3 tries"
MISSING = "{} needs the endpoint of at least one server"


@pytest.mark.parametrize(
    ("program", "options", "code", "lines"),
    [
        (
            "lpclient",
            "--connect {0} --timeout 50",
            0,
            [*["no reply to 1, retrying"] * 2, "no reply to 1 in 3 tries, abandoning"],
        ),
        (
            "flclient1",
            "{0} --timeout 10",
            1,
            [*["trying {0}", "no reply from {0}"] * 3, "no server replied, abandoning"],
        ),
        *(
            (name, "{0} --timeout 10", 1, ["request 1: no server replied in 10 ms, abandoning"])
            for name in ("flclient2", "flclient3")
        ),
        *((name, "", 1, [MISSING.format(name)]) for name in ("flclient1", "flclient2")),
        *(
            (name, "--broker {0} --timeout 50", 0, lines)
            for name, lines in (
                ("mdclient", ["no reply of service b'echo' in 3 tries", "0 requests answered"]),
                ("mdclient2", [NO_ROOM, "0 replies received"]),
                ("mmiecho", [NOBODY]),
                ("ticlient", ["no reply of service b'titanic.request' in 3 tries"]),
            )
        ),
    ],
)
def test_a_client_that_is_alone_says_so(
    programs: Programs, program: str, options: str, code: int, lines: list[str]
) -> None:
    port = programs.port()
    client = programs.start(f"ch4.{program}", *options.format(port).split())
    assert client.fail(code) == [line.format(port) for line in lines]


def in_order(lines: list[str], count: int) -> list[str]:
    """Expect a reply to each number, once and in order; return the other lines."""
    replies = [line for line in lines if line.startswith("reply: ")]
    assert replies == [f"reply: {number}" for number in range(1, count + 1)]
    return [line for line in lines if line not in replies]


def crash(failures: Failures) -> None:
    """Make requests until one raises SystemExit, which must be soon."""
    for _ in range(1000):
        failures.maybe()


def test_the_same_seed_fails_at_the_same_requests(capsys: pytest.CaptureFixture[str]) -> None:
    runs = []
    for seed in (5, 5, 6):
        failures = Failures(reliable=2, crash=20, stall=3, stall_time=0, seed=seed)
        with pytest.raises(SystemExit):
            crash(failures)
        assert failures.requests > 2
        runs.append((failures.requests, capsys.readouterr().out))
    assert runs[0] == runs[1] != runs[2]


def test_odds_are_what_they_say(capsys: pytest.CaptureFixture[str]) -> None:
    failures = Failures(reliable=0, crash=0, stall=4, stall_time=0, seed=1)
    for _ in range(4000):
        failures.maybe()
    assert 900 < capsys.readouterr().out.count("simulating a stall") < 1100


@pytest.mark.parametrize("kind", ["sp", "pp"])
def test_a_client_gets_what_was_answered_before_a_crash(programs: Programs, kind: str) -> None:
    front, back = programs.port(), programs.port()
    queue = programs.start(f"ch4.{kind}queue", frontend=front, backend=back)
    queue.until(r"workers go to \S+")
    odds = {"reliable": 1, "crash": 3, "stall": 0, "seed": 6}  # the fifth request
    worker = programs.start(f"ch4.{kind}worker", connect=back, work=0, **odds)
    client = programs.start("ch4.lpclient", connect=front, timeout=1000, tries=20, count=8)
    before = [line for line in worker.rest() if line not in ("ready", "heartbeat")]
    assert before == [*(f"request: {number}" for number in range(1, 5)), "simulating a crash"]
    programs.start(f"ch4.{kind}worker", connect=back, crash=0, stall=0, work=0)
    in_order(client.rest(), 8)


def test_flserver3_shows_messages_where_it_is_asked_to(programs: Programs) -> None:
    endpoint = programs.port()
    server = programs.start(
        "ch4.flserver3", "--bind", endpoint, "--endpoint", endpoint, "--verbose"
    )
    client = programs.start("ch4.flclient3", endpoint, "--count", "1")
    assert client.rest()[0] == "the first request was answered"
    bound, rule, _, number, body, *reply = server.end()
    assert bound == f"bound {endpoint}"
    assert rule == "-" * 40
    assert [number, body] == ["[001] 1", "[011] random name"]
    assert reply[2:] == ["[001] 1", "[002] OK"]


@pytest.mark.parametrize("program", ["bstarsrv", "bstarsrv2"])
def test_a_server_whose_peer_is_active_as_well_stops(
    programs: Programs, make: Make, program: str
) -> None:
    """As two are, when they were cut off from each other, served clients, and meet again."""
    peer, heard = make(zmq.XPUB, rcvtimeo=WAIT), make(zmq.SUB, rcvtimeo=WAIT)
    local, remote = programs.port(), peer.bind("tcp://127.0.0.1:*")
    options = {"bind": programs.port(), "local": local, "remote": remote, "heartbeat": 50}
    server = programs.start(f"ch4.{program}", "primary", **options)
    heard.subscribe(b"")
    heard.connect(local)
    assert peer.recv() == b"\1"
    peer.send(b"2")  # the backup is waiting
    eventually(lambda: heard.recv() == b"3")
    peer.send(b"3")
    assert "both servers are active, stopping" in server.fail()
