"""zmqlite.pyzmq and processes: how they start, and how they end."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest
from support import slow

import zmqlite.pyzmq as zmq
from zmqlite.pyzmq import devices

LIMIT = 60
LOCAL = "tcp://127.0.0.1"
MESSAGES = 200_000


def bound(context: Any, kind: int) -> tuple[Any, str]:
    socket = context.socket(kind)
    socket.sndtimeo = LIMIT * 1000
    socket.rcvtimeo = LIMIT * 1000
    return socket, f"{LOCAL}:{socket.bind_to_random_port(LOCAL)}"


class SpawnedDevice(devices.ProcessDevice):
    _launch_class: ClassVar[Any] = multiprocessing.get_context("spawn").Process


@pytest.mark.slow
def test_a_device_forwards_in_a_spawned_process(context: Any) -> None:
    source, first = bound(context, zmq.PUSH)
    sink, last = bound(context, zmq.PULL)
    device = SpawnedDevice(zmq.STREAMER, zmq.PULL, zmq.PUSH)
    device.connect_in(first)
    device.connect_out(last)
    device.setsockopt_in(zmq.LINGER, 0)
    device.start()
    try:
        source.send_multipart([b"two", b"frames"])
        assert sink.recv_multipart() == [b"two", b"frames"]
        assert device.launcher.pid != os.getpid()
    finally:
        device.launcher.terminate()
        device.join(LIMIT)
    assert device.launcher.exitcode is not None


def answer(endpoint: str) -> None:
    """Ask with a context of this process, and tell what came."""
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.rcvtimeo = LIMIT * 1000
        socket.connect(endpoint)
        socket.send(b"from a child")
        sys.exit(0 if socket.recv() == b"to a child" else 1)


@pytest.mark.parametrize("method", ["fork", slow("spawn"), slow("forkserver")])
def test_a_multiprocessing_child_uses_a_context_of_its_own(context: Any, method: str) -> None:
    socket, endpoint = bound(context, zmq.REP)
    child = multiprocessing.get_context(method).Process(target=answer, args=(endpoint,))  # type: ignore[attr-defined]
    child.start()
    try:
        assert socket.recv() == b"from a child"
        socket.send(b"to a child")
        child.join(LIMIT)
        assert child.exitcode == 0
    finally:
        child.kill()
        child.join(LIMIT)


def run(tmp_path: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    file = tmp_path / "program.py"
    file.write_text(program, encoding="utf-8")
    return subprocess.run(
        [sys.executable, str(file), *arguments],
        capture_output=True, text=True, timeout=LIMIT, check=False,
    )  # fmt: skip


MANY = """
import sys
import zmqlite.pyzmq as zmq

socket = zmq.Context.instance().socket(zmq.PUSH)
socket.sndhwm = 0
socket.connect(sys.argv[1])
for number in range(int(sys.argv[2])):
    socket.send(b"%d" % number)
print("queued", flush=True)
"""


@pytest.mark.slow
def test_an_exit_with_many_messages_that_nobody_takes_ends(tmp_path: Path) -> None:
    done = run(tmp_path, MANY, f"ipc://{tmp_path}/nobody", str(MESSAGES))
    assert (done.returncode, done.stdout, done.stderr) == (0, "queued\n", "")


@pytest.mark.slow
def test_an_exit_sends_what_is_queued(tmp_path: Path, context: Any) -> None:
    sink = context.socket(zmq.PULL)
    sink.rcvtimeo = LIMIT * 1000
    sink.rcvhwm = 0  # or ipc may lose what is still in a closed connection, see traps.md, L36
    file = tmp_path / "program.py"
    file.write_text(MANY, encoding="utf-8")
    endpoint, count = f"ipc://{tmp_path}/later", MESSAGES // 100
    with subprocess.Popen(
        [sys.executable, str(file), endpoint, str(count)],
        text=True, stdout=subprocess.PIPE,
    ) as program:  # fmt: skip
        try:
            assert program.stdout is not None
            assert program.stdout.readline() == "queued\n"
            sink.bind(endpoint)
            for number in range(count):
                assert sink.recv() == b"%d" % number
            assert program.wait(LIMIT) == 0
        finally:
            program.kill()


DAEMON = """
import threading
import zmqlite.pyzmq as zmq

context = zmq.Context.instance()
entered = threading.Event()

def receive():
    socket = context.socket(zmq.PULL)
    socket.bind("inproc://nobody")
    entered.set()
    {receive}

threading.Thread(target=receive, daemon=True).start()
entered.wait()
"""


@pytest.mark.parametrize(
    "receive",
    [
        "socket.recv()",
        slow("socket.recv_multipart(copy=False)"),
        slow("socket.poll()"),
        slow("while True: socket.poll(1)"),
        slow("zmq.proxy(socket, context.socket(zmq.PUSH))"),
    ],
)
def test_a_daemon_thread_that_waits_at_exit_stays_silent(tmp_path: Path, receive: str) -> None:
    done = run(tmp_path, DAEMON.format(receive=receive))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
