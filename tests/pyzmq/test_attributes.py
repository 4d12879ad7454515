"""The options of zmqlite.pyzmq as attributes, and what type checkers are told of them."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from checkout import ROOT

import zmqlite.pyzmq as zmq
import zmqlite.pyzmq.asyncio as zmq_asyncio
from zmqlite import constants as core
from zmqlite.option import rows_of
from zmqlite.pyzmq.constants import ContextOption, Event, SocketOption, SocketType, _OptType
from zmqlite.socket_options import SocketOptions

STUB = ast.parse((ROOT / "zmqlite/pyzmq/attributes.pyi").read_text(encoding="utf-8"))
READ_ONLY = {SocketOption.LAST_ENDPOINT}
METHODS = {SocketOption.SUBSCRIBE, SocketOption.UNSUBSCRIBE}


def declared(name: str) -> dict[str, str]:
    """What the stub says of a class: attribute and type."""
    (found,) = (each for each in STUB.body if isinstance(each, ast.ClassDef) and each.name == name)
    types: dict[str, str] = {}
    for node in found.body:
        if isinstance(node, ast.AnnAssign):
            types[ast.unparse(node.target)] = ast.unparse(node.annotation)
        elif isinstance(node, ast.FunctionDef) and node.returns is not None:
            types.setdefault(node.name, ast.unparse(node.returns))
    return types


def test_every_option_is_declared_with_its_type() -> None:
    expected: dict[str, str] = {}
    for name, option in SocketOption.__members__.items():
        kind = "BytesOption" if option._opt_type is _OptType.bytes else "int"
        expected |= {name: kind, name.lower(): kind}
    for option in READ_ONLY:
        kind = expected[option.name].replace("BytesOption", "bytes")
        expected |= {option.name: kind, option.name.lower(): kind}
    for option in METHODS:
        expected[option.name.lower()] = "Callable[[str | bytes], None]"
    assert declared("SocketAttributes") == expected
    names = ContextOption.__members__
    assert declared("ContextAttributes") == {
        each: "int" for name in names for each in (name, name.lower())
    }


def test_numbers_are_those_of_the_core() -> None:
    for name, row in rows_of(SocketOptions).items():
        assert SocketOption[name.upper()] == row.number
    core_types = {name: int(each) for name, each in core.SocketType.__members__.items()}
    types = {each.name: each.value for each in SocketType}
    assert types == core_types | core.DRAFT_SOCKET_TYPES
    for name, event in core.MonitorEvent.__members__.items():
        assert Event[name].value == event
    for name, error in core.ProtocolError.__members__.items():
        assert Event[f"PROTOCOL_ERROR_{name}"].value == error


def test_an_attribute_has_the_declared_type(context: Any) -> None:
    sockets = [context.socket(kind) for kind in (zmq.DEALER, zmq.XPUB, zmq.SUB, zmq.STREAM)]
    read = 0
    for name, kind in declared("SocketAttributes").items():
        for socket in sockets:
            value = getattr(socket, name, None)  # None: write-only, or not of this type
            if value is not None and not kind.startswith("Callable"):
                assert isinstance(value, int if kind == "int" else bytes), name
                read += 1
    assert read > 300


def test_what_a_property_of_a_subclass_raises_is_not_hidden() -> None:
    class Mine(zmq.Context[Any]):
        @property
        def broken(self) -> object:
            return object().inner  # type: ignore[attr-defined]

    with Mine() as context, pytest.raises(AttributeError, match="inner"):
        assert context.broken


def test_a_context_has_its_options_and_the_defaults_of_sockets(context: Any) -> None:
    assert context.IO_THREADS == context.io_threads == 1
    context.rcvhwm = 7
    assert context.RCVHWM == context.rcvhwm == context.socket(zmq.PULL).rcvhwm == 7
    with pytest.raises(AttributeError, match="SNDHWM was not set"):
        assert context.sndhwm
    with pytest.raises(AttributeError):
        assert context.nothing
    for kind in (zmq.Context, zmq_asyncio.Context):
        plain: Any = kind()
        with plain, pytest.raises(AttributeError):
            plain.nothing = 1


def test_an_option_of_an_ended_context_says_so() -> None:
    context: zmq.Context[Any] = zmq.Context()
    context.term()
    with pytest.raises(zmq.ContextTerminated):
        assert context.io_threads


def test_a_context_takes_another_class_of_sockets_and_what_a_subclass_declares() -> None:
    class Own(zmq_asyncio.Context):
        colour: str

    context: Any
    with Own() as context:
        context._socket_class = zmq.Socket
        with context.socket(zmq.PULL) as socket:
            assert type(socket) is zmq.Socket
        context.colour = "blue"
        with pytest.raises(AttributeError, match="Own has no option or attribute 'lingr'"):
            context.lingr = 0
