"""Clone's messages, byte for byte, and what storing them does."""

from __future__ import annotations

import pytest

from examples.guide.ch5.kvmsg import KVMsg
from examples.guide.ch5.kvsimple import KVSimple

UUID = bytes(range(16))
PAIR = KVMsg(b"key", b"body", 258, UUID, {"ttl": "10", "\u00e4": "b=c"})

ZERO = bytes(8)

NO_PROPERTIES = [
    b"ttl=1",
    b"ttl\n",
    b"\n",
    b"=1\n",
    b"ttl=1\n\n",
    b"a=" + b"v" * 256 + b"\n",
    b"a=\xff\n",
]
NO_PROPERTIES += [b"ttl=%s\n" % ttl for ttl in (b"-1", b"soon", b"1.5", b"%d" % 2**63)]

SIMPLE_FORMS: list[tuple[KVSimple, list[bytes]]] = [
    (KVSimple(b"key", b"body", 1), [b"key", bytes(7) + b"\1", b"body"]),
    (KVSimple(b"\xff\0", b"", 0x0102030405060708), [b"\xff\0", b"\1\2\3\4\5\6\7\10", b""]),
    (KVSimple(b"", b"\0\xff" * 9, -2), [b"", b"\xff" * 7 + b"\xfe", b"\0\xff" * 9]),
    (KVSimple(b"k" * 255, b"x" * 100_000), [b"k" * 255, ZERO, b"x" * 100_000]),
]

FULL_FORMS: list[tuple[KVSimple, list[bytes]]] = [
    (KVMsg(b"key", b"body", 1), [b"key", bytes(7) + b"\1", b"", b"", b"body"]),
    (PAIR, [b"key", bytes(6) + b"\1\2", UUID, b"ttl=10\n\xc3\xa4=b=c\n", b"body"]),
    (KVMsg(b"key", properties={"empty": ""}), [b"key", ZERO, b"", b"empty=\n", b""]),
    (
        KVMsg(b"key", properties={"name": "v" * 255}),
        [b"key", ZERO, b"", b"name=" + b"v" * 255 + b"\n", b""],
    ),
]


@pytest.mark.parametrize(("pair", "frames"), SIMPLE_FORMS + FULL_FORMS)
def test_a_pair_is_these_bytes(pair: KVSimple, frames: list[bytes]) -> None:
    assert pair.encode() == frames
    assert type(pair).decode(frames) == pair


@pytest.mark.parametrize(
    "frames",
    [
        [],
        [b"key"],
        [b"key", ZERO],
        [b"key", ZERO, b"body", b""],
        [b"key", b"", b"body"],
        [b"key", bytes(7), b"body"],
        [b"key", bytes(9), b"body"],
        [b"k" * 256, ZERO, b"body"],
        [b"key", ZERO, b"", b"", b"body"],
    ],
)
def test_what_is_no_simple_pair_is_refused(frames: list[bytes]) -> None:
    with pytest.raises(ValueError, match=r"frames, not|bytes, not"):
        KVSimple.decode(frames)


@pytest.mark.parametrize(
    "frames",
    [
        [b"key", ZERO, b"body"],
        [b"key", ZERO, b"", b""],
        [b"key", ZERO, b"", b"", b"body", b""],
        [b"key", bytes(7), b"", b"", b"body"],
        [b"k" * 256, ZERO, b"", b"", b"body"],
        [b"key", ZERO, bytes(15), b"", b"body"],
        [b"key", ZERO, bytes(17), b"", b"body"],
        *([b"key", ZERO, b"", properties, b"body"] for properties in NO_PROPERTIES),
    ],
)
def test_what_is_no_full_pair_is_refused(frames: list[bytes]) -> None:
    with pytest.raises(ValueError, match=r"frames, not|bytes, not|propert|has no end|decode"):
        KVMsg.decode(frames)


def test_the_last_of_properties_of_one_name_counts() -> None:
    twice = [b"key", ZERO, b"", b"a=1\nb=2\na=3\n", b"body"]
    assert list(KVMsg.decode(twice).properties.items()) == [("b", "2"), ("a", "3")]


def test_a_property_takes_the_place_of_the_one_of_its_name() -> None:
    pair = KVMsg(b"key").having("a", "1").having("b", "2").having("a", "3")
    assert pair.encode()[3] == b"b=2\na=3\n"
    assert [pair.get(name) for name in "abc"] == ["3", "2", ""]


@pytest.mark.parametrize(
    ("name", "value"), [("", "1"), ("a=b", "1"), ("a\n", "1"), ("a", "1\n"), ("a", "\u00e4" * 128)]
)
def test_a_property_that_cannot_be_sent_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="propert"):
        KVMsg(b"key").having(name, value)


def test_each_new_pair_has_a_uuid_of_its_own() -> None:
    pairs = [KVMsg.new(b"key", b"body", 0), KVMsg.new(b"key", b"body", 5)]
    assert [pair.encode()[3] for pair in pairs] == [b"ttl=0\n", b"ttl=5\n"]
    assert {len(pair.uuid) for pair in pairs} == {16}
    assert pairs[0].uuid != pairs[1].uuid


def test_a_number_changes_nothing_else() -> None:
    assert PAIR.numbered(5).encode() == [PAIR.key, bytes(7) + b"\5", *PAIR.encode()[2:]]


def test_a_simple_pair_is_stored_in_any_case() -> None:
    pairs: dict[bytes, KVSimple] = {}
    for body in (b"1", b"2", b""):
        KVSimple(b"key", body).store(pairs)
        assert pairs == {b"key": KVSimple(b"key", body)}


def test_a_full_pair_without_body_deletes_the_key() -> None:
    pairs: dict[bytes, KVMsg] = {}
    for body in (b"1", b"2", b"", b""):
        KVMsg(b"key", body).store(pairs)
        assert pairs == ({b"key": KVMsg(b"key", body)} if body else {})


def test_pairs_can_be_read() -> None:
    assert str(KVSimple(b"key", b"\1\xab", 7)) == "[seq:7][key:key][size:2] 01AB"
    assert str(KVMsg(b"key", b"\1\xab", 7)) == "[seq:7][key:key][size:2] 01AB"
    assert str(PAIR) == "[seq:258][key:key][size:4] [ttl=10;\u00e4=b=c]626F6479"
