"""Programs that end in every way there is: `python exits.py PROGRAM LINGER [ARGUMENT]`.

Without arguments each of ENDS runs, also in Python's development mode, and a table is printed. This
file needs nothing but Python and zmqlite.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import gc
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

LAST: list[Callable[[], object]] = []
atexit.register(lambda: [each() for each in LAST])  # before zmqlite's, so it is called after

import zmqlite as zmq  # noqa: E402
from zmqlite import aio  # noqa: E402
from zmqlite import context as contexts  # noqa: E402

LINGER = sys.argv[2] if len(sys.argv) > 2 else "300"
KEPT: list[Any] = []
SLACK = 1.0
"""Seconds that an end may take beyond the linger."""

TRIES = 5
"""How often that is measured; the machine may have been busy with something else."""


STRICT = "-X", "dev", "-W", "error", "-W", "ignore::ResourceWarning"
"""Options of Python under which these programs must be as silent; they close little."""


class End(NamedTuple):
    """A way to end, and how it looks: the exit code, and whether Python itself complains."""

    program: Callable[[], object]
    code: int = 0
    complains: bool = False
    lingers: bool = True  # libzmq waits for what cannot be sent
    grace: float = 0.0  # seconds that zmqlite gives a thread


ENDS: dict[str, End] = {}
PROGRAMS: dict[str, Callable[..., object]] = {}


def end(**looks: Any) -> Callable[[Any], Any]:
    """Make a function one of ENDS."""

    def add(function: Callable[[], object]) -> Callable[[], object]:
        ENDS[function.__name__] = End(program(function), **looks)
        return function

    return add


def program(function: Callable[..., object]) -> Callable[..., object]:
    """Make a function one of PROGRAMS."""
    PROGRAMS[function.__name__] = function
    return function


def say(*words: object) -> None:
    print(*words, flush=True)


def nowhere() -> str:
    """An endpoint that refuses every connection, for as long as the process lives."""
    hole = socket.socket()
    hole.bind(("127.0.0.1", 0))
    KEPT.append(hole)
    return f"tcp://127.0.0.1:{hole.getsockname()[1]}"


def new_context() -> zmq.Context:
    return zmq.Context() if LINGER == "default" else zmq.Context(linger=int(LINGER))


def unsent(endpoint: str = "") -> tuple[zmq.Context, zmq.Socket]:
    """A message that nobody ever takes."""
    context = new_context()
    sender = context.socket(zmq.PUSH)
    sender.connect(endpoint or nowhere())
    sender.send(b"x")
    return context, sender


def daemon(target: Callable[..., object], *arguments: object) -> None:
    threading.Thread(target=target, args=arguments, daemon=True).start()


def waits(name: str, context: zmq.Context) -> tuple[zmq.Socket, Callable[[], object]]:
    """A call that never returns by itself, and its socket."""
    receiver, sender = context.socket(zmq.PULL), context.socket(zmq.PUSH)
    KEPT.extend([receiver, sender])
    if name == "Monitor.recv":
        monitor = receiver.monitor()
        KEPT.append(monitor)
        return monitor.socket, monitor.recv
    poller = zmq.Poller()
    poller.register(receiver)
    calls: dict[str, Callable[[], object]] = {
        "recv": receiver.recv,
        "recv_multipart": receiver.recv_multipart,
        "recv_many": receiver.recv_many,
        "recv with a timeout": lambda: receiver.recv(timeout=60000),
        "iteration": lambda: list(receiver),
        "poll": receiver.poll,
        "Poller.poll": poller.poll,
        "proxy": lambda: zmq.proxy(receiver, sender),
        "send": lambda: sender.send(b"x"),
    }
    return sender if name == "send" else receiver, calls[name]


WAITS = [
    *("recv", "recv_multipart", "recv_many", "recv with a timeout", "iteration"),
    *("poll", "Poller.poll", "proxy", "send", "Monitor.recv"),
]


def in_use(used: zmq.Socket) -> None:
    """Wait until another thread is in a call."""
    limit = time.monotonic() + 10
    while not repr(used).startswith("<busy "):
        assert time.monotonic() < limit, "never happened"
        time.sleep(0.001)


# What was not sent


@end()
def close_and_term() -> None:
    context, sender = unsent()
    say("ends")
    sender.close()
    context.term()


@end()
def term_alone() -> None:
    context, _ = unsent()
    say("ends")
    context.term()


@end()
def end_of_a_with_block() -> None:
    context, sender = unsent()
    with context, sender:
        say("ends")


@end()
def exception_in_a_with_block() -> None:
    context, _ = unsent()
    with contextlib.suppress(RuntimeError), context:
        say("ends")
        raise RuntimeError


@end()
def last_reference() -> None:
    kept = unsent()
    say("ends")
    del kept


@end()
def garbage_in_a_cycle() -> None:
    cycle: list[Any] = [unsent()]
    cycle.append(cycle)
    say("ends")
    del cycle
    gc.collect()


@end()
def end_of_the_program() -> None:
    KEPT.append(unsent())
    say("ends")


@end()
def sys_exit() -> None:
    end_of_the_program()
    sys.exit()


@end(code=1, complains=True)
def uncaught_exception() -> None:
    end_of_the_program()
    raise RuntimeError


@end()
def a_hundred_contexts_linger_at_the_same_time() -> None:
    KEPT.extend(unsent() for _ in range(100))
    say("ends")


@end(lingers=False)  # libzmq drops those at once
def inproc_that_nobody_bound() -> None:
    KEPT.append(unsent("inproc://nobody"))
    say("ends")


@end()
def a_monitor_that_nobody_reads() -> None:
    context, sender = unsent()
    KEPT.append((context, sender.monitor()))
    sender.connect(nowhere())
    say("ends")


@end()
def objects_that_the_collector_never_sees() -> None:
    KEPT.append(unsent())
    gc.freeze()
    gc.disable()
    say("ends")


@program
def linger_of_the_socket() -> None:
    context, sender = unsent()
    say("ends")
    sender.close(linger=300)
    context.term()


# Other threads, tasks and processes


@end(lingers=False)
def daemons_in_every_call() -> None:
    context = new_context()
    for name in WAITS:
        used, call = waits(name, context)
        daemon(call)
        in_use(used)
    say("ends")


@end(lingers=False)
def daemons_that_take_no_error_for_an_answer() -> None:
    context = new_context()

    def insist(call: Callable[[], object]) -> None:
        while True:
            with contextlib.suppress(BaseException):
                call()

    for name in WAITS:
        daemon(insist, waits(name, context)[1])
    say("ends")


@end(lingers=False)
def daemons_that_make_contexts_for_ever() -> None:
    made = threading.Event()

    def make() -> None:
        while True:
            with contextlib.suppress(zmq.ZMQError):
                context = zmq.Context()
                context.socket(zmq.PUSH).connect("inproc://nobody")
                made.set()

    daemon(make)
    daemon(make)
    made.wait()
    say("ends")


@end(lingers=False)
def a_thread_that_python_waits_for() -> None:
    context = new_context()
    receiver, sender = context.socket(zmq.PULL), context.socket(zmq.PUSH)
    sender.connect(receiver.bind("inproc://last"))
    threading.Thread(target=receiver.recv).start()
    say("ends")
    sender.send(b"x")


@end(lingers=False)
def a_reactor_in_a_daemon() -> None:
    reactor = zmq.Reactor()
    receiver = new_context().socket(zmq.PULL)
    reactor.reader(receiver, print)
    KEPT.append(receiver)
    started = threading.Event()

    def run() -> None:
        reactor.timer(1, started.set)
        reactor.run()

    daemon(run)
    started.wait()
    say("ends")


@end(lingers=False, grace=1)
def an_actor_that_never_listens() -> None:
    def body(pipe: zmq.Pipe) -> None:
        pipe.ready()
        time.sleep(60)

    KEPT.append(zmq.Actor(new_context(), body))
    say("ends")


@end(lingers=False)
def tasks_that_asyncio_cancels() -> None:
    async def main() -> None:
        asyncio.get_running_loop().slow_callback_duration = 60  # its warnings are not asked for
        context = aio.Context()
        receivers = [context.socket(zmq.PULL) for _ in range(20)]
        KEPT.extend(asyncio.ensure_future(each.recv()) for each in receivers)
        await asyncio.sleep(0.05)
        say("ends")

    asyncio.run(main())


@end(complains=True, lingers=False)
def tasks_in_a_loop_that_just_stops() -> None:
    loop = asyncio.new_event_loop()
    context = aio.Context()
    KEPT.extend(loop.create_task(context.socket(zmq.PULL).recv()) for _ in range(20))
    loop.run_until_complete(asyncio.sleep(0.05))
    KEPT.append(loop)
    say("ends")


def traffic() -> zmq.Socket:
    """Two daemons that send and receive for ever; one of their sockets."""
    # Forking beside threads is asked for here; Python 3.12 and newer warn.
    warnings.filterwarnings("ignore", ".*use of fork", DeprecationWarning)
    context = new_context()
    receiver, sender = context.socket(zmq.PULL), context.socket(zmq.PUSH)
    sender.connect(receiver.bind("tcp://127.0.0.1:*"))

    def forever(call: Callable[[], object]) -> None:
        while True:
            call()

    daemon(forever, receiver.recv)
    daemon(forever, lambda: sender.send(b"x"))
    return sender


@end(lingers=False)
def forks_in_traffic() -> None:
    KEPT.append(traffic())
    for _ in range(20):
        child = os.fork()
        if not child:
            unsent("inproc://child")
            return
        assert os.waitpid(child, 0)[1] == 0
    say("ends")


@end(lingers=False)
def a_child_that_is_another_program() -> None:
    KEPT.append(traffic())
    child = os.fork()
    if not child:
        os.execv(sys.executable, [sys.executable, "-c", "import zmqlite; zmqlite.Context()"])
    assert os.waitpid(child, 0)[1] == 0
    say("ends")


# Late calls


def every_call(context: zmq.Context, used: zmq.Socket, poller: zmq.Poller) -> None:
    calls: list[Callable[[], object]] = [
        lambda: used.send(b"x"),
        used.recv,
        lambda: used.send(bytes(100000)),
        lambda: used.bind("inproc://late"),
        lambda: used.linger,
        poller.poll,
        lambda: context.socket(zmq.PULL),
    ]
    for call in calls:
        try:
            call()
        except zmq.ContextTerminated as error:
            print(type(error).__name__)
        else:
            print("no error")
    used.close()
    context.term()


def prepare() -> Callable[[], None]:
    context = new_context()
    used, poller = context.socket(zmq.PUSH), zmq.Poller()
    poller.register(used, zmq.POLLIN)
    return lambda: every_call(context, used, poller)


@end(lingers=False)
def calls_after_the_contexts_have_ended() -> None:
    LAST.append(prepare())
    say("ends")


@end(lingers=False)
def a_finaliser_that_uses_a_socket() -> None:
    class Late:
        call = staticmethod(prepare())

        def __del__(self) -> None:
            self.call()

    late = Late()
    late.itself = late  # type: ignore[attr-defined]
    say("ends")
    KEPT.append(late)


@end()
def a_finaliser_that_makes_a_context() -> None:
    class Late:
        def __del__(self) -> None:
            context = new_context()
            a, b = context.socket(zmq.PUSH), context.socket(zmq.PULL)
            b.connect(a.bind("inproc://late"))
            a.send(bytes(100000))
            print(len(b.recv()))
            a.connect(nowhere())
            a.send(b"undeliverable")
            print("done")

    KEPT.append(Late())
    say("ends")


@program
def what_outlives_the_modules(kept: str) -> None:
    atexit.unregister(contexts._end_all)  # as where it failed, or never ran
    context = zmq.Context(linger=0)
    objects = {"context": context, "socket": context.socket(zmq.PUSH)}
    # Python clears the globals of our modules before those of functools.
    functools.kept = [objects[name] for name in kept.split()]  # type: ignore[attr-defined]
    modules = [each for name, each in sys.modules.items() if "zmqlite" in name]
    functools.modules = modules  # type: ignore[attr-defined]


@program
def last_words(endpoint: str) -> None:
    sender = zmq.Context().socket(zmq.PUSH)
    sender.connect(endpoint)
    sender.send_multipart([b"last", b"words"])
    say("ends")


# Signals, and ends that no program sees


@end(code=-signal.SIGINT, complains=True)
def ctrl_c() -> None:
    KEPT.append(unsent())
    receiver = KEPT[-1][0].socket(zmq.PULL)
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    say("ends")
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    receiver.recv()


@end(code=-signal.SIGTERM, lingers=False)
def a_signal_that_kills() -> None:
    KEPT.append((unsent(), traffic()))
    say("ends")
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(60)


@end(code=3, lingers=False)
def os_exit() -> None:
    KEPT.append((unsent(), traffic()))
    say("ends")
    os._exit(3)


@program
def daemon_in(name: str) -> None:
    used, call = waits(name, zmq.Context())
    daemon(call)
    in_use(used)
    say("ends")


@program
def interrupted_call(name: str) -> None:
    _, call = waits(name, zmq.Context())
    while True:
        try:
            say("calls")
            call()
        except KeyboardInterrupt:
            say(time.monotonic())


@program
def interrupted_router() -> None:
    router = zmq.Context(linger=0).socket(zmq.ROUTER)
    say(router.bind("tcp://127.0.0.1:*"))
    while True:
        try:
            while True:
                router.recv_multipart()
                say("received")
        except KeyboardInterrupt:
            say("interrupted")


@program
def interrupted_linger(how: str) -> None:
    context, sender = unsent()
    del sender
    say("calls")
    with contextlib.suppress(KeyboardInterrupt):
        if how == "term":
            context.term()
        elif how == "with":
            context.__exit__(None, None, None)
        del context
    say(time.monotonic())


@program
def interrupted_term() -> None:
    context, _ = unsent()
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    start = time.monotonic()
    try:
        context.term()
    except KeyboardInterrupt:
        say(0.05 < time.monotonic() - start < 0.5, context.closed)
    context.term()
    say(0.9 < time.monotonic() - start < 2, context.closed)


def seconds(
    name: str, *arguments: str, options: Sequence[str] = (), limit: float = 0.3 + SLACK
) -> float:
    """How long a program takes to end, which it must do as ENDS says; the best of a few tries."""
    wanted = ENDS.get(name, End(PROGRAMS[name]))
    for _ in range(TRIES):
        if (took := end_once(name, arguments, options, wanted)) < limit + wanted.grace:
            return took
    raise AssertionError(f"it took {took:.2f} s")


def end_once(name: str, arguments: Sequence[str], options: Sequence[str], wanted: End) -> float:
    with subprocess.Popen(
        [sys.executable, *options, __file__, name, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    ) as process:
        assert process.stdout
        first = process.stdout.readline()
        start = time.monotonic()
        try:
            _, complaint = process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        took = time.monotonic() - start
    assert (first, process.returncode) == ("ends\n", wanted.code), complaint
    assert wanted.complains or not complaint, complaint
    return took


def outcome(name: str, *options: str) -> str:
    try:
        return f"{seconds(name, options=options):.2f}"
    except (AssertionError, subprocess.TimeoutExpired) as error:
        return f"FAILED: {str(error).strip().splitlines()[-1]}"


def main() -> None:
    print("| end | seconds | in development mode |\n|---|---|---|")
    failed = 0
    for name in ENDS:
        results = [outcome(name), outcome(name, *STRICT)]
        failed += sum(each.startswith("FAILED") for each in results)
        print(f"| {name.replace('_', ' ')} | {' | '.join(results)} |", flush=True)
    print(f"exits python={sys.version.split()[0]} ends={len(ENDS)} failed={failed}")
    sys.exit(failed > 0)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        # A program that a shell starts in the background ignores it, and so do its children.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        PROGRAMS[sys.argv[1]](*sys.argv[3:])
