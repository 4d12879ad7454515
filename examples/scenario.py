"""What the launcher runs: a scenario is a table of processes, in the order they start in.

Commands and patterns may hold {placeholders}. Their values come from the scenario's own `values`
(and from `fast` over these, where time matters), from its `ports`, and from the named groups of
what the processes printed to show that they are ready.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Part:
    """One process: its name, its command (a module and the arguments), and what it has to print.

    `ready` and `expect` are regular expressions for whole lines of output. The next part starts
    when each of `ready` was printed; at the end each of `expect` must have been. An `endless` part
    runs until the launcher interrupts it, which it does when all others have ended.
    """

    name: str
    command: str
    ready: tuple[str, ...] = ()
    expect: tuple[str, ...] = ()
    endless: bool = False


@dataclass(frozen=True)
class Scenario:
    """Processes that show one thing together.

    Each of `ports` becomes the endpoint of a tcp port that is kept free for the scenario: for
    programs that connect before anybody is bound. All else binds `*` and prints what it got.
    `timeout` is in milliseconds.
    """

    name: str
    summary: str
    parts: tuple[Part, ...]
    values: Mapping[str, int] = field(default_factory=dict)
    fast: Mapping[str, int] = field(default_factory=dict)
    ports: tuple[str, ...] = ()
    timeout: int = 30_000
