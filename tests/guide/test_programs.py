"""What holds for every program of the examples, and for the index of the Guide's."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from checkout import ROOT

from examples.catalogue import GROUPS, SCENARIOS, listing
from examples.guide.patterns import PATTERNS

EXAMPLES = ROOT / "examples"
GUIDE = EXAMPLES / "guide"
PROGRAMS = sorted(
    path for path in EXAMPLES.rglob("*/*.py") if 'if __name__ == "__main__":' in path.read_text()
)
OF_GUIDE = [path for path in PROGRAMS if GUIDE in path.parents]
PORTS = [path for path in PROGRAMS if EXAMPLES / "capi" in path.parents]
INDEX = (GUIDE / "README.md").read_text()

CHAPTERS = {
    "ch1": "hwclient hwclient2 hwclient3 hwclient4 hwserver hwserver2 hwserver3 hwserver4 tasksink "
    "taskvent taskwork version wuclient wuserver",
    "ch2": "interrupt msgqueue mspoller msreader mtrelay mtserver psenvpub psenvsub rrbroker "
    "rrclient rrworker syncpub syncsub tasksink2 taskwork2 wuproxy",
    "ch3": "asyncsrv identity lbbroker lbbroker2 lbbroker3 peering1 peering2 peering3 rtdealer "
    "rtreq",
    "ch4": "bstarcli bstarsrv bstarsrv2 flclient1 flclient2 flclient3 flserver1 flserver2 "
    "flserver3 lpclient lpserver mdbroker mdclient mdclient2 mdworker mmiecho ppqueue ppworker "
    "spqueue spworker ticlient titanic tripping",
    "ch5": "clonecli1 clonecli2 clonecli3 clonecli4 clonecli5 clonecli6 clonesrv1 clonesrv2 "
    "clonesrv3 clonesrv4 clonesrv5 clonesrv6 espresso lvcache pathopub pathosub suisnail tstkvmsg "
    "tstkvsimple",
    "ch7": "fileio1 fileio2 fileio3 mktestdata",
    "ch8": "dechat eagain udpping1 udpping2 udpping3",
}
"""The programs that the Guide has in C, all 91."""

MODULES = (
    "zhelpers ch4/mdp ch4/mdcliapi ch4/mdcliapi2 ch4/mdwrkapi ch4/bstar ch4/flcliapi ch5/kvsimple "
    "ch5/kvmsg ch5/clone ch8/udplib ch8/interface"
)
"""What some of them share."""


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def test_a_program_says_how_it_is_started_and_is_in_a_scenario() -> None:
    played = {part.command.split()[0] for each in SCENARIOS.values() for part in each.parts}
    for path in PROGRAMS:
        text = ast.get_docstring(ast.parse(path.read_text())) or ""
        assert f"python -m {module(path)}" in text
        assert module(path) in played


def test_a_port_is_c_without_types() -> None:
    """It takes its calls from zmqlite.capi."""
    for path in PORTS:
        tree = list(ast.walk(ast.parse(path.read_text())))
        imports = [ast.unparse(e) for e in tree if isinstance(e, ast.Import | ast.ImportFrom)]
        assert [each for each in imports if "zmqlite" in each] == ["from zmqlite.capi import *"]
        assert not [each for each in tree if isinstance(each, ast.With | ast.ClassDef)], path


def test_every_program_of_the_guide_is_here_and_listed() -> None:
    here = {f"{path.parent.name}/{path.stem}" for path in OF_GUIDE}
    named = {f"{chapter}/{name}" for chapter, names in CHAPTERS.items() for name in names.split()}
    assert len(named) == 91
    assert named | {"ch3/lbbroker3_asyncio"} == here
    words = set(re.findall(r"\w+", listing()))
    assert {name.partition("/")[2] for name in here} <= words
    for name in MODULES.split():
        assert (GUIDE / f"{name}.py").is_file()


def test_the_programs_of_chapters_1_and_2_and_some_of_3_are_there_for_both_apis() -> None:
    ports = {chapter: set[str]() for chapter in ("ch1", "ch2", "ch3", "article")}
    for path in PORTS:
        ports[path.parent.name].add(path.stem)
    assert ports["ch1"] == set(CHAPTERS["ch1"].split())
    assert ports["ch2"] == set(CHAPTERS["ch2"].split())
    assert ports["ch3"] == {"identity", "lbbroker", "rtdealer", "rtreq"}


def test_every_scenario_has_one_pattern() -> None:
    for title, patterns in PATTERNS.items():
        listed = [name for names in patterns.values() for name in names]
        assert sorted(listed) == sorted(each.name for each in GROUPS[title])
    assert {title for title in GROUPS if "Guide" in title} == set(PATTERNS)


def test_the_index_has_all_patterns_programs_and_modules() -> None:
    rows = re.findall(r"^\| ([^|]+) \| (ch\d: [^|]+) \|", INDEX, re.MULTILINE)
    assert {pattern for pattern, _ in rows} == {name for each in PATTERNS.values() for name in each}
    words = set(re.findall(r"\w+", " ".join(programs for _, programs in rows)))
    assert {path.stem for path in OF_GUIDE} <= words
    assert {name.rpartition("/")[2] for name in MODULES.split()} <= {*words, "zhelpers"}
