"""What the state machine expects: sockets, the links between them, and what they may answer."""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Iterator
from typing import Any

from zmqlite.capi import EFSM, ETERM

PEERS = {"PAIR": "PAIR", "PUSH": "PULL", "DEALER": "ROUTER", "REQ": "REP", "SUB": "XPUB"}
"""Types of the sockets that have one link, and of those at the other end, which may have many."""

SENDS_TO_ONE = ("PAIR", "PUSH", "DEALER", "REQ")
NO_RECEIVE, NO_SEND = ("PUSH",), ("PULL", "SUB")
GONE = -1
"""`closed` of a socket to which there is no reference any more."""


class ContextModel:
    """A context: `ended` is what making a socket raises then."""

    def __init__(self, api: Any, context: Any) -> None:
        self.api = api
        self.context = context
        self.shut = False
        self.ended = 0
        self.ends: list[End] = []


class Link:
    """A connection. What waits for an end is surely there, or may be lost from some point on."""

    def __init__(self, connecter: End, binder: End, endpoint: str) -> None:
        self.connecter, self.binder, self.endpoint = connecter, binder, endpoint
        self.inproc = endpoint.startswith("inproc")
        self.alive = True
        self.lingers = False  # one end was closed, and goes on sending
        self.queues: dict[End, deque[list[bytes]]] = {connecter: deque(), binder: deque()}
        self.sure = {connecter: True, binder: True}
        for end in (connecter, binder):
            end.links.append(self)

    def other(self, end: End) -> End:
        return self.binder if end is self.connecter else self.connecter

    def add(self, receiver: End, message: list[bytes]) -> None:
        self.queues[receiver].append(message)
        self.sure[receiver] &= self.alive

    def close(self, end: End, lingers: bool) -> None:
        """One end is closed: over inproc all that was sent before it comes, else it may not."""
        other = self.other(end)
        if self.alive and not self.inproc:
            # With unread data the system resets the connection, and drops what is on its way.
            self.sure[other] &= lingers and not self.queues[end]
            self.lingers = self.sure[other]
        self.alive = False
        self.queues[end].clear()

    def detach(self, end: End) -> None:
        """Disconnected by the one end, or unbound by the other."""
        if self.inproc and end is self.binder:
            return
        self.alive = False
        self.sure[end] = False
        self.sure[self.other(end)] &= self.inproc


class End:
    """A socket."""

    def __init__(self, context: ContextModel, kind: str, hwm: int, name: bytes) -> None:
        self.context, self.kind, self.hwm, self.name = context, kind, hwm, name
        self.api = context.api
        self.socket: Any = None
        self.closed = 0  # errno of a call after that
        self.links: list[Link] = []
        self.partial: list[bytes] = []  # sent with SNDMORE
        self.rest: list[bytes] = []  # of the message whose first frame was received
        self.turn = kind == "REQ"  # REQ and REP: whether it may send
        self.source: Link | None = None  # of the message that was received last
        self.heard: set[Link] = set()  # from whom something was received
        self.topics: list[bytes] = []
        context.ends.append(self)

    def __repr__(self) -> str:
        return f"<{self.api.__name__} {self.kind}>"

    @property
    def usable(self) -> bool:
        return not self.closed and not self.context.shut

    @property
    def may_send(self) -> bool:
        """Whether it can send to somebody, as far as that does not depend on the message."""
        peers = self.usable and any(link.alive for link in self.links)
        return peers and (self.kind == "ROUTER" or self.sending([b""])[1])

    def target(self, name: bytes = b"") -> Link | None:
        """The link that a message goes to; of a ROUTER the one to the DEALER of that name."""
        if self.kind == "ROUTER":
            return next((each for each in self.links if each.other(self).name == name), None)
        return self.source if self.kind == "REP" else self.links[0] if self.links else None

    def sending(self, frames: list[bytes]) -> tuple[set[int], bool]:
        """What a send may raise, and whether it may succeed."""
        if self.closed:
            return {self.closed}, False
        errors = {ETERM} if self.context.shut else set()
        if self.kind in NO_SEND:
            return errors | {errno.ENOTSUP}, False
        if self.kind in ("REQ", "REP") and not self.turn:
            return errors | {EFSM}, False
        link = self.target((self.partial or frames)[0])
        if self.partial:  # libzmq drops the rest if the peer has gone, and C is told so
            gone = link is None or not link.alive
            return errors | ({errno.EAGAIN} if gone and self.api.__name__ == "C" else set()), True
        if self.kind == "ROUTER":
            sure = link is not None and link.alive and link in self.heard
            return errors | (set() if sure else {errno.EHOSTUNREACH}), link is not None
        if self.kind not in SENDS_TO_ONE:
            return errors, True
        if link is None:
            return errors | {errno.EAGAIN}, False
        least, most = self.room(link)
        full = not link.alive or len(link.queues[link.other(self)]) >= least
        return errors | ({errno.EAGAIN} if full else set()), not most or not full or (
            len(link.queues[link.other(self)]) < most
        )

    def room(self, link: Link) -> tuple[float, float]:
        """How many messages surely fit into the queues of a link, and how many at most; 0: any."""
        if not self.hwm:
            return float("inf"), 0
        marks = self.hwm + link.other(self).hwm if link.inproc else self.hwm
        # libzmq hears of what was read after each half of the mark, and one may have been fetched.
        return marks - marks // 2, (marks + 2 if link.inproc and link.alive else 0)

    def sent(self, frames: list[bytes], more: bool) -> None:
        """Frames were sent, which end a message unless more follow."""
        self.partial = [*self.partial, *frames]
        if more:
            return
        message, self.partial = self.partial, []
        link = self.target(message[0])
        if self.kind in ("REQ", "REP"):
            self.turn = False
        if self.kind == "ROUTER":
            message = message[1:]
        elif self.kind == "XPUB":
            topics = link.other(self).topics if link else []
            if not any(message[0].startswith(topic) for topic in topics):
                return
        if link is not None and message:
            receiver = link.other(self)
            link.add(receiver, [self.name, *message] if receiver.kind == "ROUTER" else message)

    def heads(self) -> Iterator[list[bytes]]:
        """The messages of which one may be received next."""
        return (link.queues[self][0] for link in self.links if link.queues[self])

    def receiving(self) -> tuple[set[int], bool, bool]:
        """What a receive may raise, whether it has to succeed, and whether it has to wait then."""
        if self.closed:
            return {self.closed}, False, False
        errors = {ETERM} if self.context.shut else set()
        if self.kind in NO_RECEIVE:
            return errors | {errno.ENOTSUP}, False, False
        if self.rest:
            return errors, True, False
        if self.kind in ("REQ", "REP") and self.turn:
            return errors | {EFSM}, False, False
        sure = [link for link in self.links if link.queues[self] and link.sure[self]]
        remote = bool(sure) and not any(link.inproc for link in sure)
        return errors if sure else errors | {errno.EAGAIN}, bool(sure), remote

    def received(self, shape: str, got: Any) -> None:
        """One frame, the rest of a message, or messages of one frame were received."""
        if shape == "many":
            for each in got:
                assert not self.rest
                self.received("whole", [each])
            return
        frames = [got] if shape == "frame" else got
        if not self.rest:
            self.rest = self._first(frames, shape)
        assert self.rest[: len(frames)] == frames, f"{self.rest!r:.300}, {frames!r:.300}"
        assert shape == "frame" or len(self.rest) == len(frames)
        self.rest = self.rest[len(frames) :]
        if self.kind in ("REQ", "REP") and not self.rest:
            self.turn = True

    def _first(self, frames: list[bytes], shape: str) -> list[bytes]:
        """The message that begins with these frames, taken from its queue."""
        for link in self.links:
            queue = link.queues[self]
            if queue and (queue[0][:1] if shape == "frame" else queue[0]) == frames:
                self.source = link
                self.heard.add(link)
                return queue.popleft()
        if self.kind == "XPUB" and not self.links[0].alive and frames[0][:1] == b"\0":
            return frames  # the subscriptions of a SUB end with it
        raise AssertionError(f"{self} received {frames!r:.200}, and {[*self.heads()]!r:.500} waits")

    def readable(self) -> tuple[bool, bool]:
        """Whether POLLIN may be reported, and whether it has to be."""
        errors, sure, remote = self.receiving()
        blocked = bool(errors & {errno.ENOTSUP, EFSM})
        gone = self.kind == "XPUB" and any(not link.alive for link in self.links)
        possible = bool(self.rest) or any(True for _ in self.heads()) or gone
        return possible and not blocked, sure and not remote

    def end(self, code: int, lingers: bool) -> None:
        """The socket was closed."""
        self.closed = code
        for link in self.links:
            link.close(self, lingers)
        self.partial, self.rest = [], []
