"""The programs of a page of the documentation: found in it, run, and their output compared.

The Python blocks of a page run one after the other, as one program in a process of its own. What a
block prints is the `text` block right after it, in which ... stands for anything; without one it
prints nothing. A `proto` block that begins with the name of its file, as in `// greeter.proto`, is
compiled before. A block after "Save this as `name`:" is a file of that name, and is not run. A
`console` block has commands behind `$ `, each followed by what it prints; they run before the rest,
in one shell, which ends what they left in the background.

A comment before a block says what else the test needs to know:

    <!-- test: background -->    the block is a program of its own that need not end
    <!-- test: prints -->        what it prints differs each time
    <!-- test: hidden
    code
    -->                          code that readers need not see; `hidden background` likewise

A port such as tcp://*:5555 becomes a socket file in the directory of the run, so that pages do not
meet each other there.
"""

from __future__ import annotations

import contextlib
import doctest
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

WITH_WORK = ("python", "proto", "console")
MARK = "-" * 20
LIMIT = 60
"""Seconds for all programs of a page together."""

DRIVER = """
import contextlib, io, json, sys
page, blocks = sys.argv[1], json.loads(sys.argv[2])
sys.path.insert(0, "")
names = {"__name__": "__main__"}
outputs = []
for line, code in blocks:
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile("\\n" * line + code, page, "exec"), names)
    outputs.append(printed.getvalue())
print(json.dumps(outputs))
"""


@dataclass
class Block:
    """A block of code of a page; `line` is the number of lines before its first one."""

    language: str
    code: str
    line: int
    marks: frozenset[str] = frozenset()
    output: str = ""
    file: str = ""


def blocks(page: Path) -> list[Block]:
    """Find the blocks of a page in which there is something to do, with their outputs."""
    found: list[Block] = []
    marks: frozenset[str] = frozenset()
    before = ""
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        line = token.map[0] + 1 if token.map else 0
        if token.type == "html_block" and (comment := re.match(r"<!-- test: (.*)", token.content)):
            words = frozenset(comment[1].removesuffix("-->").split())
            if "hidden" in words:
                code = token.content.partition("\n")[2].rpartition("-->")[0]
                found.append(Block("python", code, line, words))
            else:
                marks = words
        elif token.type == "fence":
            language = token.info.partition(" ")[0]
            if language == "text" and found and found[-1].language == "python":
                found[-1].output = token.content
            named = re.search(r"this as `([\w./-]+)`[^`]*:$", before)
            block = Block(language, token.content, line, marks)
            block.file = named[1] if named else ""
            found.append(block)
            marks, before = frozenset(), ""
        elif token.type == "inline":
            before = token.content
    return [block for block in found if block.file or block.language in WITH_WORK]


def local(code: str) -> str:
    """Give each port of a program a socket file in its directory instead."""
    return re.sub(r"tcp://[\w.*-]+:(\d{4,5})", r"ipc://\1", code)


def generate(block: Block, directory: Path) -> None:
    """Compile a block of declarations, with the services in it."""
    name = re.match(r"// (\S+\.proto)\n", block.code)
    assert name is not None, "a proto block begins with the name of its file, // name.proto"
    (directory / name[1]).write_text(block.code, encoding="utf-8")
    plugin = Path(sys.executable).with_name("protoc-gen-zmqlite")
    command = [sys.executable, "-m", "protoc", f"--plugin={plugin}", "--python_out=."]
    command += ["--zmqlite_out=."] if "\nservice " in block.code else []
    subprocess.run([*command, "--proto_path=.", name[1]], cwd=directory, check=True, timeout=LIMIT)


def converse(console: str, directory: Path) -> None:
    """Run the commands of a page in one shell, and compare what each prints."""
    commands: list[str] = []
    outputs: list[str] = []
    for line in console.splitlines(keepends=True):
        if line.startswith("$ "):
            commands.append(line.removeprefix("$ "))
            outputs.append("")
        else:
            outputs[-1] += line
    # With job control, what runs in the background has no terminal's signals and can be ended.
    script = "set -m\ntrap 'kill -9 $(jobs -p) 2>/dev/null' EXIT\n"
    script += "".join(f"echo {MARK}\n{command}" for command in commands)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=directory,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    _, *printed = done.stdout.split(f"{MARK}\n")
    for command, expected, got in zip(commands, outputs, printed, strict=True):
        assert same(expected, got), f"{command}printed\n{got}\n{done.stderr}"


def same(expected: str, printed: str) -> bool:
    return doctest.OutputChecker().check_output(expected, printed, doctest.ELLIPSIS)


@contextlib.contextmanager
def background(block: Block, directory: Path) -> Iterator[None]:
    """Run a program beside the body; at the end it has to have printed its output."""
    command = [sys.executable, "-u", "-c", local(block.code)]
    with subprocess.Popen(command, cwd=directory, stdout=subprocess.PIPE, text=True) as process:
        timer = threading.Timer(LIMIT, process.kill)
        timer.start()
        try:
            yield
            assert process.stdout is not None
            lines = block.output.count("\n")
            printed = "".join(process.stdout.readline() for _ in range(lines))
            assert same(block.output, printed), f"line {block.line}: printed\n{printed}"
        finally:
            timer.cancel()
            process.kill()


def run(page: Path, directory: Path) -> None:
    """Run all programs of a page in a directory, and compare what they print."""
    found = blocks(page)
    for block in found:
        if block.file:
            (directory / block.file).write_text(block.code, encoding="utf-8")
        elif block.language == "proto":
            generate(block, directory)
    consoles = [block for block in found if block.language == "console"]
    converse("".join(block.code for block in consoles), directory)
    programs = [block for block in found if block.language == "python" and not block.file]
    first = [block for block in programs if "background" not in block.marks]
    with contextlib.ExitStack() as stack:
        for block in programs:
            if "background" in block.marks:
                stack.enter_context(background(block, directory))
        told = json.dumps([(block.line, local(block.code)) for block in first])
        done = subprocess.run(
            [sys.executable, "-c", DRIVER, str(page), told],
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    for block, printed in zip(first, json.loads(done.stdout), strict=True):
        if "prints" in block.marks:
            assert printed, f"line {block.line}: printed nothing"
        else:
            assert same(block.output, printed), f"line {block.line}: printed\n{printed}"
