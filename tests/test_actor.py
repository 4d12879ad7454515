"""Threads with a pipe: their start, what goes through the pipe, and every way to end."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator

import pytest
from safety_support import run as run_program
from support import DEADLINE, Make, Run, eventually, inside

from zmqlite import (
    DONTWAIT,
    POLLIN,
    PULL,
    Actor,
    ActorEnded,
    Again,
    Context,
    ContextTerminated,
    Pipe,
    Poller,
    Reactor,
    SocketBusy,
    SocketClosed,
    Timeout,
    ZMQError,
)

SOON = 50
"""Milliseconds after which something that cannot happen is taken not to happen."""

WAIT = int(DEADLINE * 1000)
"""Milliseconds after which a message that has to come is taken not to come."""


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """What lets bodies go on that look at nothing else."""
    release = threading.Event()
    yield release
    release.set()


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> list[type[BaseException]]:
    """What threads raised to nobody."""
    reported: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: reported.append(args.exc_type))
    return reported


def double(pipe: Pipe) -> None:
    pipe.ready()
    for message in pipe:
        pipe.send(message * 2)


def fail(pipe: Pipe) -> None:
    pipe.ready()
    raise LookupError(pipe.recv())


def ignore(pipe: Pipe, release: threading.Event) -> None:
    pipe.ready()
    assert release.wait(DEADLINE)


def gone(actor: Actor) -> bool:
    return not actor._thread.is_alive()


def fill(pipe: Pipe, timeout: int = 0) -> None:
    """Send until there is no room, or nobody there."""
    while True:
        pipe.send(b"more", timeout=timeout)


def drain(pipe: Pipe) -> None:
    """Receive until nothing comes any more."""
    while True:
        pipe.recv(timeout=WAIT)


def drop(actors: list[Actor]) -> None:
    """Let go of the last references."""
    actors.clear()
    gc.collect()


# The start


def test_it_talks_to_its_maker_until_it_is_stopped(context: Context) -> None:
    with Actor(context, double) as actor:
        actor.pipe.send(b"ab")
        assert actor.pipe.recv(timeout=WAIT) == b"abab"
        assert repr(actor) == "<zmqlite.Actor double, running>"
    assert repr(actor) == "<zmqlite.Actor double, ended>"
    assert gone(actor)
    assert actor.pipe.socket.closed


def test_the_body_gets_its_arguments_and_has_a_name(context: Context) -> None:
    def name(pipe: Pipe, *words: str) -> None:
        pipe.ready()
        pipe.send_multipart([threading.current_thread().name.encode(), *map(str.encode, words)])

    with Actor(context, name, "a", "b") as actor:
        thread, *words = actor.pipe.recv_multipart(timeout=WAIT)
    assert thread.startswith(b"Actor test_the_body")
    assert words == [b"a", b"b"]


def test_the_constructor_returns_when_the_body_is_ready(context: Context) -> None:
    bound: list[str] = []

    def serve(pipe: Pipe) -> None:
        with context.socket(PULL) as socket:
            bound.append(socket.bind("tcp://127.0.0.1:*"))
            pipe.ready()
            pipe.recv()

    with Actor(context, serve):
        assert bound


def test_the_constructor_raises_what_the_body_raises_before_it_is_ready(context: Context) -> None:
    def serve(pipe: Pipe, endpoint: str) -> None:
        with context.socket(PULL) as socket:
            socket.bind(endpoint)
            pipe.ready()

    with pytest.raises(ZMQError, match="nowhere"):
        Actor(context, serve, "inproc-nowhere://x")


def test_a_body_may_return_without_ever_being_ready(context: Context) -> None:
    def say(pipe: Pipe) -> None:
        pipe.send(b"all")

    with Actor(context, say) as actor:
        assert list(actor.pipe) == [b"all"]


def test_a_body_that_forgets_to_be_ready_is_told_to_end(
    context: Context, reported: list[type[BaseException]]
) -> None:
    ended = threading.Event()

    def forget(pipe: Pipe) -> None:
        for _ in pipe:
            pass
        ended.set()

    with pytest.raises(Timeout, match=r"Actor\('.*forget'\): its body did not call pipe.ready\(\)"):
        Actor(context, forget, timeout=SOON)
    assert ended.wait(DEADLINE)
    assert reported == []


def test_a_thread_that_cannot_be_started_leaves_nothing_behind(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="new thread"):
            Actor(context, double)
    assert repr(context).startswith("<zmqlite.Context, 0 sockets")


# The pipe


def test_what_was_sent_before_the_end_arrives_first(context: Context) -> None:
    got: list[bytes] = []

    def collect(pipe: Pipe) -> None:
        pipe.ready()
        got.extend(pipe)

    messages = [b"%d" % number for number in range(1000)]
    with Actor(context, collect) as actor:
        for message in messages:
            actor.pipe.send(message)
    assert got == messages


def test_what_the_body_sent_before_its_end_arrives_first(context: Context) -> None:
    def count(pipe: Pipe) -> None:
        pipe.ready()
        for number in range(1000):
            pipe.send(b"%d" % number)

    with Actor(context, count) as actor:
        assert list(actor.pipe) == [b"%d" % number for number in range(1000)]
        for _ in range(2):
            with pytest.raises(ActorEnded, match=r"Pipe.recv\(\)"):
                actor.pipe.recv()
            with pytest.raises(ActorEnded, match=r"Pipe.recv\(\)"):
                actor.pipe.recv_multipart(DONTWAIT)


def test_the_end_interrupts_a_poller(context: Context, make: Make) -> None:
    socket = make(PULL)
    seen: list[str] = []

    def watch(pipe: Pipe) -> None:
        poller = Poller()
        poller.register(pipe.socket, POLLIN)
        poller.register(socket, POLLIN)
        pipe.ready()
        while True:
            if pipe.socket in dict(poller.poll()):
                seen.append("end")
                pipe.recv_multipart()

    with Actor(context, watch):
        pass
    assert seen == ["end"]


def test_the_end_interrupts_a_reactor(context: Context) -> None:
    def react(pipe: Pipe) -> None:
        reactor = Reactor()
        reactor.reader(pipe.socket, lambda _: pipe.send(pipe.recv() * 2))
        pipe.ready()
        reactor.run()

    with Actor(context, react) as actor:
        actor.pipe.send(b"ab")
        assert actor.pipe.recv(timeout=WAIT) == b"abab"


def test_a_body_may_finish_after_it_was_told_to_end(context: Context) -> None:
    finished: list[str] = []

    def work(pipe: Pipe) -> None:
        pipe.ready()
        try:
            pipe.recv()
        except ActorEnded:
            pipe.send(b"too late for anybody")
            finished.append("well")
        with pytest.raises(ActorEnded):
            pipe.recv(timeout=0)

    with Actor(context, work):
        pass
    assert finished == ["well"]


def test_a_message_that_was_left_half_sent_does_not_hide_the_end(context: Context) -> None:
    def tear(pipe: Pipe) -> None:
        pipe.ready()
        pipe.socket.send(b"half", 2)  # SNDMORE
        raise LookupError

    actor = Actor(context, tear)
    with pytest.raises(ActorEnded):
        actor.pipe.recv_multipart(timeout=WAIT)
    with pytest.raises(LookupError):
        actor.stop()


def test_a_receive_from_one_that_is_alive_can_be_bounded(context: Context) -> None:
    with Actor(context, double) as actor:
        with pytest.raises(Timeout):
            actor.pipe.recv(timeout=1)
        with pytest.raises(Again):
            actor.pipe.recv(DONTWAIT)


# The end


def test_what_the_body_raises_wakes_its_maker_and_is_raised_by_stop(context: Context) -> None:
    actor = Actor(context, fail)
    actor.pipe.send(b"this")
    with pytest.raises(ActorEnded, match="stop"):
        actor.pipe.recv(timeout=WAIT)
    with pytest.raises(ActorEnded):
        actor.pipe.send(b"x")
    with pytest.raises(ActorEnded):
        actor.pipe.send_multipart([b"x"])
    with pytest.raises(LookupError, match="this"):
        actor.stop()
    actor.stop()  # it was told


def test_what_the_body_raises_ends_a_with_block(context: Context) -> None:
    def use() -> None:
        with Actor(context, fail) as actor:
            actor.pipe.send(b"this")
            raise KeyError

    with pytest.raises(LookupError, match="this") as raised:
        use()
    assert isinstance(raised.value.__context__, KeyError)


def test_stop_may_be_called_again_and_by_several_threads(context: Context, run: Run) -> None:
    actor = Actor(context, double)
    tasks = [run(actor.stop) for _ in range(4)]
    for task in tasks:
        task.result()
    actor.stop()
    assert gone(actor)


def test_a_busy_body_is_waited_for_no_longer_than_the_timeout(
    context: Context, release: threading.Event
) -> None:
    actor = Actor(context, ignore, release, timeout=SOON)
    with pytest.raises(Timeout, match=rf"Actor.stop\('ignore'\): .* end within {SOON} ms"):
        actor.stop()
    assert not gone(actor)
    release.set()
    eventually(lambda: gone(actor))
    actor.stop()
    assert actor.pipe.socket.closed


def test_nobody_is_left_waiting_where_both_directions_are_full(context: Context) -> None:
    def pour(pipe: Pipe) -> None:
        pipe.ready()
        while not enough.is_set():
            pipe.send(b"more")
        for _ in pipe:
            pass

    enough = threading.Event()
    actor = Actor(context, pour)
    eventually(lambda: inside(actor._life.inner.socket))  # it waits for room
    with pytest.raises(Again):
        fill(actor.pipe)
    enough.set()
    actor.stop()
    assert gone(actor)


def test_a_body_that_sends_without_end_does_not_hold_up_stop(
    context: Context, release: threading.Event
) -> None:
    def flood(pipe: Pipe) -> None:
        pipe.ready()
        while not release.is_set():
            pipe.send(b"more")

    actor = Actor(context, flood, timeout=SOON)
    with pytest.raises(Timeout):
        actor.stop()
    release.set()
    actor.stop()


def test_a_maker_who_waits_for_room_is_not_left_waiting(
    context: Context, release: threading.Event, run: Run
) -> None:
    actor = Actor(context, ignore, release)
    task = run(fill, actor.pipe, -1)
    eventually(lambda: inside(actor.pipe.socket))
    release.set()
    with pytest.raises(ActorEnded):
        task.result()
    actor.stop()


def test_stop_while_another_thread_is_inside_the_pipe_is_refused(
    context: Context, run: Run
) -> None:
    actor = Actor(context, double)
    task = run(actor.pipe.recv)
    eventually(lambda: inside(actor.pipe.socket))
    with pytest.raises(SocketBusy):
        actor.stop()
    context.shutdown()
    with pytest.raises(ContextTerminated):
        task.result()
    actor.stop()
    assert gone(actor)


def test_an_actor_does_not_stop_itself(context: Context) -> None:
    made: list[Actor] = []

    def suicide(pipe: Pipe) -> None:
        pipe.ready()
        pipe.recv()
        made[0].stop()

    actor = Actor(context, suicide)
    made.append(actor)
    actor.pipe.send(b"")
    with pytest.raises(ActorEnded):
        actor.pipe.recv(timeout=WAIT)
    with pytest.raises(RuntimeError, match="its body returns"):
        actor.stop()


def wait_in_pipe(pipe: Pipe, context: Context) -> None:
    pipe.ready()
    pipe.recv()


def wait_in_iteration(pipe: Pipe, context: Context) -> None:
    double(pipe)


def wait_in_socket(pipe: Pipe, context: Context) -> None:
    with context.socket(PULL) as socket:
        pipe.ready()
        socket.recv()


@pytest.mark.parametrize("body", [wait_in_pipe, wait_in_iteration, wait_in_socket])
@pytest.mark.parametrize("end", ["shutdown", "term"])
def test_the_end_of_the_context_ends_it(
    context: Context, body: Callable[[Pipe, Context], None], end: str
) -> None:
    actor = Actor(context, body, context)
    getattr(context, end)()
    actor.stop()
    assert gone(actor)
    actor.stop()


def test_the_end_of_another_context_is_an_error_like_any_other(context: Context) -> None:
    def use(pipe: Pipe) -> None:
        pipe.ready()
        with Context() as other:
            other.shutdown()
            other.socket(PULL)

    actor = Actor(context, use)
    with pytest.raises(ActorEnded):
        actor.pipe.recv(timeout=WAIT)
    with pytest.raises(ContextTerminated):
        actor.stop()


def test_the_end_of_another_actor_is_an_error_like_any_other(context: Context) -> None:
    def use(pipe: Pipe) -> None:
        pipe.ready()
        with Actor(context, lambda inner: inner.ready()) as other:
            other.pipe.recv()

    actor = Actor(context, use)
    with pytest.raises(ActorEnded):
        actor.pipe.recv(timeout=WAIT)
    with pytest.raises(ActorEnded):
        actor.stop()


def test_an_actor_that_is_dropped_ends_and_is_reported(context: Context) -> None:
    actors = [Actor(context, double)]
    thread = actors[0]._thread
    with pytest.warns(ResourceWarning, match="unstopped <zmqlite.Actor double, running>"):
        drop(actors)
    thread.join(DEADLINE)
    assert not thread.is_alive()
    assert repr(context).startswith("<zmqlite.Context, 0 sockets")


@pytest.mark.parametrize("order", ["is dropped first", "fails first", "context ends first"])
def test_what_a_dropped_actor_raises_is_reported(
    context: Context, reported: list[type[BaseException]], order: str
) -> None:
    actors = [Actor(context, fail)]
    life, thread, pipe = actors[0]._life, actors[0]._thread, actors[0].pipe
    pipe.send(b"this")
    if order != "is dropped first":
        eventually(lambda: life.error)
    if order == "context ends first":
        context.term()
        thread.join(DEADLINE)
    with pytest.warns(ResourceWarning, match="unstopped"):
        drop(actors)
    thread.join(DEADLINE)
    assert reported == [LookupError]


def test_a_pipe_may_outlive_its_actor_and_says_so(context: Context) -> None:
    actors = [Actor(context, double)]
    pipe = actors[0].pipe
    with pytest.warns(ResourceWarning, match="unstopped"):
        drop(actors)
    eventually(lambda: pipe.socket.closed)
    with pytest.raises(ActorEnded):
        pipe.send(b"x")


def test_one_that_only_sends_is_told_by_that_when_it_was_dropped(context: Context) -> None:
    def pour(pipe: Pipe) -> None:
        pipe.ready()
        fill(pipe, -1)

    actors = [Actor(context, pour)]
    thread, pipe = actors[0]._thread, actors[0].pipe
    with pytest.warns(ResourceWarning, match="unstopped"):
        drop(actors)
    with pytest.raises((ActorEnded, SocketClosed)):
        drain(pipe)  # makes room
    thread.join(DEADLINE)
    assert not thread.is_alive()


# The end of the program

PROGRAM = """
def body(pipe):
    pipe.ready()
    {body}

context = zmq.Context()
actor = zmq.Actor(context, body, timeout=-1)
{then}
"""


@pytest.mark.parametrize(
    ("body", "then", "out"),
    [
        ("say(len(list(pipe)))", "for _ in range(1000): actor.pipe.send(b'')", "1000\n"),
        ("time.sleep(60)", "", ""),
        ("threading.Event().wait()", "", ""),
        ("list(pipe); say('end')", "", "end\n"),
        ("zmq.Context().socket(zmq.PULL).recv()", "", ""),
        ("context.socket(zmq.PULL).recv()", "", ""),
        ("while True: pass", "", ""),
        ("list(pipe)", "sys.exit()", ""),
        ("while True: pipe.send(b'')", "", ""),
        ("list(pipe)", "threading.Thread(target=list, args=[actor.pipe], daemon=True).start()", ""),
        ("list(pipe)", "keep = [actor]; keep.append(keep); del actor", ""),
        ("list(pipe)", "context.term()", ""),
    ],
)
def test_one_that_nobody_stopped_does_not_hold_up_the_end(body: str, then: str, out: str) -> None:
    ended = run_program(PROGRAM.format(body=body, then=then), deadline=DEADLINE)
    assert ended.succeeded() == out


def test_what_it_raised_is_reported_at_the_end_of_the_program() -> None:
    ended = run_program(PROGRAM.format(body="raise LookupError('this')", then=""))
    assert ended.code in (0, 1)  # it may have come to the constructor
    assert "LookupError: this" in ended.err


def test_ctrl_c_ends_a_wait_for_it() -> None:
    ended = run_program(
        PROGRAM.format(
            body="say(); time.sleep(60)",
            then="""
signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
signal.setitimer(signal.ITIMER_REAL, 0.05)
try:
    actor.stop()
except KeyboardInterrupt:
    say("interrupted")
signal.setitimer(signal.ITIMER_REAL, 0.05)
try:
    zmq.Actor(context, lambda pipe: time.sleep(60), timeout=-1)
except KeyboardInterrupt:
    say("interrupted")
""",
        )
    )
    assert ended.succeeded() == "\ninterrupted\ninterrupted\n"


def test_in_a_forked_child_there_is_no_actor() -> None:
    ended = run_program(
        PROGRAM.format(
            body="for message in pipe: pipe.send(message)",
            then="""
warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
warnings.simplefilter("error", ResourceWarning)
child = os.fork()
if child == 0:
    try:
        actor.pipe.send(b"child")
    except zmq.ForkedProcess:
        say("refused")
    actor.stop()
    with zmq.Context() as own, zmq.Actor(own, body) as other:
        other.pipe.send(b"own")
        say(other.pipe.recv())
    del actor
    sys.exit(7)
say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
actor.pipe.send(b"parent")
say(actor.pipe.recv())
actor.stop()
""",
        )
    )
    assert ended.succeeded() == "refused\nb'own'\n7\nb'parent'\n"
