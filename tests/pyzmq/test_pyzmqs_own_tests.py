"""pyzmq's own tests, taken from its source distribution, run on zmqlite.pyzmq.

Nothing of pyzmq is kept here. `excluded.txt` names each test that is not run, with its reason, and
`racy.txt` those that may fail with pyzmq, too, when the machine is busy: these may be tried again.

Some of its tests let mypy check pyzmq's examples. For these a package `zmq` of stubs is made, which
says that all names are those of zmqlite.pyzmq; and as zmqlite wants Python 3.11, mypy is told so
instead of 3.10.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from checkout import ROOT

import zmqlite.pyzmq as zmq

VERSION = "27.3.0"
HERE = Path(__file__).parent
TIME_LIMIT = 900
PLUGIN = """
import pytest
import zmqlite.pyzmq

zmqlite.pyzmq.install()


def pytest_configure(config):
    config.addinivalue_line("markers", "large: needs much memory")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.nodeid.removeprefix("tests/") in {racy!r}:
            item.add_marker(pytest.mark.flaky(reruns=3))
        if item.get_closest_marker("large") and not {has_memory}:
            item.add_marker(pytest.mark.skip(reason="little memory"))
"""
HELPERS = ("pytest-asyncio==0.26.0", "tornado==6.6.1", "pytest-rerunfailures==16.7")
LIBZMQ = "4.3.4"
PASS = 332
"""How many pass with this libzmq, and memory enough: what they skip depends on both."""

LEAST = 300
"""How many pass at least with any libzmq."""

HAS_MEMORY = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") > 8 << 30
"""Whether a frame of 2 GiB can be sent and received."""


def pip(*arguments: str) -> None:
    """Run pip with the index that it is configured for."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", *arguments],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def listed(file: str) -> list[str]:
    """Return the ids of tests that a file names; each has its reason."""
    lines = (HERE / file).read_text(encoding="utf-8").splitlines()
    pairs = [line.split(None, 1) for line in lines if line and not line.startswith("#")]
    assert all(len(pair) == 2 for pair in pairs), "a test without a reason"
    return [test for test, _ in pairs]


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of pyzmq's tests."""
    folder = tmp_path_factory.mktemp("pyzmq")
    pip("download", "--no-deps", "--no-binary", "pyzmq", "-d", str(folder), f"pyzmq=={VERSION}")
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz") / "tests"


def write_stubs(folder: Path) -> None:
    """Write a package `zmq` that lets mypy look names up in zmqlite.pyzmq."""
    package = ROOT / "zmqlite" / "pyzmq"
    for path in package.rglob("*.py"):
        parts = path.relative_to(package).with_suffix("").parts
        if parts[0] in ("_path", "__main__"):
            continue
        module = ".".join(["zmqlite.pyzmq", *parts]).removesuffix(".__init__")
        stub = (folder / "zmq").joinpath(*parts).with_suffix(".pyi")
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.write_text(f"from {module} import *\n", encoding="utf-8")
    with (folder / "zmq" / "__init__.pyi").open("a", encoding="utf-8") as names:
        names.write("from zmqlite.pyzmq.constants import *\nfrom . import asyncio as asyncio\n")


def prepare_mypy(tests: Path, stubs: Path) -> None:
    """Let pyzmq's tests of types look at zmqlite.pyzmq."""
    write_stubs(stubs)
    with (tests.parent / "mypy.ini").open("a", encoding="utf-8") as settings:
        settings.write("\n[mypy-zmqlite.*]\nfollow_imports = silent\n")
    program = tests / "test_mypy.py"
    text = program.read_text(encoding="utf-8")
    assert "--python-version=3.10" in text
    text = text.replace("--python-version=3.10", "--python-version=3.11")
    program.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("page", ["README.md", "docs/howto/pyzmq.md"])
def test_a_page_says_how_many_pass(page: str) -> None:
    text = " ".join((ROOT / page).read_text(encoding="utf-8").split())
    assert re.findall(r"(\d+) of pyzmq's own tests pass", text) == [str(PASS)]


@pytest.mark.slow
@pytest.mark.timeout(TIME_LIMIT + 900)
def test_pyzmqs_tests_pass(sources: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = sources.parent / "site"
    # pytest-asyncio would change how the tests of zmqlite run, if it were installed beside them.
    pip("install", "--target", str(site), *HELPERS)
    plugin = PLUGIN.format(racy=listed("racy.txt"), has_memory=HAS_MEMORY)
    (site / "zmqlite_as_zmq.py").write_text(plugin, encoding="utf-8")
    report = sources.parent / "report.xml"
    excluded = listed("excluded.txt")
    skipped = [f"--deselect=tests/{test}" for test in excluded if "::" in test]
    ignored = [f"--ignore={test}" for test in excluded if "::" not in test]
    stubs = sources.parent / "stubs"
    prepare_mypy(sources, stubs)
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "zmqlite_as_zmq", "-q", "-o", "asyncio_mode=auto",
         f"--junitxml={report}", "--timeout=60", "-p", "no:cacheprovider", *skipped, *ignored],
        cwd=sources, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=os.environ | {
            "PYTHONPATH": os.pathsep.join([str(site), str(ROOT)]),
            "MYPYPATH": os.pathsep.join([str(stubs), str(ROOT)]),
        },
    ) as process:  # fmt: skip
        try:
            output, _ = process.communicate(timeout=TIME_LIMIT)
        finally:
            process.kill()
    assert report.exists(), output[-3000:]
    passed: dict[str, int] = {}
    failed = []
    for case in ElementTree.parse(report).iter("testcase"):
        module = next(part for part in case.get("classname", "").split(".") if part[:5] == "test_")
        outcomes = {child.tag for child in case}
        if outcomes & {"failure", "error"}:
            failed.append(f"{case.get('classname')}::{case.get('name')}")
        elif "skipped" not in outcomes:
            passed[module] = passed.get(module, 0) + 1
    with capsys.disabled():
        print(f"\npyzmq {VERSION}: {sum(passed.values())} of its tests pass")
        for module, count in sorted(passed.items()):
            print(f"  {module:24} {count}")
    assert not failed, "\n".join([*failed, output[-5000:]])
    if zmq.zmq_version() == LIBZMQ and HAS_MEMORY:
        # The report does not count those that passed when they were tried again.
        assert PASS - len(listed("racy.txt")) <= sum(passed.values()) <= PASS
    assert sum(passed.values()) >= LEAST
