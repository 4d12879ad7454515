"""Binary Star: servers that are killed in their turn, and two that are active at once."""

from __future__ import annotations

import itertools
import re

import pytest
from playing import Play
from ports import WAIT, Programs
from support import Make, eventually

import zmqlite as zmq

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["bstar", "bstar2"])
def test_each_server_takes_over_when_the_other_is_killed(play: Play, name: str) -> None:
    printed = play(name)
    replies = []
    losses: list[str] = []
    for line in printed["client"]:
        if match := re.fullmatch(r"reply (\d+) from the (\w+)", line):
            replies.append((int(match[1]), match[2]))
        else:
            assert re.fullmatch(r"no reply to (\d+) from the (\w+), failing over", line)
            losses.append(line)
    assert [number for number, _ in replies] == list(range(1, len(replies) + 1))
    turns = [server for server, _ in itertools.groupby(replies, key=lambda reply: reply[1])]
    assert turns == ["primary", "backup", "primary"]
    # One try at the dead server, one pause, and the other one answers: that bounds the time.
    first = next(number for number, server in replies if server == "backup")
    last = next(number for number, server in replies[first:] if server == "primary")
    assert losses == [
        f"no reply to {first} from the primary, failing over",
        f"no reply to {last} from the backup, failing over",
    ]
    states = {
        name: [line.split()[-1] for line in lines if "now" in line]
        for name, lines in printed.items()
    }
    assert states["primary"] == ["active", "passive", "active"]
    assert states["backup"] == ["passive", "active"]


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
                f"ch4.{program}",
                role,
                bind=endpoint,
                local=local,
                remote=remote,
                heartbeat=50,
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
