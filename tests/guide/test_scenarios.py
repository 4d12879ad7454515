"""Every scenario under the launcher, as a user runs it: once, and in the end nothing is left of it.

The launcher itself sees that each process prints what the scenario expects, and ends well. Beyond
that, printed.toml has what they print where that is always the same, and this module what holds
between the lines. Programs are tested by themselves elsewhere.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from launched import Place

import zmqlite as zmq
from examples.catalogue import SCENARIOS

Printed: TypeAlias = dict[str, list[str]]
Check: TypeAlias = Callable[[Printed], None]

PRINTED = tomllib.loads(Path(__file__).with_name("printed.toml").read_text())
CHECKS: dict[str, list[Check]] = {name: [] for name in SCENARIOS}


def of(*names: str) -> Callable[[Check], Check]:
    """Check what these scenarios print."""

    def added(check: Check) -> Check:
        for name in names:
            CHECKS[name].append(check)
        return check

    return added


@pytest.mark.slow
@pytest.mark.timeout(150)
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_prints_what_it_should_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    result = Place(tmp_path).run("-m", "examples", "run", name, "--fast")
    assert result.code == 0, result
    (line,) = result.own
    assert re.fullmatch(rf"{name} ended well, after \d+\.\d s", line)
    patterns = PRINTED.get(name) or PRINTED.get(name.removesuffix("-c"), {})
    for process, pattern in patterns.items():
        # A worker that others left nothing for has printed nothing.
        assert re.fullmatch(pattern, "\n".join(result.printed.get(process, ()))), result.printed
    for check in CHECKS[name]:
        check(result.printed)


def test_what_is_to_be_printed_is_of_a_scenario() -> None:
    assert PRINTED.keys() <= SCENARIOS.keys()


# The patterns, one by one


@of("push-pull")
def tasks_are_dealt_out_in_turn(printed: Printed) -> None:
    pullers = [printed[f"puller-{number}"] for number in (1, 2, 3)]
    dealt = [[f"did task {first + 3 * turn}" for turn in range(4)] for first in (1, 2, 3)]
    assert sorted(pullers) == [[*tasks, "did 4 tasks"] for tasks in dealt]


@of("dealer-router")
def jobs_are_answered_as_they_are_done(printed: Printed) -> None:
    jobs = ["long", "middle", "short"]
    sent, done = [f"sent {job} job" for job in jobs], [f"{job} job: done" for job in jobs[::-1]]
    for name in ("ada", "bob", "nameless"):
        assert printed[name] == [*sent, *done, "results in this order: short middle long"]
    seen: dict[str, list[str]] = {}
    for line in printed["router"][1:]:
        job, _, client = line.partition(" job of client ")
        seen.setdefault(client, []).append(job)
    assert list(seen.values()) == [jobs] * 3
    (invented,) = seen.keys() - {"ada", "bob"}
    assert re.fullmatch("00[0-9a-f]{8}", invented)


@of("hwm-pub")
def each_message_was_received_or_dropped(printed: Printed) -> None:
    received, dropped = map(int, re.findall(r"\d+", printed["subscriber"][0]))
    assert received + dropped == 1000
    assert received >= 10  # the queue of the publisher, before its I/O thread empties it
    assert dropped > 0


@of("logging")
def the_pager_gets_the_errors_of_each_service(printed: Printed) -> None:
    pages = [f"error in {name}: record {n}" for n in (5, 10) for name in ("web", "mail", "backup")]
    assert sorted(printed["pager"]) == sorted([*pages, "paged 6 times"])


# asyncio


@of("aio-ticker")
def a_subscriber_that_times_out_misses_nothing(printed: Printed) -> None:
    prices = [line for line in printed["subscriber"] if line.startswith("ABC")]
    assert prices == [f"ABC {n}" for n in range(101, 111)]


@of("aio-pool")
def a_pool_that_is_told_to_end_leaves_no_task_undone(printed: Printed) -> None:
    _, *did, last = printed["manager"]
    tasks = [line.replace(":", "").split() for line in did]
    assert sorted((int(task[3]), int(task[4])) for task in tasks) == [
        (number, number**2) for number in range(1, 101)
    ]
    shares = Counter(task[0] for task in tasks)
    assert last == f"all 100 tasks are done: ada {shares['ada']}, bob {shares['bob']}"
    assert printed["ada"] == ["ada takes no more", f"ada has done {shares['ada']} tasks"]
    assert printed["bob"][-1] == f"bob has done {shares['bob']} tasks"
    assert shares["ada"] < shares["bob"]


# The Guide, chapters 1 to 3


@of("version", "version-c")
def the_version_is_the_librarys(printed: Printed) -> None:
    version = ".".join(map(str, zmq.zmq_version()))
    assert printed == {"program": [f"libzmq has version {version}"]}


@of("pipeline", "pipeline-c", "pipeline-mixed", "kill", "kill-c")
def a_hundred_tasks_come_in_equal_parts(printed: Printed) -> None:
    dealt = [printed[f"worker-{number}"][-1].split(".")[:-1] for number in (1, 2, 3)]
    assert sorted(map(len, dealt)) == [33, 33, 34]
    total = sum(int(task) for tasks in dealt for task in tasks)
    assert printed["ventilator"][-1] == f"Total expected cost: {total} msec"
    # Somebody has at least a third of the work; the sink's clock may start a little late.
    (elapsed,) = map(int, re.findall(r"\d+", printed["sink"][-1]))
    assert elapsed >= total / 3 / 2


@of("lbbroker", "lbbroker2", "balancer-c")
def each_client_gets_its_reply(printed: Printed) -> None:
    lines = printed["program"]
    assert Counter(lines) == {"Worker: HELLO": 10, "Client: OK": 10}
    for place in (place for place, line in enumerate(lines, 1) if line == "Client: OK"):
        assert lines[:place].count("Worker: HELLO") >= lines[:place].count("Client: OK")


@of("asyncsrv")
def replies_are_to_what_the_client_asked(printed: Printed) -> None:
    lines = [line.split(" ", 2) for line in printed["program"]]
    assert all(re.fullmatch("[0-9A-F]{4}-[0-9A-F]{4}", client) for client, _, _ in lines)
    sent = {(client, request) for client, verb, request in lines if verb == "sent"}
    got = Counter((client, request) for client, verb, request in lines if verb == "got")
    assert len(sent) + got.total() == len(lines)
    assert got.keys() <= sent
    assert max(got.values()) <= 4
    assert len({client for client, _ in sent}) == 3


# Chapter 4


@of("lazy-pirate", "simple-pirate", "paranoid-pirate")
def every_number_is_answered_in_spite_of_what_is_killed(printed: Printed) -> None:
    replies = [line for line in printed["client"] if line.startswith("reply: ")]
    assert replies == [f"reply: {number}" for number in range(1, 51)]
    retries = [line for line in printed["client"] if line not in replies]
    assert all(re.fullmatch(r"no reply to \d+, retrying", line) for line in retries)


@of("lazy-pirate")
def what_a_client_gave_up_is_not_delivered_later(printed: Printed) -> None:
    requests = [line for line in printed["server"] if line.startswith("request: ")]
    # The one that the killed server had is asked for again; no other is served twice.
    assert len(requests) in (50, 51)
    assert list(dict.fromkeys(requests)) == [f"request: {number}" for number in range(1, 51)]


@of("paranoid-pirate")
def a_worker_registers_with_a_queue_that_was_started_again(printed: Printed) -> None:
    lines = printed["two"]
    silence = next(number for number, line in enumerate(lines) if "silent" in line)
    again = lines.index("ready", silence)
    assert [line for line in lines[again:] if line.startswith("request: ")]


@of("tripping")
def waiting_for_each_reply_takes_longer(printed: Printed) -> None:
    slow, fast = (int(line.split()[-5]) for line in printed["tripping"])
    assert fast > 2 * slow


@of("titanic")
def a_request_is_answered_although_the_store_was_killed(printed: Printed) -> None:
    stored, *pending, reply = printed["client"]
    name = stored.removeprefix("stored as ")
    assert set(pending) == {"pending"}
    assert reply == "reply: Hello world"
    waiting = [f"{number} requests are waiting" for number in (0, 1)]
    assert printed["titanic"] == [*waiting, f"done: {name}"]


@of("bstar", "bstar2")
def each_server_takes_over_when_the_other_is_killed(printed: Printed) -> None:
    replies = re.findall(r"reply (\d+) from the (\w+)", "\n".join(printed["client"]))
    assert [int(number) for number, _ in replies] == list(range(1, len(replies) + 1))
    turns = [server for server, _ in itertools.groupby(server for _, server in replies)]
    assert turns == ["primary", "backup", "primary"]
    # A try at the dead server, a pause, and the other one answers: that bounds the time.
    first = next(number for number, server in replies if server == "backup")
    last = next(number for number, server in replies[int(first) :] if server == "primary")
    losses = [line for line in printed["client"] if not line.startswith("reply")]
    assert losses[0] == f"no reply to {first} from the primary, failing over"
    assert f"no reply to {last} from the backup, failing over" in losses


@of("bstar", "bstar2", "clone6")
def both_servers_have_been_active(printed: Printed) -> None:
    states = {
        name: [line.split()[-1] for line in printed[name] if re.search(r"\bnow\b", line)]
        for name in ("primary", "backup")
    }
    assert states == {"primary": ["active", "passive", "active"], "backup": ["passive", "active"]}


# Chapter 5

UPDATE = re.compile(r"update (\d+): (\S+) = (.*)")
TABLE = re.compile(r"(?:snapshot: )?(\d+) pairs at update (\d+), digest (\w+)")


def table(line: str) -> tuple[int, str]:
    """Return the number of the last update of a table, and its digest."""
    match = TABLE.fullmatch(line)
    assert match
    return int(match[2]), match[3]


def updates(lines: list[str]) -> list[tuple[int, str, str]]:
    """Return the updates that a client printed."""
    found = filter(None, map(UPDATE.fullmatch, lines))
    return [(int(match[1]), match[2], match[3]) for match in found]


def numbers(lines: list[str]) -> list[int]:
    return [number for number, _, _ in updates(lines)]


def parents(lines: list[str]) -> set[str]:
    return {key.rsplit("/", 1)[0] for _, key, _ in updates(lines)}


@of("clone2", "clone3", "clone5")
def all_end_with_the_same_table(printed: Printed) -> None:
    (last,) = {table(lines[-1]) for lines in printed.values()}
    assert last[0] in (500, 60, 15)


@of("clone3", "clone4")
def a_late_client_gets_a_snapshot_and_all_that_came_after_it(printed: Printed) -> None:
    early, late = printed["early"], printed["late"]
    before, _ = table(early[0])
    assert numbers(early) == list(range(before + 1, before + 61))
    joined, _ = table(late[0])
    assert joined >= before + 3
    assert updates(late) == updates(early)[joined - before :]
    assert table(late[-1]) == table(early[-1])


@of("clone4")
def clients_share_a_subtree(printed: Printed) -> None:
    assert numbers(printed["other"]) == [1, 2, 3, 4, 5]
    assert parents(printed["other"]) == {"/other"}
    assert parents(printed["early"]) == {"/client"}
    assert printed["early"][0].startswith("snapshot: 0 pairs at update 5, ")
    # The whole table, as its snapshot, is what the server has, and not what those have.
    snapshot, end = map(table, printed["all"])
    assert snapshot == end == table(printed["server"][-1])
    assert end[0] == table(printed["early"][-1])[0] == 65
    assert end != table(printed["early"][-1])


@of("clone5")
def values_have_an_end(printed: Printed) -> None:
    first, late = printed["short"], printed["long"]
    assert numbers(first) == list(range(1, 16))
    set_at = {key: number for number, key, body in updates(first) if body}
    gone_at = {key: number for number, key, body in updates(first) if not body}
    assert (len(set_at), len(gone_at)) == (10, 5)
    assert all(gone_at[key] > set_at[key] for key in gone_at)
    assert updates(late) == updates(first)[table(late[0])[0] :]
    assert first[-1].startswith("5 pairs at update 15, ")


@of("clone6")
def the_table_outlives_its_servers(printed: Printed) -> None:
    # 50 changes by each of three clients and one by the last, all of them counted once.
    last = table(printed["primary"][-1])
    assert last[0] == 151
    for name, snapshots in (("joe", 3), ("eve", 3), ("ann", 2), ("last", 1)):
        lines = printed[name]
        assert table(lines[-1]) == last
        assert sum(line.startswith("snapshot: ") for line in lines) == snapshots
        sequence = 0
        for line in lines[1:-1]:
            if line.startswith("snapshot: "):
                joined, _ = table(line)
                assert joined >= sequence
                sequence = joined
            elif match := UPDATE.fullmatch(line):
                sequence += 1
                assert int(match[1]) == sequence
        assert sequence == 151


@of("suisnail")
def the_slow_subscriber_ends_itself(printed: Printed) -> None:
    *times, report = printed["program"]
    (late,) = map(int, re.findall(r"\d+", report))
    assert late > 200
    assert len(times) > 1
    assert times == sorted(times, key=int)
