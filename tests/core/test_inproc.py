"""Which inproc endpoints of a context are bound, and which the spare socket binds at the end."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import pytest
from support import Make

from zmqlite import PAIR, PULL, PUSH, AddressInUse, Context, ZMQError
from zmqlite.inproc import Inproc
from zmqlite.owner import Owner


@pytest.fixture
def owner() -> Iterator[Owner]:
    owner = Owner()
    yield owner
    owner.shutdown()
    owner.close_all()
    owner.terminate()


def test_one_spare_socket_does_for_all_endpoints(owner: Owner) -> None:
    inproc = Inproc(owner)
    assert not owner.handles
    for number in range(10):
        inproc.connecting(b"inproc://%d" % number)
    assert len(owner.handles) == 1


def test_an_endpoint_that_is_bound_needs_no_spare_socket(owner: Owner) -> None:
    inproc = Inproc(owner)
    inproc.bound(b"inproc://a")
    inproc.connecting(b"inproc://a")
    assert not owner.handles
    inproc.unbound([b"inproc://a", b"tcp://127.0.0.1:1"])
    inproc.connecting(b"inproc://a")
    assert len(owner.handles) == 1


def test_an_endpoint_that_was_bound_in_time_is_not_awaited(owner: Owner) -> None:
    inproc = Inproc(owner)
    inproc.connecting(b"inproc://a")
    inproc.connecting(b"inproc://b")
    inproc.bound(b"inproc://a")
    assert inproc.awaited == {b"inproc://b"}
    inproc.bind_awaited()
    assert inproc.awaited == set()


def test_the_spare_socket_binds_what_nobody_has_bound(make: Make, context: Context) -> None:
    make(PULL).bind("inproc://bound")
    client = make(PUSH)
    for endpoint in ("inproc://bound", "inproc://nobody", "inproc://late"):
        client.connect(endpoint)
    make(PULL).bind("inproc://late")
    context._inproc.bind_awaited()
    with pytest.raises(AddressInUse):
        make(PULL).bind("inproc://nobody")


def test_a_connection_that_gets_no_spare_socket_is_refused() -> None:
    with Context(max_sockets=1) as context, context.socket(PAIR) as client:
        for _ in range(2):
            with pytest.raises(ZMQError, match=r"^Socket.connect\('inproc://nobody'\)") as caught:
                client.connect("inproc://nobody")
            assert caught.value.errno == errno.EMFILE
