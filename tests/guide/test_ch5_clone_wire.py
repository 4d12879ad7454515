"""Clone on the wire (CHP): plain frames against the servers of models 3 to 6."""

from __future__ import annotations

import time

import pytest
from chp_support import FORMS, FULL, Frames, Server, number, uuid
from ports import Programs
from support import Make

pytestmark = pytest.mark.slow


@pytest.fixture(params=FORMS)
def server(request: pytest.FixtureRequest, make: Make, programs: Programs) -> Server:
    return Server(make, programs, request.param)


def test_a_server_numbers_publishes_and_keeps_what_it_is_sent(server: Server) -> None:
    form = server.form
    sets = [(b"/a/1", b"one"), (b"/a/2", b"\0\xff"), (b"/a/1", b"two"), (b"/b/1", b"x" * 100_000)]
    for count, (key, body) in enumerate(sets, 1):
        server.set(key, body)
        assert server.update() == form.pair(key, count, body)
    server.dealer = server.another()
    *pairs, end = server.snapshot()
    assert sorted(pairs) == [
        form.pair(b"/a/1", 3, b"two"),
        form.pair(b"/a/2", 2, b"\0\xff"),
        form.pair(b"/b/1", 4, b"x" * 100_000),
    ]
    assert end == form.end(4)


def test_the_number_that_a_client_gives_does_not_count(server: Server) -> None:
    for given in (77, -1):
        server.pusher.send_multipart(server.form.pair(b"key", given, b"%d" % given))
    assert [server.update()[1] for _ in range(2)] == [number(1), number(2)]


def test_a_snapshot_is_whole_however_large(server: Server) -> None:
    keys = [b"%05d" % key for key in range(5000)]
    for key in keys:
        server.set(key, b"body")
        server.update()
    *pairs, end = server.snapshot()
    assert sorted(pair[0] for pair in pairs) == keys
    assert end == server.form.end(len(keys))


def test_a_client_that_leaves_before_its_snapshot_came_harms_nobody(server: Server) -> None:
    server.set(b"key", b"x" * 1_000_000)
    server.update()
    for _ in range(20):
        gone = server.another()
        gone.send_multipart([b"ICANHAZ?"] if server.model == 3 else [b"ICANHAZ?", b""])
        gone.close()
    assert len(server.snapshot()) == 2


def test_a_malformed_request_is_not_answered(server: Server) -> None:
    of_other_models = [b"ICANHAZ?", b"/a/"] if server.model == 3 else [b"ICANHAZ?"]
    malformed = [[b""], [b"", b""], [b"icanhaz?"], [b"ICANHAZ"], [b"", b"ICANHAZ?"]]
    for request in (*malformed, [b"ICANHAZ?", b"", b""], of_other_models):
        server.dealer.send_multipart(request)
        assert server.snapshot() == [server.form.end(0)]
        assert server.program.line().startswith("malformed: ")


def test_a_malformed_change_changes_nothing(server: Server) -> None:
    good = server.form.pair(b"key", 0, b"body")
    malformed = [
        [b""],
        good[:-1],
        [*good, b""],
        [good[0], b"", *good[2:]],
        [good[0], bytes(9), *good[2:]],
        [b"k" * 256, *good[1:]],
        [b"KTHXBAI", *good[1:]],
        [b"HUGZ", *good[1:]],
    ]
    for frames in (*malformed, good):
        server.pusher.send_multipart(frames)
    assert server.update() == server.form.pair(b"key", 1, b"body")
    assert server.snapshot() == [server.form.pair(b"key", 1, b"body"), server.form.end(1)]
    for _ in malformed:
        assert server.program.line().startswith("malformed: ")


@pytest.mark.parametrize("model", [4, 5, 6])
def test_a_snapshot_of_a_subtree(make: Make, programs: Programs, model: int) -> None:
    server = Server(make, programs, model)
    for key in (b"/a/1", b"/ab/1", b"/b/1", b"a/1", b"/a", b"/a/b/c"):
        server.set(key, b"body")
        server.update()
    for subtree, keys in (
        (b"/a/", [b"/a/1", b"/a/b/c"]),
        (b"/a/b/", [b"/a/b/c"]),
        (b"/c/", []),
        (b"", [b"/a", b"/a/1", b"/a/b/c", b"/ab/1", b"/b/1", b"a/1"]),
    ):
        *pairs, end = server.snapshot(subtree)
        assert sorted(pair[0] for pair in pairs) == keys
        assert end == server.form.end(6, subtree)


# Ends of life


def lasting(key: bytes, body: bytes, ttl: object) -> Frames:
    """What a client sends to set a pair that lives some seconds."""
    return [key, number(0), uuid(key, body), b"a=b\nttl=%s\n" % str(ttl).encode(), body]


@pytest.mark.parametrize("model", [5, 6])
def test_what_has_come_to_its_end_is_deleted(make: Make, programs: Programs, model: int) -> None:
    server = Server(make, programs, model, flush=20)
    before = time.time_ns() // 1_000_000
    sets = [lasting(b"/a/%d" % ttl, b"body", ttl) for ttl in (1, 0, 100)]
    for count, frames in enumerate(sets, 1):
        server.pusher.send_multipart(frames)
        assert server.update() == [frames[0], number(count), *frames[2:]]
    kept = {frames[0]: frames for frames in server.snapshot(b"/a/")[:-1]}
    after = time.time_ns() // 1_000_000
    for ttl in (1, 100):
        properties = kept[b"/a/%d" % ttl][3]
        assert properties.startswith(b"a=b\nttl=")
        assert before + 1000 * ttl <= int(properties[8:-1]) <= after + 1000 * ttl
    assert kept[b"/a/0"] == [b"/a/0", number(2), *sets[1][2:]]
    key, sequence, *_, body = server.update()
    assert (key, sequence, body) == (b"/a/1", number(4), b"")
    assert time.time_ns() // 1_000_000 >= before + 1000
    *pairs, end = server.snapshot(b"/a/")
    assert {pair[0] for pair in pairs} == {b"/a/0", b"/a/100"}
    assert end == FULL.end(4, b"/a/")


def test_a_new_value_has_a_new_end(make: Make, programs: Programs) -> None:
    server = Server(make, programs, 5, flush=20)
    for key, ttl in ((b"/1", 1), (b"/1", 0), (b"/2", 1)):
        server.pusher.send_multipart(lasting(key, b"body", ttl))
    assert [server.update()[0] for _ in range(4)] == [b"/1", b"/1", b"/2", b"/2"]
    assert [pair[0] for pair in server.snapshot()] == [b"/1", b"KTHXBAI"]


def test_an_update_without_body_deletes(make: Make, programs: Programs) -> None:
    server = Server(make, programs, 5)
    for count, body in enumerate((b"body", b"", b""), 1):
        server.set(b"/a", body)
        assert server.update() == server.form.pair(b"/a", count, body)
    assert server.snapshot() == [server.form.end(3)]


@pytest.mark.parametrize("ttl", ["-1", "soon", "1.5", 2**63])
def test_a_malformed_ttl_changes_nothing(make: Make, programs: Programs, ttl: object) -> None:
    server = Server(make, programs, 5)
    server.pusher.send_multipart(lasting(b"/a", b"body", ttl))
    server.pusher.send_multipart(lasting(b"/b", b"body", 2**63 - 1))
    assert server.update()[:2] == [b"/b", number(1)]
    assert [pair[0] for pair in server.snapshot()] == [b"/b", b"KTHXBAI"]
    assert server.program.line().startswith("malformed: ")
