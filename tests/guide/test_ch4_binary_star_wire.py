"""Binary Star on the wire: raw peers and clients against both of its servers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ports import WAIT
from support import Make, Run, Task, eventually

import zmqlite as zmq
from examples.guide.ch4 import bstar
from examples.guide.ch4.bstar import BinaryStar, Machine, SplitBrain, State
from examples.guide.ch4.bstarsrv import Server
from examples.guide.ch4.bstarsrv2 import echo
from examples.guide.zhelpers import clock

FOREVER = 1_000_000  # a heartbeat that does not come while a test runs
OFTEN = 20

LOCAL, REMOTE, CLIENTS = "inproc://local", "inproc://remote", "inproc://clients"


class Recorded(Machine):
    """A machine that remembers which requests it accepted."""

    votes: list[bool]

    def accepts(self, now: int) -> bool:
        accepted = super().accepts(now)
        self.votes.append(accepted)
        return accepted


class Rig:
    """A server under test in a thread, and its peer and its client in plain frames."""

    def __init__(self, make: Make, run: Run) -> None:
        self.make = make
        self.run = run
        self.peer = make(zmq.XPUB)
        self.peer.bind(REMOTE)
        self.ears = make(zmq.SUB)
        self.ears.subscribe(b"")
        self.client = make(zmq.DEALER, routing_id=b"client")

    def prepare(self, state: State, heartbeat: int) -> None:
        """Make the server, and connect to it."""
        self.machine = Recorded(state, 2 * heartbeat, clock())
        self.machine.votes = []
        self.serve = self.server(heartbeat)
        assert self.peer.recv(timeout=WAIT) == b"\1"
        self.ears.connect(LOCAL)
        self.client.connect(CLIENTS)

    def server(self, heartbeat: int) -> Callable[[], None]:
        raise NotImplementedError

    def begin(self) -> None:
        """Let the server run."""
        self.task: Task[None] = self.run(self.serve)

    def start(self, state: State, heartbeat: int = FOREVER) -> None:
        """Make the server, and let it run."""
        self.prepare(state, heartbeat)
        self.begin()

    def says(self, state: State) -> None:
        """Have the peer say its state."""
        self.peer.send(b"%d" % state)

    def becomes(self, state: State) -> None:
        """Come back when the server is in a state."""
        eventually(lambda: self.machine.state is state)

    def voted(self, *votes: bool) -> None:
        """Come back when the server has decided on all requests so far, and so."""
        eventually(lambda: len(self.machine.votes) == len(votes))
        assert self.machine.votes == list(votes)

    def said(self) -> list[bytes]:
        """What the server says next."""
        return self.ears.recv_multipart(timeout=WAIT)

    def ask(self, *body: bytes) -> None:
        self.client.send_multipart([b"", *body])

    def reply(self) -> list[bytes]:
        return self.client.recv_multipart(timeout=WAIT)


class Loop(Rig):
    """bstarsrv."""

    def server(self, heartbeat: int) -> Callable[[], None]:
        frontend, local, remote = map(self.make, (zmq.ROUTER, zmq.PUB, zmq.SUB))
        frontend.bind(CLIENTS)
        local.bind(LOCAL)
        remote.subscribe(b"")
        remote.connect(REMOTE)
        server = Server(frontend, local, remote, self.machine)
        return lambda: server.run(heartbeat)


class Star(Rig):
    """bstarsrv2, with the class."""

    def server(self, heartbeat: int) -> Callable[[], None]:
        reactor = zmq.Reactor()
        context, state = self.peer.context, self.machine.state
        self.star = BinaryStar(context, reactor, state, LOCAL, REMOTE, heartbeat)
        self.star.machine = self.machine
        self.star.voter(CLIENTS, zmq.ROUTER, echo)
        return reactor.run


@pytest.fixture(params=[Loop, Star])
def rig(request: pytest.FixtureRequest, make: Make, run: Run) -> Rig:
    made: Rig = request.param(make, run)
    return made


@pytest.fixture
def star(make: Make, run: Run) -> Star:
    return Star(make, run)


# States


def test_a_server_says_its_state_as_one_digit_each_heartbeat(rig: Rig) -> None:
    rig.start(State.PRIMARY, OFTEN)
    assert [rig.said() for _ in range(3)] == [[b"1"]] * 3
    rig.says(State.BACKUP)
    while (said := rig.said()) == [b"1"]:
        pass
    assert said == [b"3"]


@pytest.mark.parametrize(
    "message", [[b""], [b"0"], [b"5"], [b"one"], [b"\xff\0"], [b"3", b"3"], [b"3\0"], [b"", b"3"]]
)
def test_a_malformed_state_is_passed_over(
    rig: Rig, message: list[bytes], capfd: pytest.CaptureFixture[str]
) -> None:
    rig.start(State.BACKUP)
    rig.peer.send_multipart(message)
    rig.says(State.ACTIVE)
    rig.becomes(State.PASSIVE)
    lines = capfd.readouterr().out.splitlines()
    assert [line for line in lines if f"malformed state: {message}" in line]


@pytest.mark.parametrize("state", [State.ACTIVE, State.PASSIVE])
def test_two_of_a_kind_stop(rig: Rig, state: State) -> None:
    rig.start(State.PRIMARY)
    rig.says(State.BACKUP if state is State.ACTIVE else State.ACTIVE)
    rig.becomes(state)
    rig.says(state)
    with pytest.raises(SplitBrain, match=f"both servers are {state.name.lower()}"):
        rig.task.result()


# Clients


def test_an_active_server_answers_with_the_frames_it_got(rig: Rig) -> None:
    rig.start(State.PRIMARY)
    rig.says(State.BACKUP)
    rig.becomes(State.ACTIVE)
    for body in ([b"1"], [b"", b"two", b"\0\xff"], [b"x" * 100_000]):
        rig.ask(*body)
        assert rig.reply() == [b"", *body]
    rig.client.send(b"no envelope")
    assert rig.reply() == [b"no envelope"]


def test_a_passive_server_drops_requests_while_its_peer_is_there(rig: Rig) -> None:
    rig.start(State.BACKUP)
    rig.says(State.ACTIVE)
    rig.becomes(State.PASSIVE)
    rig.ask(b"dropped")
    rig.voted(False)
    assert rig.machine.state is State.PASSIVE
    rig.says(State.PRIMARY)
    rig.becomes(State.ACTIVE)
    rig.ask(b"served")
    assert rig.reply() == [b"", b"served"]


def test_a_vote_makes_a_passive_server_active_when_its_peer_is_silent(rig: Rig) -> None:
    rig.start(State.BACKUP, OFTEN)
    rig.says(State.ACTIVE)
    rig.becomes(State.PASSIVE)
    eventually(lambda: clock() >= rig.machine.peer_expiry)
    rig.ask(b"vote")
    assert rig.reply() == [b"", b"vote"]
    assert rig.machine.state is State.ACTIVE


def test_what_the_peer_has_said_counts_before_a_vote_that_came_first(rig: Rig) -> None:
    rig.prepare(State.PASSIVE, FOREVER)
    rig.machine.peer_expiry = clock()
    rig.ask(b"dropped")
    rig.says(State.ACTIVE)
    rig.begin()
    rig.voted(False)
    assert rig.machine.state is State.PASSIVE


# The class


def test_handlers_hear_of_each_change(star: Star) -> None:
    changes: list[State] = []
    star.prepare(State.BACKUP, FOREVER)
    star.star.on_active = lambda: changes.append(State.ACTIVE)
    star.star.on_passive = lambda: changes.append(State.PASSIVE)
    star.begin()
    for said in (State.PRIMARY, State.ACTIVE, State.ACTIVE, State.PRIMARY):
        star.says(said)
    eventually(lambda: changes == [State.PASSIVE, State.ACTIVE])
    star.machine.state = State.PASSIVE
    star.machine.peer_expiry = clock()
    star.ask(b"vote")
    star.reply()
    assert changes == [State.PASSIVE, State.ACTIVE, State.ACTIVE]


def test_a_role_is_primary_or_backup() -> None:
    assert bstar.role("primary") is State.PRIMARY
    assert bstar.role("backup") is State.BACKUP
    with pytest.raises(SystemExit, match="'-p'"):
        bstar.role("-p")
