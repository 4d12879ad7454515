"""Clone: clients and server end with the same table, which all of them got in the same order."""

from __future__ import annotations

import re

import pytest
from playing import Play

pytestmark = pytest.mark.slow

UPDATE = re.compile(r"update (\d+): (\S+) = (.*)")
TABLE = re.compile(r"(snapshot: )?(\d+) pairs at update (\d+), digest (\w+)")


def table(line: str) -> tuple[int, str]:
    """The number of the last update of a table, and its digest."""
    match = TABLE.fullmatch(line)
    assert match
    return int(match[3]), match[4]


def updates(lines: list[str]) -> list[tuple[int, str, str]]:
    """The updates that a client printed."""
    found = filter(None, map(UPDATE.fullmatch, lines))
    return [(int(match[1]), match[2], match[3]) for match in found]


def numbers(lines: list[str]) -> list[int]:
    """The sequence numbers of the updates that a client printed."""
    return [number for number, _, _ in updates(lines)]


def test_a_client_of_model_1_follows_from_when_it_came(play: Play) -> None:
    printed = play("clone1")
    for name in ("early", "late"):
        first, last = printed[name]
        begin = int(first.removeprefix("following from update "))
        assert last == f"stored 200 updates, up to {begin + 199}"


def test_clients_of_model_3_change_one_table(play: Play) -> None:
    printed = play("clone3")
    first, *others = (printed[name] for name in ("early", "late"))
    assert table(first[0])[0] == 0
    assert numbers(first) == list(range(1, 61))
    for lines in others:
        joined, _ = table(lines[0])
        assert joined >= 3
        assert updates(lines) == updates(first)[joined:]
    last = table(printed["server"][-1])
    assert last[0] == 60
    assert [table(lines[-1]) for lines in (first, *others)] == [last, last]


def test_clients_of_model_4_share_a_subtree(play: Play) -> None:
    printed = play("clone4")
    early, late, other = printed["early"], printed["late"], printed["other"]
    assert numbers(other) == [1, 2, 3, 4, 5]
    assert {key.rsplit("/", 1)[0] for _, key, _ in updates(other)} == {"/other"}
    assert early[0].startswith("snapshot: 0 pairs at update 5, ")
    assert numbers(early) == list(range(6, 66))
    assert {key.rsplit("/", 1)[0] for _, key, _ in updates(early)} == {"/client"}
    joined, _ = table(late[0])
    assert joined >= 8
    assert updates(late) == updates(early)[joined - 5 :]
    assert table(late[-1]) == table(early[-1])
    # The whole table, as its snapshot, is what the server has, and not what those have.
    snapshot, end = printed["all"]
    assert table(snapshot) == table(end) == table(printed["server"][-1])
    assert table(end)[0] == table(early[-1])[0] == 65
    assert table(end)[1] != table(early[-1])[1]


def test_late_clients_of_model_2_get_a_snapshot(play: Play) -> None:
    printed = play("clone2")
    tables = {table(lines[-1]) for lines in printed.values()}
    assert len(tables) == 1
    assert {number for number, _ in tables} == {500}
    early, late = (table(printed[name][0])[0] for name in ("early", "late"))
    assert early <= late


def test_values_of_model_5_have_an_end(play: Play) -> None:
    printed = play("clone5")
    first, late = printed["short"], printed["long"]
    assert numbers(first) == list(range(1, 16))
    set_at = {key: number for number, key, body in updates(first) if body}
    gone_at = {key: number for number, key, body in updates(first) if not body}
    assert len(set_at) == 10
    assert len(gone_at) == 5
    assert all(gone_at[key] > set_at[key] for key in gone_at)
    joined, _ = table(late[0])
    assert updates(late) == updates(first)[joined:]
    last = table(printed["server"][-1])
    assert table(first[-1]) == table(late[-1]) == last
    assert first[-1].startswith("5 pairs at update 15, ")


def test_the_table_of_model_6_outlives_its_servers(play: Play) -> None:
    printed = play("clone6")
    states = {
        name: [line.split()[-1] for line in printed[name] if " now " in line]
        for name in ("primary", "backup")
    }
    assert states == {"primary": ["active", "passive", "active"], "backup": ["passive", "active"]}
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
