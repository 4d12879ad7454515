"""Fixtures that own what they give, as a C program would: contexts and sockets."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from capi.given import Make, Pair, bound
from checkout import BUNDLED, ROOT, succeed
from support import Task

from zmqlite import message
from zmqlite.capi import *

_numbers = itertools.count(1)


@pytest.fixture
def ctx() -> Iterator[void_p]:
    """A context that ends with the test, and then holds no memory of Python's."""
    lent = message.collect()
    context = zmq_ctx_new()
    yield context
    assert Task(zmq_ctx_term, context).result() == 0
    assert message.collect() <= lent, "memory is still lent to libzmq"


@pytest.fixture
def make(ctx: void_p) -> Iterator[Make]:
    """Make sockets, closed after the test with what they could not send."""
    made: list[void_p] = []

    def make(kind: int) -> void_p:
        socket = zmq_socket(ctx, kind)
        assert zmq_setsockopt(socket, ZMQ_LINGER, c_int(0), 4) == 0
        made.append(socket)
        return socket

    yield make
    zmq_ctx_shutdown(ctx)  # who is still inside comes out
    for socket in made:
        zmq_close(socket)


@pytest.fixture
def pair(make: Make) -> Pair:
    """Make two sockets that know each other; the first one binds."""

    def pair(binder: int, connecter: int, endpoint: str | None = None) -> tuple[void_p, void_p]:
        one, other = make(binder), make(connecter)
        real = bound(one, endpoint or f"inproc://pair-{next(_numbers)}")
        assert zmq_connect(other, real) == 0
        return one, other

    return pair


@pytest.fixture(scope="session")
def include(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where zmq.h is; a bundled libzmq has none but our declarations."""
    folder = tmp_path_factory.mktemp("include")
    if BUNDLED:
        code = f"import build_ffi; build_ffi.write_stand_in(build_ffi.Path({str(folder)!r}))"
        succeed(sys.executable, "-c", code, cwd=ROOT)
    return folder
