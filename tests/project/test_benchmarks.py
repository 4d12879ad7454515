"""The benchmarks: what they conclude from numbers, and that every cell can be measured."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from checkout import ROOT, run
from launched import Place
from support import eventually

from benchmarks import auth, cli, layers, machine, plots, publish, report, sections
from benchmarks.alternating import Found
from benchmarks.bars import Bar, Verdict
from benchmarks.calls import report as calls_report
from benchmarks.calls import rows as calls
from benchmarks.calls.command import Calls
from benchmarks.cells import CELLS, PATTERNS
from benchmarks.children import Children, Failure
from benchmarks.contended import report as contended
from benchmarks.contended import rows as contended_rows
from benchmarks.contended.command import Contended
from benchmarks.patterns import matching
from benchmarks.peers import IMPLEMENTATIONS
from benchmarks.pyzmq import command as pyzmq
from benchmarks.ratios import Summary, paired, summary
from benchmarks.roles import ROLES
from benchmarks.runner import Measurements, rotated

SCRIPT = [sys.executable, "-m", "benchmarks"]


# Numbers


def test_a_summary_is_the_median_and_the_quartiles_of_ratios_round_by_round() -> None:
    assert summary([5, 1, 4, 2, 3]) == Summary(3, 2, 4, 5)
    assert summary([7]) == Summary(7, 7, 7, 1)
    assert paired([10, 40, 90], [10, 20, 30]) == Summary(2, 1.5, 2.5, 3)
    assert summary([1, 1.5, 2]).noisy
    assert not summary([1.9, 2, 2.1]).noisy


def verdict(bar: Bar, *ratios: float) -> str:
    return Verdict(bar, "a/cell", summary(ratios)).text


def test_a_bar_is_met_or_not_or_the_machine_was_too_noisy() -> None:
    least = Bar("a/*", "zmqlite", "pyzmq", "rate", least=1.3)
    most = Bar("a/*", "zmqlite", "pyzmq", "p50", most=1.0)
    assert verdict(least, 1.3, 1.4, 1.5) == "met"
    assert verdict(least, 1.1, 1.2, 1.3) == "not met"
    assert verdict(least, 0.5, 1.2, 2.0) == "too noisy"
    assert verdict(least, 2.0, 3.0, 4.0) == "met"  # noisy, and above it all the same
    assert verdict(most, 0.8, 0.9, 0.95) == "met"
    assert verdict(most, 1.01, 1.02, 1.03) == "not met"


def test_implementations_alternate_in_rotating_order() -> None:
    orders = [list(rotated(["a", "b", "c"], number)) for number in range(4)]
    assert orders == [["a", "b", "c"], ["b", "c", "a"], ["c", "a", "b"], ["a", "b", "c"]]


# The table


def test_every_pattern_names_roles_and_implementations_that_exist() -> None:
    for pattern in PATTERNS:
        assert {role.rstrip("*") for role in pattern.roles} <= set(ROLES)
        assert set(pattern.implementations) <= set(IMPLEMENTATIONS)


def test_cells_are_found_by_name_and_by_pattern() -> None:
    assert [cell.name for cell in matching(CELLS, ["push-pull/tcp/16"])] == ["push-pull/tcp/16"]
    assert len(matching(CELLS, ["push-pull/*"])) == 15
    assert len(matching(CELLS, ["*"])) == len(CELLS)
    with pytest.raises(ValueError, match="--list"):
        matching(CELLS, ["nothing"])


# What is shown


def measured(name: str, **rates: float) -> Measurements:
    """Two rounds, in which everybody was twice as fast in the second."""
    samples = {
        each.replace("_", " "): [{"rate": rate, "cpu": 1e-6}, {"rate": 2 * rate, "cpu": 1e-6}]
        for each, rate in rates.items()
    }
    return Measurements(CELLS[name], samples)


def steady(name: str, **rates: float) -> Measurements:
    """Two rounds with the same rates."""
    samples = {each: [{"rate": rate, "cpu": 1e-6}] * 2 for each, rate in rates.items()}
    return Measurements(CELLS[name], samples)


def test_the_readme_gets_a_table_between_its_markers() -> None:
    cell = measured("push-pull/tcp/16", C=3000, zmqlite=1500, zmqlite_batched=2500, pyzmq=1000)
    section = publish.table([cell], {"C": "/lib/libzmq.so.5", "pyomq": "none"}, "a machine")
    ratios = " | ".join(f"{each} ({each} to {each})" for each in ("1.50", "2.50", "3.00"))
    assert f"| 16 B, tcp | 1,500 /s | {ratios} |" in section
    assert "2 rounds, on libzmq.so.5." in section
    assert "a machine.\n" in section
    begin = sections.begin(sections.COMMAND)
    text = sections.with_section(f"a\n{begin}\nold\n{sections.END}\nb\n", section)
    assert text == f"a\n{begin}\n{section}{sections.END}\nb\n"
    with pytest.raises(ValueError, match="the page has no"):
        sections.with_section("no markers", section)


def test_each_command_writes_its_own_section() -> None:
    first, second = sections.begin("one"), sections.begin("one two")
    page = f"{first}\n1\n{sections.END}\n{second}\n2\n{sections.END}\n"
    page = sections.with_section(page, "new\n", "one two")
    assert page == f"{first}\n1\n{sections.END}\n{second}\nnew\n{sections.END}\n"


def test_a_section_is_written_as_tables_and_paragraphs(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{sections.begin('it')}\n{sections.END}\nafter\n")
    table = report.table_of("call", "ns")
    table.add_row("recv", "100")
    long = "a note " * 40
    sections.write_section("it", [table, long], page)
    lines = page.read_text().splitlines()
    assert lines[:2] == ["before", sections.begin("it")]
    assert lines[2:5] == ["| call | ns  |", "|------|-----|", "| recv | 100 |"]
    assert lines[5:] == ["", long.rstrip(), sections.END, "after"]


def test_the_pages_have_markers_and_the_readme_shows_plots_that_are_drawn() -> None:
    readme = (ROOT / "README.md").read_text()
    assert sections.with_section(readme, "")
    for command in (sections.COMMAND, sections.PUBLISH, Calls().title, Contended().title):
        assert sections.with_section(sections.SPEED.read_text(), "", command)
    shown = set(re.findall(r"\(docs/(\w+)\.svg\)", readme))
    assert shown
    assert shown <= set(plots.FIGURES)


@pytest.mark.slow
def test_plots_of_the_same_numbers_are_the_same_files(tmp_path: Path) -> None:
    cells = [
        steady("push-pull/tcp/16", C=3000, zmqlite=1000),
        steady("push-pull/tcp/128", C=2000, zmqlite=900),
    ]
    first, second = [tmp_path / "first", tmp_path / "second"]
    for directory in (first, second):
        directory.mkdir()
        assert plots.draw(cells, directory, "a machine") == [directory / "throughput.svg"]
    drawn = (first / "throughput.svg").read_bytes()
    assert drawn == (second / "throughput.svg").read_bytes()
    assert b">zmqlite</text>" in drawn
    assert b">pyzmq</text>" not in drawn  # nothing was measured of it


def test_a_curve_is_of_medians_along_its_axis() -> None:
    cells = [steady("push-pull/tcp/128", C=2000), steady("push-pull/tcp/16", C=3000)]
    [panel] = [each for each in plots.FIGURES["throughput"] if each.transport == "tcp"]
    [(name, (places, values))] = plots.lines(panel, cells).items()
    assert (name, places) == ("C", [16, 128])
    assert [each.median for each in values] == [3000, 2000]


def test_a_noisy_cell_is_neither_drawn_nor_in_the_table() -> None:
    cell = measured("push-pull/tcp/16", C=3000, pyzmq=1000)
    cell.samples["C"][1]["rate"] = 60_000
    [panel] = [each for each in plots.FIGURES["throughput"] if each.transport == "tcp"]
    assert plots.lines(panel, [cell]) == {}
    assert "| too noisy |" in publish.table([cell], {}, "a machine")


@pytest.mark.parametrize(("number", "text"), [(16, "16 B"), (1024, "1 KiB"), (1 << 20, "1 MiB")])
def test_sizes_are_written_as_people_say_them(number: int, text: str) -> None:
    assert plots.size(number) == text


@pytest.mark.slow
def test_bars_have_names_values_and_the_machine(tmp_path: Path) -> None:
    values = {"send": {"zmqlite": 2.5, "pyzmq": 1.0}, "recv": {"zmqlite": 0.9}}
    file = plots.draw_bars("Calls", values, "times", 1, tmp_path / "calls.svg", "a machine")
    text = file.read_text()
    for each in ("send", "recv", "2.5", "0.9", "Calls: higher is better", "times", "a machine"):
        assert f">{each}</text>" in text


def test_what_was_measured_is_read_back_from_json() -> None:
    cell = measured("push-pull/tcp/16", C=3000, pyzmq=1000)
    written = json.loads(json.dumps(report.as_json([cell], [], {"C": "/lib/libzmq.so.5"})))
    assert report.from_json(written) == ([cell], {"C": "/lib/libzmq.so.5"}, machine.about())


@pytest.mark.parametrize(
    ("file", "function", "layer"),
    [
        ("/usr/lib/libpython3.11.so.1.0", "_PyEval_EvalFrameDefault", "Python"),
        ("/usr/bin/python3.11", "PyEval_RestoreThread", "GIL"),
        ("/usr/lib/libc.so.6", "pthread_mutex_lock", "GIL"),
        ("/usr/lib/libc.so.6", "malloc", "C library: memory, copies"),
        ("/here/zmqlite/_zmq.abi3.so", "zl_send", "shim"),
        ("/here/zmqlite/_zmq.abi3.so", "_cffi_f_zl_send", "cffi"),
        ("/here/zmqlite/_libs/libzmq-1.so.5", "zmq_msg_send", "libzmq"),
        ("/tmp/peer", "run_push", "the rest"),
    ],
)
def test_a_function_belongs_to_a_layer(file: str, function: str, layer: str) -> None:
    assert layers.layer_of(file, function) == layer


# Calls


def taking(*times: float) -> list[dict[str, float]]:
    return [{"ns": each} for each in times]


def test_the_best_round_of_a_call_is_compared_with_pyzmq_and_with_its_default_form() -> None:
    samples = {
        "recv": {"zmqlite": taking(200, 100), "pyzmq": taking(150, 100)},
        "recv timeout": {"zmqlite": taking(160, 170), "pyzmq": taking(100, 200)},
        "recv DONTWAIT": {"zmqlite": taking(160), "pyzmq": taking(200)},  # has to meet both bars
    }
    default, *variants = calls_report.lines(samples)
    assert (default.ratio, default.over_default, default.verdict) == (1.0, None, "met")
    assert (variants[0].ratio, variants[0].over_default) == (1.6, 1.6)
    assert [each.verdict for each in variants] == ["not met", "not met"]


def test_a_call_that_a_library_does_not_have_is_said_to_be_missing() -> None:
    [line] = calls_report.lines({"iter_multipart": {"pyzmq": taking(100)}})
    assert line.verdict == "no such call"


def test_every_variant_of_a_call_names_a_default_form() -> None:
    defaults = {row.default for row in calls.ROWS.values() if row.default}
    assert defaults <= set(calls.ROWS)


# Calls beside another thread


def beside(alone: float, together: float, other_alone: float, other: float) -> dict[str, float]:
    return {
        "alone": alone,
        "together": together,
        "other alone": other_alone,
        "other together": other,
    }


def test_parts_are_of_the_best_rates_alone_and_the_best_round_is_the_fairest() -> None:
    rounds = [beside(100, 90, 10, 1), beside(50, 45, 8, 4), beside(80, 10, 9, 9)]
    assert contended.kept(rounds)[1] == contended.Kept(0.45, 0.4)
    assert contended.best(rounds) == contended.Kept(0.45, 0.4)
    assert contended.kept([beside(0, 0, 0, 0)]) == [contended.Kept(0, 0)]


@pytest.mark.parametrize(
    ("own", "other", "expected"), [(40, 3.5, "met"), (39, 6, "not met"), (60, 3.4, "not met")]
)
def test_both_threads_have_to_keep_their_part(own: float, other: float, expected: str) -> None:
    found = Found(1, {"recv": {"zmqlite": [beside(100, own, 10, other)]}}, {"interval": 5.0})
    assert contended.verdict("recv", found) == expected


def test_no_part_is_judged_where_the_computing_thread_is_not_steady_alone() -> None:
    rounds = [beside(100, 50, other, 5) for other in (10, 7, 7)]
    found = Found(3, {"recv": {"zmqlite": rounds}}, {"interval": 5.0})
    assert contended.verdict("recv", found) == "too noisy"


def test_no_sleep_is_judged_where_it_is_late_beside_python_alone() -> None:
    late = {"zmqlite": [{"late": [11.0]}]}
    found = Found(1, {contended_rows.COMPUTING: late, "late, recv": late}, {"interval": 5.0})
    assert contended.verdict("late, recv", found) == "too noisy"


@pytest.mark.parametrize(("usual", "expected"), [(10, "met"), (11, "not met")])
def test_a_sleep_may_be_late_by_two_switch_intervals(usual: float, expected: str) -> None:
    rounds = [{"late": [0.1, late]} for late in (usual, 40, 1)]
    found = Found(3, {"late, recv": {"zmqlite": rounds}}, {"interval": 5.0})
    assert contended.verdict("late, recv", found) == expected


# Processes


def benchmarks(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run(*SCRIPT, *arguments, cwd=ROOT)


def found_by(tmp_path: Path, *arguments: str) -> tuple[Any, str]:
    """What one round of a command found, and what it printed."""
    file = tmp_path / "found.json"
    done = benchmarks(*arguments, "--rounds=1", f"--json={file}")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(file.read_text()), done.stdout


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_cell_is_measured_with_every_implementation_that_is_installed(tmp_path: Path) -> None:
    found, _ = found_by(tmp_path, "push-pull/tcp/16", "--seconds=0.02")
    samples = found["cells"]["push-pull/tcp/16"]["samples"]
    pattern = CELLS["push-pull/tcp/16"].pattern
    expected = {name for name in pattern.implementations if IMPLEMENTATIONS[name].installed}
    assert set(samples) == expected
    for [sample] in samples.values():
        assert sample["rate"] > 0
        assert sample["cpu"] > 0


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_pattern_can_be_measured_in_c_and_with_zmqlite(tmp_path: Path) -> None:
    cells = [next(name for name, cell in CELLS.items() if cell.pattern is p) for p in PATTERNS]
    for name in ("typed", "typed-push-pull"):  # which compare others
        cells.remove(name)
    found, _ = found_by(tmp_path, *cells, "--only=C", "--only=zmqlite", "--seconds=0.01")
    for name in cells:
        expected = {"C", "zmqlite"} & set(CELLS[name].pattern.implementations)
        samples = found["cells"][name]["samples"]
        assert set(samples) == expected
        for [sample] in samples.values():
            assert set(CELLS[name].pattern.metrics) <= set(sample)
            assert all(value > 0 for key, value in sample.items() if key in ("rate", "import"))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_form_of_a_call_can_be_measured_in_both_libraries(tmp_path: Path) -> None:
    found, printed = found_by(tmp_path, "calls")
    assert list(found["samples"]) == list(calls.ROWS)
    for name, samples in found["samples"].items():
        assert f"| {name} " in printed
        expected = {"pyzmq"} if found["bars"][name] == "no such call" else {"zmqlite", "pyzmq"}
        assert set(samples) == expected
        assert all(sample["ns"] > 0 for [sample] in samples.values())


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_everything_can_be_measured_beside_another_thread_in_both_libraries(tmp_path: Path) -> None:
    found, printed = found_by(tmp_path, "contended", "--part=0.02")
    assert list(found["samples"]) == list(contended_rows.ROWS)
    for name, each in found["samples"].items():
        assert f"| {name} " in printed
        assert set(each) == {"zmqlite", "pyzmq"}
        for [sample] in each.values():
            # On a busy machine a thread may do nothing in so short a time.
            assert sample.get("late") or {"alone", "other alone", "together"} <= set(sample)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("command", "names", "positive"),
    [
        ("auth", ["decisions", "handshakes, set", "handshakes, ANYONE"], 3),
        ("cli", list(cli.BARS), 3),
    ],
)
def test_authentication_and_the_command_can_be_measured(
    command: str, names: list[str], positive: int, tmp_path: Path
) -> None:
    samples = found_by(tmp_path, command, "--part=0.02")[0]["samples"]
    assert list(samples) == names
    assert all(value > 0 for [value] in list(samples.values())[:positive])


@pytest.mark.parametrize(
    ("decisions", "kept", "expected"),
    [
        ([20_000.0], [90.0, 90.0, 90.0], ("met", "met")),
        ([19_999.0], [89.0, 89.0, 89.0], ("not met", "not met")),
        ([20_000.0], [80.0, 80.0, 110.0], ("met", "too noisy")),
    ],
)
def test_authentication_has_two_bars(
    decisions: list[float], kept: list[float], expected: tuple[str, str]
) -> None:
    samples = {"decisions": decisions, "handshakes, set": kept}
    samples["handshakes, ANYONE"] = [100.0] * len(kept)
    assert tuple(auth.verdicts(samples).values()) == expected


@pytest.mark.parametrize(("number", "expected"), [(0, "met"), (-1, "not met")])
def test_the_command_has_a_bar_for_each_rate_and_a_longest_time(number: int, expected: str) -> None:
    samples = {name: [float(bar + number)] for name, bar in cli.BARS.items()}
    samples[cli.VERSION] = [float(cli.BARS[cli.VERSION] - number)]
    assert set(cli.verdicts(samples).values()) == {expected}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_programs_of_pyzmq_can_be_measured(tmp_path: Path) -> None:
    samples = found_by(tmp_path, "pyzmq")[0]["samples"]
    assert set(samples) == {*pyzmq.ROWS, pyzmq.LOST}
    for row, values in samples.items():
        assert [len(each) for each in values] == [1, 1]
        assert all(value > 0 for [value] in values) or row == pyzmq.LOST
    assert samples[pyzmq.LOST][1] == [0]


@pytest.mark.parametrize(
    ("ours", "lost", "expected"),
    [(10.0, 0.0, {"met"}), (100_000.0, 1.0, {"not met"})],
)
def test_programs_of_pyzmq_have_bars(ours: float, lost: float, expected: set[str]) -> None:
    samples = {row: [[1000.0] * 3, [ours] * 3] for row in pyzmq.ROWS}
    samples[pyzmq.LOST] = [[5.0] * 3, [lost] * 3]
    assert set(pyzmq.verdicts(samples).values()) == expected
    [table, _] = pyzmq.report(samples)
    assert "15 of 9,000" in sections.as_text(table)


@pytest.mark.slow
def test_calls_are_listed_and_unknown_names_refused() -> None:
    assert benchmarks("calls", "--list", "recv*").stdout.splitlines()[0] == "recv"
    refused = benchmarks("calls", "nothing")
    assert refused.returncode == 2
    assert "--list" in refused.stderr


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_large_message_is_copied_no_more_often_than_in_c(tmp_path: Path) -> None:
    found, _ = found_by(tmp_path, "copies/*", "--only=C", "--only=zmqlite")
    for name, expected in ("copies/inproc", 1), ("copies/ipc", 2), ("copies/tcp", 2):
        samples = found["cells"][name]["samples"]
        [[ours], [limit]] = samples["zmqlite"], samples["C"]
        assert round(limit["copied"], 1) == expected
        assert round(ours["copied"], 1) <= expected


@pytest.mark.slow
@pytest.mark.parametrize("option", ["--rounds=0", "--rounds=x", "--seconds=0", "--seconds=60"])
def test_senseless_options_are_refused(option: str) -> None:
    done = benchmarks("push-pull/tcp/16", option)
    assert done.returncode == 2
    assert f"invalid {option[2:].split('=')[0]} value" in done.stderr


@pytest.mark.slow
def test_without_a_compiler_it_says_so() -> None:
    done = run(*SCRIPT, "push-pull/tcp/16", cwd=ROOT, env={"PATH": "/nonexistent"})
    assert done.returncode == 1
    assert "there is no gcc" in done.stderr


def test_the_failure_of_one_process_is_reported_at_once_by_all_who_wait() -> None:
    silent = [sys.executable, "-c", "input()"]
    broken = [sys.executable, "-c", "raise SystemExit('out of order')"]
    with Children() as children:
        waiting = children.start("a receiver", silent)
        children.start("a sender", broken)
        with pytest.raises(Failure, match="a sender ended with code 1\n  out of order"):
            children.hear(waiting)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_no_process_is_left_behind_when_it_is_interrupted(
    tmp_path: Path, number: signal.Signals
) -> None:
    place = Place(tmp_path)
    with place.start("-m", "benchmarks", "push-pull/tcp/16", "--seconds=10") as process:
        # It imports matplotlib first, which takes long on a busy machine.
        eventually(lambda: any("push\0" in each for each in place.processes()), seconds=120)
        process.send_signal(number)
        assert process.wait(60) == 130
    assert place.is_clean()
