"""The enums have the numbers of the library, under its names, and none is missing."""

from enum import IntEnum, IntFlag

import pytest

from zmqlite import constants
from zmqlite._zmq import lib
from zmqlite.capi import ZMQ_HAUSNUMERO
from zmqlite.constants import (
    DRAFT_SOCKET_TYPES,
    Event,
    Flag,
    GssapiNameType,
    Mechanism,
    MonitorEvent,
    ProtocolError,
    SocketType,
)

PREFIXES: dict[type[IntEnum] | type[IntFlag], str] = {
    SocketType: "ZMQ_",
    Flag: "ZMQ_",
    Event: "ZMQ_",
    MonitorEvent: "ZMQ_EVENT_",
    ProtocolError: "ZMQ_PROTOCOL_ERROR_",
    Mechanism: "ZMQ_",
    GssapiNameType: "ZMQ_GSSAPI_NT_",
}


def test_a_member_has_the_library_s_number() -> None:
    for kind, prefix in PREFIXES.items():
        for name, member in kind.__members__.items():
            assert member == getattr(lib, prefix + name), name


@pytest.mark.parametrize("name", ["EFSM", "ENOCOMPATPROTO", "ETERM", "EMTHREAD"])
def test_an_error_number_is_the_library_s(name: str) -> None:
    assert getattr(constants, name) == getattr(lib, name)
    assert ZMQ_HAUSNUMERO == constants.HAUSNUMERO


@pytest.mark.parametrize("kind", [MonitorEvent, ProtocolError, GssapiNameType])
def test_an_enum_has_all_that_the_library_declares(kind: type[IntEnum] | type[IntFlag]) -> None:
    prefix = PREFIXES[kind]
    declared = {name.removeprefix(prefix) for name in dir(lib) if name.startswith(prefix)}
    assert declared == set(kind.__members__)


def test_draft_types_go_on_where_the_stable_ones_end() -> None:
    assert sorted(DRAFT_SOCKET_TYPES.values()) == list(range(max(SocketType) + 1, 21))
    assert not DRAFT_SOCKET_TYPES.keys() & SocketType.__members__.keys()


def test_all_covers_every_event_and_more() -> None:
    for event in MonitorEvent.__members__.values():
        assert event in MonitorEvent.ALL
    assert MonitorEvent(0x8000) in MonitorEvent.ALL
