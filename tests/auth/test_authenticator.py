"""The authenticator in a thread, and sockets set up in one call: nobody gets in who should not."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from auth_support import (
    ANNA,
    BERT,
    HASHES,
    OUTCOMES,
    SERVER,
    WAIT,
    authenticator_of,
    curve_client,
    curve_server,
    denial,
    gets_in,
    outcome,
    plain_client,
)
from google.protobuf.timestamp_pb2 import Timestamp
from support import Make, eventually

from zmqlite import (
    DEALER,
    PULL,
    PUSH,
    REP,
    REQ,
    Context,
    MonitorEvent,
    SecurityError,
    aio,
    auth,
    proto,
)
from zmqlite.auth.authenticator import Thread
from zmqlite.auth.handler import Handler

ZAP = "inproc://zeromq.zap.01"
USER = ANNA.public_key.decode()


def test_a_set_lets_in_its_keys_and_messages_carry_the_user_id(make: Make) -> None:
    server, endpoint = curve_server(make, {ANNA.public_key})
    assert server.zap_enforce_domain
    anna, bert = (curve_client(make, each) for each in (ANNA, BERT))
    assert outcome(bert, endpoint) is MonitorEvent.HANDSHAKE_FAILED_AUTH
    assert gets_in(anna, endpoint)
    anna.send(b"let in")
    message = server.recv_message(timeout=WAIT)
    assert (bytes(message), message.metadata("User-Id")) == (b"let in", USER)


def test_a_directory_lets_in_who_is_added_and_refuses_who_is_removed(
    make: Make, tmp_path: Path, context: Context
) -> None:
    _, endpoint = curve_server(make, tmp_path)
    assert not gets_in(curve_client(make, ANNA), endpoint)
    ANNA.public_only().save(tmp_path / "anna")
    assert gets_in(curve_client(make, ANNA), endpoint)
    assert authenticator_of(context).allowed(USER)
    (tmp_path / "anna").unlink()
    assert not gets_in(curve_client(make, ANNA), endpoint)
    assert not authenticator_of(context).allowed(USER)


async def allow_later(domain: str, address: str, key: bytes) -> str | None:
    return "anna" if (address, key) == ("127.0.0.1", ANNA.public_key) else None


@pytest.mark.parametrize("allow", [lambda *given: given[2] == ANNA.public_key, allow_later])
def test_a_callable_is_asked(allow: Any, make: Make) -> None:
    _, endpoint = curve_server(make, allow)
    assert gets_in(curve_client(make, ANNA), endpoint)
    assert not gets_in(curve_client(make, BERT), endpoint)


@pytest.mark.parametrize("allow", [HASHES, lambda *given: given[2:] == ("anna", "right")])
def test_plain_lets_in_who_has_the_password(allow: Any, make: Make) -> None:
    server = make(PULL)
    auth.plain_server(server, allow=allow)
    endpoint = server.bind("tcp://127.0.0.1:*")
    assert not gets_in(plain_client(make, "anna", "wrong"), endpoint)
    anna = plain_client(make, "anna", "right")
    assert gets_in(anna, endpoint)
    anna.send(b"")
    assert server.recv_message(timeout=WAIT).metadata("User-Id") == "anna"


def test_peers_without_security_are_let_in_by_their_address(make: Make) -> None:
    for networks, lets_in in ((["127.0.0.0/8"], True), (["10.0.0.0/8"], False)):
        server = make(PULL)
        auth.null_server(server, allow=auth.Policy(null=auth.ANYONE, addresses=networks))
        assert gets_in(make(PUSH), server.bind("tcp://127.0.0.1:*")) is lets_in


def test_anyone_needs_no_authenticator_and_one_that_comes_lets_them_in(
    make: Make, context: Context
) -> None:
    server, endpoint = curve_server(make, auth.ANYONE)
    assert not server.zap_enforce_domain
    assert authenticator_of(context) is None
    assert gets_in(curve_client(make, ANNA), endpoint)
    with auth.Authenticator(context) as authenticator:
        assert gets_in(curve_client(make, ANNA), endpoint)
        assert authenticator.statistics().accepted == 1


def test_sockets_of_one_context_have_policies_of_their_own(make: Make, context: Context) -> None:
    _, first = curve_server(make, {ANNA.public_key})
    _, second = curve_server(make, {BERT.public_key})
    assert gets_in(curve_client(make, ANNA), first)
    assert not gets_in(curve_client(make, ANNA), second)
    assert gets_in(curve_client(make, BERT), second)
    assert authenticator_of(context).statistics()[:2] == (2, 1)


def test_policies_go_with_their_sockets(make: Make, context: Context) -> None:
    for _ in range(5):
        server, _ = curve_server(make, {ANNA.public_key})
        server.close()
    curve_server(make, {ANNA.public_key})
    assert len(context._owner.policies._served) == 1


def test_policies_by_domain_serve_sockets_that_were_set_up_by_hand(
    make: Make, context: Context
) -> None:
    policies = {"sales": auth.Policy(curve={ANNA.public_key})}
    with auth.Authenticator(context, policies):
        options = {"curve_server": True, "curve_secretkey": SERVER.secret_key}
        sales, other = make(PULL, zap_domain="sales", **options), make(PULL, **options)
        endpoints = [each.bind("tcp://127.0.0.1:*") for each in (sales, other)]
        assert [gets_in(curve_client(make, ANNA), each) for each in endpoints] == [True, False]
        with pytest.raises(ValueError, match="'sales' has a policy"):
            auth.curve_server(make(PULL, zap_domain="sales"), SERVER, allow=set())


def test_when_it_has_ended_nobody_gets_in(make: Make, context: Context) -> None:
    with auth.Authenticator(context, auth.Policy(curve={ANNA.public_key})) as authenticator:
        _, endpoint = curve_server(make, {ANNA.public_key})
        assert gets_in(curve_client(make, ANNA), endpoint)
    assert "ended" in repr(authenticator)
    assert outcome(curve_client(make, ANNA), endpoint) is MonitorEvent.HANDSHAKE_FAILED_NO_DETAIL
    with pytest.raises(SecurityError, match="no ZAP handler"):
        make(PULL, curve_server=True, curve_secretkey=SERVER.secret_key).bind("tcp://127.0.0.1:*")
    with auth.Authenticator(context, auth.Policy()):
        assert gets_in(curve_client(make, ANNA), endpoint)


def test_a_context_has_one(make: Make, context: Context) -> None:
    first = auth.Authenticator(context)
    with pytest.raises(SecurityError, match=r"one ZAP handler: it has one.*by domain"):
        auth.Authenticator(context)
    first.stop()
    with make(REP) as handler:
        handler.bind(ZAP)
        with pytest.raises(SecurityError, match="another ZAP handler is bound"):
            auth.Authenticator(context)
        with pytest.raises(SecurityError, match="another ZAP handler is bound"):
            auth.curve_server(make(PULL), SERVER, allow=set())
        handler.unbind(ZAP)
    auth.Authenticator(context).stop()
    wrong: Any = aio.Context
    with pytest.raises(TypeError, match=r"zmqlite\.auth\.aio\.Authenticator"):
        auth.Authenticator(wrong)


def test_it_ends_with_the_context(monkeypatch: pytest.MonkeyPatch) -> None:
    close = Thread.close

    def slowly(thread: Thread) -> None:
        time.sleep(0.1)
        close(thread)

    monkeypatch.setattr(Thread, "close", slowly)
    before = set(threading.enumerate())
    with Context(linger=0) as context, context.socket(PULL) as server:
        auth.curve_server(server, SERVER, allow=set())
        assert set(threading.enumerate()) > before
    assert set(threading.enumerate()) <= before


def test_malformed_requests_are_survived(make: Make, context: Context) -> None:
    _, endpoint = curve_server(make, {ANNA.public_key})
    for frames in ([b""], [b"", b"1.0"], [b"", b"x", b"1"], [b"", b"1.0", b"1", b"d"]):
        with make(DEALER) as attacker:
            attacker.connect(ZAP)
            attacker.send_multipart(frames)
            if len(frames) > 2:
                assert attacker.recv_multipart(timeout=WAIT)[3] == b"500"
    assert gets_in(curve_client(make, ANNA), endpoint)
    eventually(lambda: authenticator_of(context).statistics().malformed == 4)


def test_when_its_thread_dies_nobody_gets_in_and_that_is_told(
    make: Make, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, endpoint = curve_server(make, {ANNA.public_key})
    authenticator = authenticator_of(context)
    monkeypatch.setattr(Handler, "receive", lambda *_: 1 / 0)
    with context.monitor() as monitor:
        client = curve_client(make, ANNA)
        client.connect(endpoint)
        assert "nobody gets in: ZeroDivisionError at" in denial(monitor).cause
    eventually(lambda: authenticator_of(context) is None)
    monkeypatch.undo()
    with server.monitor(OUTCOMES) as monitor:
        curve_client(make, ANNA).connect(endpoint)
        assert monitor.recv(timeout=WAIT).event is MonitorEvent.HANDSHAKE_FAILED_NO_DETAIL
    _, other = curve_server(make, {ANNA.public_key})  # which starts another one
    assert gets_in(curve_client(make, ANNA), other)
    with pytest.raises(ZeroDivisionError):
        authenticator.stop()


def test_a_denial_is_an_event_and_a_line_that_name_the_cause(
    make: Make, context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "zmqlite")
    _, endpoint = curve_server(make, {ANNA.public_key})
    with context.monitor() as monitor:
        assert not gets_in(curve_client(make, BERT), endpoint)
        event = denial(monitor)
    assert (event.event, event.value) == (MonitorEvent.HANDSHAKE_FAILED_AUTH, 400)
    assert (event.peer, event.mechanism, event.role) == ("127.0.0.1", "CURVE", "server")
    assert BERT.public_key.decode() in event.cause
    assert "none of the keys" in str(event)
    eventually(lambda: "none of the keys" in caplog.text)
    eventually(lambda: "denied by the policy" in caplog.text)


def test_no_password_is_in_an_event_or_a_line(
    make: Make, context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "zmqlite")

    def allow(*given: str) -> bool:
        raise ValueError(given)

    server = make(PULL)
    auth.plain_server(server, allow=allow)
    with context.monitor() as monitor:
        plain_client(make, "anna", "s3cret").connect(server.bind("tcp://127.0.0.1:*"))
        event = denial(monitor)
    assert event.value == 300
    assert "'anna': the callable that decides raised ValueError at " in event.cause
    eventually(lambda: "ValueError at " in caplog.text)
    assert "s3cret" not in caplog.text + str(event)
    assert authenticator_of(context).statistics().undecided > 0


def test_a_callable_that_does_not_return_holds_up_only_its_own_clients(
    make: Make, context: Context
) -> None:
    stuck, free = threading.Event(), threading.Event()

    def allow(domain: str, address: str, key: bytes) -> bool:
        stuck.set()
        return free.wait()

    with auth.Authenticator(context, timeout=200) as authenticator:
        _, slow = curve_server(make, allow)
        _, fast = curve_server(make, {ANNA.public_key})
        client = curve_client(make, ANNA, handshake_ivl=300)  # after which libzmq tries again
        client.connect(slow)
        assert stuck.wait(10)
        assert gets_in(curve_client(make, ANNA), fast)
        eventually(lambda: authenticator.statistics().undecided > 0)
        free.set()
        eventually(lambda: authenticator.statistics().accepted > 1)


def test_a_revoked_user_is_refused_and_its_connection_shows_it(
    make: Make, context: Context
) -> None:
    server, endpoint = curve_server(make, lambda *_: "anna")
    authenticator = authenticator_of(context)
    anna = curve_client(make, ANNA)
    assert gets_in(anna, endpoint)
    authenticator.revoke("anna")
    anna.send(b"still connected")
    user = server.recv_message(timeout=WAIT).metadata("User-Id")
    assert user == "anna"
    assert not authenticator.allowed(user)
    assert not gets_in(curve_client(make, ANNA), endpoint)
    authenticator.restore("anna")
    assert authenticator.allowed(user)
    assert gets_in(curve_client(make, ANNA), endpoint)
    with pytest.raises(TypeError, match="user id is a str"):
        authenticator.revoke(b"anna")


def test_a_dispatcher_calls_no_handler_for_who_was_revoked(make: Make, context: Context) -> None:
    keys = {ANNA.public_key}
    server = make(REP)
    authenticator = auth.curve_server(server, SERVER, allow=keys)
    client = make(REQ, rcvtimeo=WAIT)
    auth.curve_client(client, ANNA, SERVER)
    client.connect(server.bind("tcp://127.0.0.1:*"))
    failures: list[proto.Failure] = []
    handled: list[str | None] = []

    def fail(failure: proto.Failure) -> None:
        failures.append(failure)
        dispatcher.stop()

    dispatcher = proto.Dispatcher(fail, allowed=authenticator.allowed)
    typed, asking = (proto.TypedSocket(each, Timestamp) for each in (server, client))

    def handle(message: Timestamp, delivery: proto.Delivery[Timestamp]) -> None:
        handled.append(delivery.envelope.user_id)
        delivery.reply(message)
        dispatcher.stop()

    dispatcher.add(typed)
    dispatcher.register(Timestamp, handle)
    asking.send(Timestamp(seconds=1))
    dispatcher.run()
    assert asking.recv().seconds == 1
    keys.clear()
    asking.send(Timestamp(seconds=2))
    dispatcher.run()
    with pytest.raises(proto.RemoteError, match="does not allow this client"):
        asking.recv()
    assert handled == [USER]
    assert isinstance(failures[0].error, proto.errors.NotAllowed)


@pytest.mark.parametrize("checked", [True, False])
def test_a_user_id_is_told_only_where_a_handler_says_it(checked: bool, make: Make) -> None:
    server = proto.TypedSocket(make(PULL), Timestamp)
    if checked:
        auth.null_server(server.socket, allow=auth.Policy(null=auth.ANYONE))
    client = make(PUSH)
    client.connect(server.bind("tcp://127.0.0.1:*"))
    client.send(Timestamp(seconds=1).SerializeToString())
    assert server.recv_envelope(timeout=WAIT).user_id == ("" if checked else None)
