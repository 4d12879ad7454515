"""All scenarios, by group; a group is a package with a table called `scenarios`."""

from __future__ import annotations

import difflib

from .aio.scenarios import SCENARIOS as AIO
from .article.scenarios import SCENARIOS as ARTICLE
from .capi.scenarios import SCENARIOS as CAPI
from .guide.ch1.scenarios import SCENARIOS as CHAPTER_1
from .guide.ch2.scenarios import SCENARIOS as CHAPTER_2
from .guide.ch3.scenarios import SCENARIOS as CHAPTER_3
from .guide.ch4.scenarios import SCENARIOS as CHAPTER_4
from .guide.ch5.scenarios import SCENARIOS as CHAPTER_5
from .guide.ch7.scenarios import SCENARIOS as CHAPTER_7
from .guide.ch8.scenarios import SCENARIOS as CHAPTER_8
from .guide.ch8.scenarios_chat import SCENARIOS as CHAT
from .guide.patterns import PATTERNS
from .proto.scenarios import SCENARIOS as PROTO
from .rpc.scenarios import SCENARIOS as RPC
from .scenario import Scenario
from .secure.scenarios import SCENARIOS as SECURE
from .watch.scenarios import SCENARIOS as WATCH

GROUPS: dict[str, tuple[Scenario, ...]] = {
    "The patterns, one by one": ARTICLE,
    "Typed messages, with zmqlite.proto": PROTO,
    "Typed services, with zmqlite.rpc": RPC,
    "With asyncio, through zmqlite.aio": AIO,
    "Who connects, who is refused, and why": WATCH,
    "Who may connect, with zmqlite.auth": SECURE,
    "In C's own steps, through zmqlite.capi": CAPI,
    "The Guide, chapter 1: the three basic patterns": CHAPTER_1,
    "The Guide, chapter 2: sockets and patterns": CHAPTER_2,
    "The Guide, chapter 3: advanced request-reply": CHAPTER_3,
    "The Guide, chapter 4: reliable request-reply": CHAPTER_4,
    "The Guide, chapter 5: advanced publish-subscribe": CHAPTER_5,
    "The Guide, chapter 7: file transfer": CHAPTER_7,
    "The Guide, chapter 8: finding peers": (*CHAPTER_8, *CHAT),
}

SCENARIOS: dict[str, Scenario] = {each.name: each for group in GROUPS.values() for each in group}


def listing() -> str:
    """Return a line for each scenario, under the title of its group.

    The Guide's are sorted by pattern, and have their programs behind them.
    """
    width = max(map(len, SCENARIOS))
    lines = ["Examples to read, and to run: python -m examples run NAME", ""]
    for title, group in GROUPS.items():
        lines.append(f"{title}:")
        if title not in PATTERNS:
            lines += [f"  {each.name:<{width}}  {each.summary}" for each in group]
            continue
        for pattern, names in PATTERNS[title].items():
            lines.append(f" {pattern}")
            lines += [
                f"  {name:<{width}}  {SCENARIOS[name].summary} ({programs(SCENARIOS[name])})"
                for name in names
            ]
    return "\n".join(lines)


def programs(scenario: Scenario) -> str:
    """Name the programs that a scenario runs, each once."""
    modules = [part.command.split()[0] for part in scenario.parts]
    return ", ".join(dict.fromkeys(module.rpartition(".")[2] for module in modules))


def unknown(name: str) -> str:
    """Say that there is no such scenario, and which one may have been meant."""
    close = difflib.get_close_matches(name, SCENARIOS, n=1)
    hint = f"; did you mean {close[0]}?" if close else "."
    return f"There is no example {name!r}{hint}\nThere are: {', '.join(SCENARIOS)}"
