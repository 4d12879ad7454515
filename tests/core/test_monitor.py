"""The events of a socket's connections, and that watching them never holds anything up."""

from __future__ import annotations

import errno
import gc
import socket
import struct
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from support import Make, Run, Task, eventually, inside, unique_ipc

import zmqlite as zmq
from zmqlite.monitor import decode


def wait_for(monitor: zmq.Monitor, *kinds: zmq.MonitorEvent) -> list[zmq.SocketEvent]:
    """Receive until the last of these events has come; those that were asked for, in order."""
    found: list[zmq.SocketEvent] = []
    while len(found) < len(kinds):
        event = monitor.recv(timeout=5000)
        if event.event is kinds[len(found)]:
            found.append(event)
    return found


@pytest.mark.parametrize("transport", ["tcp", "ipc"])
def test_the_life_of_a_connection_is_told_to_both_sides(transport: str, make: Make) -> None:
    server, client = make(zmq.PULL), make(zmq.PUSH)
    with server.monitor() as there, client.monitor() as here:
        endpoint = server.bind("tcp://127.0.0.1:*" if transport == "tcp" else unique_ipc())
        listening = there.recv(timeout=5000)
        assert listening.event is zmq.MonitorEvent.LISTENING
        assert listening.endpoint == endpoint
        assert listening.value > 2  # a descriptor
        client.connect(endpoint)
        client.send(b"body")
        assert server.recv(timeout=5000) == b"body"
        accepted, succeeded = wait_for(
            there, zmq.MonitorEvent.ACCEPTED, zmq.MonitorEvent.HANDSHAKE_SUCCEEDED
        )
        assert accepted.endpoint == succeeded.endpoint == endpoint
        connected, _ = wait_for(
            here, zmq.MonitorEvent.CONNECTED, zmq.MonitorEvent.HANDSHAKE_SUCCEEDED
        )
        assert connected.endpoint == endpoint
        client.close()
        wait_for(there, zmq.MonitorEvent.DISCONNECTED)
        server.unbind(endpoint)
        [closed] = wait_for(there, zmq.MonitorEvent.CLOSED)
        assert closed.endpoint == endpoint


def test_a_connection_that_is_refused_is_tried_again(make: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    client = make(zmq.PUSH, reconnect_ivl=7)
    with client.monitor() as monitor:
        client.connect(f"tcp://127.0.0.1:{port}")
        delayed, closed, retried = wait_for(
            monitor,
            zmq.MonitorEvent.CONNECT_DELAYED,
            zmq.MonitorEvent.CLOSED,
            zmq.MonitorEvent.CONNECT_RETRIED,
        )
    assert delayed.value in (0, errno.EINPROGRESS)
    assert delayed.endpoint == closed.endpoint == f"tcp://127.0.0.1:{port}"
    assert 7 <= retried.value < 14


def test_only_the_events_asked_for_come_and_the_last_one(make: Make) -> None:
    server = make(zmq.PULL)
    monitor = server.monitor(zmq.MonitorEvent.LISTENING | zmq.MonitorEvent.CLOSED)
    for _ in range(2):
        endpoint = server.bind("tcp://127.0.0.1:*")
        server.unbind(endpoint)
    kinds = [monitor.recv(timeout=5000).event for _ in range(4)]
    assert sorted(kinds) == [zmq.MonitorEvent.LISTENING] * 2 + [zmq.MonitorEvent.CLOSED] * 2
    server.close()
    assert monitor.recv(timeout=5000) == (zmq.MonitorEvent.MONITOR_STOPPED, 0, "")
    monitor.close()


def test_inproc_has_no_events(make: Make, endpoint: str) -> None:
    with make(zmq.PULL) as server, server.monitor() as monitor:
        server.bind(endpoint)
        make(zmq.PUSH).connect(endpoint)
        with pytest.raises(zmq.Again):
            monitor.recv(timeout=0)


def test_waiting_for_an_event_ends_in_time(make: Make) -> None:
    with make(zmq.PULL).monitor() as monitor:
        with pytest.raises(zmq.Timeout):
            monitor.recv(timeout=10)
        with pytest.raises(zmq.Again):
            monitor.recv(1)


def test_events_are_polled_for(make: Make) -> None:
    server = make(zmq.PULL)
    with server.monitor() as monitor:
        poller = zmq.Poller()
        poller.register(monitor.socket, zmq.POLLIN)
        assert poller.poll(0) == []
        server.bind("tcp://127.0.0.1:*")
        assert poller.poll(5000) == [(monitor.socket, zmq.POLLIN)]
        assert monitor.recv().event is zmq.MonitorEvent.LISTENING


@pytest.mark.parametrize(
    ("kind", "value", "endpoint", "expected"),
    [
        (0x0001, 7, b"tcp://127.0.0.1:1", zmq.MonitorEvent.CONNECTED),
        (0x4000, 400, b"", zmq.MonitorEvent.HANDSHAKE_FAILED_AUTH),
        (0x2000, 0x20000005, b"ipc://\xff", zmq.MonitorEvent.HANDSHAKE_FAILED_PROTOCOL),
        (0x8000, 2**32 - 1, b"new", zmq.MonitorEvent(0x8000)),  # from a libzmq of the future
    ],
)
def test_frames_are_decoded(
    kind: int, value: int, endpoint: bytes, expected: zmq.MonitorEvent
) -> None:
    event = decode([struct.pack("=HI", kind, value), endpoint])
    assert event == (expected, value, endpoint.decode(errors="surrogateescape"))
    assert event.event == expected
    assert isinstance(event.event, zmq.MonitorEvent)


# The end of a monitor


ENDINGS: dict[str, Callable[[zmq.Socket, zmq.Monitor, zmq.Context], None]] = {
    "of the monitored socket": lambda socket, monitor, context: socket.close(),
    "of the context": lambda socket, monitor, context: context.shutdown(),
}


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS.keys())
@pytest.mark.parametrize("events", [zmq.MonitorEvent.ALL, zmq.MonitorEvent.CONNECTED])
def test_an_iteration_ends_with_the_end(
    ending: Callable[[zmq.Socket, zmq.Monitor, zmq.Context], None],
    events: zmq.MonitorEvent,
    make: Make,
    context: zmq.Context,
    run: Run,
) -> None:
    server = make(zmq.PULL)
    with server.monitor(events) as monitor:
        kinds: list[zmq.MonitorEvent] = []
        task = run(lambda: kinds.extend(event.event for event in monitor))
        eventually(inside, monitor.socket)
        server.bind("tcp://127.0.0.1:*")
        if events == zmq.MonitorEvent.ALL:  # what the end of the context finds unread is lost
            eventually(lambda: zmq.MonitorEvent.LISTENING in kinds)
        ending(server, monitor, context)
        task.result()
    assert set(kinds) <= {zmq.MonitorEvent.LISTENING, zmq.MonitorEvent.CLOSED}
    assert (zmq.MonitorEvent.LISTENING in kinds) == (events == zmq.MonitorEvent.ALL)


def test_the_events_before_the_end_are_still_read(make: Make) -> None:
    server = make(zmq.PULL)
    with server.monitor() as monitor:
        endpoint = server.bind("tcp://127.0.0.1:*")
        server.unbind(endpoint)
        wait_for(monitor, zmq.MonitorEvent.LISTENING)
        server.close()
        assert [event.event for event in monitor] in ([zmq.MonitorEvent.CLOSED], [])


def test_a_closed_monitor_has_no_events(make: Make) -> None:
    monitor = make(zmq.PULL).monitor()
    monitor.close()
    monitor.close()
    assert monitor.socket.closed
    with pytest.raises(zmq.SocketClosed):
        monitor.recv()
    assert list(monitor) == []


def test_after_the_context_has_ended_there_are_no_events(make: Make, context: zmq.Context) -> None:
    monitor = make(zmq.PULL).monitor()
    context.term()
    with pytest.raises(zmq.ContextTerminated):
        monitor.recv()
    assert list(monitor) == []
    monitor.close()


# Several monitors


def test_several_monitors_of_a_socket_get_the_same_events(make: Make) -> None:
    server = make(zmq.PULL)
    with server.monitor() as first, server.monitor() as second:
        endpoint = server.bind("tcp://127.0.0.1:*")
        [one] = wait_for(first, zmq.MonitorEvent.LISTENING)
        [other] = wait_for(second, zmq.MonitorEvent.LISTENING)
        assert one == other
        assert one.endpoint == endpoint
        first.close()
        server.bind("tcp://127.0.0.1:*")
        wait_for(second, zmq.MonitorEvent.LISTENING)


def test_a_closed_socket_is_not_monitored(make: Make, context: zmq.Context) -> None:
    server = make(zmq.PULL)
    server.close()
    with pytest.raises(zmq.SocketClosed, match="zmq_socket_monitor"):
        server.monitor()
    other = make(zmq.PULL)
    context.shutdown()
    for watch in (other.monitor, other.statistics, context.monitor):
        with pytest.raises(zmq.ContextTerminated):
            watch()


def test_monitors_leave_nothing_behind_in_their_context(make: Make, context: zmq.Context) -> None:
    server = make(zmq.PULL)
    server.monitor().close()

    def size() -> int:
        inproc = context._inproc
        return len(context._owner.handles) + len(inproc.endpoints) + len(inproc.awaited)

    before = size()
    for _ in range(100):
        server.monitor().close()
    assert size() == before


# Nobody reads


def storm(server: zmq.Socket, count: int) -> None:
    """Bind, then let so many peers connect and leave: three events each."""
    address = server.bind(unique_ipc()).removeprefix("ipc://").replace("@", "\0")

    def connect_and_leave() -> None:
        for _ in range(count):
            with socket.socket(socket.AF_UNIX) as peer:
                peer.connect(address)

    Task(connect_and_leave).result()


def works(make: Make) -> bool:
    """Whether the I/O thread of the context still moves messages."""
    router, dealer = make(zmq.ROUTER), make(zmq.DEALER)
    dealer.connect(router.bind("tcp://127.0.0.1:*"))
    dealer.send(b"alive")
    return router.recv_multipart(timeout=5000)[1] == b"alive"


def test_events_that_nobody_reads_hold_up_nothing(make: Make) -> None:
    server = make(zmq.PULL)
    monitor = server.monitor()
    storm(server, 2000)
    assert works(make)
    kinds = Counter(monitor.recv(timeout=5000).event for _ in range(6001))
    assert kinds == {
        zmq.MonitorEvent.LISTENING: 1,
        zmq.MonitorEvent.ACCEPTED: 2000,
        zmq.MonitorEvent.HANDSHAKE_FAILED_NO_DETAIL: 2000,
        zmq.MonitorEvent.DISCONNECTED: 2000,
    }
    monitor.close()
    assert works(make)


@pytest.mark.parametrize("first", ["monitor", "socket", "context"])
def test_unread_events_hold_up_no_end(first: str, context: zmq.Context) -> None:
    server = context.socket(zmq.PULL)
    monitor = server.monitor()
    storm(server, 2000)
    if first == "context":
        Task(context.term).result()
    elif first == "monitor":
        Task(monitor.close).result()
    Task(server.close).result()
    Task(monitor.close).result()


def unclosed() -> AbstractContextManager[Any]:
    return pytest.warns(ResourceWarning, match="unclosed <zmqlite.Socket")


@pytest.mark.parametrize("first", ["monitor", "socket"])
def test_an_unclosed_monitor_holds_up_nothing(first: str, make: Make, context: zmq.Context) -> None:
    server = context.socket(zmq.PULL)
    monitor = server.monitor()
    storm(server, 2000)
    with unclosed():
        if first == "monitor":
            del monitor
        else:
            del server
    if first == "monitor":
        storm(server, 2000)
    assert works(make)
    with unclosed():
        if first == "monitor":
            del server
        else:
            del monitor
    assert works(make)


def test_socket_and_monitor_in_one_heap_of_garbage_hold_up_nothing(
    make: Make, context: zmq.Context
) -> None:
    for names in (("server", "monitor"), ("monitor", "server")):
        heap: dict[str, Any] = {}
        heap["heap"] = heap
        server = context.socket(zmq.PULL)
        made = {"server": server, "monitor": server.monitor()}
        server.bind("tcp://127.0.0.1:*")
        heap.update((name, made[name]) for name in names)
        del server, made, heap
        with unclosed():
            gc.collect()
        assert works(make)
