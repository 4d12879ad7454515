"""The directive `constant-table`: the constants of zmqlite.capi, in the groups of their file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.util.docutils import SphinxDirective

from zmqlite import capi

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

STUB = Path(capi.__file__).with_name("constants.pyi")


class ConstantTable(SphinxDirective):
    """A definition of each constant, so that search and links find it, with its value."""

    def run(self) -> list[nodes.Node]:
        lines: list[str] = []
        for text in STUB.read_text(encoding="utf-8").splitlines():
            if text.startswith("# "):
                lines += ["", f"**{text[2:].rstrip('.')}**", ""]
            elif constant := re.match(r"(\w+): Final\[int\]", text):
                value = getattr(capi, constant[1])
                lines += [
                    f"```{{py:data}} {constant[1]}",
                    ":module: zmqlite.capi",
                    ":type: int",
                    f":value: {value}",
                    "```",
                ]
        return self.parse_text_to_nodes("\n".join(lines) + "\n")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("constant-table", ConstantTable)
    return {"parallel_read_safe": True}
