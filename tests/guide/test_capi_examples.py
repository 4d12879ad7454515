"""The C ports of chapter 3 and of the article: what each process of their scenarios must print.

Those of chapters 1 and 2 are tested in tests/guide, together with the Pythonic programs.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from checkout import ROOT
from launched import Place

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
