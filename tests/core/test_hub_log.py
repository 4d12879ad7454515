"""What is logged, and that nothing is unless a program asks for it."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator

import pytest
from program_support import said
from support import Make, eventually, slow

from zmqlite import PULL, PUSH, Context, MonitorEvent, SocketEvent, auth
from zmqlite.log import INTERVAL, RETRIES, Lines


class Collect(logging.Handler):
    """Keep what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def lines() -> Iterator[list[logging.LogRecord]]:
    """Switch logging on, and collect what is logged."""
    handler = Collect()
    logger = logging.getLogger("zmqlite")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield handler.records
    logger.setLevel(logging.NOTSET)
    logger.removeHandler(handler)


def named(lines: list[logging.LogRecord], name: str, text: str) -> bool:
    return any(line.name == name and text in line.getMessage() for line in lines)


def test_nothing_is_watched_unless_the_logger_has_a_level(make: Make, context: Context) -> None:
    assert logging.getLogger().handlers  # pytest's
    threads = threading.active_count()
    make(PULL).bind("tcp://127.0.0.1:*")
    assert context._owner.hub is None
    assert threading.active_count() == threads


def test_connections_are_logged_for_sockets_old_and_new(
    make: Make, lines: list[logging.LogRecord]
) -> None:
    logging.getLogger("zmqlite").setLevel(logging.NOTSET)
    old = make(PULL)
    logging.getLogger("zmqlite").setLevel(logging.DEBUG)
    new = make(PUSH)
    new.connect(old.bind("tcp://127.0.0.1:*"))
    for socket in (old, new):
        name = socket.statistics().name
        eventually(lambda: named(lines, "zmqlite.connections", f"{name} has a new peer"))  # noqa: B023
    assert {line.levelno for line in lines} == {logging.DEBUG}


def test_failures_are_warnings_with_their_cause(make: Make, lines: list[logging.LogRecord]) -> None:
    server, client = make(PULL), make(PUSH)
    auth.curve_server(server, auth.Certificate.generate(), allow=auth.ANYONE)
    client.connect(server.bind("tcp://127.0.0.1:*"))
    name = client.statistics().name
    eventually(lambda: named(lines, "zmqlite.failures", f"{name} failed the handshake"))
    eventually(lambda: named(lines, "zmqlite.failures", "another security mechanism"))


def test_a_socket_that_is_never_closed_is_logged(
    context: Context, lines: list[logging.LogRecord]
) -> None:
    with pytest.warns(ResourceWarning, match="unclosed"):
        context.socket(PULL)
    assert named(lines, "zmqlite.ends", "was never closed")


def test_an_end_at_the_limit_of_the_linger_is_logged(lines: list[logging.LogRecord]) -> None:
    with Context(linger=50) as context, context.socket(PUSH) as pusher:
        pusher.connect("tcp://127.0.0.1:9")
        pusher.send(b"never sent")
    assert named(lines, "zmqlite.ends", "were dropped")
    lines.clear()
    with Context(linger=5000) as context, context.socket(PUSH) as pusher:
        pusher.bind("tcp://127.0.0.1:*")
    assert not named(lines, "zmqlite.ends", "")


def event(kind: MonitorEvent, value: int = 0) -> SocketEvent:
    made = SocketEvent(kind, value, "tcp://127.0.0.1:1")
    made.socket = "PUSH-1"
    return made


def test_a_failure_is_logged_once_in_a_while_with_a_count() -> None:
    lines, failed = Lines(), event(MonitorEvent.HANDSHAKE_FAILED_AUTH, 400)
    first = lines.line(failed, 100.0)
    assert first is not None
    assert first[1] == logging.WARNING
    assert "denied" in first[2]
    for second in (101, 105, 109):
        assert lines.line(failed, second) is None
    later = lines.line(failed, 100.0 + INTERVAL / 1000)
    assert later is not None
    assert "4 times" in later[2]


def test_connecting_again_is_a_warning_only_when_it_goes_on() -> None:
    lines, retried = Lines(), event(MonitorEvent.CONNECT_RETRIED, 100)

    def levels(count: int) -> list[int]:
        found = [lines.line(retried, 100.0) for _ in range(count)]
        return [line[1] for line in found if line]

    assert levels(RETRIES - 1) == [logging.DEBUG] * (RETRIES - 1)
    lines.line(event(MonitorEvent.HANDSHAKE_SUCCEEDED), 100.0)
    assert levels(RETRIES) == [logging.DEBUG] * (RETRIES - 1) + [logging.WARNING]
    assert levels(RETRIES) == [logging.DEBUG] * RETRIES


@pytest.mark.parametrize(
    ("level", "line"),
    [
        ("debug", r"DEBUG zmqlite.connections: PULL-"),
        slow("warning", r"^\s*$"),
        slow("loud", "not 'loud'"),
    ],
)
def test_the_environment_switches_it_on(level: str, line: str) -> None:
    assert re.search(line, said("core/hubs", "logged", level))
