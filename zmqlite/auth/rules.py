"""Rules: who may connect with CURVE or PLAIN, decided at once or by a question that takes time.

Each rule has two methods. `decide` returns a Decision, or a Question to be asked elsewhere. `knows`
tells whether a user id is one that the rule lets in now.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

from .certificate import SECRET, Certificate, public
from .passwords import Passwords
from .zap import ACCEPTED, DENIED, Decision, Request

_log: Final = logging.getLogger("zmqlite.auth")

Answer: TypeAlias = "bool | str | None"
"""What a callable returns: True, a user id, or False or None for no."""

AskCurve: TypeAlias = Callable[[str, str, bytes], "Answer | Awaitable[Answer]"]
"""`allow(domain, address, key)`."""

AskPlain: TypeAlias = Callable[[str, str, str, str], "Answer | Awaitable[Answer]"]
"""`allow(domain, address, username, password)`."""

GRANTED: Final = 100_000
"""User ids that a callable has let in and that are remembered, for `Authenticator.allowed`."""

FRESH: Final = 1.0
"""Seconds after which all files of a directory are looked at again, as one may have changed."""

RACY: Final = 50_000_000
"""Nanoseconds for which the time of a directory may be that of two changes."""


class Question:
    """What takes time to decide. `ask` may wait, and may return an awaitable; `decided` is what
    its answer means.
    """

    def __init__(
        self, ask: Callable[[], object], decided: Callable[[object], Decision], waits: bool
    ) -> None:
        self.ask = ask
        self.decided = decided
        self.waits = waits  # `ask` returns an awaitable and does not wait itself


class Rule(Protocol):
    """Who may connect."""

    def decide(self, request: Request) -> Decision | Question: ...

    def knows(self, user: str) -> bool: ...


class Anyone:
    """Everybody; the one object is auth.ANYONE."""

    def decide(self, request: Request) -> Decision:
        return Decision(ACCEPTED, user_id(request.key.decode() or request.username))

    def knows(self, user: str) -> bool:
        return bool(user)

    def __repr__(self) -> str:
        return "auth.ANYONE"


ANYONE: Final = Anyone()
"""Says that everybody may connect: `auth.curve_server(socket, certificate, allow=auth.ANYONE)`."""


class Keys:
    """A set of public keys, or a mapping of public keys to user ids; a change counts at once."""

    def __init__(self, keys: AbstractSet[bytes] | Mapping[bytes, str]) -> None:
        for key in keys:
            public(key, "a public key")
        self.keys = keys
        self._names: Mapping[bytes, str] | None = keys if isinstance(keys, Mapping) else None

    def decide(self, request: Request) -> Decision:
        if request.key not in self.keys:
            return Decision(DENIED, reason="it is none of the keys that are allowed")
        if self._names is not None:
            return Decision(ACCEPTED, user_id(self._names[request.key]))
        return Decision(ACCEPTED, request.key.decode())

    def knows(self, user: str) -> bool:
        if self._names is not None:
            return user in self._names.values()
        return user.encode(errors="replace") in self.keys

    def __repr__(self) -> str:
        return f"<{len(self.keys)} keys>"


class Directory:
    """The certificates in a directory, which is read again when something in it has changed.

    All files count but those with secret keys and hidden ones. A file that came or went counts at
    once, one that was written over after a second at most.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path: Final = Path(path)
        self._keys: frozenset[bytes] = frozenset()
        self._files: dict[str, tuple[int, int, int]] = {}
        self._changed = -1  # the time of the directory when it was read
        self._racy = True
        self._read = 0.0
        if not self.path.is_dir():
            raise NotADirectoryError(f"{str(path)!r} is no directory of certificates")
        self._lock = threading.Lock()  # Authenticator.allowed may be called by any thread
        self._current()

    def decide(self, request: Request) -> Decision:
        if request.key in self._current():
            return Decision(ACCEPTED, request.key.decode())
        return Decision(DENIED, reason=f"no certificate in {str(self.path)!r} has it")

    def knows(self, user: str) -> bool:
        return user.encode(errors="replace") in self._current()

    def _current(self) -> frozenset[bytes]:
        """Return the keys that are allowed now."""
        with self._lock:
            self._look()
            return self._keys

    def _look(self) -> None:
        """Read the directory if it has changed."""
        try:
            changed = self.path.stat().st_mtime_ns
        except OSError:
            changed = -1
        if changed == self._changed and not self._racy and time.monotonic() < self._read + FRESH:
            return
        self._racy = time.time_ns() - changed < RACY
        self._changed, self._read = changed, time.monotonic()
        files = self._list()
        if files != self._files:
            keys = (self._key(self.path / name) for name in files)
            self._keys = frozenset(key for key in keys if key is not None)
            self._files = files

    def _list(self) -> dict[str, tuple[int, int, int]]:
        try:
            with os.scandir(self.path) as entries:
                found = {
                    entry.name: (state.st_mtime_ns, state.st_size, state.st_ino)
                    for entry in entries
                    if not entry.name.startswith(".") and not entry.name.endswith(SECRET)
                    if entry.is_file() and (state := entry.stat())
                }
        except OSError as error:
            _log.error("nobody is allowed, as %s cannot be read: %s", self.path, error.strerror)
            return {}
        return found

    def _key(self, path: Path) -> bytes | None:
        try:
            return Certificate.load_public(path).public_key
        except (OSError, ValueError) as error:
            _log.error("a file in a directory of certificates is skipped: %s", error)
            return None

    def __repr__(self) -> str:
        return f"<{len(self._keys)} certificates in {str(self.path)!r}>"


class Ask:
    """A callable, which is asked about each peer; who it has let in is remembered."""

    def __init__(self, function: Callable[..., Any], waits: bool, plain: bool) -> None:
        self._function = function
        self._waits = waits
        self._plain = plain
        self._granted: dict[str, None] = {}

    def decide(self, request: Request) -> Question:
        arguments: tuple[object, ...] = (request.key,)
        if self._plain:
            password = request.password.decode(errors="surrogateescape")
            arguments = (request.username, password)
        own = request.username if self._plain else request.key.decode()

        def ask() -> object:
            return self._function(request.domain, request.address, *arguments)

        return Question(ask, lambda answer: self._decided(answer, own), self._waits)

    def _decided(self, answer: object, own: str) -> Decision:
        if answer is None or answer is False:
            return Decision(DENIED, reason="the callable that decides said no")
        user = user_id(own if answer is True else answer)
        if user not in self._granted and len(self._granted) >= GRANTED:
            del self._granted[next(iter(self._granted))]
        self._granted[user] = None
        return Decision(ACCEPTED, user)

    def knows(self, user: str) -> bool:
        return user in self._granted

    def __repr__(self) -> str:
        return f"<asks {getattr(self._function, '__qualname__', type(self._function).__name__)}>"


class Users:
    """User names with the hashes of their passwords."""

    def __init__(self, hashes: Mapping[str, str]) -> None:
        self._passwords = Passwords(hashes)

    def decide(self, request: Request) -> Decision | Question:
        user, password = request.username, request.password
        accepted = Decision(ACCEPTED, user)
        if self._passwords.remembers(user, password):
            return accepted
        denied = Decision(DENIED, reason="user name and password do not fit")
        return Question(
            lambda: self._passwords.check(user, password),
            lambda fits: accepted if fits else denied,
            False,
        )

    def knows(self, user: str) -> bool:
        return user in self._passwords.hashes

    def __repr__(self) -> str:
        return repr(self._passwords)


def user_id(value: object) -> str:
    """Return a user id that messages can carry, as a text without NUL; TypeError if it is none."""
    if not isinstance(value, str) or not value or "\0" in value:
        raise TypeError("who decides says a user id as a text, or True, False or None")
    return value


def place(error: BaseException) -> str:
    """Say where an exception comes from, without its text, which may hold a password."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{where}"
