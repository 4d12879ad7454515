"""Exit codes, and the errors that lead to them: 0, and 1 to 3 as the classes say."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ..constants import ENOCOMPATPROTO
from ..errors import Timeout

WRONG: Final = (errno.EINVAL, errno.EPROTONOSUPPORT, ENOCOMPATPROTO, errno.ENODEV)
"""Errors of libzmq that come from a wrong option or endpoint."""

CONTROL: Final = re.compile(r"[^\t\n -~\xa0-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]")
"""What a terminal may take for a command, or what reorders text."""


class Failed(Exception):
    """A command cannot go on; the text says why, in one line."""

    code = 1


class Wrong(Failed):
    """Options or input that cannot be used."""

    code = 2


class TimedOut(Failed):
    """Nothing happened within the time that was given."""

    code = 3


def code_of(error: Exception) -> int:
    """Return the exit code for an error."""
    if isinstance(error, Failed):
        return error.code
    kind = Wrong if getattr(error, "errno", None) in WRONG else Failed
    return (TimedOut if isinstance(error, Timeout) else kind).code


@contextmanager
def wrong_input(what: str = "") -> Iterator[None]:
    """Turn the errors that the library raises for wrong arguments, and files, into Wrong."""
    try:
        yield
    except (ValueError, TypeError, AttributeError) as error:
        raise Wrong(f"{what}{error.with_traceback(None)}") from None
    except (FileNotFoundError, FileExistsError, IsADirectoryError, PermissionError) as error:
        named = f"{error.filename}: {error.strerror}" if error.filename else error.strerror or error
        raise Wrong(f"{what}{named}") from None


def printable(text: str) -> str:
    """Return a text without what a terminal would obey."""
    return CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)
