"""By which routes a call has come, to a server and to a broker. No sockets, no time."""

from __future__ import annotations


class Asked:
    """Where a call was asked for, and so where its answer goes: usually one place.

    A duplicate comes by another route because its client has lost the connection, or the broker,
    that it used before. But the message that comes last need not be the one that was sent last: of
    two connections the older one may be read later, when nobody is at its other end. So the answer
    goes to all of them. Only a stream has the last one alone, as its items cannot be sent twice.
    """

    routes: list[bytes]

    def ask(self, route: bytes, stream: bool) -> None:
        """Take note that a duplicate has come by this route."""
        if stream:
            self.routes = [route]
        elif route not in self.routes:
            self.routes.append(route)

    def leave(self, route: bytes) -> bool:
        """Take note that nobody waits at this route; whether it was the only one."""
        if self.routes == [route]:
            return True
        if route in self.routes:
            self.routes.remove(route)
        return False
