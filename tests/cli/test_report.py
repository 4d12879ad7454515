"""`zmqlite report`, and `python -m zmqlite`, as a user calls them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cli_support import Call, module, run

import zmqlite as zmq


def test_the_command_prints_the_report_and_exits_0() -> None:
    done = run("report")
    assert done.returncode == 0, done.stderr
    lines = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert lines["zmqlite"] == zmq.__version__
    assert lines["libzmq"].startswith(".".join(map(str, zmq.zmq_version())))
    assert lines["from"].startswith(("system: ", "bundled: "))
    assert "python" in lines["Python"].lower()


@pytest.mark.slow
def test_the_module_without_arguments_is_the_report() -> None:
    assert module().stdout == run("report").stdout
    assert module("--version").stdout == f"zmqlite {zmq.__version__}\n"


def test_the_version_is_told_without_importing_what_commands_need() -> None:
    program = (
        "import sys, zmqlite\n"
        "assert not [name for name in sys.modules if name.startswith('zmqlite._cli')]\n"
        "from zmqlite._cli import main\n"
        "try:\n"
        "    main(['--version'])\n"
        "except SystemExit:\n"
        "    print(*sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30
    )
    version, modules = done.stdout.splitlines()
    assert version == f"zmqlite {zmq.__version__}"
    assert not {"json", "rich", "google", "zmqlite.auth", "zmqlite.rpc"} & {*modules.split()}


def test_the_libzmq_named_is_a_file_and_every_capability_is_named_once(call: Call) -> None:
    report = json.loads(call("report", "--json").stdout)
    assert Path(report["from"].rpartition(": ")[2]).is_file()
    assert ("curve" in report["has"].split()) == zmq.has("curve")
    assert ("ipc" in report["has not"].split()) != zmq.has("ipc")
