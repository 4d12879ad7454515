"""The authenticator of a context, in a thread of its own."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Any, Final, Self

from ..actor import Actor, Pipe
from ..arguments import INT_MAX, integer
from ..constants import MonitorEvent, SocketType
from ..context import Context
from ..errors import ActorEnded, AddressInUse, ContextTerminated, SecurityError, ZMQError
from ..owner import GRACE
from ..reactor import Reactor
from ..socket import ZAP_ENDPOINT, Socket
from ..transfer import WHOLE
from .domains import Domains, domains_of
from .handler import Handler, Job, Statistics
from .policy import Policy
from .pool import Pool
from .rules import place
from .zap import FAILED, Request

PATIENCE: Final = 5000
"""Milliseconds that a decision may take before libzmq is told that it could not be made."""

AT_ONCE: Final = 256
"""Requests that are answered before the thread looks at anything else."""


class AuthenticatorBase:
    """What the authenticator in a thread and the one on an event loop share."""

    _name: str

    def __init__(
        self, context: Context, policy: Policy | Mapping[str, Policy] | None, timeout: int
    ) -> None:
        if not isinstance(context, Context):
            raise TypeError(
                f"a zmqlite.Context is wanted, not {type(context).__name__}; for one of "
                "zmqlite.aio there is zmqlite.auth.aio.Authenticator"
            )
        self._context = context
        self._domains: Domains = domains_of(context)
        self._patience: float = integer(timeout, "timeout", 1, INT_MAX) / 1000
        self._handler = Handler(self._domains, self._patience, self._tell)
        self._claim(policy)

    def _claim(self, policy: Policy | Mapping[str, Policy] | None) -> None:
        """Be the authenticator of the context; SecurityError if there is one."""
        with self._context._owner.locked("zmqlite.auth"):
            if self._domains.authenticator is not None:
                raise second("it has one, which may have been started by curve_server()")
            self._domains.take(policy)
            self._domains.authenticator = self

    def _leave(self) -> None:
        """Be the authenticator no longer."""
        if self._domains.authenticator is self:
            self._domains.authenticator = None

    def join(self) -> None:
        """Wait for what ends after the context."""

    def allowed(self, user_id: str | None, domain: str | None = None) -> bool:
        """Whether a user id is one of those who may connect now; for each message, if need be.

        A connection outlives the right to make it. So check `message.metadata("User-Id")`, or
        `Received.user_id`, of what a peer sends, or give this method to a proto.Dispatcher. With a
        `domain`, the `zap_domain` of a socket, the policy of that domain alone is asked; without
        one it is enough if any policy of the context lets the user in. A user id that a callable
        has let in counts until it is revoked. Any thread may call it.
        """
        return user_id is not None and self._domains.allowed(user_id, domain)

    def revoke(self, user_id: str) -> None:
        """Refuse a user id from now on, whatever the policies say; any thread may call it."""
        if not isinstance(user_id, str):
            raise TypeError(f"a user id is a str, not {type(user_id).__name__}")
        self._domains.revoked.add(user_id)

    def restore(self, user_id: str) -> None:
        """Take `revoke` back; nothing if the user id was not revoked."""
        self._domains.revoked.discard(user_id)

    def statistics(self) -> Statistics:
        """Return what was decided so far, counted; any thread may call it."""
        return self._handler.statistics()

    def _tell(self, status: int, request: Request | None, reason: str) -> None:
        """Make a refusal an event of the context's hub, which also logs it."""
        hub = self._context._owner.hub
        if hub is None:
            return
        address, mechanism, domain = "", "", ""
        if request is not None:
            address, mechanism, domain = request.address, request.mechanism, request.domain
            reason = f"{request.who}: {reason}"
        known = (address, "authenticator", mechanism, "server", "bound", reason)
        texts = [ascii(text)[1:-1] for text in (f"domain {domain}", *known)]
        hub.tell(MonitorEvent.HANDSHAKE_FAILED_AUTH, status, *texts)

    def __repr__(self) -> str:
        running = "running" if self._domains.authenticator is self else "ended"
        return f"<zmqlite.auth.{self._name}, {running}>"


class Authenticator(AuthenticatorBase):
    """Decides who may connect to the sockets of a context, in a thread of its own.

        policy = auth.Policy(curve="certificates")
        with zmq.Context() as context, auth.Authenticator(context, policy) as authenticator:
            ...

    `policy` serves every ZAP domain, or those that a mapping names; functions such as curve_server
    add one for their socket. Where no policy serves a domain, all are refused. When the constructor
    returns, libzmq can ask. It ends with `stop`, with the `with` block or with the context, which
    has to be terminated: the garbage collector does not end a context whose authenticator runs.
    Without an authenticator, closed sockets let nobody in.

    Questions that take time, which are passwords and callables, are asked in 8 threads, at most 2
    at a time for each address. After `timeout` milliseconds libzmq is told that nothing was
    decided, so that the client tries again. A coroutine function runs in an event loop of its own
    for each call: what belongs to one event loop wants zmqlite.auth.aio.Authenticator.

    Refusals are events of `Context.monitor`, of HANDSHAKE_FAILED_AUTH with "authenticator" as their
    `socket`, lines of the logger `zmqlite`, and counted.

    Raises:
        SecurityError: the context has an authenticator, or another ZAP handler.
    """

    _name = "Authenticator"

    def __init__(
        self,
        context: Context,
        policy: Policy | Mapping[str, Policy] | None = None,
        *,
        timeout: int = PATIENCE,
    ) -> None:
        super().__init__(context, policy, timeout)
        self._thread = threading.current_thread()  # until there is one
        try:
            self._actor = Actor(context, self._serve)
        except AddressInUse:
            self._leave()
            raise second("another ZAP handler is bound there") from None
        except BaseException:
            self._leave()
            raise

    def stop(self) -> None:
        """End it: from now on closed sockets let nobody in. Another call does nothing."""
        self._leave()
        self._actor.stop()

    def join(self) -> None:
        """Wait until the thread has ended after a shutdown, at most for the grace period."""
        if threading.current_thread() is not self._thread:
            self._thread.join(GRACE / 1000)

    def _serve(self, pipe: Pipe) -> None:
        """Answer libzmq until the actor is stopped: the body of the actor."""
        self._thread = threading.current_thread()
        kind = SocketType.ROUTER
        with self._context.socket(kind, linger=0, rcvhwm=0, sndhwm=0) as socket:
            socket.bind(ZAP_ENDPOINT)
            thread = Thread(socket, self._handler, self._patience)
            try:
                thread.reactor.reader(pipe.socket, lambda _: pipe.recv())  # raises at the end
                pipe.ready()
                thread.reactor.run()
            except (ActorEnded, ContextTerminated):
                raise
            except BaseException as error:
                self._tell(FAILED, None, f"the authenticator ended, nobody gets in: {place(error)}")
                raise
            finally:
                with contextlib.suppress(ZMQError):  # the context has ended
                    socket.unbind(ZAP_ENDPOINT)  # at once, which a close is not
                thread.close()
                self._leave()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Thread:
    """The thread of an Authenticator: a ROUTER socket that libzmq asks, and a pool."""

    def __init__(self, socket: Socket[Any], handler: Handler, patience: float) -> None:
        self._socket = socket
        self._handler = handler
        self._interval = max(1, round(patience * 1000 / 4))
        self._answers: deque[tuple[Job, object, BaseException | None]] = deque()
        self._lock = threading.Lock()  # to close the eventfd that others write to
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._pool = Pool(self._done)
        self._timer: Any = None
        self.reactor: Final = Reactor()
        self.reactor.reader(socket, self._requests)
        self.reactor.reader(self._wake, self._answered)

    def close(self) -> None:
        """End the pool; a thread that is stuck in it may still finish a job, which is dropped."""
        self._pool.close()
        with self._lock:
            os.close(self._wake)
            self._wake = -1

    def _done(self, job: Job, answer: object, error: BaseException | None) -> None:
        """Take an answer, in a thread of the pool."""
        self._answers.append((job, answer, error))
        with self._lock:
            if self._wake >= 0:
                os.eventfd_write(self._wake, 1)

    def _requests(self, socket: Socket[Any]) -> None:
        for _ in range(AT_ONCE):
            if (frames := socket._attempt(WHOLE)) is None:
                break
            self._reply(self._handler.receive(frames))
        self._start()

    def _answered(self, wake: int) -> None:
        os.eventfd_read(wake)
        while self._answers:
            self._reply(self._handler.finish(*self._answers.popleft()))
        self._start()

    def _start(self) -> None:
        now = time.monotonic()
        while (job := self._handler.start(now)) is not None:
            self._pool.ask(job)
        if self._timer is None and self._handler.waiting:
            self._timer = self.reactor.timer(self._interval, self._expire)

    def _expire(self) -> None:
        _, replies = self._handler.expire(time.monotonic())
        for reply in replies:
            self._reply(reply)
        if not self._handler.waiting:
            self.reactor.cancel(self._timer)
            self._timer = None

    def _reply(self, frames: list[bytes] | None) -> None:
        if frames is not None:
            self._socket.send_multipart(frames)


def second(reason: str) -> SecurityError:
    """Return the error for an authenticator that the context cannot have."""
    error = SecurityError(errno.EPERM, f"a context has one ZAP handler: {reason}", "Authenticator")
    error.hint = "Authenticator takes policies by domain, and curve_server() adds one to it"
    return error
