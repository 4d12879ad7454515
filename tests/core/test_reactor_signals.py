"""A Reactor in a process of its own: Ctrl-C, signal handlers that stop it, and fork."""

from __future__ import annotations

import signal

from safety_support import Program, run

QUICKLY = 0.2
"""Seconds in which a signal has to end the loop; see also safety/test_exit.py."""

TRIES = 3
"""How often a time is measured; the machine may have been busy with something else."""

IDLE = """
with zmq.Context() as context, context.socket(zmq.PULL) as s:
    reactor = zmq.Reactor()
    reactor.reader(s, print)
    reactor.timer(60_000, print)
"""


def seconds_to_react(source: str, number: signal.Signals) -> float:
    """Have a program run a reactor again and again; how long a signal takes to end it."""
    with Program(IDLE + source) as program:
        times = []
        for _ in range(TRIES):
            assert program.line() == "runs"
            program.wait_until_asleep()
            sent = program.send_signal(number)
            times.append(float(program.line()) - sent)
        return min(times)


def test_ctrl_c_ends_it_at_once() -> None:
    source = """
    while True:
        say("runs")
        try:
            reactor.run()
        except KeyboardInterrupt:
            say(time.monotonic())
"""
    assert seconds_to_react(source, signal.SIGINT) < QUICKLY


def test_a_signal_handler_may_stop_it() -> None:
    source = """
    signal.signal(signal.SIGTERM, lambda *_: reactor.stop())
    while True:
        say("runs")
        reactor.run()
        say(time.monotonic())
"""
    assert seconds_to_react(source, signal.SIGTERM) < QUICKLY


def test_a_handler_comes_to_its_end_where_a_signal_handler_stops() -> None:
    source = """
        reactor = zmq.Reactor()
        signal.signal(signal.SIGTERM, lambda *_: reactor.stop())
        def work():
            signal.raise_signal(signal.SIGTERM)
            say("done")
        reactor.timer(0, work)
        reactor.run()
        say("returned")
        """
    assert run(source).succeeded() == "done\nreturned\n"


def test_a_signal_handler_may_cancel_what_is_waited_for() -> None:
    source = """
        with zmq.Context() as context, context.socket(zmq.PAIR) as a, context.socket(zmq.PAIR) as b:
            b.connect(a.bind("inproc://pipe"))
            reactor = zmq.Reactor()
            reactor.reader(b, lambda _: say("never"))
            def handle(*_):
                reactor.cancel(b)
                a.send(b"")
            signal.signal(signal.SIGALRM, handle)
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            reactor.run()
            say("returned")
        """
    assert run(source).succeeded() == "returned\n"


def test_what_a_signal_handler_changes_is_seen_at_once() -> None:
    source = """
        with zmq.Context() as context, context.socket(zmq.PULL) as s:
            reactor = zmq.Reactor()
            reactor.reader(s, print)
            def late(*_):
                reactor.timer(0, lambda: say("timer"), times=1)
                reactor.cancel(s)
            signal.signal(signal.SIGALRM, late)
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            reactor.run()
            say("returned")
        """
    assert run(source).succeeded() == "timer\nreturned\n"


def test_a_forked_child_and_its_parent_stop_each_its_own() -> None:
    source = """
        warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
        reactor = zmq.Reactor()
        reactor.timer(3_600_000, print)
        started = threading.Event()
        reactor.timer(0, started.set, times=1)
        thread = threading.Thread(target=reactor.run)
        thread.start()
        started.wait()
        child = os.fork()
        if child == 0:
            # The thread that ran it is not here, so it may run again, and stop does not reach the
            # parent.
            reactor.stop()
            reactor.run()
            reactor.timer(1, reactor.stop)
            reactor.run()
            os._exit(7)
        say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        say(thread.is_alive())
        reactor.stop()
        thread.join(10)
        say(thread.is_alive())
        """
    assert run(source).succeeded() == "7\nTrue\nFalse\n"


def test_a_program_that_is_executed_inherits_no_descriptor_of_it() -> None:
    source = """
        reactor = zmq.Reactor()
        assert not os.get_inheritable(reactor._wake)
        """
    run(source).succeeded()


def test_a_forked_child_cannot_run_it() -> None:
    source = """
        warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
        with zmq.Context() as context, context.socket(zmq.PULL) as s:
            reactor = zmq.Reactor()
            reactor.reader(s, print)
            child = os.fork()
            if child == 0:
                try:
                    reactor.run()
                except zmq.ForkedProcess:
                    os._exit(7)
            say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            reactor.timer(0, reactor.stop)
            reactor.run()
        """
    assert run(source).succeeded() == "7\n"
