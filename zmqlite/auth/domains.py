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
    """Which policy serves which domain.

    A domain that a function such as curve_server made for a socket goes with the socket. Then come
    the policies of the authenticator, by domain or for all. The lock of the context's Owner
    protects changes.
    """

    def __init__(self) -> None:
        self.authenticator: Any = None  # which runs now
        self.starting: Final = threading.Lock()  # held by a function that may start one
        self.revoked: set[str] = set()
        self._served: dict[str, tuple[ref[Socket[Any]], Policy]] = {}
        self._given: Mapping[str, Policy] = {}
        self._default: Policy | None = None

    def join(self) -> None:
        """Wait until the authenticator has ended after a shutdown of the context."""
        authenticator = self.authenticator
        if authenticator is not None:
            authenticator.join()

    def take(self, policies: Policy | Mapping[str, Policy] | None) -> None:
        """Take the policies of an authenticator, in place of those of the one before it."""
        if policies is None or isinstance(policies, Policy):
            self._given, self._default = {}, policies
            return
        given = dict(policies)
        for domain, policy in given.items():
            text(domain, "a domain")
            if not isinstance(policy, Policy):
                raise TypeError(f"a policy is a Policy, not {type(policy).__name__}")
        self._given, self._default = given, None

    def serve(self, socket: Socket[Any], policy: Policy) -> str:
        """Let a policy decide about the peers of this socket alone; return its domain."""
        for domain, (reference, _) in tuple(self._served.items()):
            other = reference()
            if other is None or other.closed:
                del self._served[domain]
        domain = socket.zap_domain or f"zmqlite-{next(_numbers)}"
        if domain in self._served or domain in self._given:
            raise ValueError(
                f"the domain {domain!r} has a policy: leave zap_domain unset to get another domain"
            )
        self._served[domain] = ref(socket), policy
        return domain

    def decide(self, request: Request) -> Decision | Question:
        """Return the decision of the policy of a domain, or what to ask for one."""
        policy = self._policy(request.domain)
        if policy is None:
            return Decision(DENIED, reason=f"no policy serves the domain {shown(request.domain)}")
        decided = policy.decide(request)
        return self.judge(decided) if isinstance(decided, Decision) else decided

    def judge(self, decision: Decision) -> Decision:
        """Deny who was revoked."""
        if decision.status == ACCEPTED and decision.user in self.revoked:
            return Decision(DENIED, reason="the user id was revoked")
        return decision

    def allowed(self, user: str, domain: str | None) -> bool:
        """Whether a user id is one of those who may connect, to a domain or to any."""
        if not user or user in self.revoked:
            return False
        if domain is not None:
            policies = [self._policy(domain)]
        else:
            policies = [policy for _, policy in tuple(self._served.values())]
            policies += [*self._given.values(), self._default]
        return any(policy is not None and policy.knows(user) for policy in policies)

    def _policy(self, domain: str) -> Policy | None:
        served = self._served.get(domain)
        return self._given.get(domain, self._default) if served is None else served[1]


def domains_of(context: Context) -> Domains:
    """Return the policies of a context."""
    owner = context._owner
    with owner.locked("zmqlite.auth"):
        if owner.policies is None:
            owner.policies = Domains()
        domains: Domains = owner.policies
        return domains
