"""vendor/libzmq against the header and the library that it describes."""

import ast
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from checkout import ROOT, VENDOR, loaded_libraries, succeed

from zmqlite._zmq import ffi, lib
from zmqlite.capi import ZMQ_MSG_T_SIZE

TOPICS = sorted(path for path in VENDOR.glob("*.h") if path.name != "types.h")
TEXT = "\n".join(path.read_text() for path in TOPICS)
CODE = re.sub(r"/\*.*?\*/", "", TEXT, flags=re.DOTALL)
CONSTANTS = {name: int(value, 0) for name, value in re.findall(r"#define (\w+) (\S+)", CODE)}
PROTOTYPES = [line for line in CODE.splitlines() if line and not line.startswith("#")]
FUNCTIONS = set(re.findall(r"\b(zmq_\w+)\(", CODE))
VERSION = {"ZMQ_VERSION_MAJOR", "ZMQ_VERSION_MINOR", "ZMQ_VERSION_PATCH", "ZMQ_VERSION"}


def compiles(source: str) -> bool:
    command = ("cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c", "-")
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
    return done.returncode == 0


needs_header = pytest.mark.skipif(
    shutil.which("cc") is None or not compiles("#include <zmq.h>\n"),
    reason="the system has no compiler or no zmq.h",
)


def agrees_with_header(prototypes: list[str], constants: dict[str, int]) -> bool:
    """Does the compiler accept them all as repetitions of what zmq.h says?"""
    asserts = [f'_Static_assert({name} == {value}, "{name}");' for name, value in constants.items()]
    return compiles("\n".join(["#include <sys/uio.h>", "#include <zmq.h>", *prototypes, *asserts]))


def header_macros(header: str) -> dict[str, str]:
    printed = succeed("cc", "-dM", "-E", "-x", "c", "-include", header, "/dev/null")
    return dict(re.findall(r"^#define (\w+)(?:\([^)]*\))? ?(.*)$", printed, flags=re.MULTILINE))


def test_a_constant_has_the_value_the_compiler_saw() -> None:
    # cffi compares a literal with the header's value when the name is first used.
    assert {name: getattr(lib, name) for name in CONSTANTS} == CONSTANTS


def test_the_module_has_what_is_declared() -> None:
    names = set(dir(lib))
    assert {name for name in names if name.startswith("zmq_")} == FUNCTIONS
    assert {name for name in names if name.startswith("ZMQ_")} == VERSION | {
        name for name in CONSTANTS if name.startswith("ZMQ_")
    }
    assert names >= CONSTANTS.keys()


@pytest.mark.skipif(shutil.which("nm") is None, reason="needs nm")
def test_the_functions_are_those_the_library_exports() -> None:
    _, [libzmq, *_] = loaded_libraries()
    symbols = succeed("nm", "--dynamic", "--defined-only", libzmq)
    assert set(re.findall(r" T (zmq_\w+)$", symbols, flags=re.MULTILINE)) == FUNCTIONS
    assert len(FUNCTIONS) == 70


@needs_header
def test_the_header_agrees_with_every_declaration() -> None:
    assert agrees_with_header(PROTOTYPES, CONSTANTS)


@needs_header
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("int zmq_bind(", "long zmq_bind("),
        ("zmq_send(void *socket, const void *buf,", "zmq_send(void *socket, void *buf,"),
        ("size_t *optvallen)", "int *optvallen)"),
        ("unsigned long zmq_stopwatch_stop", "long zmq_stopwatch_stop"),
        ("void(zmq_free_fn)(void *data, void *hint)", "void(zmq_free_fn)(void *data)"),
        ("zmq_timers_add(void *timers, size_t", "zmq_timers_add(void *timers, int"),
    ],
)
def test_a_wrong_prototype_is_noticed(right: str, wrong: str) -> None:
    changed = [line.replace(right, wrong) for line in PROTOTYPES]
    assert changed != PROTOTYPES
    assert not agrees_with_header(changed, {})


@needs_header
def test_a_wrong_constant_is_noticed() -> None:
    assert not agrees_with_header([], CONSTANTS | {"ZMQ_LINGER": 18})


@needs_header
def test_every_stable_macro_of_the_header_is_declared() -> None:
    """Drafts are not among them: the header shows those only to a draft build."""
    macros = header_macros("zmq.h")
    own_errors = {name for name, value in macros.items() if value.startswith("(ZMQ_HAUSNUMERO")}
    ours = {name: value for name, value in macros.items() if name.startswith("ZMQ_")}
    values = {name for name, value in ours.items() if value} - {"ZMQ_MAKE_VERSION"}
    assert values | own_errors == CONSTANTS.keys() | VERSION
    assert {name for name, value in ours.items() if not value} == {"ZMQ_HAVE_TIMERS"}


def test_structs_have_the_size_that_the_library_expects() -> None:
    context = lib.zmq_ctx_new()
    try:
        assert ffi.sizeof("zmq_msg_t") == lib.zmq_ctx_get(context, ZMQ_MSG_T_SIZE) == 64
    finally:
        assert lib.zmq_ctx_term(context) == 0
    pointer = ffi.sizeof("void *")
    assert ffi.sizeof("zmq_pollitem_t") == pointer + 8
    assert ffi.sizeof("struct iovec") == pointer + ffi.sizeof("size_t")
    assert ffi.sizeof("zmq_fd_t") == ffi.sizeof("int")


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a compiler")
@pytest.mark.parametrize(
    "header", [pytest.param("#include <zmq.h>", marks=needs_header), "stand-in"]
)
def test_both_headers_lay_structs_out_alike(header: str) -> None:
    if header == "stand-in":
        header = (VENDOR / "types.h").read_text() + TEXT
    assert compiles(
        header
        + """
#include <stddef.h>
_Static_assert(sizeof(zmq_msg_t) == 64 && _Alignof(zmq_msg_t) == _Alignof(void *), "message");
_Static_assert(offsetof(zmq_pollitem_t, fd) == sizeof(void *), "fd");
_Static_assert(offsetof(zmq_pollitem_t, events) == sizeof(void *) + sizeof(int), "events");
_Static_assert(ZMQ_VERSION == ZMQ_MAKE_VERSION(ZMQ_VERSION_MAJOR, ZMQ_VERSION_MINOR,
                                               ZMQ_VERSION_PATCH), "version");
"""
    )


@pytest.mark.parametrize("path", TOPICS, ids=lambda path: path.name)
def test_a_topic_names_its_man_pages(path: Path) -> None:
    assert re.match(r"/\* .*?\bzmq_\w+\(3\)", path.read_text(), flags=re.DOTALL)


def test_the_stub_names_nothing_that_the_module_lacks() -> None:
    stub = ast.parse((ROOT / "zmqlite" / "_zmq.pyi").read_text())
    [body] = (
        node.body for node in stub.body if isinstance(node, ast.ClassDef) and node.name == "_Lib"
    )
    named = {node.name for node in body if isinstance(node, ast.FunctionDef)} | {
        ast.unparse(node.target) for node in body if isinstance(node, ast.AnnAssign)
    }
    assert named <= set(dir(lib))
