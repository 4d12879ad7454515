"""The chat without a server, with raw sockets as the others."""

from __future__ import annotations

import pytest
from ports import WAIT, Program, Programs
from support import Make

from zmqlite import SUB, XPUB, Socket

pytestmark = pytest.mark.slow

ENDPOINT = "tcp://{}:{}"


def start_chat(programs: Programs) -> tuple[Program, int]:
    """Somebody who hears nobody but himself so far, and the port of all."""
    chat = programs.start("ch8.dechat", "127.0.0.1", "127.0.0.1", "joe", port=0)
    port = int(chat.line().removeprefix("bound port "))
    assert chat.line() == "somebody joined"
    return chat, port


def joined(programs: Programs, make: Make) -> tuple[Program, Socket]:
    """A chat, and a subscriber that has joined it."""
    chat, port = start_chat(programs)
    subscriber = make(SUB)
    subscriber.subscribe(b"joe")
    subscriber.connect(ENDPOINT.format("127.0.0.1", port))
    assert chat.line() == "somebody joined"
    return chat, subscriber


def test_a_line_goes_out_as_one_frame(programs: Programs, make: Make) -> None:
    chat, subscriber = joined(programs, make)
    lines = ["first", "", "third: \u00e9"]
    chat.type("\n".join(lines))
    for line in lines:
        assert chat.line() == f"joe: {line}"
        assert subscriber.recv_multipart(timeout=WAIT) == [f"joe: {line}\n".encode()]
    subscriber.unsubscribe(b"joe")
    assert chat.line() == "somebody left"
    assert chat.end() == []


def test_everybody_in_the_network_is_heard(programs: Programs, make: Make) -> None:
    chat, port = start_chat(programs)
    for host in ("127.0.0.2", "127.0.0.254"):
        publisher = make(XPUB)
        publisher.bind(ENDPOINT.format(host, port))
        assert publisher.recv(timeout=WAIT) == b"\1"
        publisher.send(b"bob: no \xff text")
        assert chat.line() == "bob: no \N{REPLACEMENT CHARACTER} text"
    assert chat.end() == []


def test_the_end_of_the_input_ends_a_chat_that_has_sent_all(programs: Programs, make: Make) -> None:
    chat, subscriber = joined(programs, make)
    for number in range(100):
        chat.type(str(number))
    chat.end_input()
    chat.rest()
    assert [subscriber.recv(timeout=WAIT) for _ in range(100)] == [
        b"joe: %d\n" % number for number in range(100)
    ]
