"""Failures become exceptions that say what failed, and stay what they are when copied."""

import copy
import errno
import os
import pickle
import re
from collections.abc import Callable
from typing import Any

import pytest

from zmqlite import errors
from zmqlite._zmq import ffi, lib
from zmqlite.capi import ZMQ_PULL
from zmqlite.constants import EFSM, EMTHREAD, ENOCOMPATPROTO, ETERM
from zmqlite.errors import Again, Timeout, ZMQError, check, failure, timed_out

CLASSES = {
    errno.EAGAIN: (errors.Again, BlockingIOError),
    EFSM: (errors.StateError, OSError),
    errno.EHOSTUNREACH: (errors.HostUnreachable, OSError),
    errno.EADDRINUSE: (errors.AddressInUse, OSError),
    errno.ENOTSUP: (errors.NotSupported, OSError),
    errno.EINVAL: (errors.InvalidArgument, ValueError),
    ETERM: (errors.ContextTerminated, OSError),
    errno.ENOTSOCK: (errors.SocketClosed, OSError),
    errno.EBUSY: (errors.SocketBusy, OSError),
    errno.ECHILD: (errors.ForkedProcess, OSError),
    errno.EACCES: (ZMQError, OSError),
    EMTHREAD: (ZMQError, OSError),
}
NAMES = "EHOSTUNREACH EADDRINUSE ENODEV ENAMETOOLONG ENOTSUP EPROTONOSUPPORT EMFILE EBUSY ECHILD"
HINTED = [EFSM, ENOCOMPATPROTO, EMTHREAD, *(getattr(errno, name) for name in NAMES.split())]

SAMPLES = [
    *(failure(code, "zmq_bind", "tcp://*:80") for code in CLASSES),
    failure(errno.EMFILE, "zmq_socket"),
    timed_out(250, "recv", "PULL"),
]


@pytest.mark.parametrize(("code", "classes"), CLASSES.items())
def test_an_errno_becomes_its_class_and_the_built_in_one(
    code: int, classes: tuple[type[Exception], type[Exception]]
) -> None:
    error = failure(code, "zmq_bind", "tcp://*:80")
    assert type(error) is classes[0]
    assert isinstance(error, classes[1])
    assert (error.errno, error.call, error.subject) == (code, "zmq_bind", "tcp://*:80")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((errno.EACCES, "zmq_bind", "tcp://*:80"), "zmq_bind('tcp://*:80'): Permission denied"),
        ((errno.EINTR, "zmq_ctx_term"), "zmq_ctx_term(): Interrupted system call"),
    ],
)
def test_the_text_is_call_subject_if_there_is_one_and_reason(arguments: Any, text: str) -> None:
    error = failure(*arguments)
    assert str(error) == text
    assert error.strerror == os.strerror(arguments[0])


@pytest.mark.parametrize("code", HINTED)
def test_a_hint_follows_the_reason_where_users_stumble(code: int) -> None:
    error = failure(code, "zmq_call")
    text = str(error)
    assert text.startswith(f"zmq_call(): {error.strerror}; ")
    assert "\n" not in text


def test_the_hint_for_an_invalid_argument_depends_on_the_call() -> None:
    texts = {str(failure(errno.EINVAL, f"zmq_{call}")) for call in ("bind", "setsockopt", "other")}
    assert len({text.partition(";")[2] for text in texts}) == 3


@pytest.mark.parametrize("code", [errno.ENOTSOCK, errno.EBUSY, errno.ECHILD])
def test_our_own_refusals_are_not_put_in_the_system_s_words(code: int) -> None:
    assert failure(code, "send").strerror != os.strerror(code)


def test_a_timeout_is_again_and_a_timeout_error() -> None:
    error = timed_out(250, "recv", "PULL")
    for kind in (Again, BlockingIOError, TimeoutError):
        assert isinstance(error, kind)
    assert error.errno == errno.EAGAIN
    assert str(error) == "recv() on PULL: nothing happened within 250 ms"


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_a_copy_says_the_same(duplicate: Callable[[ZMQError], ZMQError]) -> None:
    for error in SAMPLES:
        other = duplicate(error)
        assert type(other) is type(error)
        assert str(other) == str(error)
        assert vars(other) == vars(error)
        assert (other.errno, other.strerror) == (error.errno, error.strerror)


def test_check_raises_the_errno_of_the_call_that_returned_null_or_minus_one() -> None:
    with pytest.raises(ZMQError, match=r"^check\('PULL'\) \[zmq_socket\]: Bad address$") as caught:
        check(lib.zmq_socket(ffi.NULL, ZMQ_PULL), "zmq_socket", "PULL")
    assert caught.value.errno == errno.EFAULT
    with pytest.raises(
        errors.SocketClosed, match=r"^check\(\) \[zmq_bind\]: the socket is closed$"
    ):
        check(lib.zmq_bind(ffi.NULL, b"inproc://a"), "zmq_bind")


def test_check_passes_on_what_is_no_failure() -> None:
    pointer = ffi.new("int *")
    assert check(pointer, "call") is pointer
    assert [check(rc, "call") for rc in (0, 1, -2, 2**31)] == [0, 1, -2, 2**31]


def test_the_tree_at_the_top_shows_every_class() -> None:
    drawn = set(re.findall(r"── (\w+)", errors.__doc__ or ""))
    defined = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, ZMQError)
    }
    assert drawn == defined
    assert Timeout.__name__ in drawn
