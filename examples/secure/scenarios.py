"""The scenarios of this group: which programs run together, and what they must print."""

from __future__ import annotations

from ..scenario import Await, Part, Scenario

DENIED = r"not let in: .*denied by the policy of the server.*"

SECURE = Scenario(
    "secure",
    "keys that are made, a client let in, one denied, and a key revoked while all run",
    (
        Part("keys", "examples.secure.keys", ready=("anna may connect, bert may not",)),
        Part(
            "server",
            "examples.secure.server --bind tcp://127.0.0.1:*",
            ready=(r"bound (?P<endpoint>\S+)",),
            expect=("answers the request of anna", "refuses the request of anna"),
            endless=True,
        ),
        Part(
            "anna",
            "examples.secure.client anna --connect {endpoint} --interval 0.05",
            ready=("let in",),
            expect=("answer: yes", "answer: revoked"),
        ),
        Part("bert", "examples.secure.client bert --connect {endpoint}", expect=(DENIED,)),
        Await("anna", ("answer: yes",)),
        Part("revoke", "examples.secure.revoke anna", ready=("anna may not connect any more",)),
        Await("anna", ("answer: revoked",)),
        Part("anna again", "examples.secure.client anna --connect {endpoint}", expect=(DENIED,)),
    ),
)

SCENARIOS = (SECURE,)
