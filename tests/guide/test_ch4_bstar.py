"""The rules of Binary Star: all states, and what each event makes of them."""

from __future__ import annotations

import itertools

import pytest

from examples.guide.ch4.bstar import Machine, SplitBrain, State, decode, encode

PRIMARY, BACKUP, ACTIVE, PASSIVE = State

PATIENCE = 100
EARLY, DUE = PATIENCE - 1, PATIENCE  # of a machine that was made at 0, and has heard nothing

HEARD = {
    (PRIMARY, PRIMARY): PRIMARY,
    (PRIMARY, BACKUP): ACTIVE,
    (PRIMARY, ACTIVE): PASSIVE,
    (PRIMARY, PASSIVE): PRIMARY,
    (BACKUP, PRIMARY): BACKUP,
    (BACKUP, BACKUP): BACKUP,
    (BACKUP, ACTIVE): PASSIVE,
    (BACKUP, PASSIVE): BACKUP,
    (ACTIVE, PRIMARY): ACTIVE,
    (ACTIVE, BACKUP): ACTIVE,
    (ACTIVE, ACTIVE): SplitBrain,
    (ACTIVE, PASSIVE): ACTIVE,
    (PASSIVE, PRIMARY): ACTIVE,
    (PASSIVE, BACKUP): ACTIVE,
    (PASSIVE, ACTIVE): PASSIVE,
    (PASSIVE, PASSIVE): SplitBrain,
}
"""What a state becomes when the peer says its own."""

ASKED = {
    (PRIMARY, EARLY, False): (PRIMARY, False),
    (PRIMARY, EARLY, True): (PRIMARY, True),
    (PRIMARY, DUE, False): (ACTIVE, True),
    (PRIMARY, DUE, True): (PRIMARY, True),
    (BACKUP, EARLY, False): (BACKUP, False),
    (BACKUP, EARLY, True): (BACKUP, False),
    (BACKUP, DUE, False): (BACKUP, False),
    (BACKUP, DUE, True): (BACKUP, False),
    (ACTIVE, EARLY, False): (ACTIVE, True),
    (ACTIVE, EARLY, True): (ACTIVE, True),
    (ACTIVE, DUE, False): (ACTIVE, True),
    (ACTIVE, DUE, True): (ACTIVE, True),
    (PASSIVE, EARLY, False): (PASSIVE, False),
    (PASSIVE, EARLY, True): (PASSIVE, False),
    (PASSIVE, DUE, False): (ACTIVE, True),
    (PASSIVE, DUE, True): (ACTIVE, True),
}
"""What a state becomes when a client asks, and whether it is served; True is an eager server."""


@pytest.mark.parametrize(("state", "peer"), list(itertools.product(State, State)))
def test_a_state_that_the_peer_says(state: State, peer: State) -> None:
    machine = Machine(state, PATIENCE, 0)
    expected = HEARD[state, peer]
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
    assert (machine.state, served) == ASKED[state, now, eager]


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
