"""The settings of Sphinx for the site; CONTRIBUTING.md has the command that builds it."""

from __future__ import annotations

import sys
from pathlib import Path

import zmqlite

HERE = Path(__file__).parent

# What is imported on first use is then known by its public name.
for name in zmqlite.__all__:
    getattr(zmqlite, name)

sys.path.insert(0, str(HERE / "extensions"))

project = "zmqlite"
author = "zmqlite developers"
project_copyright = author
version = release = zmqlite.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.intersphinx",
    "docstrings",
    "option_table",
    "constant_table",
]
exclude_patterns = ["extensions", "inventories"]

html_theme = "furo"
html_title = f"zmqlite {release}"
html_favicon = "static/icon.svg"
html_show_sphinx = False
html_copy_source = False
html_static_path = ["static"]
html_css_files = ["site.css"]

myst_enable_extensions = ["deflist"]
# Links to a heading of another page, as `page.md#heading`, are checked.
myst_heading_anchors = 3

default_role = "code"
# The blocks of docstrings are tables and C as well as Python.
highlight_language = "none"
python_use_unqualified_type_names = True
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "mixed"
napoleon_google_docstring = True
napoleon_numpy_docstring = False

nitpicky = True
# Two classes are called Statistics, and a signature names one without its module.
suppress_warnings = ["ref.python"]
nitpick_ignore_regex = [
    tuple(line.split())
    for line in (HERE / "inventories" / "ignored.txt").read_text().splitlines()
    if line and not line.startswith("#")
]
# Text files, so that nothing is downloaded: the names of others that the reference mentions.
intersphinx_mapping = {
    "python": ("https://docs.python.org/3", "inventories/python.inv"),
    "protobuf": ("https://googleapis.dev/python/protobuf/latest", "inventories/protobuf.inv"),
}
