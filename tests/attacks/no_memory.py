"""Every allocation fails in turn, in every form of a call: those of Python, or those of our C.

What is asked of a call that raises MemoryError (or ENOMEM): a send has sent nothing, a receive has
taken nothing, and nothing stays lent to libzmq. A call that succeeded has done all of it.
"""

from __future__ import annotations

import _testcapi  # type: ignore[import-not-found]  # CPython's own tests use it
import ctypes
import errno
import gc
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import zmqlite as zmq
from zmqlite import hub

from .no_memory_forms import C_SENDS, FORMS, GROUPS, Rig
from .program import begin, end, eventually

ENOUGH = 12
"""Successes in a row after which a call is taken to allocate no more."""

NO_MEMORY_IN_CPYTHON = {
    "can't allocate lock",
    "can't start new thread",
    "error return without exception set",
}
"""What CPython 3.11 says instead of MemoryError; the last is of a call of a Python function."""

LIBRARY = "ZMQLITE_FAILING_MALLOC"
"""The environment variable that names the preloaded library of failing.c."""


class PythonMemory:
    """Allocations of the interpreter.

    Never all of them from some point on: CPython 3.11 can unwind no `finally` then, and hangs.
    """

    def start(self, allocations: int, several: bool) -> None:
        _testcapi.set_nomemory(allocations, allocations + (5 if several else 1))

    stop = staticmethod(_testcapi.remove_mem_hooks)


class OurMemory:
    """Allocations by the code of our module."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(os.environ[LIBRARY])
        self._library.failing_range.argtypes = [ctypes.c_size_t, ctypes.c_size_t, ctypes.c_char_p]
        libzmq = next(path for path in loaded() if Path(path).name.startswith("libzmq"))
        self._library.failing_range(*code_of_the_module(), libzmq.encode())
        self.failed = 0

    def start(self, allocations: int, several: bool) -> None:
        self._library.failing_start(allocations, several)

    def stop(self) -> None:
        self.failed += self._library.failing_stop()


def loaded() -> dict[str, list[int]]:
    """The files that are mapped into memory, and the addresses of their parts."""
    found: dict[str, list[int]] = {}
    for line in Path("/proc/self/maps").read_text().splitlines():
        addresses, *_, path = line.split(maxsplit=5)
        found.setdefault(path, []).extend(int(each, 16) for each in addresses.split("-"))
    return found


def code_of_the_module() -> tuple[int, int]:
    """Where the package's compiled module lies in memory."""
    folder = Path(zmq.__file__).parent
    addresses = [
        address
        for path, parts in loaded().items()
        if Path(path).parent == folder and path.endswith(".so")
        for address in parts
    ]
    return min(addresses), max(addresses)


class Attack:
    """All forms with one kind of memory, and what was found."""

    def __init__(self, rig: Rig, memory: PythonMemory | OurMemory) -> None:
        self.rig = rig
        self.memory = memory
        self.calls = self.failures = 0
        self.found: Counter[str] = Counter()

    def attack(self, name: str, several: bool) -> None:
        """Let one allocation after the other fail, until a call no longer notices."""
        form = FORMS[name]
        given = form.prepare(self.rig)
        form.check(self.rig, given, True, form.call(self.rig, given))  # fills caches
        del given
        self.rig.lent.clear()
        successes = allocations = 0
        while successes < ENOUGH:
            successes = successes + 1 if self.attempt(name, allocations, several) else 0
            allocations += 1

    def attempt(self, name: str, allocations: int, several: bool) -> bool:
        """Make one call; whether it succeeded."""
        form, rig, memory = FORMS[name], self.rig, self.memory
        given, got, succeeded = form.prepare(rig), None, True
        try:
            memory.start(allocations, several)
            try:
                got = form.call(rig, given)
            finally:
                memory.stop()
        except MemoryError:
            succeeded = False
        except zmq.ZMQError as error:
            succeeded = False
            if error.errno != errno.ENOMEM:
                self.found[f"{name}: {error!r}"] += 1
        except Exception as error:
            succeeded = False
            if str(error) not in NO_MEMORY_IN_CPYTHON:
                self.found[f"{name}: {error!r}"] += 1
        if name in C_SENDS and got == -1:
            succeeded = False
        self.calls += 1
        self.failures += not succeeded
        if wrong := form.check(rig, given, succeeded, got):
            self.found[f"{name}: {wrong}"] += 1
        del given, got
        if not rig.is_free() and not eventually(rig.is_free, 0.05):
            self.found[f"{name}: stays lent"] += 1
        rig.lent.clear()
        return succeeded


def preload() -> None:
    """Run this program again with the library that lets our C's allocations fail."""
    with tempfile.TemporaryDirectory(prefix="zl") as folder:
        library = Path(folder, "failing.so")
        source = Path(__file__).with_name("failing.c")
        options = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-ftls-model=initial-exec"]
        subprocess.run(["gcc", *options, source, "-o", library], check=True)
        preloaded = f"{library} {os.environ.get('LD_PRELOAD', '')}"
        sys.exit(
            subprocess.run(
                [sys.executable, "-m", __spec__.name, *sys.argv[1:]],
                env={**os.environ, LIBRARY: str(library), "LD_PRELOAD": preloaded},
            ).returncode
        )


def main() -> None:
    arguments = begin(
        __doc__,
        60,
        memory={"choices": ["python", "c"], "default": "python", "help": "whose (%(default)s)"},
        group={"choices": list(GROUPS), "help": "which forms (all)"},
        forms={"nargs": "+", "choices": list(FORMS), "metavar": "FORM"},
    )
    if arguments.memory == "c" and LIBRARY not in os.environ:
        preload()
    sys.unraisablehook = lambda _: None  # destructors, too, may need memory that is not there
    vars(hub)["GRACE"] = 50  # a thread for which there was no memory is waited for
    gc.disable()  # so that it neither allocates nor lets go in the middle of a call
    memory = PythonMemory() if arguments.memory == "python" else OurMemory()
    attack = Attack(rig := Rig(), memory)
    for name in arguments.forms or GROUPS.get(arguments.group, FORMS):
        for several in (False, True):
            attack.attack(name, several)
    rig.close()
    for what, times in attack.found.items():
        print(f"{what} ({times} times)", file=sys.stderr)
    end(
        {"memory": arguments.memory, "calls": attack.calls, "failures": attack.failures},
        {"findings": attack.found.total()},
    )


if __name__ == "__main__":
    main()
