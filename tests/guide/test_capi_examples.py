"""C ports: the article's programs with a Pythonic program on the other side, and what ports share.

Those of the Guide are tested together with the Pythonic programs.
"""

from __future__ import annotations

import re

import pytest
from ports import Programs, ProgramsOf
from support import Make

from examples.guide.basics import C
from zmqlite import PUSH

pytestmark = pytest.mark.slow

ANY_PORT = "tcp://127.0.0.1:*"


@pytest.fixture
def programs(programs_of: ProgramsOf) -> Programs:
    return programs_of(C, "article")


def test_the_articles_puller(programs: Programs, make: Make) -> None:
    pusher = make(PUSH)
    puller = programs.start("puller", connect=pusher.bind(ANY_PORT), count=3)
    pusher.send_many([b"one", b"", b"x" * 300])
    assert puller.rest() == ["Pulled one", "Pulled ", "Pulled " + "x" * 256]


# What they share


def test_the_helpers(programs: Programs) -> None:
    *dump, identity, console = programs.own("helpers_of_ports").rest()
    assert dump == ["-" * 40, "[004] text", "[000] ", "[002] C3A9"]
    assert re.fullmatch("[0-9A-F]{4}-[0-9A-F]{4}", identity)
    assert re.fullmatch(r"\d\d-\d\d-\d\d \d\d:\d\d:\d\d at that time", console)
