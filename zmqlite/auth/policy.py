"""Policies: who may connect to the sockets of one ZAP domain."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final, TypeAlias

from .rules import ANYONE, Anyone, Ask, AskCurve, AskPlain, Directory, Keys, Question, Rule, Users
from .zap import ACCEPTED, DENIED, Decision, Request

Network: TypeAlias = "str | IPv4Address | IPv6Address | IPv4Network | IPv6Network"
"""An address or a network: "10.1.2.3", "10.0.0.0/8", "fd00::/8", or an object of ipaddress."""

SomeCurve: TypeAlias = (
    "AbstractSet[bytes] | Mapping[bytes, str] | str | os.PathLike[str] | AskCurve"
)
AllowCurve: TypeAlias = "Anyone | SomeCurve"
"""Who may connect with CURVE; see Policy. SomeCurve is all but everybody."""

AllowPlain: TypeAlias = "Anyone | Mapping[str, str] | AskPlain"
"""Who may connect with PLAIN; see Policy."""


class Policy:
    """Who may connect to the sockets of one ZAP domain; what it does not mention is refused.

    `curve` says which clients with CURVE: a set of public keys (Z85); a mapping of public keys to
    user ids; the path of a directory of certificates, which is read again when it changes; or a
    callable, `allow(domain, address, key)`. `plain` says which with PLAIN: a mapping of user names
    to what `hash_password` returned, or a callable, `allow(domain, address, username, password)`.
    `null=ANYONE` lets in peers without security, which have no user id. ANYONE is everybody.

    A callable returns True, a user id, or False or None; it may be a coroutine function. It runs in
    a thread of its own kind, so it may take its time; see Authenticator.

    `addresses` are IP addresses and networks: if there are any, a peer must be in one of them.
    Peers in one of `denied` are refused in any case. This holds for all mechanisms. A peer over ipc
    has no IP address, so `addresses` refuse it.

    A set or mapping may be changed later, which counts for the next peer: replace entries, don't
    clear and fill it again. A policy may serve any number of domains and authenticators.

    Raises:
        TypeError, ValueError: something is no key, no hash, no network.
        NotADirectoryError: there is no such directory.
    """

    def __init__(
        self,
        *,
        curve: AllowCurve | None = None,
        plain: AllowPlain | None = None,
        null: Anyone | None = None,
        addresses: Iterable[Network] = (),
        denied: Iterable[Network] = (),
    ) -> None:
        self.addresses: Final = _networks(addresses)
        self.denied: Final = _networks(denied)
        self._rules: dict[str, Rule] = {}
        if curve is not None:
            self._rules["CURVE"] = _curve(curve)
        if plain is not None:
            self._rules["PLAIN"] = _plain(plain)
        if null is not None:
            if null is not ANYONE:
                raise TypeError("null is ANYONE or None: a peer without security has no name")
            self._rules["NULL"] = _Nameless()

    def decide(self, request: Request) -> Decision | Question:
        """Return a decision, or what to ask for one."""
        if refused := self._refuses(request.address):
            return Decision(DENIED, reason=refused)
        rule = self._rules.get(request.mechanism)
        if rule is None:
            return Decision(DENIED, reason=f"the policy says nothing about {request.mechanism}")
        return rule.decide(request)

    def knows(self, user: str) -> bool:
        """Whether a user id is one of those who may connect."""
        return any(rule.knows(user) for rule in self._rules.values())

    def _refuses(self, text: str) -> str:
        """Return why an address is refused, "" if it is not."""
        if not (self.addresses or self.denied):
            return ""
        try:
            address = ip_address(text)
        except ValueError:
            return "its address is no IP address" if self.addresses else ""
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if any(address in network for network in self.denied):
            return "its address is denied"
        if self.addresses and not any(address in network for network in self.addresses):
            return "its address is none of those that are allowed"
        return ""

    def __repr__(self) -> str:
        parts = [f"{name.lower()}={rule!r}" for name, rule in self._rules.items()]
        parts += [
            f"{name}={len(networks)} networks" for name, networks in self._networks() if networks
        ]
        return f"<zmqlite.auth.Policy {', '.join(parts) or 'that lets nobody in'}>"

    def _networks(self) -> tuple[tuple[str, tuple[Any, ...]], ...]:
        return ("addresses", self.addresses), ("denied", self.denied)


class _Nameless:
    """Everybody without security; none of them has a user id."""

    def decide(self, request: Request) -> Decision:
        return Decision(ACCEPTED)

    def knows(self, user: str) -> bool:
        return False

    def __repr__(self) -> str:
        return repr(ANYONE)


def _curve(allow: AllowCurve) -> Rule:
    if isinstance(allow, Anyone):
        return allow
    if isinstance(allow, bytes):
        raise TypeError("allow is a set of public keys, not one key: {key}")
    if isinstance(allow, str | os.PathLike):
        return Directory(allow)
    if isinstance(allow, AbstractSet | Mapping):
        return Keys(allow)
    if isinstance(allow, Iterable):
        return Keys(frozenset(allow))
    return Ask(allow, _waits(allow), False)


def _plain(allow: AllowPlain) -> Rule:
    if isinstance(allow, Anyone):
        return allow
    if isinstance(allow, Mapping):
        return Users(allow)
    return Ask(allow, _waits(allow), True)


def _waits(function: Callable[..., object]) -> bool:
    """Whether a callable is a coroutine function."""
    if not callable(function):
        raise TypeError(
            "who may connect is said by a set of keys, a directory, a mapping of users, a callable "
            f"or ANYONE, not by {type(function).__name__}"
        )
    call = getattr(function, "__call__", None)  # noqa: B004  # of an object that can be called
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)


def _networks(given: Iterable[Network]) -> tuple[IPv4Network | IPv6Network, ...]:
    if isinstance(given, str):
        raise TypeError(f"networks are a list, as in [{given!r}]")
    return tuple(ip_network(each) for each in given)
