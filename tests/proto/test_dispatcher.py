"""The dispatcher: which handler is called, where failures go, and how the loop ends."""

from __future__ import annotations

import logging
import os
import signal
from typing import Any

import pytest
from schemas import Cat, CatFlap, DataMessage
from support import Task

import zmqlite as zmq
from zmqlite import proto

TOM = Cat(name="Tom")
DEFAULT = proto.Dispatcher().on_error
ZOO = proto.Tagged(Cat, CatFlap, DataMessage)


class Stage:
    """A dispatcher, what its on_error got, and a sender for each socket that it receives from."""

    def __init__(self, pair: Any) -> None:
        self.pair = pair
        self.failures: list[proto.Failure] = []
        self.dispatcher = proto.Dispatcher(self.failures.append)

    def add(
        self,
        receiver: zmq.SocketType = zmq.PULL,
        sender: zmq.SocketType = zmq.PUSH,
        codec: proto.Codec[Any] = ZOO,
    ) -> tuple[Any, Any]:
        bound, connected = self.pair(receiver, sender)
        typed = proto.TypedSocket(bound, codec)
        self.dispatcher.add(typed)
        return typed, proto.TypedSocket(connected, codec)

    def run_once(self) -> None:
        """Have the reactor make one round: what was sent over inproc before is handled."""
        reactor = self.dispatcher.reactor
        # In each round timers come before sockets.
        reactor.timer(0, lambda: reactor.timer(0, reactor.stop, times=1), times=1)
        self.dispatcher.run()

    def stop_at(self, kind: type) -> None:
        self.dispatcher.register(kind, lambda message, delivery: self.dispatcher.stop())

    def note(self, kind: type) -> tuple[list[Any], list[Any]]:
        """Handle a type by noting its messages and their deliveries."""
        messages: list[Any] = []
        deliveries: list[Any] = []

        @self.dispatcher.on(kind)
        def note(message: Any, delivery: Any) -> None:
            messages.append(message)
            deliveries.append(delivery)

        return messages, deliveries

    def fail_at(self, kind: type) -> None:
        self.dispatcher.register(kind, lambda message, delivery: 1 // 0)

    def refuse(self) -> None:
        """Have on_error raise what it gets."""

        def refuse(failure: proto.Failure) -> None:
            raise failure.error

        self.dispatcher.on_error = refuse

    def served(self) -> Any:
        """A client whose requests are received from a REP."""
        return self.add(zmq.REP, zmq.REQ)[1]


@pytest.fixture
def stage(pair: Any) -> Stage:
    return Stage(pair)


def test_each_type_goes_to_its_handler(stage: Stage) -> None:
    _, sender = stage.add()
    cats, _ = stage.note(Cat)
    flaps, _ = stage.note(CatFlap)
    stage.stop_at(DataMessage)
    for message in (TOM, CatFlap(open=True), Cat(name="Kit"), DataMessage()):
        sender.send(message)
    stage.dispatcher.run()
    assert (cats, flaps, stage.failures) == ([TOM, Cat(name="Kit")], [CatFlap(open=True)], [])


def test_a_handler_serves_several_sockets_and_knows_which(stage: Stage) -> None:
    ends = [stage.add() for _ in range(3)]
    _, deliveries = stage.note(Cat)
    for _, sender in ends:
        sender.send(TOM)
    stage.run_once()
    assert {id(each.socket) for each in deliveries} == {id(receiver) for receiver, _ in ends}


def test_a_handler_for_one_socket_goes_before_one_for_all(stage: Stage) -> None:
    (special, to_special), (_, to_other) = stage.add(), stage.add()
    seen = []
    stage.dispatcher.register(Cat, lambda message, delivery: seen.append("any"))
    stage.dispatcher.register(Cat, lambda message, delivery: seen.append("special"), special)
    for sender in (to_special, to_other):
        sender.send(TOM)
        stage.run_once()
    assert seen == ["special", "any"]


def test_two_handlers_for_the_same_are_refused(stage: Stage) -> None:
    stage.stop_at(Cat)
    with pytest.raises(ValueError, match=r"zoo\.Cat has a handler"):
        stage.stop_at(Cat)
    wrong: Any = int
    with pytest.raises(TypeError):
        stage.stop_at(wrong)


def test_whatever_fails_goes_to_one_place_and_the_loop_goes_on(stage: Stage) -> None:
    receiver, sender = stage.add()
    stage.fail_at(Cat)
    stage.stop_at(DataMessage)
    for message in (TOM, CatFlap(open=True)):
        sender.send(message)
    for frames in ([b"zoo.Dog", b""], [b"zoo.Cat", b"\xff"], [b"zoo.Cat"]):
        sender.socket.send_multipart(frames)
    sender.send(DataMessage())
    stage.dispatcher.run()
    kinds = [type(failure.error) for failure in stage.failures]
    undecoded = [proto.UnknownType, proto.DecodeError, proto.FrameCount]
    assert kinds == [ZeroDivisionError, proto.NoHandler, *undecoded]
    assert all(failure.socket is receiver for failure in stage.failures)
    messages = [failure.envelope and failure.envelope.message for failure in stage.failures]
    assert messages == [TOM, CatFlap(open=True), None, None, None]


def test_by_default_failures_are_logged(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    _, sender = stage.add()
    stage.dispatcher.on_error = DEFAULT
    stage.fail_at(Cat)
    sender.socket.send_multipart([b"zoo.Dog", b""])
    sender.socket.send_multipart([b"zoo.Cat", b""])
    with caplog.at_level(logging.ERROR):
        stage.run_once()
    unknown, failed = caplog.records
    assert "unknown type 'zoo.Dog'" in unknown.getMessage()
    assert unknown.exc_info is None
    assert failed.exc_info is not None
    assert failed.exc_info[0] is ZeroDivisionError
    assert unknown.name == "zmqlite.proto.dispatcher"


def test_what_on_error_raises_ends_the_loop(stage: Stage) -> None:
    _, sender = stage.add()
    stage.refuse()
    sender.socket.send_multipart([b"zoo.Dog", b""])
    with pytest.raises(proto.UnknownType):
        stage.dispatcher.run()


def test_handlers_reply_to_where_a_request_came_from(stage: Stage) -> None:
    _, client = stage.add(zmq.ROUTER, zmq.DEALER)

    @stage.dispatcher.on(Cat)
    def on_cat(message: Any, delivery: Any) -> None:
        delivery.reply(CatFlap(open=True))

    client.send(TOM)
    stage.run_once()
    assert client.recv() == CatFlap(open=True)


def test_on_error_can_answer_a_failed_request_of_a_rep(stage: Stage) -> None:
    client = stage.served()
    stage.dispatcher.on_error = lambda failure: failure.reply(DataMessage(content="sorry"))
    stage.fail_at(Cat)
    for bad in ([b"zoo.Cat", b""], [b"zoo.Cat", b"\xff"], [b"zoo.CatFlap", b""]):
        client.socket.send_multipart(bad)
        stage.run_once()
        assert client.recv() == DataMessage(content="sorry")


def test_a_failed_request_of_a_rep_gets_an_error_reply_and_the_loop_goes_on(stage: Stage) -> None:
    client = stage.served()
    stage.fail_at(Cat)
    stage.dispatcher.register(CatFlap, lambda message, delivery: delivery.reply(message))
    for request, reason in (
        ([b"zoo.Cat", b""], "the request failed"),
        ([b"zoo.Cat", b"\xff"], "the request does not parse"),
        ([b"zoo.Cat"], "the request has a wrong number of frames"),
        ([b"zoo.Dog", b""], "the request is of an unknown type"),
        ([b"DataMessage", b""], "the server has no handler for this type"),
    ):
        client.socket.send_multipart(request)
        stage.run_once()
        with pytest.raises(proto.RemoteError) as caught:
            client.recv()
        assert caught.value.reason == reason
    client.send(CatFlap(open=True))
    stage.run_once()
    assert client.recv() == CatFlap(open=True)
    assert len(stage.failures) == 5


def test_what_on_error_raises_leaves_no_client_of_a_rep_without_an_answer(stage: Stage) -> None:
    client = stage.served()
    stage.refuse()
    client.socket.send(b"")
    with pytest.raises(proto.FrameCount):
        stage.dispatcher.run()
    with pytest.raises(proto.RemoteError):
        client.recv()


def test_a_socket_with_an_on_error_of_its_own_keeps_its_errors(stage: Stage) -> None:
    rep, req = stage.pair(zmq.REP, zmq.REQ)
    own: list[proto.DecodeError] = []
    dispatcher = stage.dispatcher
    dispatcher.add(proto.TypedSocket(rep, ZOO, on_error=own.append))
    seen, _ = stage.note(Cat)
    client = proto.TypedSocket(req, ZOO)
    req.send(b"")
    checking = dispatcher.reactor.timer(0, lambda: dispatcher.stop() if own else None)
    dispatcher.run()
    dispatcher.reactor.cancel(checking)
    with pytest.raises(proto.RemoteError):
        client.recv()
    client.send(TOM)
    dispatcher.reactor.timer(0, lambda: dispatcher.stop() if seen else None)
    dispatcher.run()
    assert [type(error) for error in own] == [proto.FrameCount]
    assert (seen, stage.failures) == ([TOM], [])


def test_a_rep_may_reply_after_its_handler_has_returned(stage: Stage) -> None:
    client = stage.served()
    _, deliveries = stage.note(Cat)
    client.send(TOM)
    stage.run_once()
    stage.run_once()
    deliveries[0].reply(CatFlap())
    assert client.recv() == CatFlap()
    assert not stage.failures


def test_a_handler_of_a_rep_that_replied_before_it_failed_is_no_end(stage: Stage) -> None:
    client = stage.served()

    @stage.dispatcher.on(Cat)
    def on_cat(message: Any, delivery: Any) -> None:
        delivery.reply(CatFlap())
        raise KeyError

    client.send(TOM)
    stage.run_once()
    assert client.recv() == CatFlap()


def test_stop_in_a_handler_leaves_the_next_message_for_the_next_run(stage: Stage) -> None:
    receiver, sender = stage.add()
    stage.stop_at(Cat)
    sender.send(TOM)
    sender.send(CatFlap(open=True))
    stage.dispatcher.run()
    assert receiver.recv() == CatFlap(open=True)
    assert not stage.failures


def test_the_end_of_the_context_ends_the_loop(stage: Stage, context: zmq.Context) -> None:
    stage.add()
    running = Task(stage.dispatcher.run)
    context.shutdown()
    running.result()


def test_a_socket_can_be_removed_also_by_a_handler(stage: Stage) -> None:
    receiver, sender = stage.add()

    @stage.dispatcher.on(Cat)
    def on_cat(message: Any, delivery: Any) -> None:
        stage.dispatcher.remove(delivery.socket)
        delivery.socket.close()

    sender.send(TOM)
    sender.send(TOM)
    stage.run_once()
    assert receiver.socket.closed
    stage.run_once()
    assert not stage.failures


def test_a_flooded_socket_does_not_starve_the_others(stage: Stage) -> None:
    (_, busy), (quiet, other) = stage.add(), stage.add()
    _, deliveries = stage.note(Cat)
    busy.send_many([TOM] * 500)
    other.send(TOM)
    stage.run_once()
    assert quiet in [each.socket for each in deliveries]
    assert len(deliveries) == 101


def test_ctrl_c_comes_out_of_the_loop(stage: Stage) -> None:
    _, sender = stage.add()
    stage.dispatcher.register(Cat, lambda message, delivery: os.kill(os.getpid(), signal.SIGINT))
    sender.send(TOM)
    with pytest.raises(KeyboardInterrupt):
        stage.dispatcher.run()
    assert not stage.failures


def test_timers_and_other_readers_share_the_reactor(reactor: zmq.Reactor, pair: Any) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH)
    plain, to_plain = pair(zmq.PULL, zmq.PUSH)
    dispatcher = proto.Dispatcher(reactor=reactor)
    assert dispatcher.reactor is reactor
    dispatcher.add(proto.TypedSocket(pull, Cat))
    seen: list[Any] = []
    dispatcher.register(Cat, lambda message, delivery: seen.append(message))
    reactor.reader(plain, lambda socket: seen.append(socket.recv()))
    reactor.timer(0, lambda: seen.append("timer"), times=1)
    proto.TypedSocket(push, Cat).send(TOM)
    to_plain.send(b"plain")
    reactor.timer(0, lambda: reactor.stop() if len(seen) == 3 else None)
    reactor.run()
    assert seen[0] == "timer"
    assert TOM in seen
    assert b"plain" in seen


def test_without_sockets_and_timers_there_is_nothing_to_run(stage: Stage) -> None:
    receiver, _ = stage.add()
    stage.dispatcher.remove(receiver)
    stage.dispatcher.run()
