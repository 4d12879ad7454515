"""docs/howto/rpc.md: its table names what there is; its programs run in test_pages.py."""

from __future__ import annotations

import re

from checkout import ROOT

from zmqlite import rpc

PAGE = (ROOT / "docs" / "howto" / "rpc.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([A-Z_]{2,}) \| (.*) \| (\w+) \|$", PAGE, re.MULTILINE)


def test_the_table_of_statuses_has_those_that_there_are() -> None:
    assert len(ROWS) == 13
    for status, _, executed in ROWS:
        assert status in rpc.Status.__members__
        assert executed.upper() in rpc.Executed.__members__
