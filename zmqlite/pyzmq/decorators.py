"""Decorators that open a context or a socket for each call of a function, and close it after.

    @context()
    @socket(zmq.PUSH)
    def work(ctx, push): ...

The object is the next positional argument, or with `name=` (or a text as the first argument) the
keyword argument of that name.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeAlias, TypeVar

from . import Context

__all__ = ["context", "socket"]

Result = TypeVar("Result")

Decorator: TypeAlias = Callable[[Callable[..., Result]], Callable[..., Result]]
_Open: TypeAlias = Callable[[tuple[Any, ...], dict[str, Any]], AbstractContextManager[Any]]


def context(*args: Any, name: str | None = None, **kwargs: Any) -> Decorator[Any]:
    """Call the function with a new context; the other arguments are those of Context."""
    name, args = _named(name, args)
    return _with(name, lambda *_: Context(*args, **kwargs))


def socket(
    *args: Any, name: str | None = None, context_name: str = "context", **kwargs: Any
) -> Decorator[Any]:
    """Call the function with a new socket; the other arguments are those of Context.socket.

    Its context is the keyword argument `context_name` of the call, or else the first argument that
    is a Context, or else `Context.instance()`.
    """
    name, args = _named(name, args)

    def open_socket(given: tuple[Any, ...], named: dict[str, Any]) -> AbstractContextManager[Any]:
        contexts = [each for each in (named.get(context_name), *given) if isinstance(each, Context)]
        chosen: Context[Any] = contexts[0] if contexts else Context.instance()
        opened: AbstractContextManager[Any] = chosen.socket(*args, **kwargs)
        return opened

    return _with(name, open_socket)


def _named(name: str | None, args: tuple[Any, ...]) -> tuple[str | None, tuple[Any, ...]]:
    """Take the name off the positional arguments, if it is there."""
    if name is None and args and isinstance(args[0], str):
        return args[0], args[1:]
    return name, args


def _with(name: str | None, opener: _Open) -> Decorator[Any]:
    def decorate(function: Callable[..., Result]) -> Callable[..., Result]:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Result:
            with opener(args, kwargs) as opened:
                if name is None:
                    return function(*args, opened, **kwargs)
                if name in kwargs:
                    raise TypeError(f"the argument {name!r} is given twice")
                return function(*args, **kwargs, **{name: opened})

        return call

    return decorate
