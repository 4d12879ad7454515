"""Run a module of Python with the compiled module built for sanitizers of gcc's.

    python -m tests.attacks.sanitized address,undefined tests.attacks.storm_threads --seconds 60
    python -m tests.attacks.sanitized thread pytest -q tests/core/test_socket.py

The first argument goes to gcc's -fsanitize, the rest is what follows `python -m`. The checkout is
copied to build/sanitized/ and the module is built there, again only when its sources change. All
processes that the program starts are watched, too. Prints the reports that name our C; the exit
status is that of the program, or 1 if there was such a report.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_COPIED = {"build", "dist", "node_modules", "_libs", "__pycache__"}
BUILT = ("zmqlite/_libs/", "zmqlite/_zmq.", "build/")
COMPILED_FROM = re.compile(r"(build_ffi\.py|pyproject\.toml|vendor/.*|zmqlite/.*\.(c|h|cdef))$")
BUILD = """
import sys, build_ffi
sys.argv = ["setup.py", "-q", "build_ext", "--inplace"]
build_ffi._backend.run_setup()
"""
# A report of ThreadSanitizer: stacks under headings, of which two are about the accesses that race.
STACK = re.compile(r"^  (\S.*):\n((?:    #.*\n)+)", re.MULTILINE)
ACCESS = re.compile(r"(?i)(previous )?(atomic )?(read|write) of size")
ALLOCATION = "Location is heap block"
FROM_LIBZMQ = re.compile(r"#\d+ .*\(libzmq")
ALLOCATES = re.compile(r" *#0 (malloc|calloc|realloc) ")
END_OF_REPORT = re.compile(r"^={18}$", re.MULTILINE)

# libzmq was not compiled for ThreadSanitizer, which therefore does not see the atomic operations
# that order what libzmq's threads do. So all that libzmq does with memory, in memcpy or free, would
# be reported as a race. The loader allocates what is local to a thread at its first use and frees
# it at the end of the thread, without locks that ThreadSanitizer knows.
SUPPRESSIONS = """
called_from_lib:libzmq
called_from_lib:libstdc++
race:_dl_deallocate_tls
"""


def main() -> int:
    names, *program = sys.argv[1:]
    copy = ROOT / "build" / "sanitized" / names.replace(",", "-")
    synchronise(copy)
    build(copy, names)
    with tempfile.TemporaryDirectory(prefix="zl") as reports:
        ended = subprocess.run(
            [sys.executable, "-m", *program], cwd=copy, env=environment(names, copy, Path(reports))
        )
        found = list(reports_about(copy, Path(reports)))
    for report in found:
        print(report, file=sys.stderr)
    print(f"{names}: {len(found)} reports, exit status {ended.returncode}")
    return ended.returncode or bool(found)


def sources() -> Iterator[Path]:
    """All files of the checkout, without what is hidden or was made there."""
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [each for each in folders if each not in NOT_COPIED and each[0] != "."]
        for file in files:
            path = Path(folder, file).relative_to(ROOT)
            if not str(path).startswith(BUILT):
                yield path


def synchronise(copy: Path) -> None:
    """Make the copy equal to the checkout, except for what was built there."""
    wanted = set(sources())
    for path in wanted:
        target, content = copy / path, (ROOT / path).read_bytes()
        if not target.exists() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, target)
    for old in [path for path in copy.rglob("*") if path.is_file()]:
        name = old.relative_to(copy)
        if name not in wanted and not str(name).startswith(BUILT) and old.suffix in (".py", ".c"):
            old.unlink()


def build(copy: Path, names: str) -> None:
    """Compile the module in the copy, unless that was done from the same sources."""
    state = hashlib.sha256(f"{sys.version} {os.environ.get('ZMQLITE_LIBZMQ')}".encode())
    for path in sorted(sources()):
        if COMPILED_FROM.match(str(path)):
            state.update(str(path).encode() + (copy / path).read_bytes())
    stamp = copy / "build" / "stamp"
    if stamp.exists() and stamp.read_text() == state.hexdigest():
        return
    subprocess.run(
        [sys.executable, "-c", BUILD],
        cwd=copy,
        env={**os.environ, "ZMQLITE_SANITIZE": names},
        check=True,
        stdout=sys.stderr,
    )
    stamp.write_text(state.hexdigest())


def library(name: str) -> str:
    """The path of one of gcc's libraries."""
    query = ["gcc", f"-print-file-name={name}"]
    return subprocess.run(query, capture_output=True, text=True, check=True).stdout.strip()


def environment(names: str, copy: Path, reports: Path) -> dict[str, str]:
    """What the program and its children find: the copy, the run-time libraries, their options."""
    kinds = names.split(",")
    log = f"log_path={reports}/report"
    result = {**os.environ, "PYTHONPATH": str(copy)}
    if "thread" in kinds:
        suppressions = copy / "build" / "thread.suppressions"
        suppressions.write_text(SUPPRESSIONS)
        # Reports that do not name our C are no failure, so the exit status has to stay as it is.
        options = f"suppressions={suppressions}:exitcode=0:die_after_fork=0:history_size=4"
        result["TSAN_OPTIONS"] = f"{log}:{options}:report_signal_unsafe=0"
        runtime = "libtsan.so"
    else:
        # CPython itself never frees all it has. Its allocator would hide what is used after free.
        result["ASAN_OPTIONS"] = f"{log}:detect_leaks=0:allocator_may_return_null=1"
        result["UBSAN_OPTIONS"] = f"{log}:print_stacktrace=1:halt_on_error=1"
        result["PYTHONMALLOC"] = "malloc"
        runtime = "libasan.so"
    # With libstdc++, since the run-time library looks up what throws at its start.
    result["LD_PRELOAD"] = f"{library(runtime)} {library('libstdc++.so.6')}"
    return result


def reports_about(copy: Path, reports: Path) -> Iterator[str]:
    """The reports that count."""
    ours = re.compile(rf"{re.escape(str(copy))}/zmqlite/|/_zmq\.c:")
    for path in sorted(reports.iterdir()):
        for report in END_OF_REPORT.split(path.read_text(errors="replace")):
            if "WARNING: ThreadSanitizer" in report:
                race = "data race" in report
                counts = is_race_of(ours, report) if race else bool(ours.search(report))
            else:
                counts = "ERROR: AddressSanitizer" in report or "runtime error:" in report
            if counts:
                yield report


def is_race_of(ours: re.Pattern[str], report: str) -> bool:
    """Whether our C takes part in a race, other than by what libzmq gives from thread to thread.

    That is the content of messages, which our C does not allocate, and memory of ours from its
    allocation until our free callback has it on a thread of libzmq's.
    """
    stacks = STACK.findall(report)
    accesses = [stack for head, stack in stacks if ACCESS.match(head)]
    if not any(map(ours.search, accesses)):
        return False
    for head, stack in stacks:
        if head.startswith(ALLOCATION):
            if not ours.search(stack.splitlines()[1]):
                return False
            return not any(FROM_LIBZMQ.search(each) or ALLOCATES.match(each) for each in accesses)
    return True


if __name__ == "__main__":
    sys.exit(main())
