"""Counting the subscriptions that an XPUB socket receives."""

from __future__ import annotations

from .errors import timed_out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .errors import Timeout


class Subscribers:
    """The subscriptions that an XPUB has received: how many there are of each topic."""

    __slots__ = ("_counts", "_received")

    def __init__(self) -> None:
        self._counts: dict[bytes, int] = {}
        self._received: list[list[bytes]] = []

    def take(self, message: list[bytes]) -> None:
        """Count a message that the socket received, if it is a subscription or the end of one."""
        self._received.append(message)
        if len(message) != 1 or message[0][:1] not in (b"\0", b"\1"):
            return  # a message of an XSUB
        topic = message[0][1:]
        now = self._counts.get(topic, 0) + (1 if message[0][0] else -1)
        if now > 0:
            self._counts[topic] = now
        else:
            self._counts.pop(topic, None)

    def count(self, topic: bytes) -> int:
        """Return how many subscriptions let messages through whose topic begins with `topic`."""
        return sum(
            number
            for each, number in self._counts.items()
            if each.startswith(topic) or topic.startswith(each)
        )

    def received(self) -> list[list[bytes]]:
        """Return all messages that were taken since the last time."""
        received, self._received = self._received, []
        return received

    def timed_out(self, timeout: int, now: int, count: int) -> Timeout:
        """Build the exception for a wait that ran out."""
        what = f"{now} of {count} subscriptions were there"
        return timed_out(timeout, "Socket.wait_subscribers", "XPUB", what)
