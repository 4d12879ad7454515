"""Descriptors are counted before libzmq needs them, since it aborts without."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Iterator

import pytest
from support import open_descriptors

from zmqlite import ZMQError
from zmqlite.fds import reserve


@pytest.fixture
def room_for_five() -> Iterator[None]:
    """Let the process open five more descriptors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    fillers = [os.open(os.devnull, os.O_RDONLY)]
    limit = fillers[0] + 50
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    try:
        while True:
            try:
                fillers.append(os.open(os.devnull, os.O_RDONLY))
            except OSError:
                break
        for _ in range(5):
            os.close(fillers.pop())
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for filler in fillers:
            os.close(filler)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_what_is_there_is_reserved_and_given_back(count: int, room_for_five: None) -> None:
    for _ in range(3):
        reserve(count, "zmq_socket")
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(5)]
    for descriptor in opened:
        os.close(descriptor)


def test_what_is_not_there_is_refused_and_given_back(room_for_five: None) -> None:
    for count in (6, 1000):
        with pytest.raises(ZMQError, match=r"\[zmq_socket\].*ulimit -n") as caught:
            reserve(count, "zmq_socket", "PULL")
        assert caught.value.errno == errno.EMFILE
    reserve(5, "zmq_socket")


def test_nothing_stays_open() -> None:
    before = open_descriptors()
    reserve(10, "zmq_socket")
    assert open_descriptors() == before
