"""The rules of Binary Star: all states, and what each event makes of them."""

from __future__ import annotations

import itertools

import pytest

from examples.guide.ch4.bstar import Machine, SplitBrain, State, decode, encode

PRIMARY, BACKUP, ACTIVE, PASSIVE = State

PATIENCE = 100
EARLY, DUE = PATIENCE - 1, PATIENCE  # of a machine that was made at 0, and has heard nothing

# What a state (a row) becomes when the peer says its own (a column).
HEARD = {
    PRIMARY: (PRIMARY, ACTIVE, PASSIVE, PRIMARY),
    BACKUP: (BACKUP, BACKUP, PASSIVE, BACKUP),
    ACTIVE: (ACTIVE, ACTIVE, SplitBrain, ACTIVE),
    PASSIVE: (ACTIVE, ACTIVE, PASSIVE, SplitBrain),
}
# What it becomes when a client asks, and whether that is served: early, early where the server is
# eager, and when it is due, in both cases.
ASKED = {
    PRIMARY: ((PRIMARY, False), (PRIMARY, True), (ACTIVE, True), (PRIMARY, True)),
    BACKUP: ((BACKUP, False),) * 4,
    ACTIVE: ((ACTIVE, True),) * 4,
    PASSIVE: ((PASSIVE, False), (PASSIVE, False), (ACTIVE, True), (ACTIVE, True)),
}


@pytest.mark.parametrize(("state", "peer"), list(itertools.product(State, State)))
def test_a_state_that_the_peer_says(state: State, peer: State) -> None:
    machine = Machine(state, PATIENCE, 0)
    expected = HEARD[state][peer - PRIMARY]
    if expected is SplitBrain:
        with pytest.raises(SplitBrain, match=f"both servers are {peer.name.lower()}"):
            machine.hear(peer, 1)
        expected = state
    else:
        machine.hear(peer, 1)
    assert machine.state is expected


@pytest.mark.parametrize(
    ("state", "now", "eager"), list(itertools.product(State, (EARLY, DUE), (False, True)))
)
def test_a_request_of_a_client(state: State, now: int, eager: bool) -> None:
    machine = Machine(state, PATIENCE, 0, eager=eager)
    served = machine.accepts(now)
    assert (machine.state, served) == ASKED[state][2 * (now == DUE) + eager]


def test_whatever_the_peer_says_shows_that_it_is_there() -> None:
    machine = Machine(PASSIVE, PATIENCE, 0)
    machine.hear(ACTIVE, 50)
    assert not machine.accepts(50 + EARLY)
    assert machine.accepts(50 + DUE)


@pytest.mark.parametrize("state", State)
def test_a_state_is_a_digit_on_the_wire(state: State) -> None:
    assert encode(state) == str(int(state)).encode()
    assert decode([encode(state)]) is state


@pytest.mark.parametrize(
    "message",
    [[b""], [b"0"], [b"5"], [b"10"], [b"1 "], [b"\x01"], [b"one"], [b"3", b""], [b"\xff" * 1000]],
)
def test_what_is_no_state_is_none(message: list[bytes]) -> None:
    assert decode(message) is None
