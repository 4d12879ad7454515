"""What users read when they made a mistake: the call, the reason, and what to do."""

from __future__ import annotations

import asyncio
import errno
import inspect
import pickle
import re
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from program_support import said
from support import Make

import zmqlite as zmq
import zmqlite.aio
from zmqlite import proto
from zmqlite.advice import PYZMQ
from zmqlite.context_options import ALL_CONTEXT_OPTIONS
from zmqlite.errors import failure
from zmqlite.option import Option
from zmqlite.options import Int, Key, Text
from zmqlite.proto.aio import TypedSocket
from zmqlite.socket_options import ALL_SOCKET_OPTIONS, SocketOptions

Mistake = Callable[[Make, zmq.Context], object]

TABLE = Path(__file__).with_name("mistakes.txt")
# A comment, what was done, and all of the text.
MISTAKES = [
    pytest.param(code, text, id=comment)
    for comment, code, text in re.findall(
        r"^# (.*)\n>>> (.*)\n(.*)$",
        Path(__file__).with_name("mistakes.txt").read_text(),
        re.MULTILINE,
    )
]


def anyhow(value: Any) -> Any:
    """The value, of which a type checker knows nothing."""
    return value


def await_event(socket: zmq.Socket) -> zmq.SocketEvent:
    with socket.monitor() as monitor:
        return monitor.recv(timeout=5)


def closed(make: Make) -> zmq.Socket:
    socket = make(zmq.PULL)
    socket.close()
    return socket


def ended() -> zmq.Context:
    context = zmq.Context()
    context.term()
    return context


NAMES = {
    "zmq": zmq,
    "zmqlite": zmqlite,
    "proto": proto,
    "Timestamp": Timestamp,
    "await_event": await_event,
    "closed": closed,
    "ended": ended,
}


@pytest.mark.parametrize(("code", "text"), MISTAKES)
def test_a_mistake_is_told_with_what_to_do(
    code: str, text: str, make: Make, context: zmq.Context
) -> None:
    with pytest.raises((zmq.ZMQError, TypeError, ValueError, AttributeError)) as caught:
        exec(code, {**NAMES, "make": make, "context": context})
    assert str(caught.value) == text


def test_the_table_of_mistakes_was_read_to_its_end() -> None:
    assert len(MISTAKES) == TABLE.read_text().count(">>>") == 38


def test_a_peer_of_a_type_that_does_not_fit_is_no_peer(make: Make) -> None:
    # Without `immediate` the first message is queued for whoever may answer.
    sender, receiver = make(zmq.PUSH, immediate=True), make(zmq.REP)
    with sender.monitor(zmq.MonitorEvent.DISCONNECTED) as monitor:
        sender.connect(receiver.bind("tcp://127.0.0.1:*"))
        monitor.recv(timeout=5000)
        with pytest.raises(zmq.Timeout, match=r"; no PULL is connected \(yet\)"):
            sender.send(b"", timeout=5)


def test_python_suggests_the_nearest_name_for_one_that_is_read(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(AttributeError) as caught:
        _ = anyhow(make(zmq.PUSH)).lingr
    sys.__excepthook__(AttributeError, caught.value, None)
    assert "has no attribute 'lingr'. Did you mean: 'linger'?" in capsys.readouterr().err


def test_names_of_pyzmq_are_not_offered_for_completion(make: Make, context: zmq.Context) -> None:
    assert "identity" not in dir(make(zmq.PULL))
    assert "instance" not in dir(context)


@pytest.mark.parametrize("program", ["asked_by_python", "hints_without_imports"])
def test_what_python_asks_for_and_hints_import_nothing(program: str) -> None:
    assert said("core/imports", program) == ""


def test_the_method_is_what_a_handler_called_and_not_what_called_the_handler(
    make: Make, reactor: zmq.Reactor
) -> None:
    socket = make(zmq.PULL)
    reactor.timer(0, lambda: socket.recv(zmq.DONTWAIT), times=1)
    with pytest.raises(zmq.Again) as caught:
        reactor.run()
    assert caught.value.method == "Socket.recv()"


def test_a_socket_for_asyncio_has_no_place_among_those_that_block(reactor: zmq.Reactor) -> None:
    async def read() -> None:
        async with zmqlite.aio.Context() as context:
            socket = context.socket(zmq.PULL)
            for item, name in (
                (socket, "zmqlite.aio.Socket"),
                (TypedSocket(socket, Timestamp), "zmqlite.proto.aio.TypedSocket"),
                ("socket", "str"),
            ):
                with pytest.raises(TypeError) as caught:
                    anyhow(reactor).reader(item, print)
                assert str(caught.value) == (
                    f"only sockets that block and descriptors can be polled, not {name}"
                )

    asyncio.run(read())


def test_an_error_keeps_its_method_when_it_is_copied(make: Make) -> None:
    with pytest.raises(zmq.Again) as caught:
        make(zmq.PULL).recv(zmq.DONTWAIT)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert str(copy) == str(caught.value)
    assert copy.method == "Socket.recv()"


def test_an_error_that_a_program_makes_needs_no_reason() -> None:
    error = zmq.ZMQError(errno.EINVAL)
    assert (error.errno, str(error), error.method) == (errno.EINVAL, "Invalid argument", None)
    with pytest.raises(zmq.ZMQError, match=r"^Invalid argument$"):
        raise error


def test_a_name_is_known_to_none_or_leads_to_one_that_is() -> None:
    owners = {"socket": zmq.Socket, "context": zmq.Context, "module": zmq}
    for kind, names in PYZMQ.items():
        for name, advice in names.items():
            assert not hasattr(owners[kind], name), name
            for option in re.findall(r"socket\.(\w+)\b(?!\()", advice):
                assert hasattr(zmq.Socket, option), advice
            for method in re.findall(r"socket\.(\w+)\(", advice):
                assert hasattr(zmq.Socket, method), advice


def test_asking_for_a_name_that_is_not_there_is_quick_and_harmless(make: Make) -> None:
    socket = make(zmq.PULL)
    assert not hasattr(socket, "setsockopt")
    assert getattr(socket, "hwm", None) is None
    assert not hasattr(zmq.Context, "instance")
    assert not hasattr(zmq, "NOBLOCK")


# An option that libzmq was built without


def test_a_socket_has_the_options_that_libzmq_has(make: Make) -> None:
    socket = make(zmq.PULL)
    for name in ALL_SOCKET_OPTIONS.keys() - {"subscribe", "unsubscribe"}:
        row = ALL_SOCKET_OPTIONS[name]
        there = "r" in row.access and (not row.needs or zmq.has(row.needs))
        assert hasattr(socket, name) == there, name


class Newer(SocketOptions):
    """A socket with an option that libzmq does not know."""

    newest = Int(9999)

    def __init__(self, socket: zmq.Socket) -> None:
        self.socket = socket

    def get(self, option: Option[Any, Any]) -> Any:
        return self.socket.get(option)

    def set(self, option: Option[Any, Any], value: Any) -> None:
        self.socket.set(option, value)


def test_an_option_that_libzmq_lacks_is_no_attribute(make: Make) -> None:
    newer = Newer(make(zmq.PULL))
    assert not hasattr(newer, "newest")
    with pytest.raises(AttributeError, match="this libzmq has no such option"):
        _ = newer.newest


def test_a_socket_can_be_looked_at_and_mocked(make: Make) -> None:
    socket = make(zmq.PULL)
    members = dict(inspect.getmembers(socket))
    assert members["linger"] == 0
    assert "router_mandatory" not in members  # write-only
    assert mock.Mock(spec=socket).recv() is not None
    with pytest.raises(AttributeError):
        _ = mock.Mock(spec=socket).lingr


# Secrets

SECRET = "pass0rd-Secret"
SECRETS = [
    row for row in ALL_SOCKET_OPTIONS.values() if isinstance(row, (Text, Key)) and "w" in row.access
]
WRONG: list[Any] = [
    f"{SECRET}\0",
    f"{SECRET}\udcff\ud800",
    SECRET * 100,
    SECRET.encode(),
    bytearray(SECRET.encode()),
    (SECRET.encode() * 4)[:40],
    (SECRET.encode() * 4)[:32],
    [SECRET],
]


def texts(error: BaseException) -> str:
    """All that could be printed or logged of an error."""
    chain = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(cause)
    printed = "".join(traceback.format_exception(error))
    return printed + "".join(f"{each} {each!r} {each.args} {vars(each)}" for each in chain)


@pytest.mark.parametrize("row", SECRETS, ids=lambda row: row.name)
def test_no_text_shows_a_password_or_a_key(row: Option[Any, Any], make: Make) -> None:
    socket = make(zmq.PULL)
    shown = repr(socket)
    for wrong in WRONG:
        for call in (
            lambda wrong: setattr(socket, row.name, wrong),
            lambda wrong: socket.set(row.number, wrong),
            lambda wrong: make(zmq.PULL, **{row.name: wrong}),
            zmq.curve_public,
        ):
            try:
                call(wrong)
            except (zmq.ZMQError, TypeError, ValueError) as error:
                shown += texts(error)
    assert SECRET not in shown


# Files


def test_bind_deletes_no_symbolic_link(make: Make, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nothing")
    with pytest.raises(zmq.AddressInUse):
        make(zmq.PULL).bind(f"ipc://{link}")
    assert link.is_symlink()


def test_every_option_of_a_context_is_an_attribute(context: zmq.Context) -> None:
    for name, row in ALL_CONTEXT_OPTIONS.items():
        assert hasattr(context, name) == ("r" in row.access)


def test_a_timeout_has_a_hint_where_again_has_one() -> None:
    for kind in ("PUSH", "DEALER", "REQ", "PAIR"):
        assert "is connected" in str(failure(errno.EAGAIN, "zmq_send", kind))
