"""Rows turn values into C's bytes and back, and refuse what C would misunderstand."""

import sys
from typing import Any

import pytest

from zmqlite.constants import SUB, GssapiNameType
from zmqlite.context_options import ContextOptions, context_option
from zmqlite.option import Effect, Option, attribute_docs, rows_of
from zmqlite.options import (
    Binary,
    Bool,
    EnumInt,
    Filter,
    Int,
    Int64,
    Key,
    Milliseconds,
    RoutingId,
    Text,
    UInt64,
    Unlisted,
)
from zmqlite.socket_options import SocketOptions, Subscriptions, socket_option

Z85_KEY = b"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"


class Table:
    """A table of one row of each class."""

    count: Int = Int(1, 7, low=-1, high=9)
    """A number."""
    size: Int64 = Int64(2, low=-1)
    """A large number."""
    mask: UInt64 = UInt64(3, access="w")
    """Bits."""
    wait: Milliseconds = Milliseconds(4, low=-1, effect=Effect.NOW)
    """A time."""
    pause: Milliseconds = Milliseconds(5)
    """A time that ends."""
    flag: Bool = Bool(6, False, types=(SUB,))
    """A switch."""
    kind: EnumInt[GssapiNameType] = EnumInt(7, GssapiNameType.USER_NAME, kind=GssapiNameType)
    """A choice."""
    user: Filter = Filter(8, access="w")
    """A user."""
    domain: Text = Text(9, "", longest=5)
    """A text."""
    proxy: Text = Text(10, clears=True, needs="curve")
    """A text that can be taken back."""
    state: Text = Text(11, access="r")
    """A text to read."""
    topic: Binary = Binary(12, longest=4)
    """Bytes."""
    peer: RoutingId = RoutingId(13)
    """A name."""
    key: Key = Key(14)
    """A key."""


class Host(Table):
    """An object that has options, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def get(self, option: Option[Any, Any]) -> Any:
        self.asked.append(option)
        return option.default

    def set(self, option: Option[Any, Any], value: Any) -> None:
        self.asked.append((option, value))


def native(number: int, size: int = 4) -> bytes:
    """The bytes of a C integer."""
    return number.to_bytes(size, sys.byteorder, signed=number < 0)


SAME: list[tuple[Any, dict[Any, bytes]]] = [
    (Table.count, {-1: native(-1), 9: native(9)}),
    (Table.size, {-1: native(-1, 8), 2**63 - 1: native(2**63 - 1, 8)}),
    (Table.mask, {2**64 - 1: b"\xff" * 8}),
    (Table.wait, {-1: native(-1), 1500: native(1500)}),
    (Table.flag, {True: native(1), False: native(0)}),
    (Table.kind, {GssapiNameType.KRB5_PRINCIPAL: native(2)}),
    (Table.user, {2**32 - 1: b"\xff" * 4}),
    (Table.topic, {b"": b"", b"a\0bc": b"a\0bc"}),
    (Table.peer, {b"name": b"name"}),
]


@pytest.mark.parametrize(("row", "values"), SAME)
def test_a_value_becomes_c_s_bytes_and_comes_back(row: Any, values: dict[Any, bytes]) -> None:
    for value, raw in values.items():
        assert row.encode(value) == raw
        decoded = row.decode(raw)
        assert decoded == value
        assert type(decoded) is type(value)


@pytest.mark.parametrize(("row", "value"), [(Table.proxy, "h:1"), (Table.key, Z85_KEY)])
def test_the_nul_that_libzmq_counts_is_not_part_of_the_value(row: Any, value: Any) -> None:
    raw = row.encode(value)
    assert not raw.endswith(b"\0")
    assert row.decode(raw + b"\0") == value


@pytest.mark.parametrize(
    ("row", "value", "raw"),
    [
        (Table.wait, None, native(-1)),
        (Table.flag, 1, native(1)),
        (Table.kind, 1, native(1)),
        (Table.topic, bytearray(b"ab"), b"ab"),
        (Table.topic, memoryview(b"abcd")[::2], b"ac"),
        (Table.proxy, None, None),
        (Table.user, None, None),
    ],
)
def test_another_way_to_say_a_value_is_understood(row: Any, value: Any, raw: bytes | None) -> None:
    assert row.encode(value) == raw


BAD: list[tuple[Any, type[Exception], list[Any]]] = [
    (Table.count, TypeError, [True, 1.0, "1", None]),
    (Table.count, ValueError, [-2, 10]),
    (Table.size, ValueError, [2**63]),
    (Table.mask, ValueError, [-1, 2**64]),
    (Table.wait, TypeError, [1.5, True]),
    (Table.wait, ValueError, [-2, 2**31]),
    (Table.pause, ValueError, [None, -1]),
    (Table.flag, ValueError, [2, -1]),
    (Table.flag, TypeError, [1.0, "yes", None]),
    (Table.kind, ValueError, [3]),
    (Table.kind, TypeError, ["USER_NAME"]),
    (Table.user, ValueError, [-1, 2**32]),
    (Table.user, TypeError, ["root"]),
    (Table.domain, TypeError, [b"a", None]),
    (Table.domain, ValueError, ["", "a\0", "äöü"]),
    (Table.proxy, ValueError, [""]),
    (Table.topic, TypeError, ["ab", None]),
    (Table.topic, ValueError, [b"abcde"]),
    (Table.peer, ValueError, [b"", b"x" * 256, b"\0made up"]),
    (Table.key, TypeError, [Z85_KEY.decode()]),
    (Table.key, ValueError, [bytes(32), Z85_KEY + b"\0"]),
]


@pytest.mark.parametrize(("row", "error", "values"), BAD)
def test_a_wrong_value_is_refused_under_the_option_s_name(
    row: Any, error: type[Exception], values: list[Any]
) -> None:
    for value in values:
        with pytest.raises(error, match=f"{row.name} |is not a valid"):
            row.encode(value)


def test_an_option_without_a_row_is_an_int_or_bytes() -> None:
    row = Unlisted(116)
    assert row.encode(-5) == native(-5)
    assert row.decode(native(-5)) == -5
    assert row.encode(b"\1\2\3\4\5") == b"\1\2\3\4\5"
    assert row.decode(b"\1\2\3") == b"\1\2\3"


@pytest.mark.parametrize(
    ("value", "error"), [(True, TypeError), ("a", TypeError), (2**31, ValueError)]
)
def test_an_option_without_a_row_is_named_by_its_number(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="option 116 is"):
        Unlisted(116).encode(value)


def test_an_option_is_found_by_row_or_number() -> None:
    assert socket_option(17, "r") is socket_option(SocketOptions.linger, "w")
    assert socket_option(17, "w") is SocketOptions.linger
    assert context_option(3, "r") is ContextOptions.socket_limit
    assert context_option(3, "w") is ContextOptions.thread_priority


def test_a_number_from_the_future_gets_a_row_of_its_own() -> None:
    assert isinstance(socket_option(999, "r"), Unlisted)
    assert context_option(999, "w").to_int(-(2**31)) == -(2**31)
    assert socket_option(999, "r").name == context_option(999, "r").name == "option 999"


@pytest.mark.parametrize("option", ["linger", None, True, 1.0])
def test_an_option_is_not_found_by_anything_else(option: Any) -> None:
    for find in (socket_option, context_option):
        with pytest.raises(TypeError, match="an option is an int"):
            find(option, "r")


def test_a_row_that_is_found_must_allow_the_access() -> None:
    with pytest.raises(AttributeError, match="fd is read-only"):
        socket_option(SocketOptions.fd, "w")
    with pytest.raises(AttributeError, match="thread_priority is write-only"):
        context_option(ContextOptions.thread_priority, "r")


def test_a_row_is_an_attribute() -> None:
    host = Host()
    assert host.count == 7
    host.count = 8
    assert host.asked == [Host.count, (Host.count, 8)]


def test_a_row_of_a_class_is_the_row() -> None:
    assert Host.count is Table.count is rows_of(Table)["count"]
    assert repr(Host.count) == "<option count (1)>"


def test_an_option_cannot_be_deleted() -> None:
    host = Host()
    with pytest.raises(AttributeError):
        del host.count


def test_a_row_cannot_state_a_fact_that_its_class_does_not_heed() -> None:
    with pytest.raises(TypeError, match="lowest"):
        Int(1, lowest=0)  # type: ignore[call-arg]  # the mistake itself


@pytest.mark.parametrize("table", [SocketOptions, Subscriptions, ContextOptions])
def test_every_option_has_a_docstring_below_it(table: type) -> None:
    documented = attribute_docs(table)
    assert documented.keys() == rows_of(table).keys()
    for name, row in rows_of(table).items():
        assert row.doc == documented[name]
        assert row.doc[0].isupper()
        assert row.doc.endswith(".")


def test_a_row_describes_itself() -> None:
    assert Table.count.__doc__ == (
        "A number. Values: -1 to 9. Default: 7. Takes effect for later bind() and connect() "
        "calls; those made before ignore it silently."
    )
    assert Table.wait.__doc__ == (
        "A time. Values: -1 or more, in milliseconds. Takes effect at once."
    )
    assert Table.state.__doc__ == "A text to read. Read-only."
    assert "Write-only." in (Table.mask.__doc__ or "")
    assert "For SUB." in (Table.flag.__doc__ or "")
    assert "Default: USER_NAME." in (Table.kind.__doc__ or "")
    assert "Needs a libzmq that has('curve')." in (Table.proxy.__doc__ or "")
