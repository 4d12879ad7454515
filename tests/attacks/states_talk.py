"""The part of the state machine that sends and receives, in every form of both APIs."""

from __future__ import annotations

import errno
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

import zmqlite as zmq

from .program import eventually
from .states_api import LENT, RECEIVES, SENDS, C, Errno, Pythonic
from .states_kept import Kept, call, counts, numbers
from .states_model import GONE, ContextModel, End


class Talk(Kept):
    """What is sent and received, checked with the model."""

    ends = Kept.ends

    def __init__(self) -> None:
        super().__init__()
        self.all = [ContextModel(api, api.context()) for api in (Pythonic, C)]

    def close(self, closing: End) -> None:
        raise NotImplementedError

    def detach(self, detaching: End) -> None:
        raise NotImplementedError

    def frames(self, sender: End, sizes: list[int]) -> list[bytes]:
        """Frames of which the first one of a message says which message it is."""
        frames = [b"x" * size for size in sizes]
        if not sender.partial or len(sizes) == 1:
            frames[0] = b"%d|" % next(numbers) + frames[0]
        if sender.kind == "ROUTER" and not sender.partial:
            frames.insert(0, sender.links[-1].other(sender).name if sender.links else b"nobody")
        return frames

    @rule(
        sender=ends,
        messages=st.lists(
            st.tuples(
                st.integers(0, 20),
                st.booleans(),
                st.lists(st.sampled_from([0, 5, 70_000]), min_size=1, max_size=4),
            ),
            min_size=1,
            max_size=4,
        ),
        choices=st.lists(st.integers(0, 60), max_size=6),
        between=st.sampled_from(["", "", "", "detach", "detach receiver", "close"]),
    )
    def talk(self, sender: End, messages: list[Any], choices: list[int], between: str) -> None:
        """Send, and receive at the other end; something may happen after the first receive."""
        sender = self.lively(sender, len(choices), receives=False)
        receiver = sender.links[-1].other(sender) if sender.links else sender
        for message in messages:
            self.send(sender, *message)
        for index, choice in enumerate(choices):
            self.receive(receiver, choice)
            if index == 0 and between:
                end = receiver if between == "detach receiver" else sender
                (self.close if between == "close" else self.detach)(end)

    often = often_too = talk  # chosen three times as often as another rule

    def lively(self, end: End, choice: int, receives: bool) -> End:
        """Most of the time another socket in place of one that can do nothing."""
        able = (
            each
            for context in self.all
            for each in (end, *context.ends)
            if (each.receiving()[1] if receives else each.may_send)
        )
        return end if choice % 4 == 0 else next(able, end)

    def send(self, sender: End, choice: int, more: bool, sizes: list[int]) -> None:
        if sender.closed == GONE:
            return
        forms = SENDS[sender.api]
        shape = [*forms][choice % len(forms)]
        if sender.kind == "ROUTER" and shape == "many" and not sender.partial:
            shape = "whole"
        frames = self.frames(sender, sizes[:1] if shape == "frame" else sizes)
        if shape == "many":
            frames = [b"%d|" % next(numbers) + frame for frame in frames]
            frames = frames if not sender.partial and sender.kind[:2] != "RE" else frames[:1]
            more = False
        if sender.kind == "ROUTER" and shape == "frame" and len(frames) == 2:
            frames, more = frames[:1], True
        if shape == "whole" and sender.api is C:
            more = False
        dying = any(not link.alive for link in sender.links)
        names = [*forms[shape]]
        # libzmq never frees the frames of a message whose peer goes before its end.
        if more or sender.partial or dying:
            names = [name for name in names if name not in LENT]
            frames = [frame[:1000] for frame in frames]  # longer ones are lent
        if dying and sender.api is C and shape == "whole":
            return  # it may have sent some of them when it fails
        form = forms[shape][names[choice % len(names)]]
        errors, possible = sender.sending(frames)
        outcome = call(form, sender.socket, frames, zmq.DONTWAIT | (zmq.SNDMORE if more else 0))
        if isinstance(outcome, Errno):
            assert outcome in errors, (outcome, errors)
            return
        assert possible, errors
        if shape != "many":
            sender.sent(frames, more)
        for frame in frames[:outcome] if shape == "many" else ():
            sender.sent([frame], False)
        counts["sent"] += not more

    @rule(receiver=ends, choices=st.lists(st.integers(0, 60), min_size=1, max_size=4))
    def listen(self, receiver: End, choices: list[int]) -> None:
        receiver = self.lively(receiver, sum(choices), receives=True)
        for choice in choices:
            self.receive(receiver, choice)

    def receive(self, receiver: End, choice: int) -> None:
        if receiver.closed == GONE:
            return
        forms = RECEIVES[receiver.api]
        shape = [*forms][choice % len(forms)]
        self.receive_as(receiver, shape, [*forms[shape]][choice % len(forms[shape])])

    def receive_as(self, receiver: End, shape: str, name: str) -> None:
        errors, sure, remote = receiver.receiving()
        if name in ("next", "iterate") and not sure:
            name = "recv" if name == "next" else "multipart"  # it would wait
        form = RECEIVES[receiver.api][shape][name]
        outcome = call(form, receiver.socket, 0 if sure and remote else zmq.DONTWAIT)
        if outcome == errno.EPROTO and shape == "many":
            assert receiver.rest or any(len(head) > 1 for head in receiver.heads())
        elif outcome == errno.EMSGSIZE and name == "short":
            assert any(len(each[0]) > 3 for each in (receiver.rest, *receiver.heads()) if each)
        elif isinstance(outcome, Errno):
            assert outcome in errors, (outcome, errors)
        else:
            if isinstance(outcome, zmq.Message):
                self.messages.append((outcome, bytes(outcome)))
                outcome = bytes(outcome)
            receiver.received(shape, outcome)
            counts["received"] += len(outcome) if shape == "many" else not receiver.rest
            if not receiver.context.shut:
                more = call(receiver.api.get, receiver.socket, "rcvmore")
                assert bool(more) == bool(receiver.rest)

    @rule(subscriber=ends, topic=st.sampled_from([b"", b"1", b"2"]), adds=st.booleans())
    def subscribe(self, subscriber: End, topic: bytes, adds: bool) -> None:
        """Subscribe or unsubscribe, and have the publisher receive that."""
        link = subscriber.target()
        if subscriber.kind != "SUB" or link is None or not link.alive:
            return
        publisher = link.other(subscriber)
        if not subscriber.usable or not publisher.usable or publisher.partial:
            return
        if not adds and (topic not in subscriber.topics or link.queues[subscriber]):
            return
        option = "subscribe" if adds else "unsubscribe"
        if subscriber.api is Pythonic:
            assert call(getattr(subscriber.socket, option), topic) is None
        else:
            assert call(C.set, subscriber.socket, option, topic) is None
        before = topic in subscriber.topics
        (subscriber.topics.append if adds else subscriber.topics.remove)(topic)
        if before != (topic in subscriber.topics):
            link.add(publisher, [(b"\1" if adds else b"\0") + topic])
            assert eventually(lambda: self.events(subscriber, publisher) & zmq.POLLIN)
            self.receive_whole(publisher)
            assert not link.queues[publisher]

    def events(self, *ends: End) -> int:
        """EVENTS of the last one; libzmq attaches new peers of all of them meanwhile."""
        return [int(call(each.api.get, each.socket, "events")) for each in ends][-1]

    def receive_whole(self, receiver: End) -> None:
        self.receive_as(receiver, "whole", next(iter(RECEIVES[receiver.api]["whole"])))
