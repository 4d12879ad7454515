"""Freelance: each model with servers that are dead, or are killed in the middle."""

from __future__ import annotations

import pytest
from ports import Programs

pytestmark = pytest.mark.slow


def test_freelance1_asks_a_lone_server_three_times(programs: Programs) -> None:
    endpoint = programs.port()
    client = programs.start("ch4.flclient1", endpoint, "--timeout", "10")
    assert client.fail() == [
        *[f"trying {endpoint}", f"no reply from {endpoint}"] * 3,
        "no server replied, abandoning",
    ]


@pytest.mark.parametrize("model", ["flclient2", "flclient3"])
def test_a_client_without_a_server_says_so(programs: Programs, model: str) -> None:
    client = programs.start(f"ch4.{model}", programs.port(), "--timeout", "10")
    assert client.fail() == ["request 1: no server replied in 10 ms, abandoning"]


@pytest.mark.parametrize("model", ["flclient1", "flclient2"])
def test_a_client_that_is_told_of_no_server_says_so(programs: Programs, model: str) -> None:
    client = programs.start(f"ch4.{model}")
    assert client.fail() == [f"{model} needs the endpoint of at least one server"]


def test_flserver3_shows_messages_where_it_is_asked_to(programs: Programs) -> None:
    endpoint = programs.port()
    server = programs.start(
        "ch4.flserver3", "--bind", endpoint, "--endpoint", endpoint, "--verbose"
    )
    client = programs.start("ch4.flclient3", endpoint, "--count", "1")
    assert client.rest()[0] == "the first request was answered"
    bound, rule, _, number, body, *reply = server.end()
    assert bound == f"bound {endpoint}"
    assert rule == "-" * 40
    assert [number, body] == ["[001] 1", "[011] random name"]
    assert reply[2:] == ["[001] 1", "[002] OK"]
