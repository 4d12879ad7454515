"""Fixtures that own what they give: contexts, sockets, connections and threads.

No fixture here is automatic. A test that takes `context`, directly or through another fixture,
fails if the context does not end in time, or if descriptors or borrowed memory are left then; one
that takes `run` also fails if a thread is left.
"""

from __future__ import annotations

import gc
import itertools
import signal
import tempfile
from collections.abc import Callable, Generator, Iterator
from typing import Any, TypeVar

import hypothesis
import pytest
from support import DEADLINE, Connect, Make, Pair, Run, Task, open_descriptors

from zmqlite import STREAM, Context, MonitorEvent, Reactor, Socket, SocketType, message
from zmqlite.reactor import _reactors

T = TypeVar("T")

# What is ignored, as in the background of a script or under nohup, programs that tests start would
# inherit, and what has a handler not. The suite itself goes on when its terminal is closed.
for _number, _handler in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, lambda *_: None),
):
    if signal.getsignal(_number) == signal.SIG_IGN:
        signal.signal(_number, _handler)

# How long an example takes is up to the machine; the test as a whole has a limit.
_slow = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile("suite", deadline=None, suppress_health_check=_slow)
hypothesis.settings.load_profile("suite")

_FAILED = pytest.StashKey[bool]()
_numbers = itertools.count(1)


def pytest_collection_finish() -> None:
    """Keep the collector off what stays until the end: many tests call `gc.collect`."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
    return report


@pytest.fixture
def context(request: pytest.FixtureRequest) -> Iterator[Context]:
    """A context whose sockets drop what they could not send."""
    lent = message.collect()
    descriptors = open_descriptors()
    context = Context(linger=0)
    yield context
    Task(context.term).result()
    if request.node.stash.get(_FAILED, False):
        return  # its traceback keeps objects alive, and one report is enough
    if message.collect() > lent:
        # Message objects in cycles, as generated arguments may be, still hold theirs.
        gc.collect()
    assert message.collect() <= lent, "memory is still lent to libzmq"
    # A Reactor may outlive the context, in a reference cycle or in another fixture.
    wakes = {str(reactor._wake) for reactor in _reactors}
    left = dict(open_descriptors().items() - descriptors.items())
    assert not left.keys() - wakes, "descriptors are still open"


@pytest.fixture
def make(context: Context) -> Iterator[Make]:
    """Make sockets, closed after the test."""
    made: list[Socket] = []

    def make(kind: SocketType, **options: Any) -> Socket:
        made.append(context.socket(kind, **options))
        return made[-1]

    yield make
    context.shutdown()  # who is still inside comes out
    for socket in made:
        Task(socket.close).result()


@pytest.fixture
def run(context: Context) -> Iterator[Run]:
    """Call something in a thread; afterwards the context is shut down and the thread ends."""
    tasks: list[Task[Any]] = []

    def run(call: Callable[..., T], *args: Any, **options: Any) -> Task[T]:
        task = Task(call, *args, **options)
        tasks.append(task)
        return task

    yield run
    context.shutdown()
    for task in tasks:
        task.thread.join(DEADLINE)
        assert not task.thread.is_alive(), "a thread is still running"


@pytest.fixture
def endpoint() -> str:
    """An inproc endpoint that nobody else uses."""
    return f"inproc://test-{next(_numbers)}"


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Bind one socket and connect another, and come back when they know each other."""
    with tempfile.TemporaryDirectory(prefix="zl") as directory:

        def connect(binder: Socket, connecter: Socket, transport: str = "inproc") -> str:
            number = next(_numbers)
            wanted = {
                "inproc": f"inproc://test-{number}",
                "ipc": f"ipc://{directory}/{number}",
                "tcp": "tcp://127.0.0.1:*",
            }[transport]
            real = _connect(binder, connecter, wanted)
            # What libzmq's threads found out reaches a socket inside a call, of which this is one
            # that never looks away.
            assert binder.events >= 0
            assert connecter.events >= 0
            return real

        yield connect


def _connect(binder: Socket, connecter: Socket, endpoint: str) -> str:
    if endpoint.startswith("inproc"):
        real = binder.bind(endpoint)
        connecter.connect(real)
        return real
    ready = MonitorEvent.HANDSHAKE_SUCCEEDED
    raw = MonitorEvent.ACCEPTED | MonitorEvent.CONNECTED
    with (
        binder.monitor(raw if binder.type is STREAM else ready) as there,
        connecter.monitor(raw if connecter.type is STREAM else ready) as here,
    ):
        real = binder.bind(endpoint)
        connecter.connect(real)
        for monitor in (there, here):
            monitor.recv(timeout=int(DEADLINE * 1000))
    return real


@pytest.fixture
def pair(make: Make, connect: Connect) -> Pair:
    """Make two sockets with the same options that know each other; the first one binds."""

    def pair(
        binder: SocketType, connecter: SocketType, transport: str = "inproc", **options: Any
    ) -> tuple[Socket, Socket]:
        sockets = make(binder, **options), make(connecter, **options)
        connect(*sockets, transport)
        return sockets

    return pair


@pytest.fixture
def reactor() -> Reactor:
    """A reactor that a timer ends, with a failure, should the test not end it."""
    reactor = Reactor()

    def fail() -> None:
        raise AssertionError("nothing ended it")

    reactor.timer(int(DEADLINE * 1000), fail)
    return reactor
