"""The scenarios of the chat without a server and of the full queue. They stay on this host."""

from __future__ import annotations

from ...scenario import Await, Kill, Part, Scenario, Step, Type

EAGAIN = Scenario(
    "eagain",
    "sent without waiting, until the queue is full",
    (
        Part(
            "program",
            "examples.guide.ch8.eagain --connect {nobody}",
            expect=("Sending message 4", "Resource temporarily unavailable"),
        ),
    ),
    ports=("nobody",),
)


def _said(name: str, text: str) -> tuple[Step, ...]:
    """One of the two in the chat says something, and both hear it."""
    heard = (f"{name}: {text}",)
    return (Type(name, text), Await("joe", heard), Await("bob", heard))


DECHAT = Scenario(
    "dechat",
    "a chat without a server, by trying all addresses of the network",
    (
        Part(
            "joe",
            "examples.guide.ch8.dechat 127.0.0.1 127.0.0.1 joe --port 0",
            ready=(r"bound port (?P<port>\d+)",),
            endless=True,
        ),
        Part(
            "bob", "examples.guide.ch8.dechat 127.0.0.1 127.0.0.2 bob --port {port}", endless=True
        ),
        # Each listens to both.
        *(Await(name, ("somebody joined",)) for name in ("joe", "joe", "bob", "bob")),
        *_said("joe", "hello bob"),
        *_said("bob", "hello joe"),
        Kill("bob"),
        Await("joe", ("somebody left",)),
    ),
)

SCENARIOS = (EAGAIN, DECHAT)
