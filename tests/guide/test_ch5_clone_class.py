"""Clone, model 6, on the wire: the class against servers in plain frames."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest
from chp_support import ANY_PORT, FULL, HEARTBEAT, Frames, Speaker, again
from ports import WAIT
from support import Make, eventually

import zmqlite as zmq
from examples.guide.ch5 import chp
from examples.guide.ch5.clone import Clone
from examples.guide.ch5.clonecli6 import endpoints

pytestmark = pytest.mark.slow

FOREVER = 1_000_000
SHORT = 500

A, B = "/client/a", "/client/b"


class Server(Speaker):
    """The sockets of a server, and what a clone does there."""

    def __init__(self, make: Make) -> None:
        super().__init__(make)
        self.collector = make(zmq.SUB, rcvtimeo=WAIT)
        self.collector.subscribe(b"")
        self.place = chp.Server(
            *(each.bind(ANY_PORT) for each in (self.router, self.publisher, self.collector))
        )

    def is_asked(self, subtree: bytes = b"/client/") -> None:
        super().is_asked(subtree)


Servers: TypeAlias = tuple[Server, Server]


@pytest.fixture
def servers(make: Make) -> Servers:
    return Server(make), Server(make)


Start = Callable[..., Clone]


@pytest.fixture
def start(context: zmq.Context, servers: Servers) -> Iterator[Start]:
    """Make a clone that knows both servers."""
    with contextlib.ExitStack() as ends:

        def start(silence: int = FOREVER, subtree: str = "/client/") -> Clone:
            clone = ends.enter_context(Clone(context, subtree, silence))
            for server in servers:
                clone.connect(server.place)
            return clone

        yield start


Follow = Callable[..., Clone]


@pytest.fixture
def follow(servers: Servers, start: Start) -> Follow:
    """Make a clone that has a snapshot of the first server, which ends with this update."""

    def follow(*pairs: Frames, end: int, silence: int = FOREVER) -> Clone:
        clone = start(silence)
        servers[0].is_asked()
        servers[0].snapshot(*pairs, FULL.end(end))
        return clone

    return follow


def has(clone: Clone, key: str, value: bytes | None) -> None:
    """Come back when a clone has a value."""
    eventually(lambda: clone.get(key) == value)


def test_a_clone_has_the_snapshot_and_what_came_after_it(servers: Servers, start: Start) -> None:
    server, other = servers
    clone = start()
    server.is_asked()
    assert clone.get(A) is None
    server.publish(FULL.pair(A.encode(), 4, b"in the snapshot already"))
    server.snapshot(
        FULL.pair(A.encode(), 4, b"1"), FULL.pair(B.encode(), 5, b"1"), FULL.end(5, b"/client/")
    )
    has(clone, B, b"1")
    assert clone.get(A) == b"1"
    server.publish(
        FULL.pair(A.encode(), 3, b"late"),
        FULL.pair(A.encode(), 6, b"2"),
        FULL.pair(A.encode(), 6, b"twice"),
        FULL.pair(B.encode(), 9, b""),
    )
    has(clone, B, None)
    assert clone.get(A) == b"2"
    assert not other.publisher.poll(0)


def test_a_clone_of_the_whole_table(servers: Servers, start: Start) -> None:
    clone = start(subtree="")
    servers[0].is_asked(b"")
    servers[0].snapshot(FULL.pair(b"key", 1, b"1"), FULL.end(1))
    has(clone, "key", b"1")


def test_a_clone_ignores_heartbeats_and_what_is_malformed(servers: Servers, start: Start) -> None:
    server, _ = servers
    clone = start()
    server.is_asked()
    good = FULL.pair(A.encode(), 3, b"1")
    malformed = [[b"/client/"], good[:-1], [*good, b""], [*good[:3], b"property", b"1"]]
    server.snapshot(*malformed, FULL.end(2))
    server.publish(*malformed, HEARTBEAT, FULL.pair(b"HUGZ", 7, b""), good)
    has(clone, A, b"1")
    assert clone.get("HUGZ") is None


def test_a_change_goes_to_both_servers(servers: Servers, start: Start) -> None:
    clone = start()
    clone.set(A, b"early")
    assert clone.get(A) == b"early"
    servers[0].is_asked()
    assert not servers[0].collector.poll(50)  # it would not know it as its own update
    servers[0].snapshot(FULL.pair(A.encode(), 1, b"old"), FULL.end(1))
    early = servers[0].collector.recv_multipart()
    assert early[:2] == [A.encode(), bytes(8)]
    assert len(early[2]) == 16
    assert early[3:] == [b"ttl=0\n", b"early"]
    assert clone.get(A) == b"early"

    def both() -> bool:  # the connection to the second one may take longer
        clone.set(A, b"later", ttl=30)
        return bool(servers[1].collector.poll(20))

    eventually(both)
    second = servers[1].collector.recv_multipart()
    while (first := servers[0].collector.recv_multipart()) != second:
        assert first[3:] in ([b"ttl=30\n", b"later"], early[3:])
    assert second[:2] == [A.encode(), bytes(8)]
    assert second[3:] == [b"ttl=30\n", b"later"]
    assert second[2] != early[2]


def test_a_change_waits_for_the_collector(servers: Servers, follow: Follow, make: Make) -> None:
    server, _ = servers
    collector = server.collector
    clone = follow(end=0)
    clone.set(A, b"1")
    assert collector.recv_multipart()[4] == b"1"
    collector = again(make, collector)
    clone.set(B, b"2")
    collector.subscribe(b"")
    assert [collector.recv_multipart()[4] for _ in range(2)] == [b"1", b"2"]


def test_no_update_is_lost_while_the_snapshot_comes(servers: Servers, start: Start) -> None:
    server, _ = servers
    clone = start()
    server.is_asked()
    for count in range(1, 10_001):
        server.publish(FULL.pair(b"/client/%d" % (count % 5000), count, b"%d" % count))
    server.snapshot(FULL.end(0))
    has(clone, "/client/0", b"10000")
    for key in range(1, 5000, 100):
        assert clone.get(f"/client/{key}") == b"%d" % (5000 + key)


def test_a_clone_sees_its_change_until_the_server_has_it(servers: Servers, follow: Follow) -> None:
    server, _ = servers
    clone = follow(FULL.pair(A.encode(), 1, b"old"), end=1)
    clone.set(A, b"mine")
    assert clone.unconfirmed() == 1
    change = server.collector.recv_multipart()
    server.publish(FULL.pair(A.encode(), 2, b"another's"), FULL.pair(B.encode(), 3, b"1"))
    has(clone, B, b"1")
    assert clone.get(A) == b"mine"
    server.publish([change[0], (4).to_bytes(8), *change[2:]])
    eventually(lambda: clone.unconfirmed() == 0)
    assert clone.get(A) == b"mine"
    server.publish(FULL.pair(A.encode(), 5, b"another's"))
    has(clone, A, b"another's")


def test_what_has_not_come_back_is_sent_again(servers: Servers, follow: Follow) -> None:
    first, second = servers
    clone = follow(end=0, silence=SHORT)
    keys = [f"/client/{index}" for index in range(4)]
    for key in keys:
        clone.set(key, b"1")
    clone.set(keys[3], b"2")
    changes = [first.collector.recv_multipart() for _ in range(5)]
    first.publish([changes[0][0], (1).to_bytes(8), *changes[0][2:]])
    second.is_asked()
    while second.collector.poll(0):
        second.collector.recv_multipart()
    # The first key came back already, the second is in the snapshot, the last as it was before.
    stored = [[changes[index][0], (2).to_bytes(8), *changes[index][2:]] for index in (0, 1, 3)]
    second.snapshot(*stored, FULL.end(2))
    assert [second.collector.recv_multipart() for _ in range(2)] == [changes[2], changes[4]]
    assert clone.get(keys[3]) == b"2"
    # Nobody says any more that these were done, since they were before: that has an end, too.
    has(clone, keys[2], None)
    has(clone, keys[3], b"1")
    assert clone.unconfirmed() == 0


def test_a_deleted_key_is_gone_at_once(servers: Servers, follow: Follow) -> None:
    clone = follow(FULL.pair(A.encode(), 1, b"1"), end=1)
    has(clone, A, b"1")
    clone.set(A, b"")
    assert clone.get(A) is None


def test_a_clone_turns_to_the_other_server_and_keeps_nothing_of_the_first(
    servers: Servers, follow: Follow
) -> None:
    first, second = servers
    pairs = FULL.pair(A.encode(), 8, b"1"), FULL.pair(B.encode(), 9, b"1")
    clone = follow(*pairs, end=9, silence=SHORT)
    second.is_asked()
    second.snapshot(FULL.pair(B.encode(), 7, b"2"), FULL.end(7, b"/client/"))
    has(clone, B, b"2")
    assert clone.get(A) is None
    first.is_asked()  # and so on, in turn
    second.is_asked()


def test_a_snapshot_that_stops_halfway_changes_nothing(servers: Servers, start: Start) -> None:
    first, second = servers
    clone = start(SHORT)
    first.is_asked()
    first.snapshot(FULL.pair(A.encode(), 8, b"1"), FULL.pair(B.encode(), 9, b"1"))
    second.is_asked()
    assert clone.get(A) is None
    second.snapshot(FULL.pair(B.encode(), 3, b"2"), FULL.end(3))
    has(clone, B, b"2")
    assert clone.get(A) is None


@pytest.mark.parametrize("heartbeat", [HEARTBEAT, FULL.pair(b"HUGZ", 4, b"")], ids=["RFC", "C"])
def test_heartbeats_keep_a_clone_there(servers: Servers, follow: Follow, heartbeat: Frames) -> None:
    first, second = servers
    follow(end=4, silence=3 * SHORT)  # longer than a busy machine keeps this test from running
    for _ in range(100):
        first.publish(heartbeat)
        assert not second.publisher.poll(SHORT // 25)
    second.is_asked()  # when they end


def test_a_clone_asks_again_when_a_connection_is_back(servers: Servers, follow: Follow) -> None:
    server, _ = servers
    clone = follow(FULL.pair(A.encode(), 1, b"1"), end=1)
    has(clone, A, b"1")
    server.publisher = again(server.make, server.publisher, xpub_verboser=True)
    server.is_asked()
    server.snapshot(FULL.pair(B.encode(), 2, b"1"), FULL.end(2))
    has(clone, B, b"1")
    assert clone.get(A) is None


@pytest.mark.parametrize(
    ("subtree", "key"), [("/client/", "/other/a"), ("/client/", "HUGZ"), ("", "KTHXBAI")]
)
def test_a_key_that_would_never_come_back_is_refused(start: Start, subtree: str, key: str) -> None:
    clone = start(subtree=subtree)
    with pytest.raises(ValueError, match=f"'{key}' cannot be a key in the subtree '{subtree}'"):
        clone.set(key, b"1")
    assert clone.get(key) is None
    assert clone.unconfirmed() == 0


def test_what_cannot_be_a_pair_is_refused(start: Start) -> None:
    clone = start()
    with pytest.raises(ValueError, match="a key has at most 255 bytes"):
        clone.set(A + "k" * 256, b"")
    with pytest.raises(ValueError, match="'-1' cannot be the value of the property ttl"):
        clone.set(A, b"", ttl=-1)
    assert clone.get(A) is None


def test_a_clone_can_be_closed_twice_and_without_servers(context: zmq.Context) -> None:
    clone = Clone(context)
    assert clone.get(A) is None
    clone.close()
    clone.close()
    with pytest.raises(zmq.ActorEnded):
        clone.get(A)


def test_a_server_is_one_endpoint_or_three() -> None:
    assert endpoints("tcp://h:5566") == ("tcp://h:5566", "tcp://h:5567", "tcp://h:5568")
    assert endpoints("ipc://a,ipc://b,ipc://c") == ("ipc://a", "ipc://b", "ipc://c")
