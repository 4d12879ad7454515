"""Run the steps of a scenario: processes are started, read line by line, and ended in any case.

The processes share a fresh temporary directory to work in, which is removed afterwards. Each has a
process group of its own, so that Ctrl-C reaches the launcher alone, which then ends them all. One
loop does everything: it reads what there is to read, and looks who has ended, until what it waits
for is so, somebody failed, a signal came or the time is over.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Final, TextIO

from .scenario import Await, Kill, Part, Scenario, Step

ROOT: Final = Path(__file__).resolve().parent.parent

TICK: Final = 0.05
"""Seconds between two looks at the clock, at signals and at processes that may have ended."""

GRACE: Final = 1.0
"""Seconds that a process gets to end after being told to, before it is killed."""

COLOURS: Final = ("\33[36m", "\33[33m", "\33[32m", "\33[35m", "\33[34m", "\33[31m")


class Failure(Exception):
    """What went wrong, and with which exit code the launcher says so."""

    def __init__(self, reason: str, code: int = 1) -> None:
        super().__init__(reason)
        self.code = code


class Screen:
    """Where lines go, each behind the name of its process; in colour on a terminal."""

    def __init__(self, out: TextIO, names: list[str]) -> None:
        self.out = out
        self.width = max(map(len, names), default=0)
        colours = out.isatty() and "NO_COLOR" not in os.environ
        self.colours = {
            name: COLOURS[index % len(COLOURS)] if colours else ""
            for index, name in enumerate(names)
        }

    def line(self, name: str, text: str) -> None:
        """Print one line of one process."""
        colour = self.colours[name]
        end = colour and "\33[0m"
        print(f"{colour}{name:<{self.width}} |{end} {text}", file=self.out, flush=True)


class Running:
    """One process that was started: what it still has to print, and whether it has ended."""

    def __init__(self, part: Part, command: list[str], directory: str) -> None:
        self.part = part
        self.ready = list(part.ready)
        self.expect = list(part.expect)
        self.found: dict[str, str] = {}
        self.awaited: list[str] = []
        self.recent: list[str] = []  # what was printed since it was last awaited
        self.killed: int | None = None
        self.ended = False
        self._unfinished = b""
        self.process = subprocess.Popen(
            command,
            bufsize=0,
            cwd=directory,
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.input = self.process.stdin
        self.output = self.process.stdout
        os.set_blocking(self.output.fileno(), False)

    def is_ready(self) -> bool:
        """Whether it has printed all that the next process waits for."""
        return not self.ready

    def await_lines(self, patterns: list[str]) -> None:
        """Begin to wait for lines; some of them may be there already."""
        self.awaited = patterns
        while self.awaited and self.recent:
            self._look(self.recent.pop(0))

    def was_awaited(self) -> bool:
        """Whether it has printed all that was awaited."""
        return not self.awaited

    def _look(self, line: str) -> None:
        self.awaited = [each for each in self.awaited if not re.fullmatch(each, line)]

    def kill(self, number: signal.Signals) -> None:
        """Send it a signal that may end it."""
        self.killed = number
        self.process.send_signal(number)

    def type(self, line: str) -> None:
        """Write a line to its standard input."""
        with contextlib.suppress(BrokenPipeError):  # how it ended is told elsewhere
            self.input.write(line.encode() + b"\n")

    def has_ended(self) -> bool:
        """Whether it has exited, and all it printed was read."""
        return self.ended

    def read(self) -> list[str] | None:
        """Take some of what is there, by lines, or None if nothing is; close at the end."""
        try:
            data = os.read(self.output.fileno(), 65536)
        except BlockingIOError:
            return None
        if not data:
            self.output.close()
            data = b"\n" if self._unfinished else b""
        *lines, self._unfinished = (self._unfinished + data).split(b"\n")
        return [self._seen(line) for line in lines]

    def _seen(self, raw: bytes) -> str:
        line = raw.decode(errors="replace")
        for patterns in (self.ready, self.expect):
            for pattern in patterns[:]:
                if match := re.fullmatch(pattern, line):
                    self.found.update(match.groupdict())
                    patterns.remove(pattern)
        if self.awaited:
            self._look(line)
        else:
            self.recent.append(line)
        return line

    def verdict(self) -> str | None:
        """Say what is wrong with how this process ended, if anything."""
        code = self.process.returncode
        if code < 0 and -code != self.killed:
            return f"{self.part.name} was ended by signal {-code}, {signal.strsignal(-code)}"
        if code > 0:
            return f"{self.part.name} exited with {code}"
        if missing := self.ready + self.awaited + self.expect:
            return f"{self.part.name} ended without printing {missing[0]!r}"
        return None


def _environment() -> dict[str, str]:
    """Let a process find the examples from wherever it works, and print without delay."""
    inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    paths = [str(ROOT), *(os.path.abspath(path) for path in inherited if path)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1"}


class Launcher:
    """The processes of one scenario while it runs."""

    def __init__(self, scenario: Scenario, values: dict[str, str], screen: Screen) -> None:
        self.scenario = scenario
        self.values = values
        self.screen = screen
        self.signals: list[int] = []
        self._running: list[Running] = []
        self._selector = selectors.DefaultSelector()
        self._deadline = time.monotonic() + scenario.timeout / 1000

    def run(self, directory: str) -> None:
        """Start everything, in order, and see it through to its end; Failure if that fails."""
        try:
            for step in self.scenario.steps:
                self._take(step, directory)
            working = [each for each in self._running if not each.part.endless]
            self._until(lambda: all(each.ended for each in working), "all to end")
            for each in reversed(self._running):
                if not each.ended:
                    each.process.send_signal(signal.SIGINT)
                self._until(each.has_ended, f"{each.part.name} to end")
        finally:
            self._end_all()

    def _take(self, step: Step, directory: str) -> None:
        if isinstance(step, Part):
            each = self._start(step, directory)
            self._until(each.is_ready, f"{step.name} to be ready")
            self.values.update(each.found)
            return
        each = next(each for each in reversed(self._running) if each.part.name == step.name)
        if isinstance(step, Await):
            each.await_lines([text.format_map(self.values) for text in step.patterns])
            self._until(each.was_awaited, f"{step.name} to print {each.awaited}")
        elif isinstance(step, Kill):
            for other in self._running:
                while self._read(other):
                    pass
                other.recent.clear()
            self.screen.line(step.name, f"$ kill -{step.signal.name.removeprefix('SIG')}")
            each.kill(step.signal)
            self._until(each.has_ended, f"{step.name} to end")
        else:
            line = step.text.format_map(self.values)
            self.screen.line(step.name, f"> {line}")
            each.type(line)

    def _start(self, part: Part, directory: str) -> Running:
        module, *arguments = part.command.format_map(self.values).split()
        self.screen.line(part.name, " ".join(["$ python -m", module, *arguments]))
        filled = dataclasses.replace(
            part,
            ready=tuple(text.format_map(self.values) for text in part.ready),
            expect=tuple(text.format_map(self.values) for text in part.expect),
        )
        each = Running(filled, [sys.executable, "-m", module, *arguments], directory)
        self._running.append(each)
        self._selector.register(each.output, selectors.EVENT_READ, each)
        return each

    def _until(self, condition: Callable[[], bool], what: str) -> None:
        while not condition():
            if self.signals:
                number = self.signals[0]
                raise Failure(f"ended by {signal.Signals(number).name}", 128 + number)
            if time.monotonic() > self._deadline:
                raise Failure(f"{self.scenario.timeout} ms were not enough for {what}")
            for each in self._turn():
                if reason := each.verdict():
                    raise Failure(reason)

    def _turn(self) -> list[Running]:
        """Wait a tick, print what was printed, and return who has ended."""
        for key, _ in self._selector.select(TICK):
            self._read(key.data)
        gone = []
        for each in self._running:
            if not each.ended and each.process.poll() is not None:
                while self._read(each):
                    pass
                each.ended = True
                gone.append(each)
        return gone

    def _read(self, each: Running) -> bool:
        """Print some of what was printed; say whether there can be more now."""
        if each.output.closed:
            return False
        descriptor = each.output.fileno()
        lines = each.read()
        for line in lines or ():
            self.screen.line(each.part.name, line)
        if each.output.closed:
            self._selector.unregister(descriptor)
            with contextlib.suppress(subprocess.TimeoutExpired):  # it may go on without output
                each.process.wait(TICK)
        return lines is not None

    def _end_all(self) -> None:
        """Leave no process behind; what they print in the meantime is still shown."""
        left = [each for each in self._running if not each.ended]
        for each in left:
            each.process.terminate()
        deadline = time.monotonic() + GRACE
        try:
            while not all(each.ended for each in left) and time.monotonic() < deadline:
                self._turn()
        finally:
            for each in self._running:
                each.process.kill()
                each.process.wait()
                each.input.close()
                each.output.close()
            self._selector.close()


@contextlib.contextmanager
def _free_ports(names: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Keep tcp ports that nobody is given by chance, and that libzmq can bind all the same."""
    with contextlib.ExitStack() as stack:
        endpoints = {}
        for name in names:
            keeper = stack.enter_context(socket.socket())
            keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            keeper.bind(("127.0.0.1", 0))
            endpoints[name] = f"tcp://127.0.0.1:{keeper.getsockname()[1]}"
        yield endpoints


@contextlib.contextmanager
def _signals_into(received: list[int]) -> Iterator[None]:
    """Note signals instead of dying from them; processes started here get the usual handling."""

    def note(number: int, frame: FrameType | None) -> None:
        received.append(number)

    handled = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as nohup leaves it
        handled.append(signal.SIGHUP)
    before = {number: signal.signal(number, note) for number in handled}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run(scenario: Scenario, *, fast: bool = False, out: TextIO | None = None) -> int:
    """Run a scenario; return 0, 1 if any part of it failed, 128 and more if a signal ended it."""
    started = time.monotonic()
    screen = Screen(out or sys.stdout, [part.name for part in scenario.parts])
    numbers = {**scenario.values, **(scenario.fast if fast else {})}
    with _free_ports(scenario.ports) as endpoints, tempfile.TemporaryDirectory() as directory:
        values = {**{name: str(number) for name, number in numbers.items()}, **endpoints}
        launcher = Launcher(scenario, values, screen)
        try:
            with _signals_into(launcher.signals):
                launcher.run(directory)
        except Failure as failure:
            print(f"{scenario.name} failed: {failure}", file=sys.stderr)
            return failure.code
    seconds = time.monotonic() - started
    print(f"{scenario.name} ended well, after {seconds:.1f} s", file=screen.out)
    return 0
