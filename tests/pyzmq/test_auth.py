"""The authenticators of zmqlite.pyzmq: what pyzmq's own tests do not see."""

from __future__ import annotations

import asyncio
import errno
import logging
import stat
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from support import Task, eventually, slow

import zmqlite.auth
import zmqlite.pyzmq as zmq
from zmqlite.pyzmq.auth import CURVE_ALLOW_ANY, certs
from zmqlite.pyzmq.auth.asyncio import AsyncioAuthenticator
from zmqlite.pyzmq.auth.base import CredentialsProvider
from zmqlite.pyzmq.auth.thread import ThreadAuthenticator
from zmqlite.pyzmq.utils.monitor import parse_monitor_message

LIMIT = 30
WAIT = 5000
DECIDED = zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_HANDSHAKE_FAILED_AUTH

SERVER, ANNA, BERT = (zmq.curve_keypair() for _ in range(3))


@pytest.fixture
def auth(context: zmq.Context[Any]) -> Iterator[ThreadAuthenticator]:
    made = ThreadAuthenticator(context)
    made.start()
    yield made
    Task(made.stop).result()


class Peers:
    """A server and a client that connects to it; `decided` says whether it was let in."""

    def __init__(self, context: zmq.Context[Any], domain: bytes = b"") -> None:
        self.server, self.client = context.socket(zmq.PULL), context.socket(zmq.PUSH)
        self.server.linger = self.client.linger = 0
        if domain:
            self.server.zap_domain = domain
        self._monitor = self.server.get_monitor_socket(DECIDED)

    def plain(self, name: bytes, password: bytes) -> Peers:
        self.server.plain_server = 1
        self.client.plain_username, self.client.plain_password = name, password
        return self

    def curve(self, pair: tuple[bytes, bytes]) -> Peers:
        self.server.curve_server = 1
        self.server.curve_publickey, self.server.curve_secretkey = SERVER
        self.client.curve_publickey, self.client.curve_secretkey = pair
        self.client.curve_serverkey = SERVER[0]
        return self

    def connect(self) -> Peers:
        port = self.server.bind_to_random_port("tcp://127.0.0.1")
        self.client.connect(f"tcp://127.0.0.1:{port}")
        return self

    def decided(self) -> bool:
        assert self._monitor.poll(WAIT), "nothing was decided"
        event = parse_monitor_message(self._monitor.recv_multipart())["event"]
        return event == zmq.Event.HANDSHAKE_SUCCEEDED

    def let_in(self) -> bool:
        try:
            return self.connect().decided()
        finally:
            self.close()

    def close(self) -> None:
        self.server.disable_monitor()
        self._monitor.close()
        self.client.close()
        self.server.close()


class Ask(CredentialsProvider):
    def __init__(self, callback: Callable[[str, bytes], bool | Awaitable[bool]]) -> None:
        self._callback = callback

    def callback(self, domain: str, key: bytes, /) -> bool | Awaitable[bool]:
        return self._callback(domain, key)


def test_it_is_stopped_twice_and_started_again(
    context: zmq.Context[Any], auth: ThreadAuthenticator
) -> None:
    auth.configure_plain("*", {"anna": "secret"})
    assert Peers(context).plain(b"anna", b"secret").let_in()
    for _ in range(2):
        auth.stop()
        assert not auth.is_alive()
        assert auth.zap_socket is None
    auth.start()
    assert auth.is_alive()
    assert Peers(context).plain(b"anna", b"secret").let_in()
    assert not Peers(context).plain(b"anna", b"wrong").let_in()


def test_a_context_has_one_authenticator_at_a_time(
    context: zmq.Context[Any], auth: ThreadAuthenticator
) -> None:
    other = ThreadAuthenticator(context)
    for each in (other, auth):
        with pytest.raises(zmq.ZMQError) as caught:
            each.start()
        assert caught.value.errno == errno.EADDRINUSE
    assert not other.is_alive()
    other.stop()
    auth.configure_plain("*", {"anna": "secret"})
    assert Peers(context).plain(b"anna", b"secret").let_in()
    auth.stop()
    other.start()
    other.stop()


@pytest.mark.parametrize("end", ["term", "destroy"])
def test_the_end_of_the_context_ends_it(end: str) -> None:
    context: zmq.Context[Any] = zmq.Context()
    auth = ThreadAuthenticator(context)
    auth.start()
    Task(getattr(context, end)).result()
    eventually(lambda: not auth.is_alive())
    Task(auth.stop).result()
    with pytest.raises(zmq.ZMQError):
        auth.start()


def test_a_directory_is_read_again_when_it_is_configured_again(
    context: zmq.Context[Any],
    auth: ThreadAuthenticator,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    auth.configure_curve("*", tmp_path)
    assert not Peers(context).curve(ANNA).let_in()
    zmqlite.auth.Certificate(*ANNA).save(tmp_path / "anna.key")
    auth.configure_curve("*", tmp_path)
    assert Peers(context).curve(ANNA).let_in()
    assert not Peers(context).curve(BERT).let_in()
    (tmp_path / "bert.key").write_text("nothing of the kind\n", encoding="utf-8")
    with caplog.at_level(logging.ERROR, "zmq.auth"):
        for wrong in (tmp_path, tmp_path / "missing"):
            auth.configure_curve("*", wrong)
            assert str(wrong) in caplog.records[-1].getMessage()
    assert Peers(context).curve(ANNA).let_in(), "what cannot be read changes nothing"


def test_the_star_stands_for_the_empty_domain_alone(
    context: zmq.Context[Any], auth: ThreadAuthenticator
) -> None:
    auth.configure_plain("*", {"anna": "secret"})
    auth.configure_plain("shop", {"bert": "other"})
    assert Peers(context, b"shop").plain(b"bert", b"other").let_in()
    assert not Peers(context, b"shop").plain(b"anna", b"secret").let_in()
    assert not Peers(context, b"bank").plain(b"anna", b"secret").let_in()


def test_a_callback_that_raises_refuses_one_peer(
    context: zmq.Context[Any], auth: ThreadAuthenticator, caplog: pytest.LogCaptureFixture
) -> None:
    def decide(domain: str, key: bytes) -> bool:
        if key == BERT[0]:
            raise LookupError("no database")
        return True

    auth.configure_curve_callback("*", Ask(decide))
    assert not Peers(context).curve(BERT).let_in()
    assert "LookupError" in caplog.text
    assert Peers(context).curve(ANNA).let_in()


def test_a_callback_that_awaits_for_ever_holds_up_its_own_peer_alone(
    context: zmq.Context[Any], auth: ThreadAuthenticator
) -> None:
    asked = threading.Event()

    async def decide(domain: str, key: bytes) -> bool:
        if key == BERT[0]:
            asked.set()
            await asyncio.Event().wait()
        return True

    auth.configure_curve_callback("*", Ask(decide))
    stuck = Peers(context).curve(BERT).connect()
    assert asked.wait(LIMIT)
    assert Peers(context).curve(ANNA).let_in()
    Task(auth.stop).result()
    stuck.close()


def test_a_callback_stops_the_authenticator_that_asked_it(
    context: zmq.Context[Any], auth: ThreadAuthenticator
) -> None:
    def decide(domain: str, key: bytes) -> bool:
        auth.stop()
        return True

    auth.configure_curve_callback("*", Ask(decide))
    peers = Peers(context).curve(ANNA).connect()
    eventually(lambda: not auth.is_alive())
    peers.close()


@pytest.mark.parametrize("addresses", [(5,), (b"127.0.0.1",), (["127.0.0.1"],)])
def test_what_is_no_address_is_refused(addresses: Any, auth: ThreadAuthenticator) -> None:
    for method in (auth.allow, auth.deny):
        with pytest.raises(TypeError):
            method(*addresses)


def test_anyone_is_let_in_until_a_directory_is_configured(
    context: zmq.Context[Any], auth: ThreadAuthenticator, tmp_path: Path
) -> None:
    auth.configure_curve("*", CURVE_ALLOW_ANY)
    assert Peers(context).curve(BERT).let_in()
    auth.configure_curve("*", tmp_path)
    assert not Peers(context).curve(BERT).let_in()


def test_on_an_event_loop_it_ends_with_its_context_and_leaves_no_task() -> None:
    async def main() -> None:
        context: zmq.Context[Any] = zmq.Context()
        tasks = asyncio.all_tasks()
        auth = AsyncioAuthenticator(context)
        auth.start()
        asked = asyncio.Event()

        async def decide(domain: str, key: bytes) -> bool:
            asked.set()
            await asyncio.Event().wait()
            return True

        auth.configure_curve_callback("*", Ask(decide))
        peers = Peers(context).curve(ANNA).connect()
        await asyncio.wait_for(asked.wait(), LIMIT)
        peers.close()
        await asyncio.wait_for(asyncio.to_thread(context.term), LIMIT)
        while auth.zap_socket is not None or asyncio.all_tasks() != tasks:
            await asyncio.sleep(0)
        auth.stop()

    asyncio.run(asyncio.wait_for(main(), LIMIT))


@pytest.mark.parametrize(
    "end", ["", *map(slow, ["auth.stop()", "context.term()", "raise SystemExit"])]
)
def test_a_program_ends_with_its_authenticator_running(end: str) -> None:
    program = (
        "import zmqlite.pyzmq as zmq\n"
        "from zmqlite.pyzmq.auth.thread import ThreadAuthenticator\n"
        "context = zmq.Context()\n"
        "auth = ThreadAuthenticator(context)\n"
        "auth.start()\n" + end
    )
    done = python("-c", program)
    assert (done.returncode, done.stderr) == (0, "")


def test_certificates_are_replaced_and_the_secret_is_for_its_owner(tmp_path: Path) -> None:
    first = certs.create_certificates(tmp_path, "anna", {"name": "Anna"})
    public, secret = certs.load_certificate(first[1])
    second = certs.create_certificates(tmp_path, "anna")
    assert second == first == (str(tmp_path / "anna.key"), str(tmp_path / "anna.key_secret"))
    assert stat.S_IMODE(Path(second[1]).stat().st_mode) == 0o600
    assert certs.load_certificate(second[1])[0] != public
    assert secret is not None
    assert certs.load_certificate(second[0])[1] is None
    assert certs.load_certificates(tmp_path) == {certs.load_certificate(second[0])[0]: True}
    with pytest.raises(OSError, match="missing"):
        certs.load_certificate(tmp_path / "missing")


# With pyzmq itself, as the other side.

needs_pyzmq = pytest.mark.skipif(find_spec("zmq") is None, reason="no pyzmq: pip install pyzmq")

PEER = """
import sys, zmq
from zmq import auth
from zmq.auth.thread import ThreadAuthenticator
role, folder, port = sys.argv[1:]
context = zmq.Context()
own, server = auth.load_certificate(folder + "/" + role + ".key_secret"), None
if role == "server":
    authenticator = ThreadAuthenticator(context)
    authenticator.start()
    authenticator.configure_curve("*", folder)
    socket = context.socket(zmq.PULL)
    socket.curve_server = True
else:
    socket = context.socket(zmq.PUSH)
    socket.curve_serverkey = auth.load_certificate(folder + "/server.key")[0]
socket.curve_publickey, socket.curve_secretkey = own
if role == "server":
    print(socket.bind_to_random_port("tcp://127.0.0.1"), flush=True)
    message = socket.recv(copy=False)
    print(message.bytes.decode(), message["User-Id"], flush=True)
    authenticator.stop()
else:
    socket.connect("tcp://127.0.0.1:" + port)
    socket.send(b"hello")
context.destroy(5000)
assert "zmqlite" not in sys.modules
"""


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=LIMIT, check=False
    )


@needs_pyzmq
@pytest.mark.slow
def test_a_client_with_pyzmq_is_let_in_here(
    context: zmq.Context[Any], auth: ThreadAuthenticator, tmp_path: Path
) -> None:
    for name in ("server", "anna"):
        certs.create_certificates(tmp_path, name)
    public, _ = certs.load_certificate(tmp_path / "anna.key")
    auth.configure_curve("*", tmp_path)
    server = context.socket(zmq.PULL)
    server.curve_server = 1
    server.curve_publickey, server.curve_secretkey = certs.load_certificate(
        tmp_path / "server.key_secret"
    )
    server.rcvtimeo = LIMIT * 1000
    port = server.bind_to_random_port("tcp://127.0.0.1")
    done = python("-c", PEER, "anna", str(tmp_path), str(port))
    assert done.returncode == 0, done.stderr
    message = server.recv(copy=False)
    assert (message.bytes, message["User-Id"]) == (b"hello", public.decode())


@needs_pyzmq
@pytest.mark.slow
def test_a_client_here_is_let_in_by_pyzmq(context: zmq.Context[Any], tmp_path: Path) -> None:
    for name in ("server", "anna"):
        certs.create_certificates(tmp_path, name)
    client = context.socket(zmq.PUSH)
    client.curve_publickey, client.curve_secretkey = certs.load_certificate(
        tmp_path / "anna.key_secret"
    )
    client.curve_serverkey, _ = certs.load_certificate(tmp_path / "server.key")
    with subprocess.Popen(
        [sys.executable, "-c", PEER, "server", str(tmp_path), "0"],
        stdout=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        timer = threading.Timer(LIMIT, server.kill)
        timer.start()
        try:
            assert server.stdout is not None
            client.connect(f"tcp://127.0.0.1:{server.stdout.readline().strip()}")
            client.send(b"hello")
            said = server.stdout.read()
            assert server.wait() == 0
        finally:
            timer.cancel()
            server.kill()
    public, _ = certs.load_certificate(tmp_path / "anna.key")
    assert said == f"hello {public.decode()}\n"
