"""Exit codes, and the errors that lead to them."""

from __future__ import annotations

import errno
import re
from contextlib import contextmanager

from ..constants import ENOCOMPATPROTO

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

CODES: Final = {
    0: "done",
    1: "failed: refused, unreachable, denied, a message that does not parse",
    2: "wrong options or input; one line on standard error says what is wrong",
    3: "nothing happened within `--timeout`",
    130: "ended by Ctrl-C (SIGINT)",
    141: "nobody reads the output any more (SIGPIPE)",
}
"""What each exit code stands for; the last two are how a shell reports the signals."""

WRONG_ERRNOS: Final = (errno.EINVAL, errno.EPROTONOSUPPORT, ENOCOMPATPROTO, errno.ENODEV)
"""Errors of libzmq that come from a wrong option or endpoint."""


_CONTROL: Final = re.compile(r"[^\t\n -~\xa0-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]")
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
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)
