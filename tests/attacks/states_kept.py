"""The part of the state machine that looks at sockets and messages: options, polling, monitors.

The Poller, the monitors and the messages that it keeps go on when their sockets and contexts end.
"""

from __future__ import annotations

import errno
import itertools
from collections import Counter
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule

import zmqlite as zmq
from zmqlite import capi
from zmqlite.capi import ETERM

from .states_api import WAIT, C, Errno, Pythonic, attempt, borrow, check, lent
from .states_model import GONE, End

numbers = itertools.count(1)
counts: Counter[str] = Counter(
    dict.fromkeys(("examples", "calls", "sent", "received", "refused"), 0)
)


def call(function: Any, *arguments: Any) -> Any:
    """What a call returned, or an Errno; counted."""
    counts["calls"] += 1
    outcome = attempt(function, *arguments)
    counts["refused"] += isinstance(outcome, Errno)
    return outcome


class Kept(RuleBasedStateMachine):
    """What is kept beside the sockets, and the rules about that."""

    ends: Bundle[End] = Bundle("ends")

    def __init__(self) -> None:
        super().__init__()
        counts["examples"] += 1
        lent.clear()
        self.poller = zmq.Poller()
        self.registered: list[End] = []
        self.monitors: list[tuple[End, zmq.Monitor]] = []
        self.messages: list[tuple[zmq.Message, bytes]] = []  # received without a copy
        self.variables = [capi.zmq_msg_t() for _ in range(3)]
        self.contents: list[bytes | None] = [None] * 3

    # Options, polling, monitors

    @rule(end=ends, value=st.integers(1, 1000))
    def option(self, end: End, value: int) -> None:
        if end.closed == GONE:
            return
        outcome = call(end.api.set, end.socket, "backlog", value)
        got = call(end.api.get, end.socket, "backlog")
        if end.closed:
            assert outcome == got == end.closed
        elif not end.context.shut:
            assert (outcome, got) == (None, value)

    @rule(end=ends)
    def register(self, end: End) -> None:
        """Register a socket with the Poller, closed or not, or unregister it."""
        if end.closed == GONE or end.api is C:
            return
        if end in self.registered:
            self.poller.unregister(end.socket)
            self.registered.remove(end)
        else:
            self.poller.register(end.socket, zmq.POLLIN)
            self.registered.append(end)

    @rule()
    def poll(self) -> None:
        outcome = call(self.poller.poll, 0)
        self.polled(
            self.registered,
            outcome if isinstance(outcome, Errno) else {socket for socket, _ in outcome},
        )

    @rule(polled=st.lists(ends, max_size=4, unique=True))
    def poll_items(self, polled: list[End]) -> None:
        polled = [each for each in polled if each.api is C]
        items = [capi.zmq_pollitem_t(each.socket, 0, capi.ZMQ_POLLIN) for each in polled]
        outcome = call(lambda: check(capi.zmq_poll(items, len(items), 0)))
        found = {item.socket for item in items if item.revents}
        assert isinstance(outcome, Errno) or outcome == len(found)
        self.polled(polled, outcome if isinstance(outcome, Errno) else found)

    def polled(self, polled: list[End], outcome: Any) -> None:
        refusal = next((each.closed for each in polled if each.closed), 0)
        refusal = refusal or next((ETERM for each in polled if each.context.shut), 0)
        if refusal:
            assert outcome == refusal
            return
        assert not isinstance(outcome, Errno), outcome
        for each in polled:
            possible, sure = each.readable()
            assert possible or each.socket not in outcome, each
            assert each.socket in outcome or not sure, each

    @rule(end=ends)
    def monitor(self, end: End) -> None:
        if end.closed == GONE or end.api is C:
            return
        outcome = call(end.socket.monitor)
        if end.closed or end.context.shut:
            assert outcome == end.closed or (end.context.shut and outcome == ETERM), outcome
        else:
            self.monitors.append((end, outcome))

    @rule(choice=st.integers(0, 3), closes=st.booleans())
    def watch(self, choice: int, closes: bool) -> None:
        """Read a monitor; after the end of its socket there is a last event."""
        if not self.monitors:
            return
        end, monitor = self.monitors[choice % len(self.monitors)]
        events = []
        event: Any = None
        while not isinstance(event, Errno):
            if event is not None:
                events.append(event.event)
            last = zmq.MonitorEvent.MONITOR_STOPPED in events
            awaited = end.closed == errno.ENOTSOCK and not last
            event = call(monitor.recv, 0 if awaited else zmq.DONTWAIT, WAIT if awaited else None)
        assert event in ((ETERM,) if end.context.shut else (errno.EAGAIN,)), event
        assert zmq.MonitorEvent.MONITOR_STOPPED not in events[:-1]
        if closes or end.closed:
            monitor.close()
            self.monitors.remove((end, monitor))
            assert call(monitor.recv) in (ETERM, errno.ENOTSOCK)

    # What is kept

    @rule()
    def forget(self) -> None:
        """What was received without a copy is as it was, whatever became of its socket."""
        for message, content in self.messages:
            assert bytes(message) == content
        del self.messages[::2]

    @rule(
        what=st.sampled_from(["init", "init_size", "init_data", "move", "copy", "close"]),
        index=st.integers(0, 2),
        other=st.integers(0, 2),
        size=st.sampled_from([0, 20, 300, 70_000]),
    )
    def variable(self, what: str, index: int, other: int, size: int) -> None:
        """The life of a zmq_msg_t."""
        message, source = self.variables[index], self.variables[other]
        before, given = self.contents[index], self.contents[other]
        content = b"%d|" % next(numbers) + b"x" * size
        if what == "init":
            assert call(check, capi.zmq_msg_init(message)) == 0
            self.contents[index] = b""
        elif what == "init_size":
            assert call(check, capi.zmq_msg_init_size(message, len(content))) == 0
            capi.zmq_msg_data(message)[:] = content
            self.contents[index] = content
        elif what == "init_data":
            borrow(message, content)
            self.contents[index] = content
        elif what == "close":
            closed = call(lambda: check(capi.zmq_msg_close(message)))
            assert closed == (errno.EFAULT if before is None else 0)
            self.contents[index] = None
        else:
            function = capi.zmq_msg_move if what == "move" else capi.zmq_msg_copy
            moved = call(lambda: check(function(message, source)))
            assert moved == (errno.EFAULT if before is None or given is None else 0)
            if moved == 0:
                self.contents[index] = given
                self.contents[other] = b"" if what == "move" else given
        self.compare()

    def compare(self) -> None:
        for message, content in zip(self.variables, self.contents, strict=True):
            assert capi.zmq_msg_size(message) == (-1 if content is None else len(content))
            assert bytes(capi.zmq_msg_data(message)) == (content or b"")

    @rule(end=ends, index=st.integers(0, 2), sends=st.booleans())
    def transfer(self, end: End, index: int, sends: bool) -> None:
        """Send or receive with a zmq_msg_t."""
        message, content = self.variables[index], self.contents[index]
        if end.api is Pythonic or end.kind == "ROUTER":
            return
        function = capi.zmq_msg_send if sends else capi.zmq_msg_recv
        errors, possible = end.sending([b""]) if sends else (end.receiving()[0], True)
        if sends and (end.partial or any(not link.alive for link in end.links)):
            return
        outcome = call(lambda: check(function(message, end.socket, zmq.DONTWAIT)))
        if content is None:
            assert outcome == (end.closed or errno.EFAULT) or outcome == ETERM in errors
        elif not isinstance(outcome, Errno):
            self.contents[index] = b"" if sends else bytes(capi.zmq_msg_data(message))
            assert possible
            if sends:
                end.sent([content], False)
            else:
                end.received("frame", self.contents[index])
                assert capi.zmq_msg_more(message) == bool(end.rest)
        else:
            errors |= set() if sends or not end.receiving()[2] else {errno.EAGAIN}
            assert outcome in errors, (outcome, errors)
            if not sends and capi.zmq_msg_size(message) == 0:  # as zmq_msg_recv says
                self.contents[index] = b""
        self.compare()
