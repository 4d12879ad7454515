"""What `from zmqlite.capi import *` brings: zmq.h, all of it, and nothing that is not said here."""

from __future__ import annotations

import ast
import errno
import inspect
import re
from pathlib import Path

import pytest
from capi.given import EXPORTED, OLD_NAMES
from checkout import succeed
from project.test_declarations import (
    CODE,
    CONSTANTS,
    FUNCTIONS,
    VERSION,
    header_macros,
    needs_header,
)

from zmqlite import capi
from zmqlite._zmq import lib
from zmqlite.capi import constants

# Types of zmq.h, and what a port needs where C takes an address.
TYPES = {"iovec", "void_p", "zmq_msg_t", "zmq_pollitem_t"}
VARIABLES = {*["c_char_buffer", "c_int", "c_int64", "c_pointer", "c_size_t", "c_uint64", "sizeof"]}
MACROS = {"ZMQ_MAKE_VERSION", "ZMQ_HAVE_TIMERS"}
# Of errno.h, which zmq.h includes: what is documented for a function, or may come from the system.
SYSTEM_ERRORS = {"EACCES", "EAGAIN", "EBUSY", "EFAULT", "EINTR", "EINVAL", "EMFILE", "ENFILE"}
SYSTEM_ERRORS |= {"ENAMETOOLONG", "ENODEV", "ENOENT", "ENOMEM", "EPERM", "EPROTO"}
PROTOTYPE = re.compile(r"^[\w ]+\*?\b(zmq_\w+)\(([^;]*)\);$", flags=re.MULTILINE)
SIGNATURES = {
    name: re.findall(r"(\w+)(?:,|$)", "" if parameters == "void" else parameters)
    for name, parameters in PROTOTYPE.findall(CODE)
}


def fallback_errors() -> set[str]:
    return {name for name in EXPORTED if name.startswith("E")} - SYSTEM_ERRORS


def test_the_names_are_those_of_the_header_and_a_few_for_ports() -> None:
    ours = MACROS | TYPES | VARIABLES | SYSTEM_ERRORS | fallback_errors()
    assert set(EXPORTED) == FUNCTIONS | CONSTANTS.keys() | VERSION | ours
    assert len(EXPORTED) == len(set(EXPORTED)) == len(FUNCTIONS) + 218 + 11


def test_a_star_import_brings_exactly_these() -> None:
    brought: dict[str, object] = {}
    exec("from zmqlite.capi import *", brought)
    assert brought.keys() - {"__builtins__"} == set(EXPORTED)
    assert all(value is getattr(capi, name) for name, value in brought.items() if name[0] != "_")


def test_the_stub_of_the_constants_names_what_the_module_has() -> None:
    stub = ast.parse(Path(constants.__file__).with_suffix(".pyi").read_text())
    typed = {
        node.name if isinstance(node, ast.FunctionDef) else ast.unparse(node.target)
        for node in stub.body
        if isinstance(node, ast.FunctionDef | ast.AnnAssign)
    }
    assert typed == set(vars(constants)["__all__"])


def test_a_constant_is_what_the_compiler_saw() -> None:
    for name in CONSTANTS.keys() | VERSION:
        assert getattr(capi, name) == getattr(lib, name), name


@needs_header
def test_the_errors_are_those_of_the_header() -> None:
    """zmq.h defines some where errno.h does not, which is nowhere here."""
    text = succeed("cc", "-E", "-dD", "-x", "c", "-include", "zmq.h", "/dev/null")
    path = re.findall(r'"([^"]*/zmq\.h)"', text)[0]
    defined = set(re.findall(r"#define (E[A-Z]+) \(?ZMQ_HAUSNUMERO", Path(path).read_text()))
    assert defined == fallback_errors()


def test_the_errors_are_the_systems() -> None:
    own = {"EFSM", "ENOCOMPATPROTO", "ETERM", "EMTHREAD"}
    for name in (fallback_errors() | SYSTEM_ERRORS) - own:
        assert getattr(capi, name) == getattr(errno, name)


@needs_header
def test_macros_without_a_number() -> None:
    macros = header_macros("zmq.h")
    assert macros["ZMQ_HAVE_TIMERS"] == ""
    assert capi.ZMQ_HAVE_TIMERS
    assert capi.ZMQ_MAKE_VERSION(4, 3, 5) == 40305
    version = capi.ZMQ_VERSION_MAJOR, capi.ZMQ_VERSION_MINOR, capi.ZMQ_VERSION_PATCH
    assert capi.ZMQ_MAKE_VERSION(*version) == capi.ZMQ_VERSION


def test_the_parameters_are_those_of_the_declaration() -> None:
    empty = inspect.Parameter.empty
    for name in FUNCTIONS:
        signature = inspect.signature(getattr(capi, name))
        assert list(signature.parameters) == SIGNATURES[name]
        assert all(p.default is empty for p in signature.parameters.values()), name
        assert all(p.annotation is not empty for p in signature.parameters.values()), name
        assert signature.return_annotation is not empty, name


def test_help_tells_the_errors_and_names_the_page() -> None:
    for name in FUNCTIONS:
        text = inspect.getdoc(getattr(capi, name))
        assert text, name
        first, *_, last = text.splitlines()
        assert first.endswith((".", ";", ":")), name
        assert re.match(rf"C: (.*, )?{name}\b(\(3\)|, |$)|C: zmq_timers\(3\)$", last), last
        assert getattr(capi, name).__name__ == OLD_NAMES.get(name, name)


def test_help_of_one_that_waits_tells_unit_results_and_errors() -> None:
    text = inspect.getdoc(capi.zmq_poll) or ""
    for word in ("milliseconds", "Returns the number", "EINTR", "ETERM", "EFAULT", "zmq_poll(3)"):
        assert word in text


def test_the_number_of_arguments_is_c_s() -> None:
    with pytest.raises(TypeError, match="zmq_close"):
        capi.zmq_close()  # type: ignore[call-arg]  # is what is tested
    with pytest.raises(TypeError, match="zmq_send"):
        capi.zmq_send(None, b"", 0)  # type: ignore[call-arg]  # is what is tested
    with pytest.raises(TypeError, match="zmq_errno"):
        capi.zmq_errno(1)  # type: ignore[call-arg]  # is what is tested
