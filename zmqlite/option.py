"""Option: the descriptor that each option of a socket or a context is, a row in their tables.

A socket and a context have the methods `get` and `set`, which call libzmq; a row converts the
values. The classes of rows, one for each C type, are in options.
"""

from __future__ import annotations

import functools
import itertools
from abc import ABC, abstractmethod
from enum import Enum
from importlib import import_module

from ._typing import Generic, overload
from .advice import PYZMQ, meant
from .arguments import INT_MAX, integer
from .constants import SocketType
from .errors import InvalidArgument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Final, NoReturn, Protocol, Self, TypedDict, TypeVar

    Got = TypeVar("Got")
    Given = TypeVar("Given")
    Row = TypeVar("Row", bound="Option[Any, Any]")

    class HasOptions(Protocol):
        """An object whose options are rows: a Socket, or a Context, whose rows are Numbers."""

        def get(self, option: Any, /) -> Any: ...
        def set(self, option: Any, value: Any, /) -> None: ...

    class Facts(TypedDict, total=False):
        """The keyword arguments that every class of rows has."""

        access: str
        effect: Effect
        types: tuple[SocketType, ...] | None
        needs: str

else:
    Got = Given = Row = None


class Missing:
    """A name of pyzmq that a class does not have: reading it raises, with what to write instead."""

    def __init__(self, name: str) -> None:
        self.name: str = name

    def __get__(self, instance: object, owner: type[HasAdvice]) -> NoReturn:
        raise unknown(owner, self.name)


class HasAdvice:
    """A class whose AttributeError says what to write instead of a wrong name.

    It has no `__getattr__`: with one, CPython 3.11 reads every attribute slowly, and `recv` takes a
    quarter longer. For a misspelt name that a program reads, Python prints the nearest one itself.
    """

    __slots__ = ()

    _kind: str  # a key of PYZMQ

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "_kind" in vars(cls):
            for name in PYZMQ[cls._kind]:
                setattr(cls, name, Missing(name))

    def __dir__(self) -> list[str]:
        missing = PYZMQ[self._kind].keys()
        return [name for name in object.__dir__(self) if name not in missing or hasattr(self, name)]

    if not TYPE_CHECKING:  # or type checkers would take any name

        def __setattr__(self, name: str, value: object) -> None:
            try:
                object.__setattr__(self, name, value)
            except AttributeError:
                if hasattr(type(self), name):
                    raise
            else:
                return
            raise unknown(type(self), name)


def unknown(owner: type[HasAdvice], name: str) -> AttributeError:
    """Build the exception for a name that a class does not have."""
    missing = PYZMQ[owner._kind].keys()
    known = [each for each in dir(owner) if not each.startswith("_") and each not in missing]
    text = f"{owner.__module__}.{owner.__qualname__} has no attribute {name!r}"
    return AttributeError(text + meant(name, known, owner._kind), name=name)


class Effect(Enum):
    """When a change of an option takes effect."""

    NOW = "at once"
    LINGER = "when a connection or the socket is closed"
    PEERS = "for peers that attach from then on"
    ONCE = "for the next connect() only"
    LATER = "for later bind() and connect() calls; those made before ignore it silently"
    START = "if set before the first socket is created; later it is silently ignored"
    SOCKETS = "for sockets created from then on"
    NEVER = "never"


class _Doc:
    """A `__doc__` for the class of a row and one for the row, made when help() reads it."""

    def __init__(self, of_class: str | None) -> None:
        self._of_class = of_class

    def __get__(self, row: Option[Any, Any] | None, owner: type) -> str | None:
        return self._of_class if row is None else row.describe()


class Option(ABC, Generic[Got, Given]):
    """One option: its number and what is known about it. `Got` is read, `Given` is written.

    `default` is libzmq's, None where it is not worth telling. `access` is "r", "w" or "rw"; `types`
    are the sockets that the option is for, None for all: libzmq mostly ignores it on others;
    `needs` is what libzmq must be built with, for has(). What the option is for is said in a
    docstring below it in its table, where editors find it, see `doc`.
    """

    sizes: tuple[int, ...] = (4,)
    """Buffer sizes to read with, one after the other while libzmq answers EINVAL."""

    def __init__(
        self,
        number: int,
        default: Got | None = None,
        *,
        access: str = "rw",
        effect: Effect = Effect.LATER,
        types: tuple[SocketType, ...] | None = None,
        needs: str = "",
    ) -> None:
        self.number: Final[int] = number
        self.name: str = f"option {number}"
        self.table: type | None = None
        self.default: Final[Got | None] = default
        self.access: Final[str] = access
        self.effect: Final[Effect] = effect
        self.types: Final[tuple[SocketType, ...] | None] = types
        self.needs: Final[str] = needs

    def __init_subclass__(cls) -> None:
        type.__setattr__(cls, "__doc__", _Doc(cls.__doc__))

    def __set_name__(self, owner: type, name: str) -> None:
        self.table = owner
        self.name = name

    @property
    def doc(self) -> str:
        """What the option is for; empty where the source of its table is not at hand."""
        return "" if self.table is None else attribute_docs(self.table).get(self.name, "")

    def __repr__(self) -> str:
        return f"<option {self.name} ({self.number})>"

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: HasOptions, owner: type) -> Got: ...
    def __get__(self, instance: HasOptions | None, owner: type) -> Self | Got:
        if instance is None:
            return self
        self.require("r")
        try:
            value: Got = instance.get(self)
        except InvalidArgument as error:  # libzmq was built without it, and hasattr() is False
            raise AttributeError(str(error)) from error
        return value

    def __set__(self, instance: HasOptions, value: Given) -> None:
        self.require("w")
        instance.set(self, value)

    def require(self, access: str) -> None:
        """Raise AttributeError if the option cannot be read ("r") or written ("w")."""
        if access not in self.access:
            kind = "write-only: libzmq cannot be asked for it" if access == "r" else "read-only"
            raise AttributeError(f"{self.name} is {kind}")

    @abstractmethod
    def encode(self, value: Given) -> bytes | None:
        """Return what zmq_setsockopt takes; None stands for NULL and length 0, to clear."""

    @abstractmethod
    def decode(self, raw: bytes) -> Got:
        """Return the value of the bytes that zmq_getsockopt wrote."""

    def values(self) -> str:
        """Name the values that may be set; empty where all values of the type may."""
        return ""

    def describe(self) -> str:
        """Return all that is known about the option as text, for help()."""
        sentences = [self.doc] if self.doc else []
        if "w" in self.access and self.values():
            sentences.append(f"Values: {self.values()}.")
        if self.default is not None:
            default = self.default.name if isinstance(self.default, Enum) else repr(self.default)
            sentences.append(f"Default: {default}.")
        if "r" not in self.access:
            sentences.append("Write-only.")
        sentences.append(
            f"Takes effect {self.effect.value}." if "w" in self.access else "Read-only."
        )
        if self.types is not None:
            sentences.append(f"For {', '.join(kind.name for kind in self.types)}.")
        if self.needs:
            sentences.append(f"Needs a libzmq that has({self.needs!r}).")
        return " ".join(sentences)


def resolve(
    rows: Mapping[str, Row], option: Row | int, access: str, unlisted: Callable[[int], Row]
) -> Row:
    """Return the row of an option that is to be read ("r") or written ("w").

    `option` is the row itself or a number of zmq.h. For a number that no row has, as of a newer
    libzmq, `unlisted` makes a row.

    Raises:
        AttributeError: the row does not allow this access.
    """
    if isinstance(option, Option):
        option.require(access)
        return option
    number = integer(option, "an option", 0, INT_MAX)
    matches = (row for row in rows.values() if row.number == number and access in row.access)
    return next(matches, None) or unlisted(number)


def rows_of(table: type) -> dict[str, Any]:
    """Return the rows that a table class defines, by name."""
    return {name: row for name, row in vars(table).items() if isinstance(row, Option)}


@functools.cache
def attribute_docs(table: type) -> dict[str, str]:
    """Return the docstrings of a table's attributes, which Python does not keep, from the source.

    For help(), and not before: what reads sources takes long to import.
    """
    ast, inspect = import_module("ast"), import_module("inspect")
    try:
        [definition] = ast.parse(inspect.getsource(table)).body
    except OSError:  # only compiled files are there
        return {}
    return {
        row.target.id: " ".join(text.value.value.split())
        for row, text in itertools.pairwise(definition.body)
        if isinstance(row, ast.AnnAssign) and isinstance(text, ast.Expr)
    }
