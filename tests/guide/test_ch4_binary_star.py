"""Binary Star: servers that are killed in their turn, and two that are active at once."""

from __future__ import annotations

import pytest
from ports import WAIT, Programs
from support import Make, eventually

import zmqlite as zmq

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("program", ["bstarsrv", "bstarsrv2"])
def test_two_servers_that_were_cut_off_from_each_other_stop(
    programs: Programs, make: Make, program: str
) -> None:
    """The test is the network between them; it is cut, and both serve clients, until it heals."""
    heard, told, servers, clients = [], [], [], []
    for role in ("primary", "backup"):
        tell = make(zmq.XPUB, rcvtimeo=WAIT)
        hear = make(zmq.SUB, rcvtimeo=WAIT)
        client = make(zmq.DEALER, rcvtimeo=WAIT)
        endpoint, local = programs.port(), programs.port()
        remote = tell.bind("tcp://127.0.0.1:*")
        servers.append(
            programs.start(
                f"ch4.{program}", role, bind=endpoint, local=local, remote=remote, heartbeat=50
            )
        )
        hear.subscribe(b"")
        hear.connect(local)
        client.connect(endpoint)
        assert tell.recv() == b"\1"
        told.append(tell)
        heard.append(hear)
        clients.append(client)
    for index, peer, state in ((0, b"2", b"3"), (1, b"3", b"4")):
        told[index].send(peer)
        eventually(lambda index=index, state=state: heard[index].recv() == state)
    for client in clients:
        while not client.poll(50):
            client.send_multipart([b"", b"vote"])
        assert client.recv_multipart() == [b"", b"vote"]
    for index in (0, 1):
        eventually(lambda index=index: heard[index].recv() == b"3")
    for tell in told:
        tell.send(b"3")
    for server in servers:
        assert "both servers are active, stopping" in server.fail()
