"""The examples: each scenario under its launcher, as a user runs it, and the launcher itself."""

from __future__ import annotations

import ast
import os
import pty
import re
import signal
from pathlib import Path

import pytest
from checkout import ROOT
from launched import LIMIT, Place

NAMES = [
    "feed",
    "thread-c",
    "thread-python",
    "push-pull",
    "pub-sub",
    "req-rep",
    "req-rep-ipc",
    "dealer-router",
    "hwm-push",
    "hwm-pub",
    "logging",
]
PROGRAMS = sorted(
    path
    for path in (ROOT / "examples" / "article").glob("*.py")
    if path.stem not in ("__init__", "scenarios")
)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def play(place: Place, name: str, *options: str) -> dict[str, list[str]]:
    """What each process of a scenario printed that went well."""
    result = place.run("-m", "examples", "run", name, *options)
    assert result.code == 0, result
    assert len(result.own) == 1
    assert re.fullmatch(rf"{name} ended well, after \d+\.\d s", result.own[0])
    return result.printed


def numbered(text: str, count: int) -> list[str]:
    return [text.format(number) for number in range(1, count + 1)]


# The scenarios


@pytest.mark.parametrize("options", [["--fast"], []], ids=["fast", "as in the README"])
def test_feed(place: Place, options: list[str]) -> None:
    printed = play(place, "feed", *options)
    bound, *published = printed["publisher"]
    assert re.fullmatch(r"bound tcp://127\.0\.0\.1:\d+", bound)
    assert published == [*numbered("published item {}", 10), "published 10 messages"]
    assert printed["subscriber"] == [*numbered("received item {}", 10), "received 10 messages"]


def test_thread_c(place: Place) -> None:
    received = numbered("worker received: message {}", 5)
    assert play(place, "thread-c") == {"program": [*received, "main: the worker has ended"]}


def test_thread_python(place: Place) -> None:
    squares = "squares: 1 4 9 16 25 36 49 64 81 100"
    assert play(place, "thread-python") == {"program": [squares, "2 workers have ended"]}


def test_push_pull(place: Place) -> None:
    printed = play(place, "push-pull", "--fast")
    assert printed["pusher"][1:] == ["pushed 12 tasks"]
    pullers = [printed[name] for name in ("puller-1", "puller-2", "puller-3")]
    assert [lines.pop() for lines in pullers] == ["did 4 tasks"] * 3
    dealt = [[f"did task {first + 3 * turn}" for turn in range(4)] for first in (1, 2, 3)]
    assert sorted(pullers) == sorted(dealt)


def test_pub_sub(place: Place) -> None:
    printed = play(place, "pub-sub", "--fast")
    assert printed["publisher"][1:] == numbered("published reading {} under 4 topics", 5)

    def received(*topics: str) -> list[str]:
        readings = [f"{topic} reading {number}" for number in range(1, 6) for topic in topics]
        return [*readings, "received by topic: " + ", ".join(f"{topic} 5" for topic in topics)]

    assert printed["prefix"] == received("weather.london.", "weather.londonderry.")
    assert printed["exact"] == received("weather.london.")
    assert printed["two"] == received("weather.paris.", "traffic.london.")


@pytest.mark.parametrize(
    ("name", "endpoint"),
    [("req-rep", r"tcp://127\.0\.0\.1:\d+"), ("req-rep-ipc", r"ipc://upper\.ipc")],
)
def test_req_rep(place: Place, name: str, endpoint: str) -> None:
    printed = play(place, name, "--fast")
    bound, served = printed["responder"]
    assert re.fullmatch(f"bound {endpoint}", bound)
    assert served == "served 10 requests"
    assert printed["ada"] == numbered("hello {0} from ada -> HELLO {0} FROM ADA", 5)
    assert printed["bob"] == numbered("hello {0} from bob -> HELLO {0} FROM BOB", 5)


def test_dealer_router(place: Place) -> None:
    printed = play(place, "dealer-router", "--fast")
    jobs = ["long", "middle", "short"]
    clients = [printed[name] for name in ("ada", "bob", "nameless")]
    for lines in clients:
        assert lines == [
            *(f"sent {job} job" for job in jobs),
            *(f"{job} job: done" for job in reversed(jobs)),
            "results in this order: short middle long",
        ]
    seen: dict[str, list[str]] = {}
    for line in printed["router"][1:]:
        job, _, client = line.partition(" job of client ")
        seen.setdefault(client, []).append(job)
    assert list(seen.values()) == [jobs] * 3
    invented = seen.keys() - {"ada", "bob"}
    assert len(invented) == 1
    assert re.fullmatch("00[0-9a-f]{8}", invented.pop())


def test_hwm_push(place: Place) -> None:
    printed = play(place, "hwm-push", "--fast")
    first, *others, last = printed["pusher"]
    assert first == "message 11 was refused, the queue is full"
    assert all(re.fullmatch(r"message \d+ was refused, the queue is full", each) for each in others)
    assert last == "sent 25 messages"
    assert printed["puller"] == ["received 25 messages, in order, none missing"]


def test_hwm_pub(place: Place) -> None:
    printed = play(place, "hwm-pub", "--fast")
    assert printed["publisher"][1:] == ["published 1000 messages, none was refused"]
    (line,) = printed["subscriber"]
    received, dropped = map(int, re.findall(r"\d+", line))
    assert received + dropped == 1000
    assert received >= 10  # the queue of the publisher, before its I/O thread empties it
    assert dropped > 0


def test_logging(place: Place) -> None:
    printed = play(place, "logging", "--fast")
    services = ("web", "mail", "backup")
    assert [printed[name] for name in services] == [["logged 10 records"]] * 3
    assert printed["collector"][2:] == ["collected 30 records: 6 error, 24 info"]
    *pages, last = printed["pager"]
    assert last == "paged 6 times"
    by_service = [[page for page in pages if f"in {name}:" in page] for name in services]
    assert by_service == [
        [f"error in {name}: record 5", f"error in {name}: record 10"] for name in services
    ]


# The programs


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_says_how_it_is_started(path: Path) -> None:
    text = ast.get_docstring(ast.parse(path.read_text())) or ""
    assert f"python -m examples.article.{path.stem}" in text


def test_each_program_is_in_a_scenario(place: Place) -> None:
    result = place.run(
        "-c",
        "from examples.article.scenarios import SCENARIOS\n"
        "for each in SCENARIOS:\n"
        "    for part in each.parts:\n"
        "        print(part.command.split()[0])",
    )
    assert set(result.own) == {f"examples.article.{path.stem}" for path in PROGRAMS}


# The command line


@pytest.mark.parametrize("command", [[], ["list"]], ids=["nothing", "list"])
def test_the_list_says_what_each_example_is(place: Place, command: list[str]) -> None:
    result = place.run("-m", "examples", *command)
    assert result.code == 0
    listed = [re.fullmatch(r"  (\S+) +(\S.*)", line) for line in result.own]
    assert [match[1] for match in listed if match][: len(NAMES)] == NAMES


def test_an_unknown_name_gets_the_list_and_the_one_that_was_meant(place: Place) -> None:
    result = place.run("-m", "examples", "run", "fed")
    assert result.code == 2
    hint, names = result.own
    assert hint == "There is no example 'fed'; did you mean feed?"
    assert names.startswith(f"There are: {', '.join(NAMES)}")


def test_run_without_a_name_is_refused(place: Place) -> None:
    result = place.run("-m", "examples", "run")
    assert result.code == 2
    assert "NAME" in result.own[-1]


def test_a_terminal_gets_colours(place: Place) -> None:
    master, slave = pty.openpty()
    place.environment.pop("NO_COLOR", None)
    with place.start("-m", "examples", "run", "thread-c", stdout=slave) as process:
        os.close(slave)
        assert process.wait(LIMIT) == 0
    output = os.read(master, 65536)
    os.close(master)
    assert b"\33[36mprogram |\33[0m worker received: message 1\r\n" in output


# When something goes wrong

FOREVER = "import time\nprint('up', flush=True)\ntime.sleep(3600)"
IGNORANT = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + FOREVER


@pytest.mark.parametrize(
    ("program", "part", "reason"),
    [
        ("raise SystemExit(3)", "", "bad exited with 3"),
        ("1 / 0", "", "bad exited with 1"),
        ("import os\nos.kill(os.getpid(), 9)", "", "bad was ended by signal 9, Killed"),
        (
            "print('done 1')",
            ", expect=(r'done \\d\\d',)",
            r"bad ended without printing 'done \\d\\d'",
        ),
        ("print('ready?')", ", ready=('ready',)", "bad ended without printing 'ready'"),
    ],
    ids=["exit", "exception", "signal", "expect", "ready"],
)
def test_a_part_that_fails_ends_all(place: Place, program: str, part: str, reason: str) -> None:
    place.program("forever", FOREVER)
    place.program("bad", program)
    result = place.scenario(
        "Part('first', 'forever', ready=('up',)), "
        f"Part('bad', 'bad'{part}), Part('last', 'forever')"
    )
    assert result.code == 1
    assert result.own == [f"own failed: {reason}"]
    assert result.printed["first"] == ["up"]


@pytest.mark.parametrize("program", [FOREVER, IGNORANT], ids=["willing", "unwilling"])
def test_a_part_that_does_not_end_is_ended(place: Place, program: str) -> None:
    place.program("forever", program)
    result = place.scenario("Part('first', 'forever')", "timeout=500")
    assert result.code == 1
    assert result.own == ["own failed: 500 ms were not enough for all to end"]


def test_a_part_that_fails_when_it_is_interrupted_fails_the_run(place: Place) -> None:
    place.program("forever", FOREVER)
    place.program("short", "")
    result = place.scenario(
        "Part('endless', 'forever', ready=('up',), endless=True), Part('short', 'short')"
    )
    assert result.code == 1
    assert result.own == ["own failed: endless was ended by signal 2, Interrupt"]


UP = "Part('it', 'forever', ready=('up',), endless=True)"


@pytest.mark.parametrize("kill", ["", ", signal.SIGTERM"], ids=["kill", "terminate"])
def test_a_process_can_be_killed_and_started_again(place: Place, kill: str) -> None:
    place.program(
        "forever",
        "from examples.program import run\ndef main() -> None:\n    "
        "import time\n    print('up')\n    time.sleep(3600)\nrun(main)",
    )
    result = place.scenario(f"{UP}, Kill('it'{kill}), {UP}")
    assert result.code == 0, result
    assert result.printed == {"it": ["up", "up"]}


def test_what_a_process_prints_is_awaited_in_turn(place: Place) -> None:
    place.program("count", "for number in range(10):\n    print('number', number)")
    result = place.scenario(
        "Part('count', 'count'), "
        r"Await('count', (r'number 3', r'number \d')), Await('count', (r'number [{first}-9]',))",
        "{'first': 4}",
    )
    assert result.code == 0, result


def test_what_was_printed_before_a_kill_is_not_awaited_after_it(place: Place) -> None:
    place.program("forever", FOREVER)
    place.program("other", FOREVER)
    result = place.scenario(
        "Part('other', 'other', ready=('up',)), Part('it', 'forever', ready=('up',)), "
        "Kill('it'), Await('other', ('up',))",
        "timeout=1000",
    )
    assert result.code == 1
    assert result.own == ["own failed: 1000 ms were not enough for other to print ['up']"]


def test_what_is_printed_at_once_because_of_a_kill_is_awaited_after_it(place: Place) -> None:
    place.program(
        "leaving",  # it ends when its end was noticed
        "import pathlib, signal, sys, time\n"
        "def end(*_):\n"
        "    pathlib.Path('leaving').touch()\n"
        "    while not pathlib.Path('noticed').exists():\n"
        "        time.sleep(0.001)\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n" + FOREVER,
    )
    place.program(
        "other",
        "import pathlib, time\n"
        "while not pathlib.Path('leaving').exists():\n"
        "    time.sleep(0.001)\n"
        "print('noticed', flush=True)\n"
        "pathlib.Path('noticed').touch()",
    )
    result = place.scenario(
        "Part('other', 'other'), Part('it', 'leaving', ready=('up',)), "
        "Kill('it', signal.SIGTERM), Await('other', ('noticed',))",
        "timeout=5000",
    )
    assert result.code == 0, result


def test_a_process_that_ends_while_it_is_awaited_fails_the_run(place: Place) -> None:
    place.program("short", "print('done')")
    result = place.scenario("Part('short', 'short'), Await('short', ('more',))")
    assert result.code == 1
    assert result.own == ["own failed: short ended without printing 'more'"]


def test_what_is_typed_reaches_the_standard_input_of_a_process(place: Place) -> None:
    place.program("echo", "print('echo', input())\nprint('echo', input())")
    result = place.scenario(
        "Part('echo', 'echo'), Type('echo', 'one'), Await('echo', ('echo one',)), "
        "Type('echo', 'number {number}'), Await('echo', ('echo number 2',))",
        "{'number': 2}",
    )
    assert result.code == 0, result
    assert result.printed == {"echo": ["> one", "echo one", "> number 2", "echo number 2"]}


def test_what_is_typed_after_the_end_of_a_process_is_lost(place: Place) -> None:
    place.program("forever", FOREVER)
    result = place.scenario(
        "Part('it', 'forever', ready=('up',)), Kill('it'), Type('it', 'too late')"
    )
    assert result.code == 0, result
    assert result.printed == {"it": ["up", "> too late"]}


def test_all_that_a_part_prints_is_shown(place: Place) -> None:
    place.program(
        "talk",
        "import sys\n"
        "sys.stdout.buffer.write(b'x' * 200_000 + b'\\n\\n\\xff\\n')\n"
        "sys.stdout.flush()\n"
        "print('half', end='', file=sys.stderr)",
    )
    result = place.scenario("Part('talk', 'talk', expect=('x+', '', 'half'))")
    assert result.code == 0
    assert result.printed["talk"] == ["x" * 200_000, "", "\N{REPLACEMENT CHARACTER}", "half"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_processes(place: Place, number: signal.Signals) -> None:
    with place.start("-m", "examples", "run", "feed") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.endswith("received item 1\n"):
                break
        assert len(place.processes()) == 3
        process.send_signal(number)
        output, _ = process.communicate(timeout=2)
    assert process.returncode == 128 + number
    assert output.endswith(f"feed failed: ended by {number.name}\n")
    assert place.is_clean()


def test_a_reader_that_leaves_ends_all_processes(place: Place) -> None:
    with place.start("-m", "examples", "run", "feed") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(5) == 1
    assert place.is_clean()
