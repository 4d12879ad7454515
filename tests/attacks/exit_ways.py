"""Programs that end in every way there is, whatever they leave behind."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import gc
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

import zmqlite as zmq
from zmqlite import aio
from zmqlite import context as contexts

from .exit_support import (
    KEPT,
    WAITS,
    daemon,
    end,
    in_use,
    new_context,
    nowhere,
    say,
    unsent,
    waits,
)

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

REFUSED = "ContextTerminated\n" * 7


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


@end(out=REFUSED, lingers=False)
def calls_after_the_contexts_have_ended() -> None:
    # As who registered before zmqlite was imported.
    atexit.unregister(contexts._end_all)
    atexit.register(prepare())
    atexit.register(contexts._end_all)
    say("ends")


@end(out=REFUSED, lingers=False)
def a_finaliser_that_uses_a_socket() -> None:
    class Late:
        call = staticmethod(prepare())

        def __del__(self) -> None:
            self.call()

    late = Late()
    late.itself = late  # type: ignore[attr-defined]
    say("ends")
    KEPT.append(late)


@end(out="100000\ndone\n", lingers=False)
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
