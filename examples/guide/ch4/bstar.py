"""Binary Star: two servers of which one is active, and the other takes over when that dies.

    primary                                backup
    PUB 5003  --- its state, once a second --->  SUB
    SUB       <-- its state, once a second ---   PUB 5004

A server is never promoted by silence alone: what makes the passive one active is that its peer has
been silent for two heartbeats *and* a client asks it, which thereby votes that it cannot reach the
other one either. So clients must try one server at a time, and wait for two heartbeats before they
turn to the other. A server that is active stays so until it ends. Two that are active mean that
the network was cut between them, though not between them and clients; that needs a human to decide
whose data count, so both stop.

`Machine` is the rules, without sockets or a clock.
"""

from enum import IntEnum
from typing import Final


class State(IntEnum):
    """What a server is, and what it says of itself on the wire, as a decimal digit."""

    PRIMARY = 1
    """The one that is meant to be active, and waits for its peer."""
    BACKUP = 2
    """The other one, and waits for its peer."""
    ACTIVE = 3
    """Serves clients."""
    PASSIVE = 4
    """Ready to take over."""


STATE_ENDPOINTS: Final = {
    State.PRIMARY: ("tcp://*:5003", "tcp://localhost:5004"),
    State.BACKUP: ("tcp://*:5004", "tcp://localhost:5003"),
}
"""Where each server publishes its state, and where it hears its peer's."""


class SplitBrain(Exception):
    """Both servers are active, or both passive: they must stop, and somebody must have a look."""


class Machine:
    """The state of one server, and what its peer and its clients make of it.

    Times are milliseconds of any clock that only goes forward. `patience` is how long the peer may
    be silent before it is given up. An `eager` primary serves clients before it knows its peer.
    """

    def __init__(self, state: State, patience: int, now: int, *, eager: bool = False) -> None:
        self.state = state
        self.patience = patience
        self.eager = eager
        self.peer_expiry = now + patience

    def hear(self, peer: State, now: int) -> None:
        """Take in the state of the peer.

        Raises:
            SplitBrain: it cannot be, beside this one's.
        """
        self.peer_expiry = now + self.patience
        match self.state, peer:
            case (State.PRIMARY, State.BACKUP) | (State.PASSIVE, State.PRIMARY | State.BACKUP):
                self.state = State.ACTIVE
            case (State.PRIMARY | State.BACKUP, State.ACTIVE):
                self.state = State.PASSIVE
            case (State.ACTIVE, State.ACTIVE) | (State.PASSIVE, State.PASSIVE):
                raise SplitBrain(f"both servers are {peer.name.lower()}")

    def accepts(self, now: int) -> bool:
        """Take a client's request as its vote; tell whether to serve it, or else to drop it."""
        match self.state:
            case State.PRIMARY if self.eager:
                return True
            case State.PRIMARY | State.PASSIVE if now >= self.peer_expiry:
                self.state = State.ACTIVE
        return self.state is State.ACTIVE


def role(name: str) -> State:
    """Return the state to start in, for `primary` or `backup` on a command line."""
    try:
        return {"primary": State.PRIMARY, "backup": State.BACKUP}[name]
    except KeyError:
        raise SystemExit(f"a server is primary or backup, not {name!r}") from None


def decode(message: list[bytes]) -> State | None:
    """Return the state that a message of the peer says, or None if it says none."""
    match message:
        case [b"1" | b"2" | b"3" | b"4" as digit]:
            return State(int(digit))
    return None


def encode(state: State) -> bytes:
    """Return the message that says a state."""
    return b"%d" % state
