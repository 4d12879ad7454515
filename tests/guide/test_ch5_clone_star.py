"""Clone, model 6, on the wire: a backup whose primary is in plain frames."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from chp_support import ANY_PORT, FULL, HEARTBEAT, Frames, Speaker, again, number, till_end
from ports import WAIT, Programs
from support import Make

import zmqlite as zmq

pytestmark = pytest.mark.slow


def pair(key: bytes, sequence: int, body: bytes, uuid: int, ttl: object = 0) -> Frames:
    """A pair on the wire."""
    return [key, number(sequence), uuid.to_bytes(16), b"ttl=%s\n" % str(ttl).encode(), body]


def change(key: bytes, body: bytes, uuid: int, ttl: int = 0) -> Frames:
    """What a client sends."""
    return pair(key, 0, body, uuid, ttl)


class Backup(Speaker):
    """A backup that runs, and the sockets of its primary and its clients."""

    def __init__(self, make: Make, programs: Programs, silence: int = 1_000_000) -> None:
        super().__init__(make)
        self.state = make(zmq.XPUB, rcvtimeo=WAIT)
        self.updates = self.publisher.bind(ANY_PORT)
        options = {
            "remote": self.state.bind(ANY_PORT),
            "peer-snapshots": self.router.bind(ANY_PORT),
            "peer-updates": self.updates,
            "heartbeat": 100,
            "flush": 20,
            "silence": silence,
        }
        own = dict.fromkeys(("local", "snapshots", "updates", "collector"), ANY_PORT)
        self.program = programs.start("ch5.clonesrv6", "backup", **own, **options)
        updates, collector, snapshots = (self.program.line().split()[1] for _ in range(3))
        assert self.state.recv() == b"\1"
        self.client = make(zmq.DEALER, rcvtimeo=WAIT)
        self.client.connect(snapshots)
        self.pusher = make(zmq.XPUB, rcvtimeo=WAIT)
        self.pusher.connect(collector)
        assert self.pusher.recv() == b"\1"
        self.subscriber = make(zmq.SUB, rcvtimeo=WAIT)
        self.subscriber.subscribe(b"")
        self.subscriber.connect(updates)
        assert self.subscriber.recv_multipart() == HEARTBEAT

    def follows(self) -> None:
        """Let the primary be active, and come back when the backup asks for its snapshot."""
        self.state.send(b"3")
        self.program.until(".*now passive")
        self.is_asked(b"")

    def snapshot(self, *messages: Frames, sequence: int = 0) -> None:
        """Give it a snapshot, and come back when it has it."""
        super().snapshot(*messages, FULL.end(sequence))
        self.program.until(rf"snapshot: \d+ pairs at update {sequence}, .*")

    def publish(self, *messages: Frames) -> None:
        """Publish updates, and come back when it has the last one."""
        super().publish(*messages)
        self.program.until(rf"update {int.from_bytes(messages[-1][1])}: .*")

    def changes(self, *messages: Frames) -> None:
        """Send it what clients change, and come back when it has all of that."""
        for message in (*messages, [b"end"]):
            self.pusher.send_multipart(message)
        self.program.until("malformed: a pair has 5 frames, not 1")

    def takes_over(self, count: int) -> list[Frames]:
        """Have the primary be dead; what the backup publishes, and then a snapshot of it."""
        while not self.client.poll(50):
            self.client.send_multipart([b"ICANHAZ?", b""])
        self.program.until(".*now active", f"published {count} changes that were pending")
        published = [self.update() for _ in range(count)]
        *messages, end = till_end(self.client)
        return [*published, *sorted(messages), end]

    def update(self) -> Frames:
        """What it publishes next, heartbeats left out."""
        while (update := self.subscriber.recv_multipart()) == HEARTBEAT:
            pass
        return update


@pytest.fixture
def backup(make: Make, programs: Programs) -> Backup:
    return Backup(make, programs)


def test_a_passive_server_follows_and_takes_over(backup: Backup) -> None:
    backup.follows()
    end = time.time_ns() // 1_000_000 + 1_000_000
    backup.snapshot(
        pair(b"/a", 3, b"1", 1), pair(b"/b", 4, b"1", 2, end), pair(b"/c", 5, b"1", 3), sequence=5
    )
    before = time.time_ns() // 1_000_000
    backup.publish(
        pair(b"/a", 5, b"old", 1),
        pair(b"/a", 6, b"2", 4),
        pair(b"/c", 7, b"", 5),
        HEARTBEAT,
        pair(b"/d", 8, b"1", 6, 100),
    )
    a, b, d, last = backup.takes_over(0)
    after = time.time_ns() // 1_000_000
    assert a == pair(b"/a", 6, b"2", 4)
    assert b == pair(b"/b", 4, b"1", 2, end)
    ttl = int(d[3].removeprefix(b"ttl="))
    assert before + 100_000 <= ttl <= after + 100_000
    assert d == pair(b"/d", 8, b"1", 6, ttl)
    assert last == FULL.end(8)


def test_what_the_primary_did_not_publish_is_published(backup: Backup) -> None:
    backup.follows()
    backup.snapshot(sequence=5)
    backup.changes(change(b"/a", b"1", 1), change(b"/b", b"1", 2), change(b"/a", b"2", 3, 100))
    backup.publish(pair(b"/b", 6, b"1", 2))
    first, second, a, b, last = backup.takes_over(2)
    assert first == pair(b"/a", 7, b"1", 1)
    assert second == pair(b"/a", 8, b"2", 3, 100)
    assert a[:3] == second[:3]
    assert b == pair(b"/b", 6, b"1", 2)
    assert last == FULL.end(8)


def test_what_the_primary_published_first_is_not_published_again(backup: Backup) -> None:
    backup.follows()
    backup.snapshot(pair(b"/a", 5, b"1", 1), sequence=5)
    backup.publish(pair(b"/b", 6, b"1", 2), pair(b"/b", 7, b"2", 3))
    # The client's own messages come after all that; the one of update 7 never does.
    backup.changes(change(b"/a", b"1", 1), change(b"/b", b"1", 2))
    assert backup.takes_over(0) == [pair(b"/a", 5, b"1", 1), pair(b"/b", 7, b"2", 3), FULL.end(7)]


def test_what_is_sent_again_is_published_once(backup: Backup) -> None:
    backup.follows()
    backup.snapshot(pair(b"/a", 5, b"1", 1), sequence=5)
    backup.publish(pair(b"/a", 6, b"2", 2))
    backup.changes(change(b"/b", b"1", 3))
    *_, last = backup.takes_over(1)
    assert last == FULL.end(7)
    again = [change(b"/a", b"1", 1), change(b"/a", b"2", 2), change(b"/b", b"1", 3)]
    new = change(b"/c", b"1", 4)
    backup.changes(*again, new, new)
    assert backup.update() == pair(b"/c", 8, b"1", 4)
    backup.changes(change(b"/d", b"1", 5))
    assert backup.update() == pair(b"/d", 9, b"1", 5)


def test_what_came_before_the_snapshot_is_in_there(backup: Backup) -> None:
    backup.changes(change(b"/a", b"1", 1), change(b"/a", b"2", 2))
    backup.follows()
    backup.changes(change(b"/a", b"3", 3))
    backup.snapshot(pair(b"/a", 5, b"4", 4), sequence=5)
    assert backup.takes_over(0) == [pair(b"/a", 5, b"4", 4), FULL.end(5)]


def test_a_passive_server_does_not_delete_by_itself(backup: Backup) -> None:
    past = time.time_ns() // 1_000_000 - 1
    backup.follows()
    backup.snapshot(pair(b"/a", 5, b"1", 1, past), sequence=5)
    for _ in range(3):  # several times its interval
        assert backup.subscriber.recv_multipart() == HEARTBEAT
    # When it takes over it does.
    *kept, last = backup.takes_over(0)
    assert kept in ([], [pair(b"/a", 5, b"1", 1, past)])
    assert last in (FULL.end(5), FULL.end(6))
    assert backup.update() == pair(b"/a", 6, b"", 1, past)


def test_a_change_without_uuid_is_malformed(backup: Backup) -> None:
    backup.follows()
    backup.snapshot()
    backup.pusher.send_multipart([b"/a", bytes(8), b"", b"", b"1"])
    backup.changes()
    assert backup.takes_over(0) == [FULL.end(0)]


def test_nobody_is_served_while_the_primary_is_there(backup: Backup) -> None:
    backup.follows()
    backup.snapshot()
    for _ in range(10):
        backup.state.send(b"3")
        backup.client.send_multipart([b"ICANHAZ?", b""])
        assert not backup.client.poll(20)


def lose_connection(backup: Backup) -> None:
    backup.publisher = again(backup.make, backup.publisher, xpub_verboser=True)


def skip_update(backup: Backup) -> None:
    backup.publisher.send_multipart(pair(b"/a", 7, b"lost one", 7))


@pytest.mark.parametrize("trouble", [lose_connection, skip_update])
def test_a_server_that_missed_updates_begins_with_a_snapshot_again(
    backup: Backup, trouble: Callable[[Backup], None]
) -> None:
    backup.follows()
    backup.snapshot(pair(b"/a", 4, b"1", 1), pair(b"/b", 5, b"1", 2), sequence=5)
    trouble(backup)
    backup.is_asked(b"")
    backup.snapshot(pair(b"/b", 7, b"2", 3), sequence=7)
    backup.publish(pair(b"/c", 8, b"1", 4))
    assert backup.takes_over(0) == [pair(b"/b", 7, b"2", 3), pair(b"/c", 8, b"1", 4), FULL.end(8)]


def test_a_passive_server_asks_until_it_has_a_snapshot(make: Make, programs: Programs) -> None:
    backup = Backup(make, programs, silence=500)
    backup.follows()
    backup.router.send_multipart([backup.peer, *pair(b"/a", 4, b"1", 1)])
    backup.is_asked(b"")
    backup.snapshot(pair(b"/b", 5, b"1", 2), sequence=5)
    assert backup.takes_over(0) == [pair(b"/b", 5, b"1", 2), FULL.end(5)]


def test_a_passive_server_ignores_what_is_malformed(backup: Backup) -> None:
    backup.follows()
    good = pair(b"/a", 1, b"1", 1)
    malformed = [[b"/a"], good[:-1], [*good, b""], [*good[:2], b"uuid", *good[3:]]]
    backup.snapshot(*malformed)
    backup.publish(*malformed, [*good[:3], b"ttl=soon\n", b"1"], good)
    assert backup.takes_over(0) == [good, FULL.end(1)]
