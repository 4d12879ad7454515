"""Every row of the table agrees with libzmq: number, default, range, access and effect."""

from collections.abc import Iterator
from enum import Enum
from typing import Any

import pytest

from zmqlite._zmq import ffi, lib
from zmqlite.constants import DEALER, SUB, GssapiNameType, Mechanism, SocketType
from zmqlite.curve import curve_keypair
from zmqlite.errors import InvalidArgument, check
from zmqlite.library import has
from zmqlite.option import Effect, Option
from zmqlite.options import Bool, Filter, Key, Ranged, Text, Unlisted
from zmqlite.socket_options import ALL_SOCKET_OPTIONS, SUBSCRIBE, UNSUBSCRIBE, SocketOptions

Row = Option[Any, Any]

ROWS = [pytest.param(row, id=row.name) for row in ALL_SOCKET_OPTIONS.values()]


def rows(access: str) -> list[Any]:
    """Parameters: the rows that allow "r" or "w"."""
    return [param for param in ROWS if access in param.values[0].access]  # type: ignore[union-attr]


class RawSocket(SocketOptions):
    """A socket of libzmq with nothing around it but the options."""

    def __init__(self, context: Any, kind: SocketType) -> None:
        self.handle = check(lib.zmq_socket(context, kind), "zmq_socket")

    def get(self, option: Row) -> Any:
        for size in option.sizes:
            value, length = ffi.new("char[]", size), ffi.new("size_t *", size)
            rc = lib.zmq_getsockopt(self.handle, option.number, value, length)
            if rc == 0:
                break
        check(rc, "zmq_getsockopt", option.name)
        return option.decode(ffi.buffer(value, length[0])[:])

    def set(self, option: Row, value: Any) -> None:
        self.set_raw(option, option.encode(value))

    def set_raw(self, option: Row, raw: bytes | None) -> None:
        data, size = (ffi.NULL, 0) if raw is None else (raw, len(raw))
        rc = lib.zmq_setsockopt(self.handle, option.number, data, size)
        check(rc, "zmq_setsockopt", option.name)


class Sockets:
    """Sockets of one context, closed with it."""

    def __init__(self) -> None:
        self.context = check(lib.zmq_ctx_new(), "zmq_ctx_new")
        self.open: list[RawSocket] = []

    def make(self, kind: SocketType) -> RawSocket:
        self.open.append(RawSocket(self.context, kind))
        return self.open[-1]

    def suiting(self, row: Row) -> RawSocket:
        """A socket of a type that has the option, or a skip where libzmq lacks it."""
        if row.needs and not has(row.needs):
            pytest.skip(f"libzmq was built without {row.needs}")
        return self.make((row.types or (DEALER,))[0])

    def close(self) -> None:
        for socket in self.open:
            socket.linger = 0
            check(lib.zmq_close(socket.handle), "zmq_close")
        check(lib.zmq_ctx_term(self.context), "zmq_ctx_term")


@pytest.fixture
def sockets() -> Iterator[Sockets]:
    made = Sockets()
    yield made
    made.close()


def good_values(row: Row) -> list[Any]:
    """Values at the edges of what the row accepts."""
    if row.name == "tcp_accept_filter":
        return ["10.0.0.0/8", "192.168.1.1", None]
    if row.name.endswith("nametype"):
        return list(GssapiNameType)
    if isinstance(row, Bool):
        return [True, False]
    if isinstance(row, Ranged):
        return [row.low, row.high]
    if isinstance(row, Filter):
        return [0, row.high, None]
    if isinstance(row, Text):
        return ["x", "x" * row.longest, *([None] if row.clears else [])]
    if isinstance(row, Key):
        return list(curve_keypair())
    return [b"x", b"x" * 255]


DRAFTS = {"zap_enforce_domain": 93}
"""Options that zmq.h declares for draft builds only, and that stable ones have all the same."""


def test_the_table_has_all_options_of_a_stable_libzmq_once() -> None:
    assert len(ALL_SOCKET_OPTIONS) == 80 + len(DRAFTS)
    assert len({row.number for row in ALL_SOCKET_OPTIONS.values()}) == len(ALL_SOCKET_OPTIONS)
    assert all(name == row.name for name, row in ALL_SOCKET_OPTIONS.items())


@pytest.mark.parametrize("row", ROWS)
def test_a_row_has_the_library_s_number(row: Row) -> None:
    assert row.number == (DRAFTS.get(row.name) or getattr(lib, f"ZMQ_{row.name.upper()}"))


@pytest.mark.parametrize("row", rows("r"))
def test_a_default_is_libzmq_s(row: Row, sockets: Sockets) -> None:
    value = getattr(sockets.suiting(row), row.name)
    if row.default is not None:
        assert value == row.default
        assert type(value) is type(row.default)


@pytest.mark.parametrize("row", rows("w"))
def test_libzmq_takes_what_a_row_accepts_and_gives_it_back(row: Row, sockets: Sockets) -> None:
    socket = sockets.suiting(row)
    for value in good_values(row):
        socket.set(row, value)
        if "r" in row.access:
            assert socket.get(row) == ("" if value is None else value) or value is None


@pytest.mark.parametrize("row", rows("w"))
def test_a_wrong_type_is_refused(row: Row, sockets: Sockets) -> None:
    socket = sockets.make(DEALER)
    for value in (object(), 1.5, [], {}):
        with pytest.raises(TypeError):
            socket.set(row, value)


@pytest.mark.parametrize("row", [row for row in rows("w") if isinstance(row.values[0], Ranged)])
def test_a_value_out_of_range_is_refused(row: Ranged[Any], sockets: Sockets) -> None:
    socket = sockets.make(DEALER)
    for value in (row.low - 1, row.high + 1):
        with pytest.raises(ValueError, match=row.name):
            socket.set(row, value)


# libzmq accepts more here, and the peer or libzmq itself misreads it.
MISREAD = {"maxmsgsize", "heartbeat_ttl"}


@pytest.mark.parametrize("row", [row for row in rows("w") if isinstance(row.values[0], Ranged)])
def test_a_row_refuses_nothing_that_libzmq_has_a_use_for(
    row: Ranged[Any], sockets: Sockets
) -> None:
    socket = sockets.suiting(row)
    for value in (row.low - 1, row.high + 1):
        try:
            raw = value.to_bytes(row.sizes[0], "little", signed=row.signed)
        except OverflowError:
            continue
        if row.name not in MISREAD:
            with pytest.raises(InvalidArgument):
                socket.set_raw(row, raw)


@pytest.mark.parametrize("row", [row for row in ROWS if "w" not in row.values[0].access])  # type: ignore[union-attr]
def test_a_read_only_option_cannot_be_set(row: Row, sockets: Sockets) -> None:
    socket = sockets.make(DEALER)
    with pytest.raises(AttributeError, match=f"{row.name} is read-only"):
        setattr(socket, row.name, row.default)
    with pytest.raises(InvalidArgument):
        socket.set_raw(row, bytes(4))


@pytest.mark.parametrize("row", [row for row in ROWS if "r" not in row.values[0].access])  # type: ignore[union-attr]
def test_a_write_only_option_cannot_be_read(row: Row, sockets: Sockets) -> None:
    socket = sockets.suiting(row)
    with pytest.raises(AttributeError, match=f"{row.name} is write-only"):
        row.require("r")
    with pytest.raises(InvalidArgument):
        socket.get(row)


@pytest.mark.parametrize("row", ROWS)
def test_a_row_says_when_it_takes_effect(row: Row) -> None:
    text = row.describe()
    if "w" not in row.access:
        assert text.endswith("Read-only.")
    elif row.effect is Effect.LATER:
        assert "those made before ignore it silently" in text
    else:
        assert f"Takes effect {row.effect.value}." in text


def test_state_is_read_as_enums(sockets: Sockets) -> None:
    socket = sockets.make(SUB)
    assert socket.type is SUB
    assert socket.events == 0
    assert isinstance(socket.events, Enum)
    assert socket.mechanism is Mechanism.NULL
    assert socket.fd > 2


def test_the_last_security_option_wins(sockets: Sockets) -> None:
    socket = sockets.make(DEALER)
    socket.plain_username = "me"
    mechanisms = [socket.mechanism]
    socket.plain_username = None
    mechanisms.append(socket.mechanism)
    assert mechanisms == [Mechanism.PLAIN, Mechanism.NULL]


def test_an_endpoint_longer_than_any_buffer_at_hand_is_read_whole(sockets: Sockets) -> None:
    socket = sockets.make(DEALER)
    for size in (10, 255 - 9, 256 - 9, 5000):
        endpoint = "inproc://" + "x" * size
        check(lib.zmq_bind(socket.handle, endpoint.encode()), "zmq_bind", endpoint)
        assert socket.last_endpoint == endpoint


def test_a_heartbeat_ttl_is_kept_in_tenths_of_a_second(sockets: Sockets) -> None:
    socket = sockets.make(DEALER)
    for value, kept in ((99, 0), (250, 200), (65500, 65500)):
        socket.heartbeat_ttl = value
        assert socket.heartbeat_ttl == kept


def test_subscriptions_are_set_through_rows_of_their_own(sockets: Sockets) -> None:
    socket = sockets.make(SUB)
    for topic in (b"", b"\0", b"topic", b"x" * 1000):
        socket.set(SUBSCRIBE, topic)
        socket.set(UNSUBSCRIBE, topic)
    assert not hasattr(SocketOptions, "subscribe")


def test_an_option_without_a_row_is_read_whatever_its_size(sockets: Sockets) -> None:
    socket = sockets.make(DEALER)
    socks_username, reconnect_stop = Unlisted(99), Unlisted(109)  # drafts that stable builds have
    for value in (b"x", b"x" * 7, b"x" * 255):
        socket.set(socks_username, value)
        assert socket.get(socks_username) == value + b"\0"
    socket.set(reconnect_stop, 3)
    assert socket.get(reconnect_stop) == 3


def test_a_public_key_reads_back_as_it_was_set(sockets: Sockets) -> None:
    socket = sockets.suiting(SocketOptions.curve_publickey)
    public, secret = curve_keypair()
    socket.curve_publickey, socket.curve_secretkey = public, secret
    assert (socket.curve_publickey, socket.curve_secretkey) == (public, secret)
    assert socket.mechanism is Mechanism.CURVE
