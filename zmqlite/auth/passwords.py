"""Passwords of PLAIN clients: kept as salted scrypt hashes, checked slowly, remembered for a while.

A check takes about 40 ms and 16 MiB, which is what makes guessing expensive. So it is not done in
the thread that answers libzmq, and a pair that was accepted is remembered under a keyed hash whose
key nobody outside this process has. What is remembered counts only as long as the stored hash of
the user is the same.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import threading
import time
from collections.abc import Mapping
from typing import Final

N: Final = 1 << 14
R: Final = 8
P: Final = 1
_MEMORY: Final = 1 << 30
_SALT: Final = 16
_SIZE: Final = 32
_MOST_COST: Final = 1 << 18
"""The most n * r * p / 8 of a hash that is checked: 16 times the cost of a new one."""

REMEMBERED: Final = 1024
"""Pairs that are remembered."""

MINUTES: Final = 10
"""How long a pair is remembered."""


def hash_password(password: str) -> str:
    """Return a salted scrypt hash to keep in place of a password: `scrypt$n$r$p$salt$hash`.

    Raises:
        TypeError, ValueError: not a `str` of 1 to 255 bytes in UTF-8, which is what PLAIN can send.
    """
    if not isinstance(password, str):
        raise TypeError(f"a password is a str, not {type(password).__name__}")
    try:
        encoded = password.encode()
    except UnicodeEncodeError:
        encoded = b""
    if not 1 <= len(encoded) <= 255 or b"\0" in encoded:
        raise ValueError("a password is 1 to 255 bytes in UTF-8, without NUL")
    salt = os.urandom(_SALT)
    texts = (base64.b64encode(raw).decode() for raw in (salt, _scrypt(encoded, salt, N, R, P)))
    return "$".join(("scrypt", str(N), str(R), str(P), *texts))


class Hash:
    """A hash that `hash_password` made; ValueError, which does not show it, if it is none."""

    __slots__ = ("_cost", "_hash", "_salt")

    def __init__(self, text: str) -> None:
        try:
            name, *cost, salt, digest = text.split("$")
            n, r, p = map(int, cost)
            self._salt = base64.b64decode(salt, validate=True)
            self._hash = base64.b64decode(digest, validate=True)
            good = name == "scrypt" and len(self._hash) == _SIZE and min(n, r, p) > 0
            good = good and n & (n - 1) == 0 and n > 1 and n * r * p // 8 <= _MOST_COST
        except (ValueError, AttributeError):
            good = False
        if not good:
            raise ValueError("not a hash: hash_password() makes one of a password")
        self._cost = n, r, p

    def fits(self, password: bytes) -> bool:
        """Whether this is the hash of a password; takes tens of milliseconds."""
        return hmac.compare_digest(self._hash, _scrypt(password, self._salt, *self._cost))


class Passwords:
    """The users of a PLAIN server and the hashes of their passwords; a change counts at once."""

    def __init__(self, hashes: Mapping[str, str]) -> None:
        for user, text in hashes.items():
            if not isinstance(user, str):
                raise TypeError(f"a user name is a str, not {type(user).__name__}")
            try:
                Hash(text)
            except ValueError as error:
                reason = f"the password of {user!r} is {error}"
            else:
                continue
            raise ValueError(reason)
        self.hashes = hashes
        self._nobody = Hash(hash_password(base64.b64encode(os.urandom(_SALT)).decode()))
        self._key = os.urandom(_SIZE)
        self._remembered: dict[bytes, tuple[str, float]] = {}  # the hash it fitted, and until when
        self._lock = threading.Lock()  # to change what is remembered

    def remembers(self, user: str, password: bytes) -> bool:
        """Whether this pair was accepted lately, and the hash of the user is still the same."""
        mark = self._mark(user, password)
        known = self._remembered.get(mark)
        if known is None:
            return False
        text, end = known
        if self.hashes.get(user) == text and time.monotonic() < end:
            return True
        with self._lock:
            self._remembered.pop(mark, None)
        return False

    def check(self, user: str, password: bytes) -> bool:
        """Whether this pair is right; takes as long for users who do not exist."""
        if self.remembers(user, password):
            return True
        text = self.hashes.get(user)
        if text is None:
            self._nobody.fits(password)
            return False
        if not Hash(text).fits(password):
            return False
        with self._lock:
            if len(self._remembered) >= REMEMBERED:
                del self._remembered[next(iter(self._remembered))]
            self._remembered[self._mark(user, password)] = text, time.monotonic() + 60 * MINUTES
        return True

    def _mark(self, user: str, password: bytes) -> bytes:
        name = user.encode(errors="surrogateescape")
        data = len(name).to_bytes(4, "big") + name + password
        return hashlib.blake2b(data, key=self._key, digest_size=_SIZE).digest()

    def __repr__(self) -> str:
        return f"<{len(self.hashes)} users with passwords>"


def _scrypt(password: bytes, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password, salt=salt, n=n, r=r, p=p, maxmem=_MEMORY, dklen=_SIZE)
