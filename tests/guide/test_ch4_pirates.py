"""The Pirates: what clients get when servers, workers and a queue die, and how they fail."""

from __future__ import annotations

import re

import pytest
from playing import Play
from ports import Programs

pytestmark = pytest.mark.slow


def in_order(lines: list[str], count: int) -> list[str]:
    """Expect a reply to each number, once and in order; return the other lines."""
    replies = [line for line in lines if line.startswith("reply: ")]
    assert replies == [f"reply: {number}" for number in range(1, count + 1)]
    return [line for line in lines if line not in replies]


@pytest.mark.parametrize("name", ["lazy-pirate", "simple-pirate", "paranoid-pirate"])
def test_every_number_is_answered_in_spite_of_what_is_killed(play: Play, name: str) -> None:
    printed = play(name)
    retries = in_order(printed["client"], 50)
    assert all(re.fullmatch(r"no reply to \d+, retrying", line) for line in retries)
    assert retries or name == "paranoid-pirate"


def test_what_a_client_gave_up_is_not_delivered_later(play: Play) -> None:
    requests = [line for line in play("lazy-pirate")["server"] if line.startswith("request: ")]
    # The one that the killed server had is asked for again; no other is served twice.
    assert len(requests) in (50, 51)
    assert list(dict.fromkeys(requests)) == [f"request: {number}" for number in range(1, 51)]


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
    assert server.end()[:3] == [
        "request: 1",
        "request: 2",
        "simulating a stall",
    ]


def test_waiting_for_each_reply_takes_longer(play: Play) -> None:
    slow, fast = (
        int(re.fullmatch(r".*: (\d+) round trips per second", line)[1])  # type: ignore[index]
        for line in play("tripping")["tripping"]
    )
    assert fast > 2 * slow
