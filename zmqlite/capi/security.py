"""CURVE keys and Z85, their text form: the zmq_curve_ and zmq_z85_ functions of zmq.h."""

from __future__ import annotations

import errno
from typing import TypeVar

from .._zmq import ffi, lib
from ..arguments import KEY_LENGTH
from ..errors import failure
from ._handles import c_call
from ._memory import Memory, Text, required, source, target

__all__ = ["zmq_curve_keypair", "zmq_curve_public", "zmq_z85_decode", "zmq_z85_encode"]

D = TypeVar("D", bound=Memory)


@c_call(-1)
def zmq_curve_keypair(z85_public_key: Memory, z85_secret_key: Memory) -> int:
    """Write a new key pair as Z85: 40 characters and a NUL for each key.

    Returns 0, or -1 and errno ENOTSUP (libzmq was built without CURVE) or EFAULT (None, or less
    than 41 bytes).

    C: zmq_curve_keypair(3)
    """
    public, secret = (
        target(key, KEY_LENGTH + 1, "zmq_curve_keypair") for key in (z85_public_key, z85_secret_key)
    )
    return lib.zmq_curve_keypair(public, secret)


@c_call(-1)
def zmq_curve_public(z85_public_key: Memory, z85_secret_key: Text) -> int:
    """Write the public key that belongs to a secret key, as 40 characters of Z85 and a NUL.

    Returns 0, or -1 and errno EINVAL (the secret key is not 40 characters of Z85), ENOTSUP (libzmq
    was built without CURVE) or EFAULT (None, or less than 41 bytes for the public key).

    C: zmq_curve_public(3)
    """
    public = target(z85_public_key, KEY_LENGTH + 1, "zmq_curve_public")
    secret = required(z85_secret_key, "zmq_curve_public", errno.EFAULT)
    if len(secret) != KEY_LENGTH:
        raise failure(errno.EINVAL, "zmq_curve_public")  # libzmq reads or writes past the end
    return lib.zmq_curve_public(public, secret)


@c_call(None)
def zmq_z85_encode(dest: D, data: Memory, size: int) -> D | None:
    """Encode `size` bytes as Z85: five characters for every four bytes, and a NUL.

    Returns `dest`, or None with errno EINVAL (`size` is not a multiple of 4) or EFAULT (`dest` has
    fewer than size * 5 / 4 + 1 bytes, or `data` fewer than `size`).

    C: zmq_z85_encode(3)
    """
    if size % 4:
        raise failure(errno.EINVAL, "zmq_z85_encode")
    raw = source(data, size, "zmq_z85_encode")
    text = target(dest, size * 5 // 4 + 1, "zmq_z85_encode")
    return dest if lib.zmq_z85_encode(ffi.cast("char *", text), raw, size) else None


@c_call(None)
def zmq_z85_decode(dest: D, string: Text) -> D | None:
    """Decode Z85: four bytes for every five characters.

    Returns `dest`, or None with errno EINVAL (the length is 0 or not a multiple of 5, or a
    character is not of Z85) or EFAULT (`dest` has fewer than length * 4 / 5 bytes, or None).

    C: zmq_z85_decode(3)
    """
    text = required(string, "zmq_z85_decode", errno.EFAULT)
    raw = target(dest, len(text) * 4 // 5 if len(text) % 5 == 0 else 0, "zmq_z85_decode")
    return dest if lib.zmq_z85_decode(ffi.cast("uint8_t *", raw), text) else None
