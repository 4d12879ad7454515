"""The policies of one context: by ZAP domain, and who was revoked."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from typing import Any, Final
from weakref import ref

from ..arguments import text
from ..context import Context
from ..socket import Socket
from .policy import Policy
from .rules import Question
from .zap import ACCEPTED, DENIED, Decision, Request, shown

_numbers: Final = itertools.count(1)


class Domains:
    """Which policy serves which domain; `default` serves those that have none of their own.

    Domains that a function such as curve_server made for a socket go with the socket. The lock of
    the context's Owner protects changes.
    """

    def __init__(self) -> None:
        self.authenticator: Any = None  # which runs now
        self.starting: Final = threading.Lock()  # held by a function that may start one
        self.default: Policy | None = None
        self.revoked: set[str] = set()
        self._policies: dict[str, Policy] = {}
        self._sockets: dict[str, ref[Socket[Any]]] = {}

    def join(self) -> None:
        """Wait until the authenticator has ended after a shutdown of the context."""
        authenticator = self.authenticator
        if authenticator is not None:
            authenticator.join()

    def add(self, policies: Policy | Mapping[str, Policy] | None) -> None:
        """Take the policies that an Authenticator was given."""
        if policies is None or isinstance(policies, Policy):
            self.default = policies
            return
        for domain, policy in policies.items():
            text(domain, "a domain")
            if not isinstance(policy, Policy):
                raise TypeError(f"a policy is a Policy, not {type(policy).__name__}")
        self._policies.update(policies)

    def serve(self, socket: Socket[Any], policy: Policy) -> str:
        """Let a policy decide about the peers of this socket alone; return its domain."""
        for domain, reference in tuple(self._sockets.items()):
            other = reference()
            if other is None or other.closed:
                del self._sockets[domain], self._policies[domain]
        domain = socket.zap_domain or f"zmqlite-{next(_numbers)}"
        if domain in self._policies:
            raise ValueError(
                f"the domain {domain!r} has a policy: leave zap_domain unset to get another domain"
            )
        self._sockets[domain] = ref(socket)
        self._policies[domain] = policy
        return domain

    def decide(self, request: Request) -> Decision | Question:
        """Return the decision of the policy of a domain, or what to ask for one."""
        policy = self._policies.get(request.domain, self.default)
        if policy is None:
            return Decision(DENIED, reason=f"no policy serves the domain {shown(request.domain)}")
        decided = policy.decide(request)
        return self.judge(decided) if isinstance(decided, Decision) else decided

    def judge(self, decision: Decision) -> Decision:
        """Deny who was revoked."""
        if decision.status == ACCEPTED and decision.user in self.revoked:
            return Decision(DENIED, reason="the user id was revoked")
        return decision

    def allowed(self, user: str) -> bool:
        """Whether a user id is one of those who may connect, by any policy."""
        if not user or user in self.revoked:
            return False
        policies = tuple(self._policies.values())
        if self.default is not None:
            policies += (self.default,)
        return any(policy.knows(user) for policy in policies)


def domains_of(context: Context) -> Domains:
    """Return the policies of a context."""
    owner = context._owner
    with owner.locked("zmqlite.auth"):
        if owner.policies is None:
            owner.policies = Domains()
        domains: Domains = owner.policies
        return domains
