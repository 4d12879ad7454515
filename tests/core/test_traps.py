"""docs/reference/traps.md, and the traps in it that no other test falls into."""

from __future__ import annotations

import os
import re
import socket as sockets
import struct
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from checkout import ROOT
from program_support import said
from support import Make, Pair, Run, eventually

import zmqlite as zmq

PAGE = (ROOT / "docs" / "reference" / "traps.md").read_text(encoding="utf-8")
OUTCOMES = ("prevented", "harmless", "your duty")


def rows(heading: str) -> list[list[str]]:
    """The cells of the rows of the tables under a heading of the second level."""
    _, _, section = PAGE.partition(f"\n## {heading}\n")
    assert section, heading
    lines = section.partition("\n## ")[0].splitlines()
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines if line[:1] == "|"
    ]
    return [row for row in cells if re.fullmatch(r"[A-L]\d+", row[0])]


def test_the_page_has_every_trap_once_and_counts_them() -> None:
    counts = {"A": 18, "B": 16, "C": 13, "D": 11, "E": 12, "F": 17, "G": 14, "H": 17, "I": 8}
    expected = [
        f"{letter}{n + 1}"
        for letter, count in {**counts, "J": 7, "K": 8}.items()
        for n in range(count)
    ]
    known = rows("The traps")
    assert [row[0] for row in known] == expected
    found = rows("Found on the way")
    assert [row[0] for row in found] == [f"L{n + 1}" for n in range(len(found))]
    for heading, table in (("known", known), ("found on the way", found)):
        assert all(len(row) == 5 for row in table)
        outcomes = Counter(row[2] for row in table)
        assert set(outcomes) <= set(OUTCOMES)
        counted = " | ".join(str(outcomes[outcome]) for outcome in OUTCOMES)
        assert f"| {heading} | {len(table)} | {counted} |" in PAGE


def test_the_page_names_tests_and_modules_that_exist() -> None:
    for row in rows("The traps") + rows("Found on the way"):
        names = re.findall(r"`([^`]+)`", row[4])
        assert names or row[2] == "your duty", row
        for name in names:
            file, _, test = name.partition("::")
            path = ROOT / ("tests" if "/test_" in file else "zmqlite") / file
            assert path.is_file(), row
            assert not test or f"\ndef {test}(" in path.read_text(encoding="utf-8"), row


SURVIVED: dict[str, list[Any]] = {
    "A7": ["inproc_without_a_spare_socket", "inproc_many_times", "inproc_of_one_socket_many_times"],
    "A14": ["domain_enforced_that_there_is_none_of"],
    "L2": ["descriptors_that_do_not_listen"],
    "L3": ["descriptor_bound_twice"],
    "L4": ["others_that_are_to_talk_raw"],
    "L6": ["impossibly_many"],
    "L7": ["norm_without_a_port"],
    "L8": ["closed_before_its_monitor"],
    "L35": ["disconnected_between_two_frames", "disconnected_after_a_poll"],
}


@pytest.mark.slow
@pytest.mark.parametrize("trap", [each for traps in SURVIVED.values() for each in traps])
def test_a_program_survives_what_libzmq_aborts_or_hangs_on(trap: str) -> None:
    assert said("core/traps", trap) == ""


def test_a_poller_takes_no_more_than_the_system_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sysconf", {"SC_OPEN_MAX": 3}.__getitem__)
    poller = zmq.Poller()
    for number in range(3):
        poller.register(number, zmq.POLLERR)
    poller.register(2, zmq.POLLIN)  # again
    with pytest.raises(ValueError, match="at most 3"):
        poller.register(3, zmq.POLLIN)


def test_a_received_frame_may_be_read_as_larger_items_wherever_it_lies(pair: Pair) -> None:
    receiver, sender = pair(zmq.PULL, zmq.PUSH, "tcp")
    numbers = list(range(100))
    sender.send_multipart(
        [b"x", struct.pack("100d", *numbers), b"yz", struct.pack("100q", *numbers)]
    )
    frames = [receiver.recv_message(timeout=5000) for _ in range(4)]
    assert frames[1].data.cast("d").tolist() == numbers
    assert frames[3].data.cast("q").tolist() == numbers


def test_a_bad_tipc_address_is_an_invalid_argument(make: Make) -> None:
    if not zmq.has("tipc"):
        pytest.skip("libzmq was built without tipc")
    socket = make(zmq.PUB)
    for address in ("tipc://a", "tipc://{1,2}@1.1.1", "tipc://{4294967296,1,2}"):
        for call in (socket.bind, socket.connect):
            with pytest.raises(zmq.InvalidArgument):
                call(address)


def test_binding_an_abstract_name_does_not_delete_the_file_of_that_name(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = f"@zmqlite-{os.getpid()}"
    Path(name).write_text("content")
    with pytest.raises(zmq.AddressInUse):
        make(zmq.PULL).bind(f"ipc://{name}")
    assert Path(name).read_text() == "content"
    Path(name).unlink()
    make(zmq.PULL).bind(f"ipc://{name}")


def test_threads_that_share_a_poller_do_not_see_each_other_s_events(run: Run) -> None:
    ours, theirs = sockets.socketpair()
    with ours, theirs:
        poller = zmq.Poller()
        poller.register(ours, zmq.POLLIN)
        assert poller.poll(0) == []
        waiting = [run(poller.poll, 5000) for _ in range(4)]
        # What C writes to belongs to the poll that took it, so the next one makes its own.
        eventually(lambda: poller._arrays is None)
        for _ in range(2000):
            assert poller.poll(0) == []
        theirs.send(b"x")
        for task in waiting:
            assert task.result() == [(ours, zmq.POLLIN)]


def test_one_terminated_socket_ends_a_poll_with_its_name(make: Make) -> None:
    healthy = make(zmq.PULL)
    with zmq.Context() as other, other.socket(zmq.PULL) as ended:
        poller = zmq.Poller()
        poller.register(healthy, zmq.POLLIN)
        poller.register(ended, zmq.POLLIN)
        other.shutdown()
        with pytest.raises(zmq.ContextTerminated):
            poller.poll()
        poller.unregister(ended)
        assert poller.poll(0) == []


@pytest.mark.parametrize("immediate", [False, True])
def test_an_immediate_socket_loses_what_it_has_not_received_when_its_sender_leaves(
    make: Make, immediate: bool
) -> None:
    router, dealer = make(zmq.ROUTER, linger=-1), make(zmq.DEALER, immediate=immediate)
    with dealer.monitor(zmq.MonitorEvent.DISCONNECTED) as ended:
        dealer.connect(router.bind("tcp://127.0.0.1:*"))
        dealer.send(b"request")
        route, _ = router.recv_multipart()
        router.send_multipart([route, b"reply"])
        router.close()
        ended.recv(timeout=10_000)
    if immediate:
        eventually(lambda: not dealer.poll(0, zmq.POLLOUT))
        assert not dealer.poll(0)
    else:
        assert dealer.recv(timeout=10_000) == b"reply"
