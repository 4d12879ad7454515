"""The directive `option-table`: the rows of a class of options as tables, in its groups.

Each row is the target of references to the attribute, {py:attr}`zmqlite.Socket.rcvhwm`. Outside the
reference, which has them in tables of its own, a socket option in backquotes is such a reference.
"""

from __future__ import annotations

import inspect
import re
from enum import Enum
from importlib import import_module
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.util.docutils import SphinxDirective

from zmqlite.option import Effect, Option, rows_of
from zmqlite.socket_options import SocketOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

HEADINGS = ("option", "type", "default", "takes effect", "for", "what it does")
# In the words of a cell; the page explains them.
EFFECTS = {
    Effect.NOW: "at once",
    Effect.LINGER: "at close",
    Effect.PEERS: "for new peers",
    Effect.ONCE: "next connect()",
    Effect.LATER: "later endpoints",
    Effect.START: "before sockets",
    Effect.SOCKETS: "new sockets",
    Effect.NEVER: "never",
}
TYPES = {"Int": "int", "Int64": "int", "UInt64": "int", "Fd": "int", "Cpu": "int", "Bool": "bool",
         "Milliseconds": "int, ms", "Filter": "int", "Text": "str", "Binary": "bytes",
         "Topic": "bytes or str", "RoutingId": "bytes", "Key": "bytes"}  # fmt: skip


def groups(table: type) -> Iterator[tuple[str, list[str]]]:
    """Yield the headings of a table's source, which are comments, with the names below each."""
    title, names = "", list[str]()
    for line in inspect.getsource(table).splitlines():
        if heading := re.fullmatch(r"    # (.*)", line):
            if names:
                yield title, names
            title, names = heading[1], []
        elif row := re.match(r"    (\w+): \w+(\[\w+\])? = ", line):
            names.append(row[1])
    yield title, names


def cells(name: str, row: Option[Any, Any]) -> list[str]:
    kind = type(row).__name__
    values = row.values() if "w" in row.access else ""
    shown = row.default.name if isinstance(row.default, Enum) else repr(row.default)
    text = [row.doc]
    if values:
        text.append(f"Values: {values}.")
    if row.access == "w":
        text.append("Write-only.")
    if row.needs:
        text.append(f'Needs `has("{row.needs}")`.')
    return [
        f"`{name}`",
        TYPES.get(kind) or row.kind.__name__,  # type: ignore[attr-defined]
        "" if row.default is None else f"`{shown}`",
        EFFECTS[row.effect] if "w" in row.access else "read-only",
        ", ".join(each.name for each in row.types) if row.types else "all",
        re.sub(r"docs/([\w/-]+)\.md", r"{doc}`/\1`", " ".join(text)).replace("*", r"\*"),
    ]


class OptionTable(SphinxDirective):
    """`option-table` of a class of rows, and the public class whose attributes they are."""

    required_arguments = 2

    def run(self) -> list[nodes.Node]:
        module, _, name = self.arguments[0].rpartition(".")
        table = getattr(import_module(module), name)
        rows = rows_of(table)
        lines: list[str] = []
        for title, names in groups(table):
            lines += ["", f"**{title}**", ""] if title else [""]
            lines += [line(HEADINGS), line(["---"] * len(HEADINGS))]
            lines += [line(cells(each, rows[each])) for each in names]
        found = self.parse_text_to_nodes("\n".join(lines) + "\n")
        for row in (row for node in found for body in node.findall(nodes.tbody) for row in body):
            self.make_target(next(row.findall(nodes.literal)))
        return found

    def make_target(self, option: nodes.literal) -> None:
        """Let the name of an option in its row be what references to the attribute lead to."""
        attribute = f"{self.arguments[1]}.{option.astext()}"
        option["ids"].append(attribute)
        self.state.document.note_explicit_target(option)
        self.env.domains.python_domain.note_object(attribute, "attribute", attribute)


def line(texts: Any) -> str:
    return "| " + " | ".join(text.replace("|", r"\|") for text in texts) + " |"


def link_options(app: Sphinx, page: nodes.document) -> None:
    where = app.env.current_document.docname
    if where.startswith("reference/"):
        return
    for literal in list(page.findall(nodes.literal)):
        name = literal.astext()
        if name in rows_of(SocketOptions):
            kind = {"refdomain": "py", "reftype": "attr", "refdoc": where, "refwarn": True}
            target = f"zmqlite.Socket.{name}"
            literal.replace_self(pending_xref("", literal.deepcopy(), reftarget=target, **kind))


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("option-table", OptionTable)
    app.connect("doctree-read", link_options)
    return {"parallel_read_safe": True}
