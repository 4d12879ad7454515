"""The names of `typing` that the core uses at run time, without importing `typing`.

Importing `typing` and what it imports takes a third of the time that importing zmqlite takes. So
the modules of the core import it for type checkers only, below `if TYPE_CHECKING`; annotations are
never evaluated. Only a base class and a decorator are, so these two have stand-ins here.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any
    from typing import Generic as Generic
    from typing import overload as overload
else:

    class Generic:
        """Accept type parameters and ignore them."""

        __slots__ = ()

        def __class_getitem__(cls, parameters: object) -> type:
            return cls

    def overload(function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function: the definition without this decorator replaces it."""
        return function
