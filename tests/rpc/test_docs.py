"""docs/howto/rpc.md does what it says: its programs run, and its table names what there is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT
from rpc_support import protoc
from support import DEADLINE

from zmqlite import rpc

PAGE = (ROOT / "docs" / "howto" / "rpc.md").read_text(encoding="utf-8")
(SCHEMA,) = re.findall(r"^```proto\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SERVER, CLIENT = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[:2]
ROWS = re.findall(r"^\| ([A-Z_]{2,}) \| (.*) \| (\w+) \|$", PAGE, re.MULTILINE)


@pytest.mark.slow
def test_the_first_programs_run(tmp_path: Path) -> None:
    (tmp_path / "greeter.proto").write_text(SCHEMA)
    assert protoc(tmp_path, f"--proto_path={tmp_path}", "greeter.proto").returncode == 0
    endpoint = f"ipc://{tmp_path}/greeter"
    (tmp_path / "server.py").write_text(SERVER.replace("tcp://*:5555", endpoint))
    (tmp_path / "client.py").write_text(
        CLIENT.replace("tcp://127.0.0.1:5555", endpoint).replace("timeout=500", "timeout=20_000")
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    with subprocess.Popen([sys.executable, "server.py"], cwd=tmp_path, env=environment) as server:
        try:
            done = subprocess.run(
                [sys.executable, "client.py"],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                timeout=2 * DEADLINE,
                check=False,
            )
        finally:
            server.kill()
    assert done.stdout.split("\n") == ["Hello, you", "0", "1", "2", ""], done.stderr


def test_the_table_of_statuses_has_those_that_there_are() -> None:
    assert len(ROWS) == 13
    for status, _, executed in ROWS:
        assert status in rpc.Status.__members__
        assert executed.upper() in rpc.Executed.__members__
