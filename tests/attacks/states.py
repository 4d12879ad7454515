"""A state machine over the life of contexts, sockets, messages and pollers in both APIs.

Hypothesis chooses calls of the Pythonic API and of the C API, on sockets that are linked over
inproc, ipc and tcp, within one API or from one to the other. A model in Python predicts what
arrives in which order, and which error a call may end in. What is lost, doubled or torn, an error
that was not predicted, an open descriptor and memory that stays lent fail; Hypothesis then prints
the calls, and with `--shrink` the fewest that fail. `--verbose` prints each call before it is made,
in case the process crashes.
"""

from __future__ import annotations

import errno
import faulthandler
import gc
import os
import time
import warnings
from typing import Any

import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import initialize, multiple, rule, run_state_machine_as_test

import zmqlite as zmq
from zmqlite import capi
from zmqlite.capi import ETERM
from zmqlite.message import collect

from .program import begin, end, eventually
from .states_api import WAIT, C, Errno, Pythonic, attempt, lent
from .states_kept import call, counts, numbers
from .states_model import GONE, NO_RECEIVE, PEERS, SENDS_TO_ONE, ContextModel, End, Link
from .states_talk import Talk

LINGER = 10_000
ENDPOINTS = {"inproc": "inproc://{}", "ipc": "ipc://@zmqlite-states-{}", "tcp": "tcp://127.0.0.1:*"}
INDEX = st.integers(0, 3)
HOW = {
    "transport": st.sampled_from(["inproc", "inproc", "ipc", "tcp"]),
    "binds": st.booleans(),
    "early": st.booleans(),
}
ENDS = {"kind": st.sampled_from([*PEERS]), "own": INDEX, "other": INDEX}
PAIR = st.fixed_dictionaries(ENDS | HOW | {"hwm": st.sampled_from([0, 3])})


def descriptors() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


class States(Talk):
    """One example: contexts, what was made in them, and the model of all that."""

    ends = Talk.ends

    def __init__(self) -> None:
        faulthandler.dump_traceback_later(60, exit=True)
        self.descriptors, self.lent = descriptors(), collect()
        super().__init__()

    # Contexts and sockets

    @rule(api=st.sampled_from([Pythonic, C]))
    def new(self, api: Any) -> None:
        self.all.append(ContextModel(api, api.context()))

    def open(self, context: ContextModel, kind: str, hwm: int) -> End | None:
        """Make a socket, unless its context refuses."""
        mark = hwm if kind in ("PAIR", "PUSH", "PULL") else 0
        model = End(context, kind, mark, b"peer%d" % next(numbers))
        options: dict[str, Any] = {"rcvtimeo": WAIT, "sndhwm": mark, "rcvhwm": mark}
        if kind == "DEALER":
            options["routing_id"] = model.name
        if kind == "ROUTER":
            options["router_mandatory"] = 1
        model.socket = call(context.api.socket, context.context, kind, options)
        refusal = context.ended or (ETERM if context.shut else 0)
        if refusal:
            assert model.socket == refusal
            context.ends.remove(model)
            return None
        assert not isinstance(model.socket, Errno), model.socket
        return model

    @initialize(target=ends, pairs=st.lists(PAIR, min_size=1, max_size=4))
    def first_pairs(self, pairs: list[dict[str, Any]]) -> Any:
        return multiple(*(each for pair in pairs for each in self.made(**pair)))

    @rule(target=ends, pair=PAIR)
    def pair(self, pair: dict[str, Any]) -> Any:
        return multiple(*self.made(**pair))

    def made(self, kind: str, own: int, other: int, hwm: int, **how: Any) -> list[End]:
        contexts = [self.all[index % len(self.all)] for index in (own, other)]
        made = [
            self.open(context, each, hwm)
            for context, each in zip(contexts, (kind, PEERS[kind]), strict=True)
        ]
        present = [each for each in made if each is not None]
        if len(present) == 2:
            self.join(present[0], present[1], **how)
        return present

    @rule(target=ends, hub=ends, index=INDEX, how=st.fixed_dictionaries(HOW))
    def leaf(self, hub: End, index: int, how: dict[str, Any]) -> Any:
        """Link one more socket to one that may have many peers."""
        kinds = {"PULL": "PUSH", "ROUTER": "DEALER", "REP": "REQ"}
        if hub.kind not in kinds or not hub.usable or hub.rest or hub.partial:
            return multiple()
        made = self.open(self.all[index % len(self.all)], kinds[hub.kind], hub.hwm)
        if made is None:
            return multiple()
        self.join(made, hub, **how)
        return made

    def join(self, leaf: End, hub: End, transport: str, binds: bool, early: bool) -> None:
        """Link two sockets, and wait until those that send to one peer know it."""
        if leaf.context is not hub.context and transport == "inproc":
            transport = "ipc"
        binder, connecter = (leaf, hub) if binds else (hub, leaf)
        endpoint = ENDPOINTS[transport].format(f"{os.getpid()}-{next(numbers)}")
        if early and transport != "tcp":
            assert call(connecter.api.connect, connecter.socket, endpoint) is None
            assert call(binder.api.bind, binder.socket, endpoint) == endpoint
        else:
            endpoint = call(binder.api.bind, binder.socket, endpoint)
            assert call(connecter.api.connect, connecter.socket, endpoint) is None
        Link(connecter, binder, endpoint)
        for each in (leaf, hub):
            if each.kind in SENDS_TO_ONE:
                assert call(each.api.poll, each.socket, zmq.POLLOUT) is True

    @rule(target=ends, index=INDEX, kind=st.sampled_from([*PEERS, *PEERS.values()]))
    def lonely(self, index: int, kind: str) -> Any:
        return multiple(*filter(None, [self.open(self.all[index % len(self.all)], kind, 0)]))

    # The ends

    def settle(self, *closing: End) -> None:
        """Receive what the closed peers of these still send, or their end would take its linger."""
        for each in closing:
            for link in each.links:
                while link.lingers and link.sure[each] and each.usable and link.queues[each]:
                    self.receive_whole(each)
                link.lingers = False

    def lingers(self, closing: End, leaving: list[End]) -> bool:
        """Let a socket linger if that is sure to end: its peers stay, and have room."""
        if not closing.usable or closing.kind not in SENDS_TO_ONE[:3] or closing.hwm:
            return False
        if not all(link.alive and link.other(closing) not in leaving for link in closing.links):
            return False
        return call(closing.api.set, closing.socket, "linger", LINGER) is None

    @rule(closing=ends)
    def close(self, closing: End) -> None:
        if closing.closed == GONE:
            return
        self.settle(closing)
        lingers = not closing.closed and self.lingers(closing, [])
        outcome = call(closing.api.close, closing.socket)
        if closing.closed:
            assert outcome == (None if closing.api is Pythonic else errno.ENOTSOCK)
            return
        assert outcome is None
        after = ETERM if closing.context.shut and closing.api is Pythonic else errno.ENOTSOCK
        closing.end(after, lingers)

    @rule(closing=ends)
    def drop(self, closing: End) -> None:
        """Drop the last reference to a socket of the Pythonic API."""
        if closing.closed == GONE or closing.api is C or closing in self.registered:
            return
        if any(each is closing for each, _ in self.monitors):
            return
        self.settle(closing)
        closing.socket = None
        gc.collect()
        if closing.closed:
            closing.closed = GONE
        else:
            closing.end(GONE, False)

    @rule(index=st.integers(0, 9))
    def shutdown(self, index: int) -> None:
        if index >= len(self.all):
            return  # more often than not, or nothing would be left to talk
        context = self.all[index]
        self.settle(*context.ends)
        outcome = call(context.api.shutdown, context.context)
        assert outcome == (errno.EFAULT if context.ended and context.api is C else None)
        context.shut = True

    @rule(index=st.integers(0, 9))
    def term(self, index: int) -> None:
        if index >= len(self.all):
            return  # more often than not, or nothing would be left to talk
        context = self.all[index]
        living = [each for each in context.ends if not each.closed]
        self.settle(*living)
        lingering = {each: self.lingers(each, living) for each in living}
        if context.api is C:
            for each in living:
                assert call(C.close, each.socket) is None
        outcome = call(context.api.term, context.context)
        assert outcome == (errno.EFAULT if context.ended and context.api is C else None)
        for each in living:
            each.end(ETERM if context.api is Pythonic else errno.ENOTSOCK, lingering[each])
        context.shut, context.ended = True, ETERM if context.api is Pythonic else errno.EFAULT

    @rule(detaching=ends)
    def detach(self, detaching: End) -> None:
        """Disconnect or unbind."""
        if not detaching.links or detaching.closed == GONE:
            return
        self.settle(detaching)
        link = detaching.links[0]
        connected = link.connecter is detaching
        function = detaching.api.disconnect if connected else detaching.api.unbind
        outcome = call(function, detaching.socket, link.endpoint)
        if detaching.closed:
            assert outcome == detaching.closed
        elif outcome is None:
            link.detach(detaching)
        else:
            assert not link.alive or link.inproc or detaching.context.shut
            assert outcome in (errno.ENOENT, errno.EINVAL, ETERM)

    # Nothing is left

    def teardown(self) -> None:
        try:
            self.finish()
        finally:  # for the next example, if this one has failed
            for context in self.all:
                for each in context.ends:
                    attempt(context.api.close, each.socket)
                attempt(context.api.term, context.context)

    def finish(self) -> None:
        open_ends = [each for context in self.all for each in context.ends if each.usable]
        for each in open_ends:
            while each.receiving()[1] and each.kind not in NO_RECEIVE:
                self.receive_whole(each)
        for context in self.all:
            if not context.ended:
                self.term(self.all.index(context))
            context.ends.clear()
        self.forget()
        for message in self.variables:
            capi.zmq_msg_close(message)
        self.poller = zmq.Poller()
        self.messages.clear()
        self.monitors.clear()
        self.contents = [None] * 3
        if not eventually(lambda: collect() <= self.lent and not any(lent.values())):
            raise AssertionError(f"memory is still lent: {collect()}, {+lent!r:.200}")
        left = descriptors() - self.descriptors
        assert not left, {os.readlink(f"/proc/self/fd/{name}") for name in left}


def main() -> None:
    arguments = begin(
        __doc__,
        30,
        examples={"type": int, "default": 100, "help": "in each round (%(default)s)"},
        steps={"type": int, "default": 50, "help": "calls in each example (%(default)s)"},
        shrink={"action": "store_true", "help": "look for the fewest calls that fail"},
        verbose={"action": "store_true", "help": "print each call"},
    )
    warnings.simplefilter("ignore", ResourceWarning)  # `drop` is about that
    settings = hypothesis.settings(
        database=None,
        deadline=None,
        max_examples=arguments.examples,
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink][: 1 + arguments.shrink],
        stateful_step_count=arguments.steps,
        suppress_health_check=list(hypothesis.HealthCheck),
        verbosity=hypothesis.Verbosity.debug if arguments.verbose else hypothesis.Verbosity.normal,
    )
    limit = time.monotonic() + arguments.seconds
    rounds = 0
    while not rounds or time.monotonic() < limit:
        hypothesis.seed(arguments.seed + rounds)(States)
        run_state_machine_as_test(States, settings=settings)
        rounds += 1
    end({"rounds": rounds, **counts}, {})


if __name__ == "__main__":
    main()
