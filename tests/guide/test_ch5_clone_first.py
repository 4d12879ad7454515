"""Clone on the wire: plain frames against models 1 and 2, whose clients only listen."""

from __future__ import annotations

import pytest
from chp_support import ANY_PORT, SIMPLE
from ports import WAIT, Programs
from support import Make

import zmqlite as zmq
from examples.guide.ch5 import clonesrv2

pytestmark = pytest.mark.slow


def test_a_snapshot_has_all_that_was_published_before(context: zmq.Context, make: Make) -> None:
    dealer = make(zmq.DEALER, rcvtimeo=WAIT)
    with zmq.Actor(context, clonesrv2.keep, "inproc://snapshots") as keeper:
        dealer.connect("inproc://snapshots")
        dealer.send_multipart([b"ICANHAZ?", b""])  # malformed, and passed over
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
