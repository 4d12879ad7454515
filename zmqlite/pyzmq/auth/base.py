"""What the authenticators share: the rules, and libzmq's questions about peers (ZAP, RFC 27).

The questions arrive at a ROUTER socket. Each is answered by a task of its own, so that a callback
that awaits holds up only the peer that it decides about.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import inspect
import logging
import os
from collections.abc import Awaitable, Mapping
from typing import Any, Final, Protocol

from ...auth.zap import ACCEPTED, DENIED, FAILED, Decision, Malformed, Request, parse
from .. import DONTWAIT, ROUTER, Again, Context, ContextTerminated, Socket, ZMQError
from ..utils import z85
from .certs import StrPath, load_certificates

__all__ = ["CURVE_ALLOW_ANY", "Authenticator"]

CURVE_ALLOW_ANY: Final = "*"
"""The location that lets every CURVE client in: `configure_curve(location=CURVE_ALLOW_ANY)`."""

ENDPOINT: Final = "inproc://zeromq.zap.01"
"""Where libzmq asks, as RFC 27 says."""

TASKS: Final = 256
"""Questions that are decided at the same time; the others wait in the socket."""


class CredentialsProvider(Protocol):
    """Decides about CURVE clients: True lets a client in. The key is 40 bytes of Z85."""

    def callback(self, domain: str, key: bytes, /) -> bool | Awaitable[bool]: ...


class Authenticator:
    """Decides who may connect to the sockets of a context.

    The address is checked first, against `allow` or `deny`. Then a NULL peer is let in, a PLAIN
    client is asked for a user name and a password, a CURVE client for its key. `"*"` stands for the
    empty `zap_domain`; a socket with a domain is served by what was configured for that domain.

    ThreadAuthenticator and AsyncioAuthenticator run it. Call the configuring methods before
    `start`, or at any time from any thread: each replaces one attribute.
    """

    def __init__(
        self, context: Context[Any] | None = None, encoding: str = "utf-8", log: Any = None
    ) -> None:
        self.context: Context[Any] = context or Context.instance()
        self.encoding = encoding
        self.log: Any = log or logging.getLogger("zmq.auth")
        self.allow_any: bool = False
        self.credentials_providers: dict[str, CredentialsProvider] = {}
        self.passwords: dict[str, Mapping[str, str]] = {}
        self.certs: dict[str, dict[bytes, bool]] = {}
        self.zap_socket: Socket[Any] | None = None
        self._allowed: frozenset[str] = frozenset()
        self._denied: frozenset[str] = frozenset()
        self._watch: int = -1
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Bind the socket that libzmq asks.

        Raises:
            ZMQError: EADDRINUSE, as this or another authenticator of the context runs.
        """
        # A shadow, so that Context.destroy() of the user does not close this socket of another
        # thread: it gets ETERM, as the socket of an authenticator should.
        socket = Context.shadow(self.context.underlying).socket(ROUTER)
        try:
            socket.linger = 0
            socket.bind(ENDPOINT)
        except BaseException:
            socket.close()
            raise
        self.zap_socket = socket

    def stop(self) -> None:
        """Close the socket: from now on libzmq asks nobody. Another call does nothing."""
        socket, self.zap_socket = self.zap_socket, None
        if socket is None:
            return
        if self._loop is not None:
            self._leave(self._loop)
        with contextlib.suppress(ZMQError):  # the context has ended
            socket.unbind(ENDPOINT)  # at once, which a close is not
        socket.close(0)

    def allow(self, *addresses: str) -> None:
        """Let only peers of these IP addresses in.

        Raises:
            ValueError: `deny` was called before.
        """
        if self._denied:
            raise ValueError("either allow or deny addresses, not both")
        self._allowed |= _addresses(addresses)

    def deny(self, *addresses: str) -> None:
        """Refuse peers of these IP addresses.

        Raises:
            ValueError: `allow` was called before.
        """
        if self._allowed:
            raise ValueError("either allow or deny addresses, not both")
        self._denied |= _addresses(addresses)

    def configure_plain(
        self, domain: str = "*", passwords: Mapping[str, str] | None = None
    ) -> None:
        """Let PLAIN clients in that know a user name and its password."""
        self.passwords[domain] = passwords or {}

    def configure_curve(self, domain: str = "*", location: StrPath = ".") -> None:
        """Let the CURVE clients in whose certificates are the files `*.key` of a directory.

        Call it again to read the directory again. With CURVE_ALLOW_ANY every client of every domain
        is let in. A directory that cannot be read is logged as an error and changes nothing.
        """
        self.allow_any = os.fspath(location) == CURVE_ALLOW_ANY
        if self.allow_any:
            return
        try:
            self.certs[domain] = load_certificates(location)
        except (OSError, ValueError) as error:
            self.log.error("no CURVE certificates from %s: %s", location, error)

    def configure_curve_callback(
        self, domain: str = "*", credentials_provider: CredentialsProvider | None = None
    ) -> None:
        """Let a method, or coroutine method, `callback(domain, key)` decide about CURVE clients."""
        self.allow_any = False
        if credentials_provider is None:
            self.log.error("no credentials_provider for the domain %r", domain)
        else:
            self.credentials_providers[domain] = credentials_provider

    def curve_user_id(self, client_public_key: bytes) -> str:
        """Return the User-Id of a CURVE client from its key of 32 bytes; may be replaced."""
        return z85.encode(client_public_key).decode()

    async def handle_zap_message(self, msg: list[bytes]) -> None:
        """Answer one question: the frames that `zap_socket`, a ROUTER socket, has received."""
        try:
            request = parse(msg)
        except Malformed as error:
            self.log.error("a ZAP request is malformed: %s", error)
            reply = error.reply
        else:
            reply = request.reply(await self._judge(request))
        if reply is not None and self.zap_socket is not None:
            with contextlib.suppress(ContextTerminated):
                self.zap_socket.send_multipart(reply, DONTWAIT)

    async def _judge(self, request: Request) -> Decision:
        """Return the decision about a peer, a refusal if it cannot be made."""
        try:
            decision = await self._decide(request)
        except Exception:
            self.log.exception("nothing could be decided about %r", request)
            return Decision(FAILED, reason="an exception")
        self.log.debug("%r: %d %s", request, decision.status, decision.reason)
        return decision

    async def _decide(self, request: Request) -> Decision:
        if self._allowed and request.address not in self._allowed:
            return Decision(DENIED, reason="the address is not allowed")
        if request.address in self._denied:
            return Decision(DENIED, reason="the address is denied")
        domain = request.domain or "*"
        if request.mechanism == "PLAIN":
            return self._decide_plain(domain, request)
        if request.mechanism == "CURVE":
            return await self._decide_curve(domain, request.key)
        return Decision(ACCEPTED, "anonymous")

    def _decide_plain(self, domain: str, request: Request) -> Decision:
        name = request.username.encode(errors="surrogateescape").decode(self.encoding, "replace")
        expected = self.passwords.get(domain, {}).get(name)
        if expected is None or not hmac.compare_digest(
            request.password, expected.encode(self.encoding)
        ):
            return Decision(DENIED, reason="user name and password do not fit")
        return Decision(ACCEPTED, name)

    async def _decide_curve(self, domain: str, key: bytes) -> Decision:
        if self.allow_any:
            allowed = True
        elif (provider := self.credentials_providers.get(domain)) is not None:
            answer = provider.callback(domain, key)
            allowed = bool(await answer if inspect.isawaitable(answer) else answer)
        else:
            allowed = key in self.certs.get(domain, {})
        if not allowed:
            return Decision(DENIED, reason="the key is not allowed")
        return Decision(ACCEPTED, self.curve_user_id(z85.decode(key)))

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        """Answer questions on a loop, in its thread, until `stop` or the end of the context."""
        assert self.zap_socket is not None
        self._loop = loop
        # A copy: the loop must not keep a number that libzmq closes, and that is then reused.
        self._watch = os.dup(self.zap_socket.fileno())
        loop.add_reader(self._watch, self._receive)
        self._receive()

    def _leave(self, loop: asyncio.AbstractEventLoop) -> None:
        """Leave the loop, in its thread."""
        self._loop = None
        if not loop.is_closed():
            loop.remove_reader(self._watch)
            for task in tuple(self._tasks):
                task.cancel()
        os.close(self._watch)

    def _receive(self) -> None:
        """Take the questions that have come, since the descriptor tells of them only once."""
        try:
            while True:
                if self.zap_socket is None or self._loop is None or len(self._tasks) >= TASKS:
                    break
                message = self.zap_socket.recv_multipart(DONTWAIT)
                task = self._loop.create_task(self.handle_zap_message(message))
                self._tasks.add(task)
                task.add_done_callback(self._done)
        except Again:
            pass
        except ZMQError:  # the context has ended
            self._ended()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.log.error("a peer was not answered: %r", error)
        self._receive()  # sending may have taken the descriptor's signal

    def _ended(self) -> None:
        """Do what is to be done when the context has ended, in the loop's thread."""
        self.stop()


def _addresses(addresses: tuple[str, ...]) -> frozenset[str]:
    for address in addresses:
        if not isinstance(address, str):
            raise TypeError(f"an address is a str, not {type(address).__name__}")
    return frozenset(addresses)
