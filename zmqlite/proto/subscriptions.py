"""Which types a SUB socket asked for, since libzmq knows prefixes only."""

from __future__ import annotations

from collections import Counter


class Subscriptions:
    """Subscriptions of a socket, counted as libzmq counts them.

    libzmq delivers `log.Record` and `log.RecordBatch` to who wants names that begin with
    `log.Record`. While `exact` is true, `match` tells the wanted from the others.
    """

    def __init__(self) -> None:
        self.exact: bool = False
        self._prefixes: Counter[bytes] = Counter()
        self._types: Counter[bytes] = Counter()

    def add(self, prefix: bytes) -> None:
        """Note a subscription to all that begins with these bytes."""
        self._prefixes[prefix] += 1

    def remove(self, prefix: bytes) -> None:
        """Take one such note back, if there is one."""
        _remove(self._prefixes, prefix)

    def add_type(self, name: bytes) -> None:
        """Note a subscription to one type."""
        self._types[name] += 1
        self.exact = True

    def remove_type(self, name: bytes) -> None:
        """Take one such note back, if there is one."""
        _remove(self._types, name)
        self.exact = bool(self._types)

    def match(self, first: bytes) -> bool:
        """Whether a message with this first frame was subscribed to."""
        return first in self._types or any(map(first.startswith, self._prefixes))


def _remove(counter: Counter[bytes], key: bytes) -> None:
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]
