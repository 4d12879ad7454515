"""Keys and Z85 go through libzmq, and no wrong length reaches it."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support import Make

import zmqlite as zmq
from zmqlite._zmq import ffi
from zmqlite.curve import _Scratch, curve_keypair, curve_public, z85_decode, z85_encode
from zmqlite.library import has

needs_curve = pytest.mark.skipif(not has("curve"), reason="libzmq was built without CURVE")

# From RFC 32, https://rfc.zeromq.org/spec/32/
RAW = bytes([0x86, 0x4F, 0xD2, 0x6F, 0xB5, 0x59, 0xF7, 0x5B])
ENCODED = b"HelloWorld"


@needs_curve
def test_a_keypair_is_two_different_keys_of_which_the_public_one_follows() -> None:
    public, secret = curve_keypair()
    assert len({public, secret, *curve_keypair()}) == 4
    assert [len(z85_decode(key)) for key in (public, secret)] == [32, 32]
    assert curve_public(secret) == public


@pytest.mark.parametrize("secret", [b"", b"0" * 39, b"0" * 41, b"0" * 32, b"0" * 1000])
def test_a_secret_of_the_wrong_length_never_reaches_libzmq(secret: bytes) -> None:
    with pytest.raises(ValueError, match="40 bytes"):
        curve_public(secret)


@pytest.mark.parametrize("secret", [None, "0" * 40])
def test_a_secret_is_bytes(secret: Any) -> None:
    with pytest.raises(TypeError, match="the secret key is bytes"):
        curve_public(secret)


@needs_curve
@pytest.mark.parametrize("secret", [b"~" * 40, b"\0" * 40, b"#" * 40, b"\xff" * 40])
def test_a_secret_that_is_not_z85_is_refused(secret: bytes) -> None:
    with pytest.raises(ValueError, match="zmq_curve_public"):
        curve_public(secret)


def test_z85_is_that_of_the_specification() -> None:
    assert z85_encode(RAW) == ENCODED
    assert z85_decode(ENCODED) == RAW
    assert z85_decode(ENCODED.decode()) == RAW


@given(st.integers(0, 64).flatmap(lambda n: st.binary(min_size=4 * n, max_size=4 * n)))
@example(b"")
@example(b"\xff" * 4)
def test_z85_gives_back_what_it_was_given(data: bytes) -> None:
    assert z85_decode(z85_encode(data)) == data
    assert z85_encode(memoryview(data)) == z85_encode(data)


@given(st.one_of(st.binary(), st.text()))
@example(b"#####")
@example(b"0000\0")
@example("0000\udc80")
def test_any_text_decodes_or_is_refused(encoded: bytes | str) -> None:
    try:
        data = z85_decode(encoded)
    except ValueError:
        return
    assert len(data) * 5 == len(encoded) * 4


@pytest.mark.parametrize("size", [1, 2, 3, 33, 41])
def test_only_multiples_of_four_bytes_and_of_five_characters_are_z85(size: int) -> None:
    with pytest.raises(ValueError, match=f"multiple of 4 bytes, not {size}"):
        z85_encode(bytes(size))
    with pytest.raises(ValueError, match=f"multiple of 5 characters, not {size}"):
        z85_decode("0" * size)


def test_text_is_not_cut_at_a_nul() -> None:
    with pytest.raises(ValueError, match="NUL"):
        z85_decode(b"00000\x000000")


def test_a_buffer_that_held_a_secret_is_wiped() -> None:
    with _Scratch(4) as buffer:
        ffi.memmove(buffer, b"key!", 4)
    assert ffi.buffer(buffer)[:] == bytes(4)


@pytest.mark.parametrize("call", [z85_encode, z85_decode])
@pytest.mark.parametrize("value", [None, 5, [48]])
def test_z85_of_something_else_is_refused(call: Any, value: Any) -> None:
    with pytest.raises(TypeError):
        call(value)


def test_a_domain_is_needed_before_it_is_enforced(make: Make) -> None:
    with pytest.raises(zmq.InvalidArgument, match="set zap_domain first"):
        make(zmq.PULL).zap_enforce_domain = True
