"""Sockets that are set up in one call, with mistakes raised before anything is bound or connected.

All functions take blocking and awaited sockets, before their first `bind` and `connect`.
"""

from __future__ import annotations

import errno
import time
from typing import Any, Final, Protocol, TypeAlias, overload

from ..arguments import milliseconds
from ..constants import MonitorEvent
from ..errors import Again, SecurityError, ZMQError, timed_out
from ..monitor import SocketEvent
from ..socket import Socket
from ..waiting import remaining
from .authenticator import Authenticator, AuthenticatorBase
from .certificate import Certificate, public
from .domains import domains_of
from .policy import AllowCurve, AllowPlain, Policy, SomeCurve
from .rules import ANYONE, Anyone

INTERVAL: Final = 1000
"""Milliseconds after which `connect` tries again where it was denied."""

OUTCOMES: Final = (
    MonitorEvent.HANDSHAKE_SUCCEEDED
    | MonitorEvent.HANDSHAKE_FAILED_AUTH
    | MonitorEvent.HANDSHAKE_FAILED_PROTOCOL
    | MonitorEvent.HANDSHAKE_FAILED_NO_DETAIL
    | MonitorEvent.DISCONNECTED
)
"""The events that end an attempt to connect."""


class Awaited(Protocol):
    """A socket of zmqlite.aio: it has a blocking one behind it."""

    @property
    def _blocking(self) -> Socket[Any]: ...


AnySocket: TypeAlias = Socket[Any] | Awaited


@overload
def curve_server(
    socket: AnySocket, certificate: Certificate, *, allow: Anyone
) -> AuthenticatorBase | None: ...
@overload
def curve_server(
    socket: AnySocket, certificate: Certificate, *, allow: SomeCurve | Policy
) -> AuthenticatorBase: ...
def curve_server(
    socket: AnySocket, certificate: Certificate, *, allow: AllowCurve | Policy
) -> AuthenticatorBase | None:
    """Make a socket a CURVE server that lets in who is allowed, and nobody else.

    `allow` is what Policy takes as `curve`: a set of public keys, the path of a directory of
    certificates, a callable, ANYONE; or a Policy, which may have addresses as well. The socket gets
    a ZAP domain of its own, unless it has one, and libzmq refuses all while nobody decides. If the
    context has no authenticator, one is started, which ends with the context; returns the one that
    runs. Only ANYONE itself needs none: then all are let in also where none runs, and None may be
    returned.

    Raises:
        ValueError, TypeError: the certificate has no secret key; not what `allow` can be.
        SecurityError: the socket is bound or connected, or its context has another ZAP handler.
    """
    secret = certificate.secret_key
    policy = allow if isinstance(allow, Policy) else Policy(curve=allow)
    server = _fresh(socket, "curve_server")
    server.curve_server = True
    server.curve_secretkey = secret
    return _serve_anyone(server, policy) if allow is ANYONE else _serve(server, policy)


def curve_client(
    socket: AnySocket, certificate: Certificate, server_key: bytes | Certificate
) -> None:
    """Make a socket a CURVE client of the server with this public key.

    Raises:
        ValueError: the certificate has no secret key; `server_key` is no public key, or its own.
        SecurityError: the socket is bound or connected.
    """
    secret = certificate.secret_key
    key = server_key.public_key if isinstance(server_key, Certificate) else server_key
    if public(key, "server_key") == certificate.public_key:
        raise ValueError("server_key is the client's own public key; it is that of the server")
    client = _fresh(socket, "curve_client")
    client.curve_serverkey = key
    client.curve_publickey = certificate.public_key
    client.curve_secretkey = secret


def plain_server(socket: AnySocket, *, allow: AllowPlain | Policy) -> AuthenticatorBase:
    """Make a socket a PLAIN server that lets in who is allowed, and nobody else.

    `allow` is what Policy takes as `plain`, or a Policy. PLAIN sends passwords in the clear: it is
    for networks that nobody else reads. Otherwise as curve_server.
    """
    policy = allow if isinstance(allow, Policy) else Policy(plain=allow)
    server = _fresh(socket, "plain_server")
    server.plain_server = True
    return _serve(server, policy)


def plain_client(socket: AnySocket, username: str, password: str) -> None:
    """Make a socket a PLAIN client; both are sent in the clear.

    Raises:
        SecurityError: the socket is bound or connected.
    """
    client = _fresh(socket, "plain_client")
    client.plain_username = username
    client.plain_password = password


def null_server(socket: AnySocket, *, allow: Policy) -> AuthenticatorBase:
    """Have the policy decide about peers without security, by their address.

    libzmq asks only for sockets with a `zap_domain`, which this sets. Whoever is asked about a peer
    says also which user id its messages carry, so that no peer can claim one. Otherwise as
    curve_server.
    """
    if not isinstance(allow, Policy):
        raise TypeError(f"allow is a Policy(null=ANYONE, addresses=...), not {allow!r}")
    return _serve(_fresh(socket, "null_server"), allow)


def _fresh(socket: AnySocket, call: str) -> Socket[Any]:
    """Return the blocking socket, if it has neither bound nor connected."""
    blocking = socket if isinstance(socket, Socket) else getattr(socket, "_blocking", None)
    if not isinstance(blocking, Socket):
        raise TypeError(
            f"a socket of zmqlite or zmqlite.aio is wanted, not {type(socket).__name__}"
        )
    if blocking._remote:
        raise SecurityError(
            errno.EPERM, f"it comes after {blocking._remote[0]!r}, where it has no effect", call
        )
    return blocking


def _serve_anyone(socket: Socket[Any], policy: Policy) -> AuthenticatorBase | None:
    """Let everybody in, whether an authenticator runs or not."""
    domains = domains_of(socket.context)
    with domains.starting:
        socket.zap_domain = domains.serve(socket, policy)
    socket._anyone = True
    running: AuthenticatorBase | None = domains.authenticator
    return running


def _serve(socket: Socket[Any], policy: Policy) -> AuthenticatorBase:
    """Have the authenticator of the context decide about the peers of a socket."""
    context = socket.context
    domains = domains_of(context)
    with domains.starting:
        running: AuthenticatorBase = domains.authenticator or Authenticator(context)
        socket.zap_domain = domains.serve(socket, policy)
    return running


# Coming in


def connect(
    socket: Socket[Any],
    endpoint: str,
    timeout: int | None = None,
    *,
    interval: int | None = INTERVAL,
) -> None:
    """Connect, and wait until the server has let this client in.

    libzmq never connects again where a server has denied a client. This does, every `interval`
    milliseconds until `timeout` (None: for ever), so a client comes in once it is granted; with an
    `interval` of None it raises at the first denial. Where it raises, the socket is disconnected.

    Raises:
        SecurityError: the handshake failed until then; the text has the likely cause.
        Timeout: nobody has answered in time.
    """
    wait, start = milliseconds(timeout), time.monotonic()
    attempt = Attempt(socket, endpoint, interval)
    with socket.monitor(OUTCOMES) as monitor:
        socket.connect(endpoint)
        try:
            while True:
                left = remaining(start, wait)
                pause = attempt.pause(left)
                try:
                    event = monitor.recv(timeout=left if pause is None else pause)
                except Again:
                    if pause is None or remaining(start, wait) == 0:
                        raise attempt.failure(wait) from None
                    attempt.again()
                    continue
                if attempt.over(event):
                    return
        except BaseException:
            attempt.give_up()
            raise


class Attempt:
    """What is known about attempts to connect to one endpoint."""

    def __init__(self, socket: Any, endpoint: str, interval: int | None) -> None:
        self._socket = socket
        self._endpoint = endpoint
        self._interval = None if interval is None else milliseconds(interval, "interval")
        self._denied = False
        self._cause = ""

    def over(self, event: SocketEvent) -> bool:
        """Take an event; whether the server has let the client in."""
        if event.endpoint.rpartition(":")[2] != self._endpoint.rpartition(":")[2]:
            return False  # of another connection
        if event.event == MonitorEvent.HANDSHAKE_SUCCEEDED:
            return True
        self._cause = event.cause or self._cause
        if event.event == MonitorEvent.HANDSHAKE_FAILED_AUTH:
            self._denied = True
            if self._interval is None:
                raise self.failure(0)
        return False

    def pause(self, left: int) -> int | None:
        """Milliseconds until the next attempt, None while libzmq makes them itself."""
        if not self._denied or self._interval is None:
            return None
        return self._interval if left < 0 else min(self._interval, left)

    def again(self) -> None:
        """Connect anew, as libzmq does not."""
        self._denied = False
        self.give_up()
        self._socket.connect(self._endpoint)

    def give_up(self) -> None:
        """Disconnect, if that is possible."""
        try:
            self._socket.disconnect(self._endpoint)
        except ZMQError:
            pass

    def failure(self, timeout: int) -> ZMQError:
        """Return the error to raise when the time is over."""
        if self._cause:
            return SecurityError(errno.EPERM, self._cause, "auth.connect", self._endpoint)
        return timed_out(timeout, "auth.connect", self._endpoint, "nobody answered")
