"""Every row of the context agrees with libzmq, and bad thread options raise instead of aborting."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from zmqlite._zmq import ffi, lib
from zmqlite.arguments import INT_MAX
from zmqlite.capi import ZMQ_IO_THREADS_DFLT, ZMQ_MAX_SOCKETS_DFLT
from zmqlite.context_options import ALL_CONTEXT_OPTIONS, ContextOptions, check_thread_options
from zmqlite.errors import InvalidArgument, check
from zmqlite.option import Effect
from zmqlite.options import Bool, Int, Number

Row = Number[Any, Any]

ROWS = [pytest.param(row, id=row.name) for row in ALL_CONTEXT_OPTIONS.values()]
CPUS = sorted(os.sched_getaffinity(0))


class RawContext(ContextOptions):
    """A context of libzmq with nothing around it but the options."""

    def __init__(self) -> None:
        self.pointer = check(lib.zmq_ctx_new(), "zmq_ctx_new")

    def get(self, option: Row) -> Any:
        value = lib.zmq_ctx_get(self.pointer, option.number)
        assert value != -1 or option.default == -1
        return option.from_int(value)

    def set(self, option: Row, value: Any) -> None:
        number = option.to_int(value)
        check(lib.zmq_ctx_set(self.pointer, option.number, number), "zmq_ctx_set", option.name)


@pytest.fixture
def raw_context() -> Iterator[RawContext]:
    context = RawContext()
    yield context
    check(lib.zmq_ctx_term(context.pointer), "zmq_ctx_term")


def rows(access: str) -> list[Any]:
    """Parameters: the rows that allow "r" or "w"."""
    return [param for param in ROWS if access in param.values[0].access]  # type: ignore[union-attr]


def good_values(row: Row) -> list[Any]:
    """Values at the edges of what the row accepts."""
    if row.name.startswith("thread_affinity"):
        return [CPUS[0], CPUS[-1]]
    if isinstance(row, Bool):
        return [False, True]
    assert isinstance(row, Int)
    return [row.low, row.high]


def test_the_table_has_all_options_of_a_stable_libzmq() -> None:
    assert len(ALL_CONTEXT_OPTIONS) == 13


@pytest.mark.parametrize("row", ROWS)
def test_a_row_has_the_library_s_number(row: Row) -> None:
    draft = {"zero_copy_recv": 10}
    expected = draft.get(row.name) or getattr(lib, f"ZMQ_{row.name.upper()}")
    assert row.number == expected


@pytest.mark.parametrize("row", rows("r"))
def test_a_default_is_libzmq_s(row: Row, raw_context: RawContext) -> None:
    value: object = getattr(raw_context, row.name)
    if row.default is not None:
        assert value == row.default
        assert type(value) is type(row.default)


def test_the_defaults_are_those_of_the_header() -> None:
    assert ContextOptions.io_threads.default == ZMQ_IO_THREADS_DFLT
    assert ContextOptions.max_sockets.default == ZMQ_MAX_SOCKETS_DFLT
    assert ContextOptions.msg_t_size.default == ffi.sizeof("zmq_msg_t")


@pytest.mark.parametrize("row", rows("w"))
def test_libzmq_takes_what_a_row_accepts_and_gives_it_back(
    row: Row, raw_context: RawContext
) -> None:
    if row is ContextOptions.thread_affinity_cpu_remove:
        for cpu in good_values(row):
            raw_context.thread_affinity_cpu_add = cpu
    for value in dict.fromkeys(good_values(row)):
        raw_context.set(row, value)
        if "r" in row.access:
            assert raw_context.get(row) == value


@pytest.mark.parametrize("row", rows("w"))
def test_a_wrong_value_is_refused(row: Row, raw_context: RawContext) -> None:
    for value in (None, 1.0, "1", object()):
        with pytest.raises(TypeError, match=row.name):
            raw_context.set(row, value)
    for number in (-2, INT_MAX + 1):
        with pytest.raises(ValueError, match=row.name):
            raw_context.set(row, number)


def test_a_read_only_option_cannot_be_set(raw_context: RawContext) -> None:
    with pytest.raises(AttributeError, match="msg_t_size is read-only"):
        raw_context.msg_t_size = 64


def test_the_number_that_two_options_share_is_read_as_one_and_set_as_the_other(
    raw_context: RawContext,
) -> None:
    raw_context.thread_priority = 5
    assert raw_context.socket_limit > 5
    with pytest.raises(AttributeError, match="thread_priority is write-only"):
        _ = raw_context.thread_priority


def test_a_row_says_that_it_is_for_before_the_first_socket() -> None:
    for row in ALL_CONTEXT_OPTIONS.values():
        assert ("later it is silently ignored" in row.describe()) == (
            "w" in row.access and row.effect is Effect.START
        )


@pytest.mark.parametrize("cpu", [1023, 1024, INT_MAX])
def test_a_cpu_that_the_system_would_not_give_is_refused(cpu: int, raw_context: RawContext) -> None:
    with pytest.raises(ValueError, match="thread_affinity_cpu_add"):
        raw_context.thread_affinity_cpu_add = cpu


def test_a_cpu_beyond_the_set_that_libzmq_keeps_is_refused(raw_context: RawContext) -> None:
    with pytest.raises(ValueError, match="0 to 1023"):
        raw_context.thread_affinity_cpu_add = 1024


def test_trying_a_cpu_leaves_the_process_where_it_is(raw_context: RawContext) -> None:
    raw_context.thread_affinity_cpu_add = CPUS[0]
    assert sorted(os.sched_getaffinity(0)) == CPUS


START = """
import os, resource, sys
from zmqlite._zmq import lib
from zmqlite.context_options import check_thread_options
from zmqlite.errors import ZMQError

policy, priority, privileged = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
if not privileged and os.getuid() == 0:
    os.setuid(65534)
try:
    check_thread_options(policy, priority)
    print("allowed", flush=True)
except ZMQError as error:
    assert error.subject == "thread_sched_policy, thread_priority"
    print("refused", flush=True)
context = lib.zmq_ctx_new()
for option, value in ((4, policy), (3, priority)):
    if value != -1:
        assert lib.zmq_ctx_set(context, option, value) == 0
lib.zmq_close(lib.zmq_socket(context, 0))
lib.zmq_ctx_term(context)
"""


@pytest.mark.parametrize("privileged", [0, 1])
@pytest.mark.parametrize(
    ("policy", "priority"),
    [
        (-1, -1),
        (-1, 0),
        (-1, 1),
        (os.SCHED_OTHER, -1),
        (os.SCHED_BATCH, 0),
        (os.SCHED_FIFO, -1),
        (os.SCHED_FIFO, 1),
        (os.SCHED_RR, 100),
        (77, -1),
    ],
)
def test_thread_options_are_refused_where_libzmq_would_abort(
    policy: int, priority: int, privileged: int
) -> None:
    arguments = [str(number) for number in (policy, priority, privileged)]
    done = subprocess.run(
        [sys.executable, "-c", START, *arguments], capture_output=True, text=True, check=False
    )
    aborted = done.returncode == -signal.SIGABRT
    assert aborted or done.returncode == 0, done.stderr
    # The one refusal too many: releases of libzmq differ in what they do about priority 0.
    assert (done.stdout == "refused\n") == aborted or (priority == 0 and not aborted)


def test_checking_thread_options_changes_nothing_for_the_caller() -> None:
    before = (os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0))
    check_thread_options(os.SCHED_BATCH, -1)
    with pytest.raises(InvalidArgument):
        check_thread_options(77, -1)
    assert (os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0)) == before
