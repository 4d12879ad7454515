"""The options of sockets and contexts as attributes, in lower and in upper case.

Type checkers read `attributes.pyi`, which names them all.
"""

from __future__ import annotations

import errno

from .constants import ContextOption, SocketOption
from .error import ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

_NO_VALUE: Final = (errno.EINVAL, errno.ENOTSUP)


class Option:
    """An option of a socket or context, read and set by its methods `get` and `set`."""

    def __init__(self, option: SocketOption | ContextOption) -> None:
        self.option = option

    def __get__(self, owner: Any, kind: type) -> Any:
        if owner is None:
            return self
        try:
            return owner.get(self.option)
        except ZMQError as error:
            if error.errno in _NO_VALUE:  # write-only, or not in this libzmq
                raise AttributeError(f"{self.option.name} cannot be read: {error}") from None
            raise

    def __set__(self, owner: Any, value: Any) -> None:
        owner.set(self.option, value)


class Default:
    """What an option of sockets is in those that a context makes from now on."""

    def __init__(self, option: SocketOption) -> None:
        self.option = option

    def __get__(self, context: Any, kind: type) -> Any:
        if context is None:
            return self
        try:
            return context.getsockopt(self.option)
        except KeyError:
            raise AttributeError(f"{self.option.name} was not set in the context") from None

    def __set__(self, context: Any, value: Any) -> None:
        context.setsockopt(self.option, value)


class Subscription:
    """`socket.subscribe(topic)`, and `socket.subscribe = topic`."""

    def __init__(self, option: SocketOption) -> None:
        self.option = option

    def __get__(self, socket: Any, kind: type) -> Any:
        if socket is None:
            return self
        return lambda topic: self.__set__(socket, topic)

    def __set__(self, socket: Any, topic: str | bytes) -> None:
        socket.set(self.option, topic.encode() if isinstance(topic, str) else topic)


class SocketAttributes:
    """The options of a socket."""

    __slots__ = ()


class ContextAttributes(SocketAttributes):
    """The options of a context, and those of sockets as defaults."""

    __slots__ = ()


def _add(owner: type, name: str, attribute: Option | Default) -> None:
    setattr(owner, name, attribute)
    setattr(owner, name.lower(), attribute)


for _name, _option in SocketOption.__members__.items():
    _add(SocketAttributes, _name, Option(_option))
    _add(ContextAttributes, _name, Default(_option))
for _name, _member in ContextOption.__members__.items():
    _add(ContextAttributes, _name, Option(_member))
for _name in ("subscribe", "unsubscribe"):
    setattr(SocketAttributes, _name, Subscription(SocketOption[_name.upper()]))
del _name, _option, _member
