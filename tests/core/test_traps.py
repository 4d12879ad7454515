"""docs/traps.md, and the traps in it that no other test falls into."""

from __future__ import annotations

import os
import re
import socket as sockets
import struct
import time
from collections import Counter
from pathlib import Path

import pytest
from checkout import ROOT
from safety_support import run as run_program
from support import Make, Pair, Run, eventually, inside

import zmqlite as zmq
from zmqlite.monitor import decode

PAGE = (ROOT / "docs" / "traps.md").read_text(encoding="utf-8")
OUTCOMES = ("prevented", "harmless", "your duty")


def rows(heading: str) -> list[list[str]]:
    """The cells of the rows of the tables under a heading of the second level."""
    _, _, section = PAGE.partition(f"\n## {heading}\n")
    assert section, heading
    lines = section.partition("\n## ")[0].splitlines()
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines if line[:1] == "|"
    ]
    return [row for row in cells if re.fullmatch(r"[A-L]\d+", row[0])]


def test_the_page_has_every_trap_once_and_counts_them() -> None:
    counts = {"A": 18, "B": 16, "C": 13, "D": 11, "E": 12, "F": 17, "G": 14, "H": 17, "I": 8}
    expected = [
        f"{letter}{n + 1}"
        for letter, count in {**counts, "J": 7, "K": 8}.items()
        for n in range(count)
    ]
    known = rows("The traps")
    assert [row[0] for row in known] == expected
    found = rows("Found on the way")
    assert [row[0] for row in found] == [f"L{n + 1}" for n in range(len(found))]
    for heading, table in (("known", known), ("found on the way", found)):
        assert all(len(row) == 5 for row in table)
        outcomes = Counter(row[2] for row in table)
        assert set(outcomes) <= set(OUTCOMES)
        counted = " | ".join(str(outcomes[outcome]) for outcome in OUTCOMES)
        assert f"| {heading} | {len(table)} | {counted} |" in PAGE


def test_the_page_names_tests_and_modules_that_exist() -> None:
    for row in rows("The traps") + rows("Found on the way"):
        names = re.findall(r"`([^`]+)`", row[4])
        assert names or row[2] == "your duty", row
        for name in names:
            file, _, test = name.partition("::")
            path = ROOT / ("tests" if "/test_" in file else "zmqlite") / file
            assert path.is_file(), row
            assert not test or f"\ndef {test}(" in path.read_text(encoding="utf-8"), row


SURVIVED = {
    "A7 an inproc connection that nobody bound, and no socket to spare": """
        context = zmq.Context(linger=0, max_sockets=2)
        s = context.socket(zmq.PUSH)
        s.connect("inproc://nobody")
        try:
            while True:
                kept.append(context.socket(zmq.PUSH))
        except zmq.ZMQError:
            context.term()
        """,
    "A7 more inproc connections that nobody bound than sockets to spare": """
        context = zmq.Context(linger=0)
        for number in range(600):
            s = context.socket(zmq.PUSH)
            s.connect(f"inproc://nobody-{number}")
            s.send(b"x")
            kept.append(s)
        context.shutdown()
        context.term()
        """,
    "A14 a domain enforced that there is none of": """
        s = zmq.Context(linger=0).socket(zmq.PULL)
        try:
            s.set(93, 1)
        except zmq.InvalidArgument:
            pass
        s.plain_server = True
        try:
            s.bind("tcp://127.0.0.1:*")
        except zmq.SecurityError:
            pass
        with s.context.socket(zmq.REP) as handler:
            handler.bind("inproc://zeromq.zap.01")
            endpoint = s.bind("tcp://127.0.0.1:*")
            handler.unbind("inproc://zeromq.zap.01")
        c = s.context.socket(zmq.PUSH, plain_username="a", plain_password="b")
        with c.monitor() as monitor:
            c.connect(endpoint)
            while monitor.recv(timeout=5000).event not in (
                zmq.MonitorEvent.HANDSHAKE_FAILED_AUTH,
                zmq.MonitorEvent.HANDSHAKE_FAILED_NO_DETAIL,
                zmq.MonitorEvent.HANDSHAKE_FAILED_PROTOCOL,
                zmq.MonitorEvent.DISCONNECTED,
            ):
                pass
        """,
    "E7 a Poller with nothing in it": """
        start = time.monotonic()
        assert zmq.Poller().poll(50) == []
        assert 0.05 <= time.monotonic() - start < 1
        try:
            zmq.Poller().poll()
        except ValueError:
            pass
        """,
    "L2 descriptors that do not listen": """
        context = zmq.Context(linger=0)
        with open("/dev/null") as file, socket.socket() as idle, socket.socket() as gone:
            number = gone.fileno()
            gone.close()
            for descriptor in (file.fileno(), idle.fileno(), number):
                try:
                    context.socket(zmq.PULL, use_fd=descriptor)
                except zmq.ZMQError:
                    continue
                raise AssertionError(descriptor)
        """,
    "L3 a descriptor that is bound a second time": """
        context = zmq.Context(linger=0)
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            s = context.socket(zmq.PULL, use_fd=server.detach())
        assert s.bind("tcp://127.0.0.1:*") == f"tcp://127.0.0.1:{port}"
        assert s.bind("tcp://127.0.0.1:*") != f"tcp://127.0.0.1:{port}"
        c = context.socket(zmq.PUSH)
        c.connect(f"tcp://127.0.0.1:{port}")
        c.send(b"x")
        assert s.recv(timeout=5000) == b"x"
        """,
    "L4 a type other than ROUTER that is to talk raw": """
        context = zmq.Context(linger=0)
        for kind in zmq.SocketType:
            if kind != zmq.ROUTER:
                s = context.socket(kind)
                try:
                    s.router_raw = True
                except zmq.InvalidArgument:
                    continue
                raise AssertionError(kind)
        """,
    "L5 a STREAM socket and inproc": """
        context = zmq.Context(linger=0)
        s, peer = context.socket(zmq.STREAM), context.socket(zmq.DEALER)
        for call in (s.bind, s.connect):
            try:
                call("inproc://stream")
            except zmq.ZMQError as error:
                assert "STREAM" in str(error)
                continue
            raise AssertionError(call)
        """,
    "L6 impossibly many sockets, and threads for which there are no descriptors": """
        for options in ({"max_sockets": 2**31 - 1}, {"io_threads": 2**31 - 1}):
            try:
                zmq.Context(linger=0, **options).socket(zmq.PUSH)
            except (ValueError, zmq.ZMQError):
                continue
            raise AssertionError(options)
        """,
    "L7 norm without a port": """
        s = zmq.Context(linger=0).socket(zmq.PUB)
        for endpoint in ("norm://a", "norm://1,239.1.1.1", "norm://;;;"):
            for call in (s.bind, s.connect):
                try:
                    call(endpoint)
                except ValueError:
                    continue
                raise AssertionError(endpoint)
        """,
    "L8 a socket that is closed before its monitor, again and again": """
        context = zmq.Context(linger=0)
        for number in range(1500):
            s = context.socket(zmq.PULL)
            monitor = s.monitor()
            s.bind("tcp://127.0.0.1:*")
            s.close()
            monitor.close()
            if number % 100 == 0:
                time.sleep(0.005)
        eventually(lambda: len(os.listdir("/proc/self/fd")) < 20)
        """,
}


@pytest.mark.parametrize("trap", SURVIVED)
def test_a_program_survives_what_libzmq_aborts_or_hangs_on(trap: str) -> None:
    assert (
        run_program(
            "import warnings; warnings.simplefilter('ignore')\n" + _dedent(SURVIVED[trap])
        ).succeeded()
        == ""
    )


def _dedent(text: str) -> str:
    return "\n".join(line[8:] for line in text.splitlines())


def test_a_proxy_answers_an_unknown_command_and_goes_on(make: Make, run: Run) -> None:
    front, back, control = make(zmq.PULL), make(zmq.PUSH), make(zmq.REP)
    client, source, sink = make(zmq.REQ), make(zmq.PUSH), make(zmq.PULL)
    client.connect(control.bind("inproc://control"))
    source.connect(front.bind("inproc://front"))
    sink.connect(back.bind("inproc://back"))
    proxying = run(zmq.proxy_steerable, front, back, None, control)
    for command in (b"NONSENSE", b"", b"PAUSE", b"RESUME"):
        client.send(command)
        assert client.recv(timeout=5000) == b""
    client.send_multipart([b"several", b"frames"])
    assert client.recv(timeout=5000) == b""
    source.send(b"through")
    assert sink.recv(timeout=5000) == b"through"
    client.send(b"TERMINATE")
    assert client.recv(timeout=5000) == b""
    proxying.result()


def test_one_socket_may_be_both_ends_of_a_steered_proxy(make: Make, run: Run) -> None:
    both, control = make(zmq.DEALER), make(zmq.PAIR)
    peer, steersman = make(zmq.DEALER), make(zmq.PAIR)
    peer.connect(both.bind("inproc://both"))
    steersman.connect(control.bind("inproc://steering"))
    proxying = run(zmq.proxy_steerable, both, both, None, control)
    peer.send_multipart([b"echo", b"ed"])
    assert peer.recv_multipart(timeout=5000) == [b"echo", b"ed"]
    steersman.send(b"TERMINATE")
    proxying.result()


def test_a_poller_takes_no_more_than_the_system_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sysconf", {"SC_OPEN_MAX": 3}.__getitem__)
    poller = zmq.Poller()
    for number in range(3):
        poller.register(number, zmq.POLLERR)
    poller.register(2, zmq.POLLIN)  # again
    with pytest.raises(ValueError, match="at most 3"):
        poller.register(3, zmq.POLLIN)


def test_a_received_frame_may_be_read_as_larger_items_wherever_it_lies(pair: Pair) -> None:
    receiver, sender = pair(zmq.PULL, zmq.PUSH, "tcp")
    numbers = list(range(100))
    sender.send_multipart(
        [b"x", struct.pack("100d", *numbers), b"yz", struct.pack("100q", *numbers)]
    )
    frames = [receiver.recv_message(timeout=5000) for _ in range(4)]
    assert frames[1].data.cast("d").tolist() == numbers
    assert frames[3].data.cast("q").tolist() == numbers


def test_an_event_from_the_future_is_still_an_event() -> None:
    event = decode([struct.pack("=HI", 0x8000, 7), b"tcp://127.0.0.1:1"])
    assert int(event.event) == 0x8000
    assert (event.value, event.endpoint) == (7, "tcp://127.0.0.1:1")


def test_a_bad_tipc_address_is_an_invalid_argument(make: Make) -> None:
    if not zmq.has("tipc"):
        pytest.skip("libzmq was built without tipc")
    socket = make(zmq.PUB)
    for address in ("tipc://a", "tipc://{1,2}@1.1.1", "tipc://{4294967296,1,2}"):
        for call in (socket.bind, socket.connect):
            with pytest.raises(zmq.InvalidArgument):
                call(address)


def test_binding_an_abstract_name_does_not_delete_the_file_of_that_name(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = f"@zmqlite-{os.getpid()}"
    Path(name).write_text("content")
    with pytest.raises(zmq.AddressInUse):
        make(zmq.PULL).bind(f"ipc://{name}")
    assert Path(name).read_text() == "content"
    Path(name).unlink()
    make(zmq.PULL).bind(f"ipc://{name}")


def test_threads_that_share_a_poller_do_not_see_each_other_s_events(run: Run) -> None:
    ours, theirs = sockets.socketpair()
    with ours, theirs:
        poller = zmq.Poller()
        poller.register(ours, zmq.POLLIN)
        assert poller.poll(0) == []
        waiting = [run(poller.poll, 5000) for _ in range(4)]
        # What C writes to belongs to the poll that took it, so the next one makes its own.
        eventually(lambda: poller._arrays is None)
        for _ in range(2000):
            assert poller.poll(0) == []
        theirs.send(b"x")
        for task in waiting:
            assert task.result() == [(ours, zmq.POLLIN)]


def test_one_terminated_socket_ends_a_poll_with_its_name(make: Make) -> None:
    healthy = make(zmq.PULL)
    with zmq.Context() as other, other.socket(zmq.PULL) as ended:
        poller = zmq.Poller()
        poller.register(healthy, zmq.POLLIN)
        poller.register(ended, zmq.POLLIN)
        other.shutdown()
        with pytest.raises(zmq.ContextTerminated):
            poller.poll()
        poller.unregister(ended)
        assert poller.poll(0) == []


def test_a_thread_that_waits_keeps_no_other_from_running(make: Make, run: Run) -> None:
    waiting = make(zmq.PULL)
    task = run(waiting.recv, timeout=300)
    eventually(lambda: inside(waiting))
    start = time.monotonic()
    while inside(waiting):
        assert time.monotonic() - start < 2
    with pytest.raises(zmq.Timeout):
        task.result()
