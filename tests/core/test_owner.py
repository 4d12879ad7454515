"""What a context and its sockets share: the handles, the shutdown and the fork generation."""

from __future__ import annotations

import sys

import pytest
from checkout import succeed

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
    program = """
import os
from zmqlite import ForkedProcess
from zmqlite.owner import ForkAware, Owner

def child():
    pid = os.fork()
    if pid:
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert status == 0, status
    return pid == 0

made = Owner()
assert not made.forked
if child():
    assert made.forked
    try:
        made.locked("zmq_ctx_get")
    except ForkedProcess:
        own = ForkAware()
        assert not own.forked
        if child():
            assert made.forked and own.forked
        os._exit(0)
    os._exit(1)
assert not made.forked
made.terminate()
"""
    succeed(sys.executable, "-c", program)
