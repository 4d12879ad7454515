"""What a context and its sockets share: the handles, the shutdown and the fork generation."""

from __future__ import annotations

import pytest
from program_support import said

from zmqlite import ContextTerminated, InvalidArgument
from zmqlite.constants import SocketType
from zmqlite.owner import Owner


def test_an_owner_knows_the_handles_that_are_open() -> None:
    owner = Owner()
    first, second = (owner.open(SocketType.PAIR, "zmq_socket", "PAIR") for _ in range(2))
    assert owner.handles == {first, second}
    assert [owner.close(first) for _ in range(2)] == [0, 0]
    assert owner.handles == {second}
    owner.shutdown()
    owner.close_all()
    assert owner.handles == set()
    assert not owner.closed
    owner.terminate()
    assert owner.closed


def test_a_socket_that_libzmq_refuses_leaves_no_handle() -> None:
    owner = Owner()
    with pytest.raises(InvalidArgument, match=r"\('wrong'\) \[zmq_socket\]"):
        owner.open(-1, "zmq_socket", "wrong")
    assert owner.handles == set()
    owner.terminate()


def test_after_the_shutdown_nobody_gets_the_pointer() -> None:
    owner = Owner()
    assert owner.pointer("zmq_ctx_get")
    owner.shutdown()
    with pytest.raises(ContextTerminated, match="zmq_ctx_get"):
        owner.pointer("zmq_ctx_get")
    with pytest.raises(ContextTerminated, match="zmq_socket"):
        owner.open(SocketType.PAIR, "zmq_socket", "PAIR")
    owner.terminate()


def test_a_forked_child_and_its_children_know_what_their_parents_made() -> None:
    assert said("core/owners", "generations") == ""
