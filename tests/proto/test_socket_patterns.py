"""What typed sockets carry beside a message: topics, types, routes of replies, attachments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from forms import GARBAGE
from schemas import Array, Cat, CatFlap
from support import Make

import zmqlite as zmq
from zmqlite import proto

TOM = Cat(name="Tom")
OPEN = CatFlap(open=True)

# Topics and types


def subscribed(pair: Any, codec: proto.Codec[Any], how: Callable[[Any], None]) -> Any:
    xpub, sub = pair(zmq.XPUB, zmq.SUB)
    typed = proto.TypedSocket(sub, codec)
    how(typed)
    assert xpub.recv().startswith(b"\1")
    return proto.TypedSocket(xpub, codec), typed


@pytest.mark.parametrize("topic", [b"home.", "home.", bytearray(b"home.")], ids=type)
def test_a_topic_selects_by_its_first_bytes(topic: Any, pair: Any) -> None:
    codec = proto.Topic(Cat)
    publisher, subscriber = subscribed(pair, codec, lambda typed: typed.subscribe(topic))
    publisher.send(Cat(name="wild"), topic=b"wood")
    publisher.send(TOM, topic=b"home.sofa")
    envelope = subscriber.recv_envelope()
    assert (envelope.topic, envelope.message) == (b"home.sofa", TOM)
    subscriber.unsubscribe(topic)
    assert publisher.socket.recv() == b"\0home."


def test_a_subscription_that_could_not_work_is_refused(context: zmq.Context) -> None:
    with context.socket(zmq.SUB) as sub:
        with pytest.raises(ValueError, match="bare messages have no topic"):
            proto.TypedSocket(sub, Cat).subscribe(b"home")
        with pytest.raises(TypeError, match=r"only Tagged\(\) without a topic"):
            proto.TypedSocket(sub, Cat).subscribe_type(Cat)
        with pytest.raises(TypeError, match=r"only Tagged\(\) without a topic"):
            proto.TypedSocket(sub, proto.Tagged(Cat, topic=True)).subscribe_type(Cat)
        with pytest.raises(TypeError, match=r"has no zoo\.CatFlap"):
            proto.TypedSocket(sub, proto.Tagged(Cat)).subscribe_type(CatFlap)
        proto.TypedSocket(sub, Cat).subscribe()


# Requests and replies


def test_with_on_error_the_receive_of_a_rep_goes_on_to_the_next(pair: Any, make: Make) -> None:
    rep, req = pair(zmq.REP, zmq.REQ)
    other = make(zmq.REQ, rcvtimeo=5000)
    other.connect(rep.last_endpoint)
    errors: list[proto.DecodeError] = []

    def note(error: proto.DecodeError) -> None:
        errors.append(error)
        other.send_multipart(proto.Bare(Cat).encode(TOM))

    server = proto.TypedSocket(rep, CatFlap, Cat, on_error=note)
    req.send(GARBAGE)
    assert server.recv() == TOM
    assert len(errors) == 1
    with pytest.raises(proto.RemoteError):
        proto.TypedSocket(req, Cat, CatFlap).recv()


def test_an_on_error_that_has_replied_leaves_nothing_to_answer(pair: Any) -> None:
    rep, req = pair(zmq.REP, zmq.REQ)
    server: Any = proto.TypedSocket(
        rep, CatFlap, Cat, on_error=lambda error: server.send(CatFlap(open=True))
    )
    client = proto.TypedSocket(req, Cat, CatFlap)
    req.send(GARBAGE)
    with pytest.raises(zmq.Again):
        server.recv(zmq.DONTWAIT)
    assert client.recv() == CatFlap(open=True)
    client.send(TOM)
    assert server.recv() == TOM


def test_an_on_error_that_raises_leaves_no_client_without_an_answer(pair: Any) -> None:
    def refuse(error: proto.DecodeError) -> None:
        raise KeyError("refused")

    rep, req = pair(zmq.REP, zmq.REQ)
    server = proto.TypedSocket(rep, Cat, on_error=refuse)
    req.send(GARBAGE)
    with pytest.raises(KeyError, match="refused"):
        server.recv()
    assert req.recv_multipart()[0] == b""


def test_a_client_that_reads_one_frame_sees_an_empty_message(pair: Any) -> None:
    rep, req = pair(zmq.REP, zmq.REQ)
    req.send(GARBAGE)
    with pytest.raises(proto.DecodeError):
        proto.TypedSocket(rep, CatFlap, Cat).recv()
    assert CatFlap.FromString(req.recv()) == CatFlap()


def test_a_dealer_gets_the_error_reply_with_its_route(pair: Any) -> None:
    rep, dealer = pair(zmq.REP, zmq.DEALER)
    server, client = proto.TypedSocket(rep, Cat), proto.TypedSocket(dealer, Cat)
    dealer.send_multipart([b"", GARBAGE])
    with pytest.raises(proto.DecodeError):
        server.recv()
    with pytest.raises(proto.RemoteError) as caught:
        client.recv()
    assert caught.value.route == [b""]


def test_a_bad_reply_is_raised_on_a_req_since_no_other_will_come(pair: Any) -> None:
    rep, req = pair(zmq.REP, zmq.REQ)
    errors: list[proto.DecodeError] = []
    client = proto.TypedSocket(req, Cat, on_error=errors.append)
    client.send(TOM)
    rep.recv()
    rep.send(GARBAGE)
    with pytest.raises(proto.DecodeError):
        client.recv()
    assert errors == []


def test_an_error_reply_that_nobody_asked_for_is_an_ordinary_message(pair: Any) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH)
    push.send_multipart([b"", b"zmqlite.error: x"])
    with pytest.raises(proto.FrameCount):
        proto.TypedSocket(pull, Cat).recv()
    push.send_multipart([b"", b"zmqlite.error: x"])
    typed = proto.TypedSocket(pull, proto.Bare(Cat, attachments=1))
    assert list(map(bytes, typed.recv_envelope().attachments)) == [b"zmqlite.error: x"]


@pytest.mark.parametrize("kind", [zmq.REQ, zmq.DEALER])
def test_a_router_answers_clients_by_their_route(
    pair: Any, make: Make, kind: zmq.SocketType
) -> None:
    router, first = pair(zmq.ROUTER, kind)
    second = make(kind, rcvtimeo=5000, routing_id=b"second")
    second.connect(router.last_endpoint)
    server = proto.TypedSocket(router, CatFlap, Cat)
    clients = [proto.TypedSocket(socket, Cat, CatFlap) for socket in (first, second)]
    for client in clients:
        client.send(TOM)
    for _ in clients:
        request = server.recv_envelope()
        assert request.message == TOM
        assert request.route[1:] == ([b""] if kind is zmq.REQ else [])
        server.send_envelope(request.reply(CatFlap(open=request.route[0] == b"second")))
    assert [client.recv().open for client in clients] == [False, True]


def test_a_dealer_talks_to_a_rep_with_an_empty_frame_as_route(pair: Any) -> None:
    rep, dealer = pair(zmq.REP, zmq.DEALER)
    server = proto.TypedSocket(rep, CatFlap, Cat)
    client = proto.TypedSocket(dealer, Cat, CatFlap)
    client.send_envelope(proto.Envelope(TOM, route=[b""]))
    assert server.recv() == TOM
    server.send(OPEN)
    reply = client.recv_envelope()
    assert (reply.route, reply.message) == ([b""], OPEN)


def test_a_bad_request_tells_a_router_where_it_came_from(pair: Any) -> None:
    router, dealer = pair(zmq.ROUTER, zmq.DEALER, routing_id=b"me")
    server = proto.TypedSocket(router, Cat)
    dealer.send(GARBAGE)
    dealer.send_multipart(proto.Bare(Cat).encode(TOM))
    with pytest.raises(proto.DecodeError) as caught:
        server.recv()
    assert caught.value.route == [b"me"]
    assert caught.value.frames == [b"me", GARBAGE]
    assert server.recv() == TOM


# Attachments


def test_an_attachment_is_received_without_a_copy_and_outlives_the_socket(pair: Any) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH)
    codec = proto.Bare(Array, attachments=1)
    sender, receiver = proto.TypedSocket(push, codec), proto.TypedSocket(pull, codec)
    pixels = bytes(range(256)) * 4096
    header = Array(shape=[1024, 1024], dtype="uint8")
    sender.send_envelope(proto.Envelope(header, attachments=[zmq.Message(pixels)]))
    envelope = receiver.recv_envelope()
    receiver.close()
    assert envelope.message == header
    view = envelope.attachments[0]
    assert isinstance(view, memoryview)
    assert view.readonly
    assert view.obj is not None
    assert view == pixels
