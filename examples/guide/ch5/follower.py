"""Clone, model 6: how a client follows its server, and a passive server the active one.

First it subscribes, then it asks for a snapshot, then it applies updates. When the connection is
lost it begins again, with new sockets, even if it is back at once: so no update is missed, and
nothing of what was under way is left.
"""

from collections.abc import Callable

import zmqlite as zmq

from . import chp
from .kvmsg import KVMsg

EVENTS = zmq.MonitorEvent.HANDSHAKE_SUCCEEDED | zmq.MonitorEvent.DISCONNECTED


class Follower:
    """A table that is kept equal to a server's, or a subtree of it, by readers on a reactor.

    `on_snapshot` is called with each snapshot, which makes a new `table`; `on_update` with each
    update when it is in there; `on_silence` when the server has sent nothing for `silence` ms, not
    even a heartbeat, and then again after each further `silence` ms.
    """

    def __init__(
        self, context: zmq.Context, reactor: zmq.Reactor, subtree: bytes, silence: int
    ) -> None:
        self.context = context
        self.reactor = reactor
        self.subtree = subtree
        self.silence = silence
        self.table = chp.Table(KVMsg)
        self.synced = False
        self.on_snapshot: Callable[[], object] = _do_nothing
        self.on_update: Callable[[KVMsg], object] = _do_nothing
        self.on_silence: Callable[[], object] = _do_nothing
        self._sockets: list[zmq.Socket] = []
        self._timer: zmq.Timer | None = None

    def follow(self, server: chp.Server) -> None:
        """Begin to follow this server, and leave the one before it."""
        self._listen()
        self._begin(server)

    def leave(self) -> None:
        """Follow nobody; the table stays as it is."""
        if self._timer:
            self.reactor.cancel(self._timer)
        self._close()

    def _begin(self, server: chp.Server) -> None:
        """Subscribe, to begin with."""
        self._close()
        dealer = self.context.socket(zmq.DEALER, linger=0)
        subscriber = self.context.socket(zmq.SUB, linger=0, rcvhwm=0)
        monitor = subscriber.monitor(EVENTS)
        self._sockets = [monitor.socket, dealer, subscriber]
        for topic in (self.subtree, chp.HUGZ):
            subscriber.subscribe(topic)
        dealer.connect(server.snapshots)
        subscriber.connect(server.updates)

        def ask(_: zmq.Socket) -> None:
            if monitor.recv().event is zmq.MonitorEvent.HANDSHAKE_SUCCEEDED:
                self.reactor.cancel(monitor.socket)
                self.reactor.reader(monitor.socket, lambda _: self._begin(server))
                self.reactor.reader(dealer, load)
                dealer.send_multipart([chp.ICANHAZ, self.subtree])

        table = chp.Table(KVMsg)

        def load(_: zmq.Socket) -> None:
            self._listen()
            if table.load_one(dealer):
                self.table = table
                self.synced = True
                self.reactor.reader(subscriber, apply)
                self.on_snapshot()

        def apply(_: zmq.Socket) -> None:
            self._listen()
            if update := table.follow(subscriber):
                self.on_update(update)

        self.reactor.reader(monitor.socket, ask)

    def _close(self) -> None:
        self.synced = False
        for socket in self._sockets:
            self.reactor.cancel(socket)
            socket.close()
        self._sockets.clear()

    def _listen(self) -> None:
        """Give the server time to say something."""
        if self._timer:
            self.reactor.cancel(self._timer)
        self._timer = self.reactor.timer(self.silence, lambda: self.on_silence())


def _do_nothing(*_: object) -> None:
    pass
