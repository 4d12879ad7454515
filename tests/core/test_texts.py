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
from checkout import succeed
from google.protobuf.timestamp_pb2 import Timestamp
from support import Make, Pair

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

OPTIONS = "options are attributes: socket.{0} = value, or context.socket(type, {0}=value)"

# What was done, and all of the text. A mistake that a type checker finds is made through Any.
MISTAKES: dict[str, tuple[Mistake, str]] = {
    "a connect to *": (
        lambda make, context: make(zmq.PUSH).connect("tcp://*:5555"),
        "Socket.connect('tcp://*:5555') [zmq_connect]: Invalid argument; * is for bind(); "
        "connect() takes the host and port of the peer, as in tcp://localhost:5555",
    ),
    "a disconnect from what was not connected": (
        lambda make, context: make(zmq.PUSH).disconnect("tcp://127.0.0.1:1"),
        "Socket.disconnect('tcp://127.0.0.1:1') [zmq_disconnect]: No such file or directory; "
        "disconnect() takes an endpoint exactly as connect() got it",
    ),
    "an ipc path that is too long": (
        lambda make, context: make(zmq.PULL).bind("ipc:///" + 107 * "x"),
        f"Socket.bind('ipc:///{107 * 'x'}'): File name too long; an ipc path has at most 107 bytes",
    ),
    "a SUB that never subscribed": (
        lambda make, context: make(zmq.SUB).recv(timeout=5),
        "Socket.recv() on SUB without a subscription [zmq_recv]: no message came within 5 ms; "
        'it receives nothing until subscribe() is called; subscribe("") is everything',
    ),
    "a SUB that did": (
        lambda make, context: make(zmq.SUB, subscribe=b"x").recv(timeout=5),
        "Socket.recv() on SUB [zmq_recv]: no message came within 5 ms; a SUB receives what begins "
        "with a topic that it subscribed to, and nothing that was published before it had "
        "connected",
    ),
    "nothing to receive": (
        lambda make, context: make(zmq.PULL).recv_multipart(zmq.DONTWAIT),
        "Socket.recv_multipart() on PULL [zmq_recv]: Resource temporarily unavailable; "
        "nothing is there to receive: give a timeout, or poll() first",
    ),
    "no message for an iteration": (
        lambda make, context: list(make(zmq.PULL, rcvtimeo=5)),
        "Socket.__iter__() on PULL [zmq_recv]: no message came within 5 ms",
    ),
    "no message for an iteration over whole ones": (
        lambda make, context: list(make(zmq.SUB, rcvtimeo=0).iter_multipart()),
        "Socket.iter_multipart() on SUB without a subscription [zmq_recv]: "
        "Resource temporarily unavailable; "
        'it receives nothing until subscribe() is called; subscribe("") is everything',
    ),
    "a PUSH without a peer": (
        lambda make, context: make(zmq.PUSH).send(b"", timeout=5),
        "Socket.send() on PUSH [zmq_send]: nobody had room within 5 ms; "
        "no PULL is connected (yet), or the queues of all are full (sndhwm)",
    ),
    "a DEALER without a peer": (
        lambda make, context: make(zmq.DEALER).send_string("", zmq.DONTWAIT),
        "Socket.send_string() on DEALER [zmq_send]: Resource temporarily unavailable; "
        "no ROUTER, REP or DEALER is connected (yet), or the queues of all are full (sndhwm)",
    ),
    "no event": (
        lambda make, context: await_event(make(zmq.PULL)),
        "Monitor.recv() [zmq_recv]: no message came within 5 ms",
    ),
    "a subscription of a PUB": (
        lambda make, context: make(zmq.PUB).subscribe(""),
        "Socket.subscribe() [zmq_setsockopt]: Invalid argument; "
        "that is for SUB and XPUB sockets, and this is a PUB",
    ),
    "a subscription of a typed PUB": (
        lambda make, context: proto.TypedSocket(make(zmq.PUB), Timestamp).subscribe(),
        "TypedSocket.subscribe() [zmq_setsockopt]: Invalid argument; "
        "that is for SUB and XPUB sockets, and this is a PUB",
    ),
    "an option of another type": (
        lambda make, context: make(zmq.PUSH, xpub_verbose=True),
        "Context.socket('xpub_verbose') [zmq_setsockopt]: Invalid argument; "
        "that is for XPUB sockets, and this is a PUSH",
    ),
    "an attribute of another type": (
        lambda make, context: setattr(make(zmq.PUSH), "req_relaxed", True),
        "Socket.req_relaxed [zmq_setsockopt]: Invalid argument; "
        "that is for REQ sockets, and this is a PUSH",
    ),
    "a type that does not exist": (
        lambda make, context: context.socket(99),
        "Context.socket('99') [zmq_socket]: Invalid argument; the types are PAIR, PUB, SUB, REQ, "
        "REP, DEALER, ROUTER, PULL, PUSH, XPUB, XSUB, STREAM",
    ),
    "a type as text": (
        lambda make, context: anyhow(context).socket("PULL"),
        "a socket type is zmqlite.PULL, zmqlite.PUSH ..., not 'PULL'",
    ),
    "a closed socket": (
        lambda make, context: closed(make).linger,
        "Socket.linger [zmq_getsockopt]: the socket is closed",
    ),
    "a context that has ended": (
        lambda make, context: ended().socket(zmq.PULL),
        "Context.socket() [zmq_socket]: the context was terminated",
    ),
    "a dict": (
        lambda make, context: anyhow(make(zmq.PUSH)).send({"a": 1}),
        "send() takes bytes or another buffer, not dict: encode it, as with "
        "json.dumps(value).encode(), or send typed messages, see zmqlite.proto",
    ),
    "a list": (
        lambda make, context: anyhow(make(zmq.PUSH)).send([b"a", b"b"]),
        "send() takes bytes or another buffer, not list: send_multipart() takes a list of frames, "
        "send_many() several messages",
    ),
    "a Message of text": (
        lambda make, context: anyhow(zmq).Message("x"),
        "Message() takes bytes or another buffer, not str: encode it, as in text.encode()",
    ),
    "a frame of text": (
        lambda make, context: anyhow(make(zmq.PUSH)).send_multipart([b"a", "b"]),
        "send_multipart() takes bytes or another buffer, not str: encode it, as in text.encode()",
    ),
    "a misspelt option": (
        lambda make, context: make(zmq.PUSH, sndhmw=10),
        "socket() got 'sndhmw', which is no option of a socket; did you mean 'sndhwm'?",
    ),
    "a misspelt option of a context": (
        lambda make, context: anyhow(zmq).Context(iothreads=2),
        "Context() got 'iothreads', which is no option of a context; did you mean 'io_threads'?",
    ),
    "a misspelt attribute to set": (
        lambda make, context: setattr(make(zmq.PUSH), "lingr", 0),
        "zmqlite.Socket has no attribute 'lingr'; did you mean 'linger'?",
    ),
    "a misspelt attribute of a context": (
        lambda make, context: setattr(context, "max_socket", 0),
        "zmqlite.Context has no attribute 'max_socket'; did you mean 'max_sockets'?",
    ),
    "a misspelt name of the package": (
        lambda make, context: anyhow(zmq).PUBB,
        "module 'zmqlite' has no attribute 'PUBB'; did you mean 'PUB'?",
    ),
    "a name like no other": (
        lambda make, context: anyhow(zmq).quux,
        "module 'zmqlite' has no attribute 'quux'",
    ),
    "pyzmq's setsockopt": (
        lambda make, context: anyhow(make(zmq.PUSH)).setsockopt(17, 0),
        "zmqlite.Socket has no attribute 'setsockopt'; "
        "options are attributes: socket.linger = 0; or socket.set(number, value)",
    ),
    "pyzmq's NOBLOCK": (
        lambda make, context: anyhow(zmq).NOBLOCK,
        "module 'zmqlite' has no attribute 'NOBLOCK'; it is DONTWAIT",
    ),
    "pyzmq's LINGER": (
        lambda make, context: anyhow(zmq).LINGER,
        f"module 'zmqlite' has no attribute 'LINGER'; {OPTIONS.format('linger')}",
    ),
    "pyzmq's RCVTIMEO of a socket": (
        lambda make, context: setattr(make(zmq.PULL), "RCVTIMEO", 5),
        f"zmqlite.Socket has no attribute 'RCVTIMEO'; {OPTIONS.format('rcvtimeo')}",
    ),
    "pyzmq's identity": (
        lambda make, context: setattr(make(zmq.DEALER), "identity", b"x"),
        "zmqlite.Socket has no attribute 'identity'; libzmq calls it socket.routing_id",
    ),
    "pyzmq's send_json": (
        lambda make, context: anyhow(make(zmq.PUSH)).send_json({}),
        "zmqlite.Socket has no attribute 'send_json'; write send(json.dumps(value).encode()) and "
        "json.loads(recv()), or use zmqlite.proto",
    ),
    "pyzmq's Context.instance": (
        lambda make, context: anyhow(zmq).Context.instance(),
        "zmqlite.Context has no attribute 'instance'; there is no global context; make one, "
        "context = zmqlite.Context(), and pass it on",
    ),
    "pyzmq's Context.instance of asyncio": (
        lambda make, context: anyhow(zmqlite.aio).Context.instance(),
        "zmqlite.aio.Context has no attribute 'instance'; there is no global context; make one, "
        "context = zmqlite.Context(), and pass it on",
    ),
    "pyzmq's Context.destroy": (
        lambda make, context: anyhow(context).destroy(),
        "zmqlite.Context has no attribute 'destroy'; "
        "term() closes all sockets, too; Context(linger=0) drops what was not sent",
    ),
}


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


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_what_to_do(mistake: str, make: Make, context: zmq.Context) -> None:
    call, text = MISTAKES[mistake]
    with pytest.raises((zmq.ZMQError, TypeError, ValueError, AttributeError)) as caught:
        call(make, context)
    assert str(caught.value) == text


def test_a_message_of_several_frames_is_no_member_of_a_batch(pair: Pair) -> None:
    receiver, sender = pair(zmq.PULL, zmq.PUSH)
    sender.send_multipart([b"a", b"b"])
    with pytest.raises(zmq.ZMQError, match=r"Socket.recv_many\(\) on PULL .* several frames: "):
        receiver.recv_many(timeout=5000)


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


def test_what_python_asks_for_by_itself_imports_nothing() -> None:
    program = """
import sys, zmqlite
with zmqlite.Context() as context, context.socket(zmqlite.PULL) as socket:
    assert not hasattr(socket, "__array__") and not hasattr(context, "_repr_html_")
assert not hasattr(zmqlite, "__wrapped__")
assert "difflib" not in sys.modules
"""
    succeed(sys.executable, "-c", program)


def test_the_method_is_what_a_handler_called_and_not_what_called_the_handler(
    make: Make, reactor: zmq.Reactor
) -> None:
    socket = make(zmq.PULL)
    reactor.timer(0, lambda: socket.recv(zmq.DONTWAIT), times=1)
    with pytest.raises(zmq.Again) as caught:
        reactor.run()
    assert caught.value.method == "Socket.recv()"


def test_a_socket_for_asyncio_has_no_place_among_those_that_block(
    reactor: zmq.Reactor,
) -> None:
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


@pytest.mark.parametrize("name", sorted(ALL_SOCKET_OPTIONS.keys() - {"subscribe", "unsubscribe"}))
def test_a_socket_has_the_options_that_libzmq_has(name: str, make: Make) -> None:
    row = ALL_SOCKET_OPTIONS[name]
    assert hasattr(make(zmq.PULL), name) == (
        "r" in row.access and (not row.needs or zmq.has(row.needs))
    )


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
WRONG = [
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
@pytest.mark.parametrize("wrong", WRONG, ids=range(len(WRONG)))
def test_no_text_shows_a_password_or_a_key(row: Option[Any, Any], wrong: Any, make: Make) -> None:
    socket = make(zmq.PULL)
    shown = repr(socket)
    for call in (
        lambda: setattr(socket, row.name, wrong),
        lambda: socket.set(row.number, wrong),
        lambda: make(zmq.PULL, **{row.name: wrong}),
        lambda: zmq.curve_public(wrong),
    ):
        try:
            call()
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


def test_hints_need_no_descriptor_and_no_import() -> None:
    program = """
import sys
import zmqlite
before = set(sys.modules)
sys.meta_path.clear()
try:
    zmqlite.Context().socket(99)
except zmqlite.ZMQError as error:
    assert "the types are" in str(error)
try:
    zmqlite.LINGER
except AttributeError as error:
    assert "has no attribute 'LINGER'" in str(error)
assert set(sys.modules) == before
"""
    succeed(sys.executable, "-c", program)


def test_every_option_of_a_context_is_an_attribute(context: zmq.Context) -> None:
    for name, row in ALL_CONTEXT_OPTIONS.items():
        assert hasattr(context, name) == ("r" in row.access)


def test_a_timeout_has_a_hint_where_again_has_one() -> None:
    for kind in ("PUSH", "DEALER", "REQ", "PAIR"):
        assert "is connected" in str(failure(errno.EAGAIN, "zmq_send", kind))
