"""The page about security: its programs are as short as it says, and work."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
from auth_support import WAIT
from checkout import ROOT

import zmqlite as zmq
from zmqlite import auth

PAGE = (ROOT / "docs" / "howto" / "security.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
CONTEXT = "with zmq.Context() as context:"


def code(block: str) -> list[str]:
    """The lines that security takes, the context and its import not counted."""
    return [
        each
        for each in block.splitlines()
        if each and each not in (CONTEXT, "import zmqlite as zmq")
    ]


def test_a_server_and_a_client_have_five_lines_each_and_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    server, client, certificates = BLOCKS[:3]
    assert [len(code(block)) for block in (server, client)] == [5, 5]
    with zmq.Context(linger=0) as context:
        names: dict[str, Any] = {"context": context, "zmq": zmq, "auth": auth}
        exec(certificates, names)
        (tmp_path / "clients").mkdir()
        auth.Certificate.load_public("anna.key").save("clients/anna.key")
        for block in (server, client):
            _, _, body = block.partition(CONTEXT)
            body = body.replace("tcp://*:5555", "tcp://127.0.0.1:*")
            body = body.replace('"tcp://localhost:5555"', "publisher.last_endpoint")
            exec(textwrap.dedent(body), names)
        publisher, subscriber = names["publisher"], names["subscriber"]
        subscriber.subscribe("")
        while not subscriber.poll(10):
            publisher.send(b"news")
        assert subscriber.recv(timeout=WAIT) == b"news"
        publisher.close()
        subscriber.close()


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_every_program_of_the_page_names_what_exists(block: str) -> None:
    compile(block, "docs/howto/security.md", "exec")
    for name in re.findall(r"\bauth\.(\w+)", block):
        assert hasattr(auth, name) or name == "aio"
