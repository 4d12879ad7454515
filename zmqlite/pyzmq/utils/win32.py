"""allow_interrupt, which does something on Windows only, where zmqlite does not run."""

from contextlib import nullcontext

allow_interrupt = nullcontext
"""A `with` block that does nothing: Ctrl-C ends a wait by itself."""
