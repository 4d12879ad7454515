"""The messages of ZAP, RFC 27: what libzmq asks about a peer, and what it takes as an answer.

There are no sockets here: frames become a Request, and a Decision becomes frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ..curve import public_text

VERSION: Final = b"1.0"

ACCEPTED: Final = 200
TRY_AGAIN: Final = 300
DENIED: Final = 400
FAILED: Final = 500

_LEAST: Final = 6
"""Frames of a request without credentials: version, id, domain, address, identity, mechanism."""

_CREDENTIALS: Final = {b"NULL": 0, b"PLAIN": 2, b"CURVE": 1}
_RAW_KEY: Final = 32
_SHOWN: Final = 64
"""Characters that are shown of what a peer has sent."""


class Malformed(ValueError):
    """A message that is no request of ZAP; `reply` answers it, None where nothing can."""

    def __init__(self, reason: str, reply: list[bytes] | None = None) -> None:
        super().__init__(reason)
        self.reply = reply


class Decision(NamedTuple):
    """What was decided: a ZAP status, the user id of who was let in, and why not otherwise."""

    status: int
    user: str = ""
    reason: str = ""


class Request(NamedTuple):
    """What libzmq asks: may this peer connect?

    `route` are the frames that a reply begins with. `address` is a numeric IP address, or for ipc
    localhost:uid:gid:pid. `key` is the public key of a CURVE client as 40 bytes of Z85; `username`
    and `password` are those of a PLAIN client.
    """

    route: tuple[bytes, ...]
    number: bytes
    domain: str
    address: str
    mechanism: str
    key: bytes = b""
    username: str = ""
    password: bytes = b""

    @property
    def who(self) -> str:
        """Who asks, for events and lines of a log: never a password."""
        if self.mechanism == "CURVE":
            return f"key {self.key.decode()}"
        return f"user {shown(self.username)}" if self.mechanism == "PLAIN" else "no credentials"

    def reply(self, decision: Decision) -> list[bytes]:
        """Return the frames that tell libzmq what was decided."""
        status = b"%d" % decision.status
        user = decision.user.encode(errors="surrogateescape")
        return [*self.route, b"", VERSION, self.number, status, b"", user, b""]

    def __repr__(self) -> str:
        return f"<Request of {self.address} in {self.domain!r}, {self.mechanism}, {self.who}>"


def parse(frames: Sequence[bytes]) -> Request:
    """Return the request in the frames that a ROUTER socket has received.

    Raises:
        Malformed: these are not the frames of a request.
    """
    if b"" not in frames[1:]:
        raise Malformed("there is no empty frame before the request")
    end = frames.index(b"", 1)
    route, body = tuple(frames[:end]), frames[end + 1 :]
    if len(body) < 2:
        raise Malformed("it has no request id")
    if wrong := _wrong(body):
        refusal = Request(route, body[1], "", "", "").reply(Decision(FAILED))
        raise Malformed(wrong, refusal)
    mechanism, credentials = body[5].decode(), body[_LEAST:]
    return Request(
        route,
        body[1],
        _text(body[2]),
        _text(body[3]),
        mechanism,
        public_text(credentials[0]) if mechanism == "CURVE" else b"",
        _text(credentials[0]) if mechanism == "PLAIN" else "",
        credentials[1] if mechanism == "PLAIN" else b"",
    )


def _wrong(body: Sequence[bytes]) -> str:
    """Return what is wrong with a request, "" if nothing is."""
    if body[0] != VERSION:
        return "its version is not 1.0"
    if len(body) < _LEAST:
        return f"it has {len(body)} frames, and at least {_LEAST} are wanted"
    count = _CREDENTIALS.get(body[5])
    if count is None:
        return "its mechanism is none of NULL, PLAIN and CURVE"
    if len(body) != _LEAST + count:
        return f"it has {len(body)} frames, and {_LEAST + count} are wanted"
    if count == 1 and len(body[_LEAST]) != _RAW_KEY:
        return f"its key has {len(body[_LEAST])} bytes"
    return ""


def _text(frame: bytes) -> str:
    return frame.decode(errors="surrogateescape")


def shown(text: str) -> str:
    """Return what a peer has sent as text to show: quoted, escaped and shortened."""
    return ascii(text[:_SHOWN]) + ("..." if len(text) > _SHOWN else "")
