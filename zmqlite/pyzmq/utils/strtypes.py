"""Old names of bytes and str, and conversions between them."""

from __future__ import annotations

TYPE_CHECKING = False

bytes = bytes
unicode = str
basestring: tuple[type[str]] = (str,)


def cast_bytes(s: str | bytes, encoding: str = "utf8", errors: str = "strict") -> bytes:
    """Return text encoded, and bytes as they are."""
    if isinstance(s, bytes):
        return s
    if isinstance(s, str):
        return s.encode(encoding, errors)
    raise TypeError(f"text is str or bytes, not {type(s).__name__}")


def cast_unicode(s: str | bytes, encoding: str = "utf8", errors: str = "strict") -> str:
    """Return bytes decoded, and text as it is."""
    if isinstance(s, bytes):
        return s.decode(encoding, errors)
    if isinstance(s, str):
        return s
    raise TypeError(f"text is str or bytes, not {type(s).__name__}")


b = cast_bytes
asbytes = cast_bytes
u = cast_unicode

__all__ = ["asbytes", "b", "basestring", "bytes", "cast_bytes", "cast_unicode", "u", "unicode"]
