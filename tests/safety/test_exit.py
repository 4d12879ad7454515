"""The end of a program, whatever it left behind, and Ctrl-C."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from safety_support import Program, run
from support import DEADLINE

import zmqlite as zmq
from zmqlite.constants import ETERM
from zmqlite.context import _silence_daemons

SLACK = 1.0
"""Seconds that an end may take beyond the linger."""

QUICKLY = 0.2
"""Seconds from Ctrl-C to KeyboardInterrupt."""

TRIES = 3
"""How often a time is measured; the machine may have been busy with something else."""

ENDINGS = {
    "close and term": """
        context = zmq.Context(linger=300)
        s = context.socket(zmq.PUSH)
        s.connect(nowhere())
        s.send(b"x")
        say("ends")
        s.close()
        context.term()
        """,
    "term alone": """
        context = zmq.Context(linger=300)
        s = context.socket(zmq.PUSH)
        s.connect(nowhere())
        s.send(b"x")
        say("ends")
        context.term()
        """,
    "end of a with block": """
        with zmq.Context(linger=300) as context, context.socket(zmq.PUSH) as s:
            s.connect(nowhere())
            s.send(b"x")
            say("ends")
        """,
    "exception in a with block": """
        try:
            with zmq.Context(linger=300) as context:
                s = context.socket(zmq.PUSH)
                s.connect(nowhere())
                s.send(b"x")
                say("ends")
                raise RuntimeError
        except RuntimeError:
            pass
        """,
    "last reference": """
        def use():
            context = zmq.Context(linger=300)
            s = context.socket(zmq.PUSH)
            s.connect(nowhere())
            s.send(b"x")
            say("ends")
        use()
        """,
    "garbage in a cycle": """
        def use():
            context = zmq.Context(linger=300)
            s = context.socket(zmq.PUSH)
            s.connect(nowhere())
            s.send(b"x")
            cycle = [context, s]
            cycle.append(cycle)
            say("ends")
        use()
        gc.collect()
        """,
    "end of the program": """
        context = zmq.Context(linger=300)
        s = context.socket(zmq.PUSH)
        s.connect(nowhere())
        s.send(b"x")
        say("ends")
        """,
    "sys.exit": """
        context = zmq.Context(linger=300)
        s = context.socket(zmq.PUSH)
        s.connect(nowhere())
        s.send(b"x")
        say("ends")
        sys.exit()
        """,
    "many sockets and contexts, which linger at the same time": """
        contexts = [zmq.Context(linger=300) for _ in range(4)]
        for context in contexts:
            for _ in range(4):
                s = context.socket(zmq.PUSH)
                s.connect(nowhere())
                s.send(b"x")
        say("ends")
        """,
    "inproc that nobody bound": """
        context = zmq.Context(linger=300)
        s = context.socket(zmq.PUSH)
        s.connect("inproc://nobody")
        s.send(b"x")
        say("ends")
        """,
    "a monitor that nobody reads": """
        context = zmq.Context(linger=300)
        s = context.socket(zmq.PUSH)
        monitor = s.monitor()
        s.connect(nowhere())
        s.send(b"x")
        say("ends")
        """,
}

BLOCKED = {
    "send": "s = context.socket(zmq.PUSH); call = lambda: s.send(b'x')",
    "recv": "s = context.socket(zmq.PULL); call = s.recv",
    "recv_multipart": "s = context.socket(zmq.PULL); call = s.recv_multipart",
    "recv_many": "s = context.socket(zmq.PULL); call = s.recv_many",
    "recv with a timeout": "s = context.socket(zmq.PULL); call = lambda: s.recv(timeout=60000)",
    "iteration": "s = context.socket(zmq.PULL); call = lambda: list(s)",
    "poll": "s = context.socket(zmq.PULL); call = s.poll",
    "Poller.poll": """
s = context.socket(zmq.PULL)
poller = zmq.Poller()
poller.register(s)
call = poller.poll
""",
    "proxy": """
s, other = context.socket(zmq.PULL), context.socket(zmq.PUSH)
call = lambda: zmq.proxy(s, other)
""",
    "Monitor.recv": """
watched = context.socket(zmq.PULL)
monitor = watched.monitor()
s = monitor.socket
call = monitor.recv
""",
}
"""Calls that never return by themselves, on a socket `s`."""


def seconds_to_end(source: str, deadline: float = DEADLINE, code: int = 0) -> float:
    """How long a program lives on after it said that it ends."""
    with Program(source) as program:
        assert program.line() == "ends"
        start = time.monotonic()
        ended = program.end(deadline)
        took = time.monotonic() - start
    assert ended.code == code, ended
    assert "gnored" not in ended.err, ended  # as in: Exception ignored in
    return took


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_undeliverable_message_holds_up_the_end_for_its_linger(ending: str) -> None:
    least = 0 if "inproc" in ending else 0.25  # libzmq drops those at once
    assert least < seconds_to_end(ENDINGS[ending]) < 0.3 + SLACK


def test_the_default_linger_is_five_seconds() -> None:
    source = ENDINGS["end of the program"].replace("linger=300", "")
    assert 4.9 < seconds_to_end(source) < 5 + SLACK


def test_a_linger_of_zero_does_not_hold_up_the_end() -> None:
    source = ENDINGS["end of the program"].replace("linger=300", "linger=0")
    assert seconds_to_end(source) < SLACK


def test_a_linger_of_the_socket_overrules_that_of_the_context() -> None:
    source = ENDINGS["close and term"].replace("linger=300", "linger=-1")
    assert seconds_to_end(source.replace("s.close()", "s.close(linger=300)")) < 0.3 + SLACK


def test_an_uncaught_exception_ends_the_program_within_the_linger() -> None:
    source = ENDINGS["end of the program"] + "\n        raise RuntimeError\n"
    assert 0.25 < seconds_to_end(source, code=1) < 0.3 + SLACK


@pytest.mark.parametrize("call", BLOCKED)
def test_a_daemon_thread_blocked_in_a_call_does_not_hold_up_the_end(call: str) -> None:
    source = f"""
context = zmq.Context()
{BLOCKED[call]}
def run():
    try:
        call()
    except zmq.ContextTerminated:
        pass
threading.Thread(target=run, daemon=True).start()
eventually(lambda: inside(s))
say("ends")
"""
    assert seconds_to_end(source) < SLACK


@pytest.mark.parametrize("call", BLOCKED)
def test_a_daemon_thread_that_waits_at_the_end_leaves_no_traceback(call: str) -> None:
    source = f"""
context = zmq.Context()
{BLOCKED[call]}
threading.Thread(target=call, daemon=True).start()
eventually(lambda: inside(s))
"""
    ended = run(source)
    assert (ended.code, ended.err) == (0, "")


def test_what_else_a_daemon_thread_raises_at_the_end_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", shown.append)
    _silence_daemons()
    for error in (zmq.ContextTerminated(ETERM), zmq.ZMQError(ETERM), ValueError()):
        thrown = type(error), error, None, threading.current_thread()
        threading.excepthook(threading.ExceptHookArgs(thrown))
    assert [args.exc_type for args in shown] == [zmq.ZMQError, ValueError]


def test_a_message_sent_right_before_the_end_still_arrives(tmp_path: Path) -> None:
    endpoint = f"ipc://{tmp_path}/late"
    source = """
        s = zmq.Context().socket(zmq.PUSH)
        s.connect(sys.argv[1])
        s.send_multipart([b"last", b"words"])
        say("ends")
        """
    with zmq.Context() as context, Program(source, endpoint) as program:
        assert program.line() == "ends"
        receiver = context.socket(zmq.PULL)
        receiver.bind(endpoint)
        assert receiver.recv_multipart(timeout=4000) == [b"last", b"words"]
        program.end().succeeded()


@pytest.mark.parametrize("call", BLOCKED)
def test_ctrl_c_ends_a_blocking_call_at_once(call: str) -> None:
    source = f"""
context = zmq.Context()
{BLOCKED[call]}
while True:
    try:
        say("calls")
        call()
    except KeyboardInterrupt:
        say(time.monotonic())
"""
    with Program(source) as program:
        for _ in range(TRIES):
            assert program.line() == "calls"
            program.wait_until_asleep()
            sent = program.send_signal(signal.SIGINT)
            if float(program.line()) - sent < QUICKLY:
                return
    pytest.fail("it took longer")


def test_ctrl_c_ends_a_call_also_where_it_comes_while_libzmq_is_busy() -> None:
    source = """
context = zmq.Context(linger=0)
router = context.socket(zmq.ROUTER)
endpoint = router.bind("tcp://127.0.0.1:*")
say(endpoint)
while True:
    try:
        while True:
            router.recv_multipart()
            say("received")
    except KeyboardInterrupt:
        say("interrupted")
"""
    peers = 20
    with Program(source) as program:
        endpoint = program.line()
        for _ in range(12):
            with zmq.Context(linger=1000) as context:
                dealers = [context.socket(zmq.DEALER) for _ in range(peers)]
                for dealer in dealers:
                    dealer.connect(endpoint)
                    dealer.send(b"here")
                for _ in range(peers):
                    assert program.line() == "received"
            # What libzmq is busy with are the peers that left.
            program.send_signal(signal.SIGINT)
            assert program.line(deadline=5) == "interrupted"


@pytest.mark.parametrize(
    "ending", ["context.term()", "del context", "context.__exit__(*[None] * 3)"]
)
def test_ctrl_c_ends_the_wait_for_the_linger_and_it_is_not_waited_for_again(ending: str) -> None:
    source = f"""
context = zmq.Context(linger=30000)
s = context.socket(zmq.PUSH)
s.connect(nowhere())
s.send(b"x")
del s
say("calls")
try:
    {ending}
except KeyboardInterrupt:
    pass
say(time.monotonic())
"""
    for _ in range(TRIES):
        with Program(source) as program:
            assert program.line() == "calls"
            program.wait_until_asleep()
            sent = program.send_signal(signal.SIGINT)
            interrupted = float(program.line())
            assert program.end(SLACK).code == 0
        if interrupted - sent < QUICKLY:
            return
    pytest.fail("it took longer")


def test_ctrl_c_as_the_program_ends_ends_all_contexts() -> None:
    source = ENDINGS["many sockets and contexts, which linger at the same time"]
    with Program(source.replace("linger=300", "linger=30000")) as program:
        assert program.line() == "ends"
        program.wait_until_asleep()
        program.send_signal(signal.SIGINT)
        program.end(SLACK)


def test_term_goes_on_after_it_was_interrupted() -> None:
    source = """
        context = zmq.Context(linger=1000)
        s = context.socket(zmq.PUSH)
        s.connect(nowhere())
        s.send(b"x")
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        start = time.monotonic()
        try:
            context.term()
        except KeyboardInterrupt:
            say(0.05 < time.monotonic() - start < 0.5, context.closed)
        context.term()
        say(0.9 < time.monotonic() - start < 2, context.closed)
        """
    assert run(source).succeeded() == "True False\nTrue True\n"


def test_a_finaliser_that_uses_a_socket_as_the_program_ends_gets_an_exception_or_nothing() -> None:
    source = """
        class Late:
            def __init__(self, context):
                self.context = context
                self.socket = context.socket(zmq.PUSH)
                self.poller = zmq.Poller()
                self.poller.register(self.socket, zmq.POLLIN)

            def __del__(self):
                for call in (
                    lambda: self.socket.send(b"x"),
                    lambda: self.socket.recv(),
                    lambda: self.socket.send(bytes(100000)),
                    lambda: self.socket.bind("inproc://late"),
                    lambda: self.socket.linger,
                    lambda: self.poller.poll(),
                    lambda: self.context.socket(zmq.PULL),
                ):
                    try:
                        call()
                    except zmq.ContextTerminated as error:
                        print(type(error).__name__)
                    else:
                        print("no error")
                self.socket.close()
                self.context.term()

        late = Late(zmq.Context())
        late.itself = late
        """
    assert run(source).succeeded() == "ContextTerminated\n" * 7


def test_a_context_made_as_the_program_ends_works_and_ends() -> None:
    source = """
        class Late:
            def __del__(self):
                context = zmq.Context(linger=300)
                a, b = context.socket(zmq.PUSH), context.socket(zmq.PULL)
                a.bind("inproc://late")
                b.connect("inproc://late")
                a.send(bytes(100000))
                print(len(b.recv()))
                a.connect(nowhere())
                a.send(b"undeliverable")
                print("done")

        late = Late()
        """
    assert run(source).succeeded() == "100000\ndone\n"


@pytest.mark.parametrize("kept", ["socket", "context, socket", "context"])
def test_what_outlives_the_modules_of_the_package_goes_without_a_complaint(kept: str) -> None:
    source = f"""
        import atexit, functools
        from zmqlite import context as contexts

        atexit.unregister(contexts._end_all)  # as where it failed, or never ran
        context = zmq.Context(linger=0)
        socket = context.socket(zmq.PUSH)
        # Python clears the globals of our modules before those of functools.
        functools.kept = [{kept}]
        functools.modules = [each for name, each in sys.modules.items() if "zmqlite" in name]
        del context, socket
        """
    ended = run(source)
    assert ended.succeeded() == ""
    assert ended.err == "", ended
