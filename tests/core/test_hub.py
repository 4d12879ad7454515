"""The hub of a context: any number of subscribers, none of which holds anything up."""

from __future__ import annotations

import gc
import os
import socket
import sys
import weakref
from collections import Counter
from typing import Any

import pytest
from core.test_monitor import storm, works
from program_support import said
from support import Make, Run, Task, eventually, unique_ipc

import zmqlite as zmq
from zmqlite.hub import Hub

FIVE = 5000


def connected(make: Make, *, port: str = "tcp://127.0.0.1:*") -> tuple[Any, Any]:
    server, client = make(zmq.PULL), make(zmq.PUSH)
    server.statistics()
    client.statistics()
    client.connect(server.bind(port))
    return server, client


def test_messages_do_not_wake_the_hub(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = []
    one_round = Hub._round

    def counted(hub: Hub) -> None:
        rounds.append(hub)
        one_round(hub)

    monkeypatch.setattr(Hub, "_round", counted)
    server, client = connected(make)
    for each in (server, client):
        each.wait_peers(1, FIVE)
    before = len(rounds)
    for _ in range(1000):
        client.send(b"message")
        server.recv(timeout=FIVE)
    # The last events of the handshake may have been counted, and the thread not yet be waiting.
    assert len(rounds) - before <= 2


def test_a_monitor_of_the_context_sees_all_its_sockets(make: Make, context: zmq.Context) -> None:
    before = make(zmq.PULL)
    with context.monitor(zmq.MonitorEvent.LISTENING) as monitor:
        after = make(zmq.PULL)
        endpoints = {each.bind("tcp://127.0.0.1:*") for each in (before, after)}
        events = [monitor.recv(timeout=FIVE) for _ in range(2)]
        assert {event.endpoint for event in events} == endpoints
        names = {each.statistics().name for each in (before, after)}
        assert {event.socket for event in events} == names


def test_a_monitor_of_the_context_goes_on_when_a_socket_is_closed(
    make: Make, context: zmq.Context
) -> None:
    with context.monitor(zmq.MonitorEvent.LISTENING | zmq.MonitorEvent.MONITOR_STOPPED) as monitor:
        for _ in range(2):
            with make(zmq.PULL) as server:
                name = server.statistics().name
                server.bind("tcp://127.0.0.1:*")
            found = [next(iter(monitor)) for _ in range(2)]
            assert [event.event for event in found] == [
                zmq.MonitorEvent.LISTENING,
                zmq.MonitorEvent.MONITOR_STOPPED,
            ]
            assert {event.socket for event in found} == {name}


def test_an_event_names_the_peer_the_mechanism_and_the_side(make: Make) -> None:
    server, client = make(zmq.PULL), make(zmq.PUSH)
    ready = zmq.MonitorEvent.HANDSHAKE_SUCCEEDED
    with server.monitor(ready) as there, client.monitor(ready) as here:
        endpoint = server.bind("tcp://127.0.0.1:*")
        client.connect(endpoint)
        bound, other = there.recv(timeout=FIVE), here.recv(timeout=FIVE)
    assert bound.peer.startswith("127.0.0.1:")
    assert other.peer == endpoint.removeprefix("tcp://")
    assert (bound.side, other.side) == ("bound", "connected")
    assert bound.mechanism == other.mechanism == "NULL"
    assert bound.cause == ""
    assert bound.peer in str(bound)
    assert endpoint in str(bound)


def test_the_peer_over_ipc_is_a_process(make: Make) -> None:
    server, client = make(zmq.PULL), make(zmq.PUSH)
    with server.monitor(zmq.MonitorEvent.HANDSHAKE_SUCCEEDED) as monitor:
        client.connect(server.bind(unique_ipc()))
        assert monitor.recv(timeout=FIVE).peer == f"pid {os.getpid()}"


def test_an_iteration_with_a_timeout_ends(make: Make) -> None:
    server = make(zmq.PULL)
    with server.monitor() as monitor:
        server.bind("tcp://127.0.0.1:*")
        assert next(monitor.iter(FIVE)).event is zmq.MonitorEvent.LISTENING
        assert list(monitor.iter(0)) == []


@pytest.mark.parametrize("queue", [0, 1, -1, 1.5, True])
def test_a_queue_holds_at_least_two_events(queue: Any, make: Make) -> None:
    with pytest.raises((TypeError, ValueError), match="queue"):
        make(zmq.PULL).monitor(queue=queue)


def test_a_full_queue_drops_counts_and_still_has_its_end(make: Make) -> None:
    server = make(zmq.PULL)
    slow, quick = server.monitor(queue=10), server.monitor()
    storm(server, 500)
    kinds = Counter(quick.recv(timeout=FIVE).event for _ in range(1501))
    assert kinds[zmq.MonitorEvent.ACCEPTED] == 500
    assert quick.dropped == 0
    assert slow.dropped == 1501 - 10
    assert server.statistics().dropped == slow.dropped
    server.close()
    assert len(list(slow)) == 10
    slow.close()
    quick.close()


def test_a_queue_that_is_full_at_the_end_may_be_closed_unread(
    make: Make, context: zmq.Context
) -> None:
    handles = context._owner.handles
    make(zmq.PULL).monitor().close()
    before = len(handles)
    for _ in range(5):
        server = make(zmq.PULL)
        monitor = server.monitor(queue=2)
        storm(server, 20)
        eventually(lambda: monitor.dropped)  # noqa: B023
        server.close()
        monitor.close()
    eventually(lambda: len(handles) == before)
    assert works(make)


def test_a_callback_gets_each_event_in_a_thread(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[zmq.SocketEvent] = []
    raised: list[Any] = []
    monkeypatch.setattr(sys, "excepthook", lambda *error: raised.append(error))

    def note(event: zmq.SocketEvent) -> None:
        events.append(event)
        raise LookupError(event.endpoint)

    server = make(zmq.PULL)
    monitor = server.monitor(zmq.MonitorEvent.LISTENING)
    monitor.call(note)
    endpoints = [server.bind("tcp://127.0.0.1:*") for _ in range(2)]
    eventually(lambda: len(raised) == 2)
    assert [event.endpoint for event in events] == endpoints
    assert {kind for kind, _, _ in raised} == {LookupError}
    server.close()


def test_sockets_closed_in_threads_while_all_are_watched(make: Make, context: zmq.Context) -> None:
    with context.monitor(queue=100) as monitor:

        def work() -> None:
            for _ in range(20):
                with (
                    context.socket(zmq.PULL) as server,
                    context.socket(zmq.PUSH, linger=0) as client,
                ):
                    client.connect(server.bind(unique_ipc()))
                    client.send(b"", timeout=FIVE)

        tasks = [Task(work) for _ in range(4)]
        for task in tasks:
            task.result(30)
        assert sum(1 for _ in monitor.iter(0)) > 0
        eventually(lambda: len(context._owner.hub._records) == 0)
    assert works(make)


def test_a_context_that_is_dropped_ends_its_hub() -> None:
    context = zmq.Context(linger=0)
    server = context.socket(zmq.PULL)
    server.statistics()
    hub = context._owner.hub
    assert hub._running.locked()
    server.close()
    gone = weakref.ref(context)
    del server, context
    gc.collect()
    assert gone() is None
    eventually(lambda: not hub._running.locked())


def test_the_end_of_the_context_ends_the_hub(context: zmq.Context, make: Make) -> None:
    server, _ = connected(make)
    hub = context._owner.hub
    context.term()
    assert not hub._running.locked()
    with pytest.raises(zmq.ContextTerminated):
        server.statistics()


@pytest.mark.parametrize("program", ["forked", "left_running"])
def test_a_forked_child_starts_its_own_hub_and_an_exit_ends_it(program: str) -> None:
    assert said("core/hubs", program) == ""


def test_a_flood_with_a_slow_subscriber_leaves_memory_flat(make: Make) -> None:
    server = make(zmq.PULL, backlog=1000)
    monitor = server.monitor(queue=100)
    address = server.bind(unique_ipc()).removeprefix("ipc://").replace("@", "\0")

    def flood(total: int) -> int:
        for _ in range(2500):
            with socket.socket(socket.AF_UNIX) as peer:
                peer.connect(address)
        eventually(lambda: server.statistics().failures == total)
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    flood(2500)
    before = flood(5000)
    after = flood(7500)
    assert monitor.dropped > 20_000
    assert after - before < 2_000_000
    assert server.statistics().peers == 0
    monitor.close()


# Waiting for peers, and counters


def test_wait_peers_comes_back_when_all_are_connected(make: Make, run: Run) -> None:
    server = make(zmq.PUSH)
    server.wait_peers(0)
    endpoint = server.bind("tcp://127.0.0.1:*")
    waiting = run(server.wait_peers, 2, FIVE)
    clients = [make(zmq.PULL) for _ in range(2)]
    for client in clients:
        client.connect(endpoint)
    waiting.result()
    server.send_many([b"1", b"2"])
    assert all(client.recv(timeout=FIVE) for client in clients)
    statistics = server.statistics()
    assert (statistics.peers, statistics.connections, statistics.failures) == (2, 2, 0)
    clients[0].close()
    eventually(lambda: server.statistics().peers == 1)
    with pytest.raises(zmq.Timeout, match="1 of 2 peers were connected within 20 ms"):
        server.wait_peers(2, 20)
    server.wait_peers(1, 0)


def test_a_connected_socket_waits_for_its_peer(make: Make) -> None:
    server, client = connected(make)
    client.wait_peers(1, FIVE)
    server.wait_peers(1, FIVE)
    client.disconnect(server.last_endpoint)
    assert client.statistics().peers == 0


def test_raw_connections_are_peers_of_a_stream_socket(make: Make) -> None:
    server = make(zmq.STREAM)
    server.wait_peers(0)
    port = int(server.bind("tcp://127.0.0.1:*").rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)):
        server.wait_peers(1, FIVE)
    eventually(lambda: server.statistics().peers == 0)


def test_peers_of_a_socket_that_nobody_watched_are_not_known(make: Make) -> None:
    server = make(zmq.PUSH)
    server.bind("tcp://127.0.0.1:*")
    with pytest.raises(RuntimeError, match=r"wait_peers\(0\) before"):
        server.wait_peers(1, 0)
    assert not server.statistics().complete


def test_inproc_has_no_peers_to_wait_for(make: Make, endpoint: str) -> None:
    server = make(zmq.PUSH)
    server.bind(endpoint)
    with pytest.raises(zmq.NotSupported, match="inproc"):
        server.wait_peers(1, 0)


@pytest.mark.parametrize("end", ["context", "socket"])
def test_waiting_for_peers_ends_with_context_and_socket(
    end: str, make: Make, run: Run, context: zmq.Context
) -> None:
    server = make(zmq.PUSH)
    server.wait_peers(0)
    server.bind("tcp://127.0.0.1:*")
    waiting = run(server.wait_peers, 1)
    eventually(lambda: context._owner.hub._feeds)
    if end == "context":
        context.shutdown()
    else:
        server.close()
    with pytest.raises(zmq.ContextTerminated if end == "context" else zmq.SocketClosed):
        waiting.result()


def test_a_stalled_handshake_does_not_disturb_the_count(make: Make) -> None:
    server = make(zmq.PULL, handshake_ivl=300)
    server.wait_peers(0)
    endpoint = server.bind("tcp://127.0.0.1:*")
    port = int(endpoint.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)):
        client = make(zmq.PUSH)
        client.connect(endpoint)
        server.wait_peers(1, FIVE)
        eventually(lambda: server.statistics().failures == 1)
        assert (server.statistics().peers, server.statistics().connections) == (1, 1)
    client.close()
    eventually(lambda: server.statistics().peers == 0)


def test_a_context_lists_its_open_sockets(context: zmq.Context) -> None:
    assert context.sockets == []
    first, second = context.socket(zmq.PULL), context.socket(zmq.PUSH)
    assert set(context.sockets) == {first, second}
    first.monitor().close()
    first.close()
    assert context.sockets == [second]
    second.close()
    del second
    assert context.sockets == []
