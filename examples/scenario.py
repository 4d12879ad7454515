"""What the launcher runs: a scenario is a table of steps, most of which start a process.

Commands and patterns may hold {placeholders}. Their values come from the scenario's own `values`
(and from `fast` over these, where time matters), from its `ports`, and from the named groups of
what the processes printed to show that they are ready.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True)
class Part:
    """One process: its name, its command (a module and the arguments), and what it has to print.

    `ready` and `expect` are regular expressions for whole lines of output. The next part starts
    when each of `ready` was printed; at the end each of `expect` must have been. An `endless` part
    runs until the launcher interrupts it, which it does when all others have ended. A process of
    the same name may be started again, once it has ended.
    """

    name: str
    command: str
    ready: tuple[str, ...] = ()
    expect: tuple[str, ...] = ()
    endless: bool = False


@dataclass(frozen=True)
class Await:
    """Go on when a process has printed lines that match each of these regular expressions.

    Only what it printed since it was last awaited, or since anything was killed, is looked at.
    """

    name: str
    patterns: tuple[str, ...]


@dataclass(frozen=True)
class Kill:
    """Send a signal to a process, and go on when it has ended; that it did is no failure then."""

    name: str
    signal: signal.Signals = signal.SIGKILL


@dataclass(frozen=True)
class Type:
    """Write a line to the standard input of a process, as from its keyboard."""

    name: str
    text: str


Step: TypeAlias = Part | Await | Kill | Type


@dataclass(frozen=True)
class Scenario:
    """Processes that show one thing together.

    Each of `ports` becomes the endpoint of a tcp port that is kept free for the scenario: for
    programs that connect before anybody is bound. All else binds `*` and prints what it got.
    `timeout` is in milliseconds.
    """

    name: str
    summary: str
    steps: tuple[Step, ...]
    values: Mapping[str, int] = field(default_factory=dict)
    fast: Mapping[str, int] = field(default_factory=dict)
    ports: tuple[str, ...] = ()
    timeout: int = 90_000

    @property
    def parts(self) -> tuple[Part, ...]:
        """The steps that start a process."""
        return tuple(step for step in self.steps if isinstance(step, Part))
