"""The Pirates: what clients get when servers, workers and a queue die, and how they fail."""

from __future__ import annotations

import pytest
from ports import Programs

from examples.guide.ch4.failures import Failures

pytestmark = pytest.mark.slow


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
def test_a_client_gets_what_a_worker_answered_before_its_seeded_crash(
    programs: Programs, kind: str
) -> None:
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


def test_a_client_that_nobody_answers_gives_up_after_three_tries(programs: Programs) -> None:
    client = programs.start("ch4.lpclient", connect=programs.port(), timeout=50)
    assert client.rest() == [
        "no reply to 1, retrying",
        "no reply to 1, retrying",
        "no reply to 1 in 3 tries, abandoning",
    ]


def test_a_client_gives_up_when_all_workers_are_dead_and_a_new_one_serves_the_next(
    programs: Programs,
) -> None:
    front, back = programs.port(), programs.port()
    queue = programs.start("ch4.spqueue", frontend=front, backend=back)
    first = programs.start("ch4.spworker", connect=back, reliable=1, crash=1, work=0)
    queue.until("a worker is ready")
    client = programs.start("ch4.lpclient", connect=front, timeout=500)
    assert client.rest() == [
        "reply: 1",
        "no reply to 2, retrying",
        "no reply to 2, retrying",
        "no reply to 2 in 3 tries, abandoning",
    ]
    assert first.rest() == ["request: 1", "simulating a crash"]
    programs.start("ch4.spworker", connect=back, crash=0, stall=0, work=0)
    queue.until("a worker is ready")
    again = programs.start("ch4.lpclient", connect=front, count=3, timeout=5000, tries=10)
    in_order(again.rest(), 3)


def test_a_server_stalls_after_its_reliable_requests(programs: Programs) -> None:
    front = programs.port()
    server = programs.start(
        *("ch4.lpserver", "--stall-time", "400"), bind=front, work=0, reliable=2, crash=0, stall=1
    )
    assert server.line() == f"bound {front}"
    client = programs.start("ch4.lpclient", connect=front, timeout=200, tries=2, count=3)
    assert client.rest() == [
        "reply: 1",
        "reply: 2",
        "no reply to 3, retrying",
        "no reply to 3 in 2 tries, abandoning",
    ]
    assert server.end()[:3] == ["request: 1", "request: 2", "simulating a stall"]
