"""Z85, the text form of CURVE keys. C: zmq_z85_encode(3)"""

from __future__ import annotations

from ... import curve

__all__ = ["decode", "encode"]


def encode(rawbytes: bytes) -> bytes:
    """Return 5 characters for each 4 bytes; ValueError for another length."""
    return curve.z85_encode(rawbytes) if rawbytes else b""


def decode(z85bytes: bytes | str) -> bytes:
    """Return the bytes of a text; ValueError for one that is not Z85."""
    text = z85bytes.encode() if isinstance(z85bytes, str) else z85bytes
    return curve.z85_decode(text) if text else b""
