"""The dispatcher: which handler is called, where failures go, and how the loop ends."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from schemas import Cat, CatFlap, DataMessage

import zmqlite as zmq
from zmqlite import proto

TOM = Cat(name="Tom")
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

    def stop_at(self, kind: type) -> None:
        self.dispatcher.register(kind, lambda message, delivery: self.dispatcher.stop())


@pytest.fixture
def stage(pair: Any) -> Iterator[Stage]:
    stage = Stage(pair)
    yield stage
    stage.dispatcher.close()


def test_each_type_goes_to_its_handler(stage: Stage) -> None:
    _, sender = stage.add()
    cats, flaps = [], []

    @stage.dispatcher.on(Cat)
    def on_cat(message: Any, delivery: Any) -> None:
        cats.append(message.name)

    @stage.dispatcher.on(CatFlap)
    def on_flap(message: Any, delivery: Any) -> None:
        flaps.append(message.open)

    stage.stop_at(DataMessage)
    for message in (TOM, CatFlap(open=True), Cat(name="Kit"), DataMessage()):
        sender.send(message)
    stage.dispatcher.run()
    assert (cats, flaps, stage.failures) == (["Tom", "Kit"], [True], [])


def test_a_handler_serves_several_sockets_and_knows_which(stage: Stage) -> None:
    ends = [stage.add() for _ in range(3)]
    seen = []

    @stage.dispatcher.on(Cat)
    def on_cat(message: Any, delivery: Any) -> None:
        seen.append(delivery.socket)
        if len(seen) == 3:
            stage.dispatcher.stop()

    for _, sender in ends:
        sender.send(TOM)
    stage.dispatcher.run()
    assert {id(socket) for socket in seen} == {id(receiver) for receiver, _ in ends}


def test_a_handler_for_one_socket_goes_before_one_for_all(stage: Stage) -> None:
    (special, to_special), (_, to_other) = stage.add(), stage.add()
    seen = []
    stage.dispatcher.register(Cat, lambda message, delivery: seen.append("any"))
    stage.dispatcher.register(Cat, lambda message, delivery: seen.append("special"), special)
    to_special.send(TOM)
    assert stage.dispatcher.run_once(1000)
    to_other.send(TOM)
    assert stage.dispatcher.run_once(1000)
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

    @stage.dispatcher.on(Cat)
    def on_cat(message: Any, delivery: Any) -> None:
        raise KeyError(message.name)

    stage.stop_at(DataMessage)
    sender.send(TOM)
    sender.send(CatFlap(open=True))
    sender.socket.send_multipart([b"zoo.Dog", b""])
    sender.socket.send_multipart([b"zoo.Cat", b"\xff"])
    sender.socket.send_multipart([b"zoo.Cat"])
    sender.send(DataMessage())
    stage.dispatcher.run()
    kinds = [type(failure.error) for failure in stage.failures]
    assert kinds == [
        KeyError,
        proto.NoHandler,
        proto.UnknownType,
        proto.DecodeError,
        proto.FrameCount,
    ]
    assert all(failure.socket is receiver for failure in stage.failures)
    envelopes = [failure.envelope for failure in stage.failures]
    assert [envelope.message if envelope else None for envelope in envelopes] == [
        TOM,
        CatFlap(open=True),
        None,
        None,
        None,
    ]


def test_by_default_failures_are_logged(pair: Any, caplog: pytest.LogCaptureFixture) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH)
    dispatcher = proto.Dispatcher()
    dispatcher.add(proto.TypedSocket(pull, ZOO))
    dispatcher.register(Cat, lambda message, delivery: 1 // 0)
    push.send_multipart([b"zoo.Dog", b""])
    push.send_multipart([b"zoo.Cat", b""])
    with caplog.at_level(logging.ERROR):
        assert dispatcher.run_once(1000)
    dispatcher.close()
    unknown, failed = caplog.records
    assert "unknown type 'zoo.Dog'" in unknown.getMessage()
    assert unknown.exc_info is None
    assert failed.exc_info is not None
    assert failed.exc_info[0] is ZeroDivisionError
    assert unknown.name == "zmqlite.proto.dispatcher"


def test_what_on_error_raises_ends_the_loop(pair: Any) -> None:
    def refuse(failure: proto.Failure) -> None:
        raise failure.error

    pull, push = pair(zmq.PULL, zmq.PUSH)
    dispatcher = proto.Dispatcher(refuse)
    dispatcher.add(proto.TypedSocket(pull, ZOO))
    push.send_multipart([b"zoo.Dog", b""])
    with pytest.raises(proto.UnknownType):
        dispatcher.run()
    dispatcher.close()


def test_handlers_reply_to_where_a_request_came_from(stage: Stage) -> None:
    _, client = stage.add(zmq.ROUTER, zmq.DEALER)

    @stage.dispatcher.on(Cat)
    def on_cat(message: Any, delivery: Any) -> None:
        delivery.reply(CatFlap(open=True))

    client.send(TOM)
    assert stage.dispatcher.run_once(1000)
    assert client.recv() == CatFlap(open=True)


def test_on_error_can_answer_a_failed_request_of_a_rep(stage: Stage) -> None:
    _, client = stage.add(zmq.REP, zmq.REQ)
    stage.dispatcher.on_error = lambda failure: failure.reply(DataMessage(content="sorry"))
    stage.dispatcher.register(Cat, lambda message, delivery: 1 // 0)
    for bad in ([b"zoo.Cat", b""], [b"zoo.Cat", b"\xff"], [b"zoo.CatFlap", b""]):
        client.socket.send_multipart(bad)
        assert stage.dispatcher.run_once(1000)
        assert client.recv() == DataMessage(content="sorry")


def test_a_failed_request_of_a_rep_that_nobody_answers_ends_the_loop(stage: Stage) -> None:
    _, client = stage.add(zmq.REP, zmq.REQ)
    stage.dispatcher.register(Cat, lambda message, delivery: 1 // 0)
    client.send(TOM)
    with pytest.raises(ZeroDivisionError):
        stage.dispatcher.run()
    assert len(stage.failures) == 1


def test_a_handler_of_a_rep_that_replied_before_it_failed_is_no_end(stage: Stage) -> None:
    _, client = stage.add(zmq.REP, zmq.REQ)

    @stage.dispatcher.on(Cat)
    def on_cat(message: Any, delivery: Any) -> None:
        delivery.reply(CatFlap())
        raise KeyError

    client.send(TOM)
    assert stage.dispatcher.run_once(1000)
    assert client.recv() == CatFlap()


def test_stop_in_a_handler_leaves_the_next_message_for_the_next_run(stage: Stage) -> None:
    receiver, sender = stage.add()
    stage.stop_at(Cat)
    sender.send(TOM)
    sender.send(CatFlap(open=True))
    stage.dispatcher.run()
    assert receiver.recv() == CatFlap(open=True)
    assert not stage.failures


def test_stop_from_another_thread_wakes_the_loop(stage: Stage) -> None:
    stage.add()
    for _ in range(20):
        thread = threading.Thread(target=stage.dispatcher.run)
        thread.start()
        stage.dispatcher.stop()
        thread.join(5)
        assert not thread.is_alive()


def test_stop_before_run_ends_that_run_alone(stage: Stage) -> None:
    _, sender = stage.add()
    seen = []
    stage.dispatcher.register(Cat, lambda message, delivery: seen.append(message))
    for _ in range(100_000):
        stage.dispatcher.stop()
    stage.dispatcher.run()
    sender.send(TOM)
    assert stage.dispatcher.run_once(1000)
    assert not stage.dispatcher._poller.poll(0)
    assert seen == [TOM]


def test_the_end_of_the_context_ends_the_loop(stage: Stage, context: zmq.Context) -> None:
    stage.add()
    thread = threading.Thread(target=stage.dispatcher.run)
    thread.start()
    context.shutdown()
    thread.join(5)
    assert not thread.is_alive()


def test_a_socket_that_was_closed_ends_the_loop_with_an_error(stage: Stage) -> None:
    receiver, _ = stage.add()
    receiver.close()
    with pytest.raises(zmq.SocketClosed):
        stage.dispatcher.run()


def test_a_socket_can_be_removed_also_by_a_handler(stage: Stage) -> None:
    receiver, sender = stage.add()

    @stage.dispatcher.on(Cat)
    def on_cat(message: Any, delivery: Any) -> None:
        stage.dispatcher.remove(delivery.socket)
        delivery.socket.close()

    sender.send(TOM)
    sender.send(TOM)
    assert stage.dispatcher.run_once(1000)
    assert receiver.socket.closed
    assert stage.dispatcher.run_once(0)
    assert not stage.failures


def test_a_flooded_socket_leaves_the_others_their_turn(stage: Stage) -> None:
    (_, busy), (quiet, other) = stage.add(), stage.add()
    seen = []
    stage.dispatcher.register(Cat, lambda message, delivery: seen.append(delivery.socket))
    busy.send_many([TOM] * 500)
    other.send(TOM)
    assert stage.dispatcher.run_once(1000)
    assert quiet in seen
    assert len(seen) == 101


def test_ctrl_c_comes_out_of_the_loop(stage: Stage) -> None:
    _, sender = stage.add()
    stage.dispatcher.register(Cat, lambda message, delivery: os.kill(os.getpid(), signal.SIGINT))
    sender.send(TOM)
    with pytest.raises(KeyboardInterrupt):
        stage.dispatcher.run()
    assert not stage.failures


def test_a_dispatcher_that_is_forgotten_leaves_no_descriptor() -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(50):
        proto.Dispatcher()
    assert len(os.listdir("/proc/self/fd")) == before
