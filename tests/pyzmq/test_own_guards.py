"""zmqlite.pyzmq: what pyzmq's own tests do not see."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from pyzmq_support import keeping_context
from support import slow

import zmqlite.pyzmq as zmq
from zmqlite.pyzmq import constants
from zmqlite.pyzmq.core import PlainSocket

LIMIT = 60


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True, text=True, timeout=LIMIT, cwd=cwd, check=False,
    )  # fmt: skip


def test_install_raises_where_another_zmq_is_loaded() -> None:
    done = run(
        "-c", "import sys, types; sys.modules['zmq'] = types.ModuleType('zmq')\n"
        "import zmqlite.pyzmq; zmqlite.pyzmq.install()",
    )  # fmt: skip
    assert done.returncode == 1
    assert "RuntimeError: zmq is loaded already" in done.stderr


def test_install_gives_the_very_same_modules() -> None:
    done = run(
        "-c", "import zmqlite.pyzmq as ours; ours.install(); ours.install()\n"
        "import zmq, zmq.utils.z85, zmqlite.pyzmq.utils.z85\n"
        "assert zmq is ours and zmq.utils.z85 is zmqlite.pyzmq.utils.z85\n"
        "assert zmq.utils.z85.__spec__.name == 'zmqlite.pyzmq.utils.z85'",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


PROGRAM = """
import subprocess, sys, zmq
child = "import zmq; print(zmq.Socket.__module__)"
print(zmq.Socket.__module__, sys.argv[1:], flush=True)
subprocess.run([sys.executable, "-c", child], check=True)
"""


@pytest.mark.parametrize("form", [["prog.py"], slow(["-m", "prog"])])
def test_a_program_and_its_children_get_zmqlite(tmp_path: Path, form: list[str]) -> None:
    (tmp_path / "prog.py").write_text(PROGRAM, encoding="utf-8")
    done = run("-m", "zmqlite.pyzmq", *form, "one", "two", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "zmqlite.pyzmq.socket ['one', 'two']",
        "zmqlite.pyzmq.socket",
    ]


EXIT = """
import sys, zmqlite.pyzmq as zmq
def use():
    context = zmq.Context.instance() if {instance} else zmq.Context()
    socket = context.socket(zmq.PUSH)
    socket.connect("ipc:///nowhere/at/all")
    socket.send(b"never delivered")
    return context, socket
kept = use()
{end}
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("instance", "end", "code"),
    [
        (False, "", 0),
        (True, "", 0),
        (False, "sys.exit(3)", 3),
        (False, "kept[1].close()", 0),
    ],
)
def test_exit_ends_with_an_undeliverable_message(instance: bool, end: str, code: int) -> None:
    done = run("-c", EXIT.format(instance=instance, end=end))
    assert (done.returncode, done.stderr) == (code, "")


def test_two_threads_in_one_socket_are_refused() -> None:
    with zmq.Context() as context, context.socket(zmq.PULL) as socket:
        socket.bind("inproc://busy")

        def wait() -> None:
            with pytest.raises(zmq.ContextTerminated):
                socket.recv()

        thread = threading.Thread(target=wait)
        thread.start()
        while not repr(socket._core).startswith("<busy"):
            thread.join(0.01)
        with pytest.raises(zmq.ZMQError) as refused:
            socket.recv(zmq.DONTWAIT)
        assert refused.value.errno == errno.EBUSY
        assert not isinstance(refused.value, OSError)
        context._core.shutdown()
        thread.join(LIMIT)
        assert not thread.is_alive()


def test_a_forked_child_is_refused() -> None:
    with zmq.Context() as context, context.socket(zmq.PULL) as socket:
        socket.bind("inproc://forked")
        child = os.fork()
        if not child:
            try:
                socket.recv(zmq.DONTWAIT)
            except zmq.ZMQError as error:
                os._exit(0 if error.errno == errno.ECHILD else 2)
            os._exit(1)
        assert os.waitpid(child, 0)[1] == 0


def test_recv_into_cuts_and_returns_the_whole_size() -> None:
    with zmq.Context() as context, context.socket(zmq.PAIR) as a, context.socket(zmq.PAIR) as b:
        a.bind("inproc://cut")
        b.connect("inproc://cut")
        a.send(b"0123456789")
        target = bytearray(4)
        assert b.recv_into(target) == 10
        assert bytes(target) == b"0123"


def test_a_dropped_shadow_closes_nothing_and_a_closed_one_closes_all() -> None:
    with zmq.Context() as context, context.socket(zmq.PAIR) as socket:
        shadow = zmq.Socket.shadow(socket.underlying)
        del shadow
        assert not socket.closed
        zmq.Socket(socket).close()
        assert socket.closed
    with pytest.raises(zmq.ZMQError):
        zmq.Socket.shadow(1)


def test_options_have_pyzmqs_types() -> None:
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        assert socket.linger == -1
        assert type(socket.EVENTS) is int
        assert socket.type is zmq.DEALER
        assert socket.last_endpoint == b""
        socket.identity = b"me\0"
        assert socket.get(zmq.IDENTITY) == b"me\0"
        for wrong in ("5", 5.0):
            with pytest.raises(TypeError):
                socket.set(zmq.LINGER, wrong)  # type: ignore[arg-type]


def test_every_constant_is_the_member_of_its_enum() -> None:
    prefixes = {"Event": "EVENT_", "ReconnectStop": "RECONNECT_STOP_", "RouterNotify": "NOTIFY_"}
    for kind in (
        constants.SocketType, constants.SocketOption, constants.ContextOption, constants.Flag,
        constants.Event, constants.PollEvent, constants.Errno, constants.ReconnectStop,
        constants.MessageOption, constants.RouterNotify,
    ):  # fmt: skip
        for name, member in kind.__members__.items():
            prefix = "" if name.startswith("PROTOCOL_") else prefixes.get(kind.__name__, "")
            assert getattr(zmq, prefix + name) is member


def test_a_proxy_raises_when_its_context_ends() -> None:
    context = zmq.Context()
    sockets = [context.socket(zmq.ROUTER), context.socket(zmq.DEALER)]
    found: list[BaseException] = []

    def forward() -> None:
        try:
            zmq.proxy(*sockets)
        except zmq.ContextTerminated as error:
            found.append(error)
        for socket in sockets:
            socket.close()

    thread = threading.Thread(target=forward)
    thread.start()
    context.term()
    thread.join(LIMIT)
    assert [error.errno for error in found] == [zmq.ETERM]  # type: ignore[attr-defined]


def test_a_send_waits_once_for_sndtimeo(monkeypatch: pytest.MonkeyPatch) -> None:
    with zmq.Context() as context, context.socket(zmq.PUSH) as socket:
        socket.sndtimeo = 10
        waited_again: list[object] = []
        monkeypatch.setattr(PlainSocket, "send", lambda *given: waited_again.append(given))
        with pytest.raises(zmq.Again):
            socket.send(b"nobody takes it")
        assert not waited_again


def test_a_rep_socket_on_both_sides_of_a_proxy_echoes() -> None:
    context = zmq.Context()
    echo, client = context.socket(zmq.REP), context.socket(zmq.REQ)

    def forward() -> None:
        with pytest.raises(zmq.ContextTerminated):
            zmq.proxy(echo, echo)
        echo.close()

    port = echo.bind_to_random_port("tcp://127.0.0.1")
    thread = threading.Thread(target=forward)
    thread.start()
    client.connect(f"tcp://127.0.0.1:{port}")
    client.rcvtimeo = LIMIT * 1000
    for text in (b"one", b"two"):
        client.send(text)
        assert client.recv() == text
    client.close(0)
    context.term()
    thread.join(LIMIT)


def test_a_receiver_cannot_change_bytes_that_were_sent_over_inproc() -> None:
    data = b"x" * (1 << 17)
    with keeping_context() as context:
        one, other = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
        one.bind("inproc://shared")
        other.connect("inproc://shared")
        one.send(data)
        assert other.recv(copy=False).buffer.readonly
    assert data == b"x" * (1 << 17)


def test_the_memory_of_a_frame_from_a_connection_is_the_receivers_own() -> None:
    with keeping_context() as context:
        one, other = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
        other.connect(f"tcp://127.0.0.1:{one.bind_to_random_port('tcp://127.0.0.1')}")
        one.send(b"x" * (1 << 17))
        frame = other.recv(copy=False)
        frame.buffer[:2] = b"ab"
        assert bytes(frame)[:3] == b"abx"
