"""Handles: what C's `void *` is here."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest
from capi.given import end, start

from zmqlite.capi import *

KINDS: dict[str, Callable[[], void_p]] = {
    "context": zmq_ctx_new,
    "timers object": zmq_timers_new,
    "counter": zmq_atomic_counter_new,
    "stopwatch": zmq_stopwatch_start,
    "thread": lambda: zmq_threadstart(id, None),
}


@pytest.mark.parametrize("kind", [*KINDS, "socket"])
def test_a_handle_names_its_kind_and_cannot_be_copied(kind: str) -> None:
    context, socket = start()
    handle = KINDS[kind]() if kind in KINDS else socket
    assert repr(handle).startswith(f"<zmqlite.capi {kind} at 0x")
    for spoil in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match=f"a {kind} .* copied"):
            spoil(handle)
    if kind == "context":
        assert zmq_ctx_term(handle) == 0
    end(context, socket)


def test_what_is_no_handle_is_refused() -> None:
    for wrong in (0, 1, "socket", b"", object(), [None], zmq_msg_t(), c_pointer()):
        for call in (zmq_close, zmq_ctx_term, zmq_stopwatch_stop, zmq_timers_execute):
            with pytest.raises(TypeError, match=type(wrong).__name__):
                call(wrong)  # type: ignore[arg-type]  # is what is tested


def test_forgetting_a_handle_closes_nothing() -> None:
    context, socket = start(ZMQ_REP)
    assert zmq_bind(socket, "inproc://forgotten") == 0
    lost = zmq_socket(context, ZMQ_PULL)
    assert zmq_bind(lost, "inproc://lost") == 0
    del lost
    again = zmq_socket(context, ZMQ_PULL)
    assert zmq_bind(again, "inproc://lost") == -1
    assert zmq_errno() == EADDRINUSE
    assert zmq_close(again) == zmq_close(socket) == 0
    assert zmq_ctx_shutdown(context) == 0  # zmq_ctx_term would wait for ever, as in C
