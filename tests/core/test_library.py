"""What libzmq was built with, under every spelling, and its version."""

from typing import Any

import pytest

from zmqlite._zmq import lib
from zmqlite.library import has, zmq_version


@pytest.mark.parametrize("name", ["tcp", "inproc", "udp", "TCP", "ipc", "IPC", "Ipc"])
def test_the_common_transports_are_there_in_any_spelling(name: str) -> None:
    assert has(name) is True


@pytest.mark.parametrize("name", ["curve", "gssapi", "draft", "norm", "pgm", "tipc", "vmci"])
def test_a_capability_is_libzmq_s_in_any_spelling(name: str) -> None:
    assert has(name) is has(name.upper()) is bool(lib.zmq_has(name.encode()))


@pytest.mark.parametrize("name", ["ws", "wss"])
def test_websockets_are_found_under_their_usual_name(name: str) -> None:
    assert has(name) is has(name.upper()) is bool(lib.zmq_has(name.upper().encode()))


def test_epgm_comes_with_pgm() -> None:
    assert has("epgm") is has("pgm")


@pytest.mark.parametrize("name", ["", "teleport", "tcp "])
def test_an_unknown_capability_is_not_there(name: str) -> None:
    assert has(name) is False


@pytest.mark.parametrize(
    ("name", "error"), [(None, TypeError), (b"ipc", TypeError), ("a\0", ValueError)]
)
def test_a_capability_is_a_text(name: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="capability"):
        has(name)


def test_the_version_is_one_that_zmqlite_supports() -> None:
    assert zmq_version() >= (4, 3, 4)
