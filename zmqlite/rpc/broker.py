"""The broker: one thread, and one socket that clients and servers connect to."""

from __future__ import annotations

import os
import select
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from ..arguments import INT_MAX, integer, milliseconds
from ..constants import DONTWAIT, MonitorEvent, SocketType
from ..context import Context
from ..errors import Again, ContextTerminated, HostUnreachable
from ..proto.codec import LIMIT
from ..transfer import PARTS
from . import wire
from .brokering import BrokerProtocol
from .call import Closing, Waker, check_context, clock
from .hosting import OPTIONS, OUTGOING

if TYPE_CHECKING:
    from ..keywords import SocketKeywords

AT_ONCE: Final = 64
"""Messages that are taken before what comes of them is sent, and it is looked what is due."""


class Broker(Closing):
    """Passes the calls of clients to servers that register with it, and their replies back.

        rpc.Broker(context).serve("tcp://*:5550")

    A server takes part by `register`, a client as if the broker were the server. A call goes to the
    server with the most room. If none has room it waits, at most `waiting` calls for each service;
    more are refused with RESOURCE_EXHAUSTED, and so are those of a client that has `calls`
    unfinished ones. With zmqlite.auth that is counted for each user, else for each connection.
    `may_register(user, service)` says who may serve what; `user` is None without a ZAP handler. It
    is asked once a second by each server, so it must not wait. `limit` bounds the bytes of a
    request. `options` are for the ROUTER socket, such as those for CURVE.

    What is guaranteed about calls is the same as without a broker. Calls are kept in memory only:
    a broker that ends by force loses those that wait, and clients send them to another one if their
    methods may be repeated.

    `bind` before `run`; `stop` may be called from any thread and any signal handler.
    """

    def __init__(
        self,
        context: Context,
        *,
        waiting: int = 10_000,
        calls: int = 10_000,
        limit: int = LIMIT,
        may_register: Callable[[str | None, str], bool] = lambda user, service: True,
        options: SocketKeywords | None = None,
    ) -> None:
        check_context(self, context, Context)
        self._protocol = BrokerProtocol(
            os.urandom(8),
            clock(),
            waiting=integer(waiting, "waiting", 0, INT_MAX),
            calls=integer(calls, "calls", 1, INT_MAX),
            limit=limit,
            may_register=may_register,
        )
        self._stop_at: int = 0  # not yet
        self._slept = False  # just now
        self._waker = Waker()
        keywords: Any = {**OPTIONS, **(options or {})}
        self._socket = context.socket(SocketType.ROUTER, **keywords)
        self._monitor = self._socket.monitor(MonitorEvent.DISCONNECTED)
        self._poll = select.poll()
        self._woken: dict[int, Callable[[], object]] = {
            self._socket.fd: bool,  # nothing: the next round receives
            self._monitor.socket.fd: self._drop_events,
            self._waker.fd: self._waker.clear,
        }
        for descriptor in self._woken:
            self._poll.register(descriptor, select.POLLIN)

    def bind(self, endpoint: str) -> str:
        """Accept clients and servers at an endpoint; return the real one. See Socket.bind."""
        real = self._socket.bind(endpoint)
        if self._socket.zap_enforce_domain:  # otherwise a peer can claim to be anybody
            self._protocol.user = lambda part: part.metadata("User-Id")
        return real

    def serve(self, endpoint: str) -> None:
        """Accept clients and servers at an endpoint, and `run`."""
        self.bind(endpoint)
        self.run()

    def stop(self, grace: int = 0) -> None:
        """Have `run` return when the calls that were taken have ended, or after `grace` ms.

        Meanwhile new calls are refused, and clients send them to other brokers.
        """
        self._stop_at = clock() + milliseconds(grace, "grace")
        self._protocol.draining = True
        self._waker.set()

    def run(self) -> None:
        """Pass calls on until `stop`, or until the context is terminated; then close."""
        try:
            while True:
                if self._done():
                    break
                self._round()
        except ContextTerminated:
            pass
        finally:
            self.close()

    def close(self) -> None:
        """Close the socket; nothing if it is closed."""
        self._monitor.close()
        self._socket.close()
        self._waker.close()

    def _done(self) -> bool:
        protocol = self._protocol
        return protocol.draining and (not protocol.unfinished or clock() >= self._stop_at)

    def _round(self) -> None:
        """Take what has come and what is due; then sleep if there is no more."""
        protocol = self._protocol
        now = clock()
        self._receive(now)
        due = protocol.next() or now
        if now >= due:
            protocol.tick(now)
            self._flush()
        # A send may consume the wake-up for a message, so this is the last thing before a sleep.
        elif self._socket._ready() == OUTGOING:
            for descriptor, _ in self._poll.poll(max(0, min(due, self._stop_at or due) - clock())):
                self._woken[descriptor]()
            self._slept = True

    def _receive(self, now: int) -> None:
        """Take messages and send what comes of them.

        Many are sent in one go, which wakes the I/O thread once. The first one after a sleep has
        most often come alone, and is passed on before there is a look for more.
        """
        attempt, receive = self._socket._attempt, self._protocol.receive
        for _ in range(1 if self._slept else AT_ONCE):
            parts = attempt(PARTS, wire.PARTS)
            if parts is None:
                break
            receive(parts, now)
        self._slept = False
        self._flush()

    def _drop_events(self) -> None:
        """Take the events: none says which peer it was, so the protocol looks who is gone."""
        while self._monitor.socket._attempt(PARTS, 1) is not None:
            pass
        self._protocol.disconnected(clock())

    def _flush(self) -> None:
        put, protocol = self._socket.send_multipart, self._protocol
        for frames in protocol.outgoing:  # to which `unreachable` may append
            try:
                put(frames, DONTWAIT)
            except (HostUnreachable, Again):
                protocol.unreachable(frames, clock())
        protocol.outgoing.clear()
