"""Clone on the wire: plain frames against models 1 and 2, whose clients only listen."""

from __future__ import annotations

import pytest
from chp_support import ANY_PORT, SIMPLE, subscribe
from ports import WAIT, Programs
from support import Make

import zmqlite as zmq
from examples.guide.ch5 import clonesrv2

pytestmark = pytest.mark.slow


def sequence(subscriber: zmq.Socket) -> int:
    """The number of the next update, which must be one."""
    key, sequence, body = subscriber.recv_multipart()
    assert key.isdigit()
    assert int(key) < 50
    assert body.isdigit()
    assert len(sequence) == 8
    return int.from_bytes(sequence)


def test_a_server_of_model_2_has_a_snapshot_for_latecomers(make: Make, programs: Programs) -> None:
    server = programs.start(
        "ch5.clonesrv2", snapshots=ANY_PORT, updates=ANY_PORT, keys=50, interval=1
    )
    snapshots, updates = (server.line().split()[1] for _ in range(2))
    dealer = make(zmq.DEALER, rcvtimeo=WAIT)
    dealer.connect(snapshots)
    dealer.send_multipart([b"ICANHAZ?", b""])
    assert server.line().startswith("malformed: ")
    for _ in range(20):
        subscriber = subscribe(make, updates)
        dealer.send(b"ICANHAZ?")
        pairs = {}
        while (message := dealer.recv_multipart())[0] != b"KTHXBAI":
            pairs[message[0]] = message
        last = int.from_bytes(message[1])
        assert message == SIMPLE.end(last)
        if pairs:
            assert max(int.from_bytes(pair[1]) for pair in pairs.values()) == last
        first = sequence(subscriber)
        assert first <= last + 1
        numbers = [sequence(subscriber) for _ in range(last + 2 - first)]
        assert numbers == list(range(first + 1, last + 3))
    server.end()


def test_a_snapshot_has_all_that_was_published_before(context: zmq.Context, make: Make) -> None:
    dealer = make(zmq.DEALER, rcvtimeo=WAIT)
    with zmq.Actor(context, clonesrv2.keep, "inproc://snapshots") as keeper:
        dealer.connect("inproc://snapshots")
        for count in range(1, 5001):
            keeper.pipe.send_multipart(SIMPLE.pair(b"key", count, b"%d" % count))
            if count % 1000 == 0:
                dealer.send(b"ICANHAZ?")
                assert dealer.recv_multipart() == SIMPLE.pair(b"key", count, b"%d" % count)
                assert dealer.recv_multipart() == SIMPLE.end(count)


def test_the_client_of_model_1_stores_what_comes(make: Make, programs: Programs) -> None:
    publisher = make(zmq.XPUB, rcvtimeo=WAIT)
    client = programs.start("ch5.clonecli1", connect=publisher.bind(ANY_PORT), count=3)
    assert publisher.recv() == b"\1"
    good = [SIMPLE.pair(b"key", count, b"body") for count in (4, 5, 9)]
    for message in (*good[:2], good[0], good[1], [b"key"], good[2]):
        publisher.send_multipart(message)
    assert client.rest() == [
        "following from update 4",
        "malformed: a pair has 3 frames, not 1",
        "stored 3 updates, up to 9",
    ]


@pytest.mark.parametrize("body", [b"", b"/client/"], ids=["C's", "another's"])
def test_the_client_of_model_2_applies_what_is_newer_than_its_snapshot(
    make: Make, programs: Programs, body: bytes
) -> None:
    router, publisher = make(zmq.ROUTER, rcvtimeo=WAIT), make(zmq.XPUB, rcvtimeo=WAIT)
    client = programs.start(
        "ch5.clonecli2", snapshots=router.bind(ANY_PORT), updates=publisher.bind(ANY_PORT), last=12
    )
    assert publisher.recv() == b"\1"
    peer, *request = router.recv_multipart()
    assert request == [b"ICANHAZ?"]
    pairs = [SIMPLE.pair(b"%d" % count, count, b"body") for count in range(8, 13)]
    for message in (pairs[0], pairs[1]):
        publisher.send_multipart(message)
    for message in (pairs[0], pairs[1], SIMPLE.end(9, body)):
        router.send_multipart([peer, *message])
    first = client.line()
    assert first.startswith("snapshot: 2 pairs at update 9, ")
    for message in (pairs[2], SIMPLE.pair(b"late", 7, b""), pairs[4]):
        publisher.send_multipart(message)
    [last] = client.rest()
    assert last.startswith("4 pairs at update 12, ")
