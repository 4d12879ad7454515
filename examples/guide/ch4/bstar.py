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

`Machine` is the rules, without sockets or a clock. `BinaryStar` runs it on a reactor, to which a
server adds what it needs besides.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Final

import zmqlite as zmq

from ..zhelpers import clock, console


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


class BinaryStar:
    """One server of a pair, on a reactor: it says its state, hears its peer's, and lets them vote.

        star = BinaryStar(context, reactor, State.PRIMARY, "tcp://*:5003", "tcp://localhost:5004")
        star.voter("tcp://*:5001", zmq.ROUTER, serve)
        star.on_active = take_over
        reactor.run()

    Add readers and timers of your own to the reactor. Its `run` raises SplitBrain when both servers
    are active or both passive. `on_active` and `on_passive` are called on every change to that
    state; `state` is what it is now. The sockets belong to the context.
    """

    def __init__(
        self,
        context: zmq.Context,
        reactor: zmq.Reactor,
        state: State,
        local: str,
        remote: str,
        heartbeat: int = 1000,
    ) -> None:
        """Publish the state at `local` each `heartbeat` ms; two without the peer's are one lost."""
        self.context = context
        self.reactor = reactor
        self.machine = Machine(state, 2 * heartbeat, clock())
        self.on_active: Callable[[], None] = _do_nothing
        self.on_passive: Callable[[], None] = _do_nothing
        self._publisher = context.socket(zmq.PUB, linger=0)
        self._publisher.bind(local)
        self._subscriber = context.socket(zmq.SUB)
        self._subscriber.subscribe(b"")
        self._subscriber.connect(remote)
        reactor.reader(self._subscriber, lambda _: self._listen())
        reactor.timer(heartbeat, self._tell)

    @property
    def state(self) -> State:
        """What this server is at the moment."""
        return self.machine.state

    def voter(
        self,
        endpoint: str,
        kind: zmq.SocketType,
        serve: Callable[[zmq.Socket], object],
        **options: Any,
    ) -> zmq.Socket:
        """Bind a socket for clients, and return it; what comes there is a vote for this server.

        `serve` is called with the socket whenever there is a message that it may receive. What
        must not be served is dropped. `options` are the socket's.
        """
        socket = self.context.socket(kind, linger=0, **options)
        print("bound", socket.bind(endpoint))
        self.reactor.reader(socket, lambda _: self._vote(socket, serve))
        return socket

    def _vote(self, socket: zmq.Socket, serve: Callable[[zmq.Socket], object]) -> None:
        self._listen()  # first of all, or old news would decide
        before = self.state
        accepted = self.machine.accepts(clock())
        self._report(before)
        if accepted:
            serve(socket)
        else:
            socket.recv_multipart()

    def _listen(self) -> None:
        """Take in all that the peer has said."""
        while self._subscriber.poll(0):
            message = self._subscriber.recv_multipart()
            before = self.state
            if peer := decode(message):
                self.machine.hear(peer, clock())
                self._report(before)
            else:
                console(f"malformed state: {message}")

    def _tell(self) -> None:
        self._publisher.send(encode(self.state))

    def _report(self, before: State) -> None:
        """Say and do what a change of the state brings with it."""
        if self.state is before:
            return
        console(f"now {self.state.name.lower()}")
        if self.state is State.ACTIVE:
            self.on_active()
        else:
            self.on_passive()


def _do_nothing() -> None:
    pass
