"""The C ports: each scenario under the launcher, with what every process of it must print."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from checkout import ROOT
from launched import Place

import zmqlite as zmq

FOLDER = ROOT / "examples" / "capi"
PROGRAMS = sorted(
    path for path in FOLDER.glob("*.py") if path.stem not in ("__init__", "scenarios", "zhelpers")
)
PORTS = {
    "hwclient",
    "hwclient2",
    "hwclient3",
    "hwclient4",
    "hwserver",
    "hwserver2",
    "hwserver3",
    "hwserver4",
    "tasksink",
    "taskvent",
    "taskwork",
    "version",
    "wuclient",
    "wuserver",
    "interrupt",
    "msgqueue",
    "mspoller",
    "msreader",
    "mtrelay",
    "mtserver",
    "psenvpub",
    "psenvsub",
    "rrbroker",
    "rrclient",
    "rrworker",
    "syncpub",
    "syncsub",
    "tasksink2",
    "taskwork2",
    "wuproxy",
    "identity",
    "lbbroker",
    "rtdealer",
    "rtreq",
}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def play(place: Place, name: str) -> dict[str, list[str]]:
    """What each process of a scenario printed that went well."""
    result = place.run("-m", "examples", "run", name, "--fast")
    assert result.code == 0, result
    (line,) = result.own
    assert line.startswith(f"{name} ended well")
    return result.printed


def average(line: str) -> int:
    """The temperature that a weather client found, in the range of those that are sent."""
    match = re.fullmatch("Average temperature where the zip code begins with 1: (-?[0-9]+)", line)
    assert match
    temperature = int(match[1])
    assert -80 <= temperature <= 134
    return temperature


# Chapter 1


def test_version(place: Place) -> None:
    version = ".".join(map(str, zmq.zmq_version()))
    assert play(place, "version-c") == {"program": [f"libzmq has version {version}"]}


@pytest.mark.parametrize(
    ("name", "first", "served"),
    [
        ("hello-c", 0, ["Received Hello"]),
        ("hello2-c", 1, ["Received Hello"]),
        ("hello3-c", 1, ["id: ZMQ", "empty frame", "request: Hello"]),
        ("hello4-c", 1, ["id: ZMQ", "empty frame", "request: Hello"]),
    ],
)
def test_hello(place: Place, name: str, first: int, served: list[str]) -> None:
    printed = play(place, name)
    assert printed["server"] == served * 10
    assert printed["client"] == [
        text.format(number)
        for number in range(first, first + 10)
        for text in ("Sending Hello {}", "Received World {}")
    ]


def test_weather(place: Place) -> None:
    (line,) = play(place, "weather-c")["client"]
    average(line)


def check_pipeline(printed: dict[str, list[str]], workers: list[str]) -> None:
    """A hundred tasks, in equal parts, whose times add up to what the ventilator says."""
    dealt = [[int(task) for task in line.split(".")[:-1]] for line in workers]
    assert sorted(map(len, dealt)) == [33, 33, 34]
    assert all(1 <= task <= 12 for tasks in dealt for task in tasks)
    total = sum(map(sum, dealt))
    assert printed["ventilator"] == [
        "Sending tasks to workers",
        f"Total expected cost: {total} msec",
    ]
    ready, dots, elapsed = printed["sink"]
    assert ready == "Ready for results"
    assert dots == ":........." * 10
    match = re.fullmatch("Total elapsed time: ([0-9]+) msec", elapsed)
    assert match
    # Somebody has at least a third of the work; the sink's clock may start a little late.
    assert int(match[1]) >= total / 3 / 2


def test_pipeline(place: Place) -> None:
    printed = play(place, "pipeline-c")
    names = ("worker-1", "worker-2", "worker-3")
    check_pipeline(printed, [line for name in names for line in printed[name]])


# Chapter 2


def test_kill(place: Place) -> None:
    printed = play(place, "kill-c")
    workers = []
    for name in ("worker-1", "worker-2", "worker-3"):
        ready, line = printed[name]
        assert ready == "Ready for tasks"
        workers.append(line)
    check_pipeline(printed, workers)


@pytest.mark.parametrize("name", ["reader-c", "poller-c"])
def test_several_sockets(place: Place, name: str) -> None:
    printed = play(place, name)
    (line,) = printed["reader"]
    match = re.fullmatch("Read 100 tasks and ([0-9]+) updates", line)
    assert match
    assert int(match[1]) >= 50
    assert printed["sink"][1] == ""  # no results
    assert len(printed["ventilator"]) == 2


@pytest.mark.parametrize("name", ["broker-c", "queue-c"])
def test_broker(place: Place, name: str) -> None:
    printed = play(place, name)
    for client in ("ada", "bob"):
        assert printed[client] == [f"Received reply {number} [World]" for number in range(10)]
    served = printed.get("worker-1", []) + printed.get("worker-2", [])
    assert served == ["Received request: [Hello]"] * 20


def test_weather_proxy(place: Place) -> None:
    (line,) = play(place, "weather-proxy-c")["client"]
    average(line)


def test_interrupt(place: Place) -> None:
    assert play(place, "interrupt-c") == {
        "client": ["Sending Hello 0"],
        "server": [
            "Waiting for requests, or for a signal",
            "Received request: Hello",
            "W: interrupt received, ending",
            "W: all is closed",
        ],
    }


def test_threads(place: Place) -> None:
    printed = play(place, "threads-c")
    assert printed.pop("server") == ["Received request: [Hello]"] * 50
    dialogue = [
        text.format(number)
        for number in range(10)
        for text in ("Sending Hello {}", "Received World {}")
    ]
    assert printed == dict.fromkeys(("ada", "bob", "cleo", "dan", "eve"), dialogue)


def test_relay(place: Place) -> None:
    assert play(place, "relay-c")["program"] == [
        "Step 1 ready, signaling step 2",
        "Step 2 ready, signaling step 3",
        "Test successful!",
    ]


def test_synchronised(place: Place) -> None:
    printed = play(place, "sync-c")
    assert printed.pop("publisher") == ["Waiting for subscribers", "Broadcasting messages"]
    assert printed == {name: ["Received 10000 updates"] for name in ("ada", "bob", "cleo")}


def test_envelopes(place: Place) -> None:
    assert play(place, "envelopes-c")["subscriber"] == ["[B] This is what B is for"] * 5


# Chapter 3


def test_identity(place: Place) -> None:
    first, second = "The ROUTER has made up an id", "The ROUTER uses the id of the REQ socket"
    lines = play(place, "identity-c")["program"]
    invented = lines.pop(1)
    assert re.fullmatch(r"\[005\] 00[0-9A-F]{8}", invented)
    assert lines == [
        "-" * 40,
        "[000] ",
        f"[{len(first):03}] {first}",
        "-" * 40,
        "[005] PEER2",
        "[000] ",
        f"[{len(second):03}] {second}",
    ]


@pytest.mark.parametrize("name", ["rtreq-c", "rtdealer-c"])
def test_workers(place: Place, name: str) -> None:
    lines = play(place, name)["program"]
    tasks = [re.fullmatch("Completed: ([0-9]+) tasks", line) for line in lines]
    done = [int(match[1]) for match in tasks if match]
    assert len(done) == len(lines) == 10
    assert min(done) > 0
    assert sum(done) / 10 < 40  # half a second, tasks of 25 ms on average: about 20 for each


def test_balancer(place: Place) -> None:
    lines = play(place, "balancer-c")["program"]
    assert sorted(lines) == ["Client: OK"] * 10 + ["Worker: HELLO"] * 10
    for place_of_reply in (index for index, line in enumerate(lines) if line == "Client: OK"):
        before = lines[: place_of_reply + 1]
        assert before.count("Worker: HELLO") >= before.count("Client: OK")


# The article


def test_article_thread(place: Place) -> None:
    received = ["Received: Hello Worker!"] * 3
    assert play(place, "article-thread-c") == {"program": [*received, "The worker has ended"]}


def test_article_push(place: Place) -> None:
    assert play(place, "article-push-c") == {
        "pusher": ["Pushed 10 tasks"],
        "puller": [f"Pulled task {number}" for number in range(1, 11)],
    }


def test_article_pub(place: Place) -> None:
    lines = play(place, "article-pub-c")["subscriber"]
    assert len(lines) == 5
    for line in lines:
        assert re.fullmatch(r"Received weather\.london temperature:[12]?[0-9]", line)


def test_article_req(place: Place) -> None:
    assert play(place, "article-req-c") == {
        "requester": [f"request {number} -> REQUEST {number}" for number in (1, 2, 3)]
    }


def test_article_router(place: Place) -> None:
    assert play(place, "article-router-c") == {
        "dealer": [
            *(f"Sent request {number}" for number in (1, 2, 3, 4)),
            *(f"Received request {number}" for number in (2, 1, 4, 3)),
        ]
    }


def test_article_dontwait(place: Place) -> None:
    (line,) = play(place, "article-dontwait-c")["program"]
    assert line == "Sent 10 messages, then: Resource temporarily unavailable"


# The programs


def test_all_programs_are_there(place: Place) -> None:
    names = {path.stem for path in PROGRAMS}
    assert {name for name in names if not name.startswith("article_")} == PORTS
    result = place.run(
        "-c",
        "from examples.capi.scenarios import SCENARIOS\n"
        "for each in SCENARIOS:\n"
        "    for part in each.parts:\n"
        "        print(part.command.split()[0])",
    )
    assert set(result.own) == {f"examples.capi.{name}" for name in names}


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_port_is_c_without_types(path: Path) -> None:
    """It takes its calls from zmqlite.capi, and says how it is started."""
    module = ast.parse(path.read_text())
    assert f"python -m examples.capi.{path.stem}" in (ast.get_docstring(module) or "")
    imported = [each for each in ast.walk(module) if isinstance(each, ast.Import | ast.ImportFrom)]
    from_us = [ast.unparse(each) for each in imported if "zmqlite" in ast.unparse(each)]
    assert from_us == ["from zmqlite.capi import *"]
    assert not [each for each in ast.walk(module) if isinstance(each, ast.With | ast.ClassDef)]
