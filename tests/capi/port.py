"""Make a program of zmqlite.capi of one in C: types, braces and semicolons go.

What docs/howto/porting-from-c.md says, as substitutions: names, arguments and their order stay.
Where the address of a variable is taken, it is of the type that capi has for that, and C's reading
of it asks for `value`. There is one statement a line, and no more of C than these programs have;
any more of it is an error of syntax in Python.
"""

from __future__ import annotations

import re
from typing import Any

CELLS = {"int ": "c_int", "size_t ": "c_size_t", "int64_t ": "c_int64", "uint64_t ": "c_uint64"}
CELLS |= {"void *": "c_pointer"}
LINES = re.MULTILINE
FUNCTION = re.compile(r"^(?:static )?\w+ \*?(\w+)\((.*)\)\n\{\n((?:.*\n)*?)\}\n", LINES)
ARRAY = re.compile(
    r"^( *)(?:static |const |struct )*(\w+) [*\w ]*?(\w+)\[\] = \{(.*?),?\s*\};$", LINES | re.DOTALL
)
DECLARATION = re.compile(r"^( *)(int |size_t |u?int64_t |void \*)(\w+ = .*);$", LINES)
RULES: list[tuple[str, Any]] = [
    (r"^ *\(void\)\w+;\n|^ *\}\n", ""),
    (r"^( *)for \(int (\w+) = (\w+); \w+ < (.*?); .*$", r"\1for \2 in range(\3, \4):"),
    (r"^( *if) \((.*)\)(?: \{)?$", r"\1 \2:"),
    (r"^( *)(zmq_msg_t) (.*);$", lambda found: new(found, "zmq_msg_t()")),
    (r"^( *)(struct iovec) (.*);$", lambda found: new(found, "[iovec() for _ in range({})]")),
    (r"^( *)(int) (\w+\[\d+\]);$", lambda found: new(found, "[0] * {}")),
    (
        r"^( *)(?:static )?(char|uint8_t) (\w+\[\d+\].*);$",
        lambda found: new(found, "c_char_buffer({})"),
    ),
    (r"^( *)zmq_pollitem_t (\w+) = \{(.*)\};$", r"\1\2 = zmq_pollitem_t(\3)"),
    (r"^static char (\w+)\[\] = (.*);$", r"\1 = bytearray(\2)"),
    (r"^static void \*(\w+);$", r"\1 = None"),
    (r"^static int (\w+);$", r"\1 = 0"),
    (r"^( *)(?:const )?(?:void|char|unsigned long|int) \*?(?=\w+ = )", r"\1"),
    (r"&(\w+)\[(\d+)\]", r"\1[\2:]"),
    (r"&&", "and"),
    (r"&", ""),
    (r"\|\|", "or"),
    (r"sizeof (\w+)", r"sizeof(\1)"),
    (r"\b(\d+)UL\b", r"\1"),
    (r"\bNULL\b", "None"),
    (r";$", ""),
]


def new(found: re.Match[str], value: str) -> str:
    """Give each variable of a declaration a value, which may need the length of the array."""
    variables = re.findall(r"(\w+)(?:\[(\d+)\])?", found[3])
    return "\n".join(f"{found[1]}{name} = {value.format(size)}" for name, size in variables)


def plain(text: str) -> str:
    """Take off what Python does not write."""
    for pattern, replacement in RULES:
        text = re.sub(pattern, replacement, text, flags=LINES)
    return text


def array(found: re.Match[str]) -> str:
    """Write an array whose elements are given; those of a struct are calls of its type."""
    indent, kind, name, content = found.groups()
    content = content.replace("{", f"{kind}(").replace("}", ")")
    return f"{indent}{name} = {'bytes' if kind == 'uint8_t' else 'list'}([{content}])"


def function(found: re.Match[str], shared: list[str]) -> str:
    """Write a function; what is shared is outside of it, and may be assigned to."""
    name, parameters, body = found.groups()
    arguments = [] if parameters == "void" else re.split(r", ", parameters)
    names = [re.split(r"[ *]", each)[-1] for each in arguments]
    declared = re.findall(r"(\w+) = ", " ".join(found[3] for found in DECLARATION.finditer(body)))
    taken = {*declared, *names} & set(re.findall(r"&(\w+)\b(?!\[)", body))
    cells = rf"(?<!&)(?<!sizeof )\b({'|'.join(taken)})\b"
    lines = [f"def {name}({', '.join(names)}):"]
    lines += [f"    global {', '.join(shared)}"] if shared else []
    lines += [f"    {each} = c_int({each})" for each in names if each in taken]
    for line in body.splitlines():
        cell = DECLARATION.match(line)
        if cell and cell[3].split()[0] in taken:
            variables = re.findall(r"(\w+) = ((?:[^,(]|\(.*?\))+)", cell[3])
            lines += [f"{cell[1]}{name} = {CELLS[cell[2]]}({value})" for name, value in variables]
            continue
        lines.append(re.sub(cells, r"\1.value", line) if taken else line)
    return "\n".join(lines) + "\n"


def port(source: str) -> str:
    """Return what a program of C is in Python."""
    texts: list[str] = []

    def text(found: re.Match[str]) -> str:
        texts.append(f"b{found[0]}")
        return f"@{len(texts) - 1}@"

    source = re.sub(r"/\*.*?\*/|#include.*", "", source)
    source = re.sub(r'"(?:\\.|[^"\\\n])*"|\'.\'', text, source)
    shared = re.findall(r"^static (?:void \*|int )(\w+);", source, LINES)
    source = ARRAY.sub(array, source)
    source = plain(FUNCTION.sub(lambda found: function(found, shared), source))
    source = re.sub(r"@(\d+)@", lambda found: texts[int(found[1])], source)
    return f"from capi.harness import *\nfrom zmqlite.capi import *\n{source}\nmain()\n"
