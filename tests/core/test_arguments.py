"""Arguments are turned into what C takes, or refused before C misunderstands them."""

import array
import ctypes
from typing import Any, cast

import pytest

from zmqlite.arguments import (
    INT_MAX,
    curve_key,
    endpoint,
    flat,
    integer,
    milliseconds,
    payload,
    text,
)


class Index:
    """Something that is an integer without being an int, as numpy has them."""

    def __index__(self) -> int:
        return 250


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, -1), (-1, -1), (0, 0), (1500, 1500), (INT_MAX, INT_MAX), (Index(), 250)],
)
def test_a_duration_is_milliseconds_or_none_for_ever(value: Any, expected: int) -> None:
    assert milliseconds(value) == expected


@pytest.mark.parametrize("value", [1.5, 0.0, True, False])
def test_a_duration_in_seconds_is_refused_with_a_hint(value: Any) -> None:
    with pytest.raises(TypeError, match=r"rcvtimeo is an int in milliseconds, not .*: write 1500"):
        milliseconds(value, "rcvtimeo")


@pytest.mark.parametrize("value", [True, 1.0, "1", None])
def test_what_is_not_quite_an_integer_is_refused(value: Any) -> None:
    assert integer(cast(int, Index()), "rate", 0, 1000) == 250  # which is as good as one
    with pytest.raises(TypeError, match="rate is an int, not"):
        integer(value, "rate", 0, 1000)


def test_a_text_keeps_file_names_as_they_are() -> None:
    assert text("a/\udcff", "path") == b"a/\xff"


@pytest.mark.parametrize(
    ("value", "error"), [(b"a", TypeError), (1, TypeError), ("a\0b", ValueError)]
)
def test_a_text_is_a_str_without_nul(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="zap_domain"):
        text(value, "zap_domain")


GOOD = """
    tcp://*:* tcp://*:0 tcp://127.0.0.1:65535 tcp://localhost:5555 tcp://[::1]:5555 tcp://[fe80::1]
    tcp://[fe80::1%eth0]:* tcp://192.168.1.17:5555;192.168.1.1:5555 tcp://eth0:0;server:5555
    tcp://[::1]:0;[::1]:5555 ws://*:8080/path:99999 wss://host:443 udp://eth0;239.0.0.1:5555
    udp://*:5555 ipc:///tmp/socket ipc://@abstract ipc://* inproc://a:99999
    pgm://eth0;224.0.0.1:5555 future://anything
"""


@pytest.mark.parametrize("value", [*GOOD.split(), "ipc://" + "x" * 107, "inproc://" + "x" * 5000])
def test_an_endpoint_reaches_libzmq_as_it_is(value: str) -> None:
    assert endpoint(value) == value.encode()


@pytest.mark.parametrize(
    "value",
    ["", *["tcp", "tcp:/", "tcp://", "://", "://host:1", "localhost:5555", "5555", "inproc//a"]],
)
def test_an_endpoint_names_transport_and_address(value: str) -> None:
    with pytest.raises(ValueError, match="transport://address"):
        endpoint(value)


BAD_PORTS = """
    tcp://*:65536 tcp://host:99999 tcp://host:-1 tcp://host:5555a tcp://host: tcp://host:\u0661\u0662
    tcp://[::1]:70000 tcp://*:70000;host:1 tcp://*:1;host:70000 udp://239.0.0.1:70000
    ws://host:70000/path
"""


@pytest.mark.parametrize(
    "value", [*BAD_PORTS.split(), "tcp://host: 5555", "wss://host:" + "9" * 5000]
)
def test_a_port_that_libzmq_would_turn_into_another_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="a port is 0 to 65535"):
        endpoint(value)


@pytest.mark.parametrize("value", [b"tcp://*:1", 5555, None])
def test_an_endpoint_is_a_str(value: Any) -> None:
    with pytest.raises(TypeError, match="endpoint is a str, not"):
        endpoint(value)


def test_an_endpoint_with_nul_is_refused_not_cut() -> None:
    with pytest.raises(ValueError, match="NUL"):
        endpoint("inproc://a\0b")


def test_bytes_are_sent_as_they_are() -> None:
    data = b"content"
    assert payload(data) is data


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (bytearray(b"abc"), b"abc"),
        (memoryview(b"abc"), b"abc"),
        (memoryview(b"abcdef")[::2], b"ace"),
        (array.array("H", [1, 2]), array.array("H", [1, 2]).tobytes()),
        (memoryview(b"abcd").cast("B", (2, 2)), b"abcd"),
        ((ctypes.c_uint16 * 2)(0x0101, 0x0202), b"\1\1\2\2"),
        (ctypes.c_uint32(0x01010101), b"\1\1\1\1"),
        (memoryview(b""), b""),
        (bytearray(), b""),
    ],
    ids=lambda value: type(value).__name__,
)
def test_any_buffer_is_sent_as_its_bytes(data: Any, expected: bytes) -> None:
    content = payload(data)
    assert bytes(content) == expected
    assert len(content) == len(expected)


def test_a_buffer_without_gaps_is_not_copied() -> None:
    data = array.array("I", [0, 0])
    view = payload(data)
    data[1] = 0x01010101
    assert bytes(view) == b"\0\0\0\0\1\1\1\1"


def test_a_refused_buffer_names_who_refused_it() -> None:
    with pytest.raises(TypeError, match="routing_id takes bytes or another buffer, not str"):
        flat("text", "routing_id")  # type: ignore[arg-type]  # the mistake itself


def test_a_raw_curve_key_is_refused_with_a_way_out() -> None:
    with pytest.raises(ValueError, match="z85_encode"):
        curve_key(bytes(32), "curve_publickey")
