"""What a build produces, in the mode that the module under test was built in."""

import re
import shutil
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from checkout import BUNDLED, NOTHING, ROOT, VENDOR, loaded_libraries, run, succeed

from zmqlite._zmq import ffi, lib

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
VERSION = PROJECT["version"]
MODE = "bundled" if BUNDLED else "system"
BUNDLE = re.findall(r'^BUNDLE = "(.*)"', (ROOT / "build_ffi.py").read_text(), re.MULTILINE)[0]

only_bundled = pytest.mark.skipif(not BUNDLED, reason="this build uses the system's libzmq")
only_system = pytest.mark.skipif(BUNDLED, reason="this build carries its own libzmq")


def libzmq_version() -> tuple[int, ...]:
    numbers = [ffi.new("int *") for _ in range(3)]
    lib.zmq_version(*numbers)
    return tuple(number[0] for number in numbers)


def backend(statement: str, tmp_path: Path, env: Mapping[str, str] = NOTHING) -> str:
    """What the build backend says to a statement, on a machine whose pkg-config knows nothing."""
    empty = {"PKG_CONFIG_LIBDIR": str(tmp_path), "PKG_CONFIG_PATH": "", "ZMQLITE_LIBZMQ": "auto"}
    code = f"import sys, build_ffi; {statement}"
    done = run(sys.executable, "-c", code, cwd=ROOT, env={**empty, **env})
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout if done.returncode == 0 else done.stderr


def test_the_module_is_of_this_version() -> None:
    assert ffi.string(lib.ZMQLITE_BUILD_VERSION).decode() == VERSION


def test_none_and_false_are_never_taken_for_immortal() -> None:
    """With headers of 3.12 and newer these return no new reference; 3.11 runs that module, too."""
    for source in (ROOT / "zmqlite" / "native").glob("*.c"):
        assert not re.findall(r"Py_RETURN_\w+;", source.read_text()), source


def test_a_module_of_another_version_is_reported_as_stale(tmp_path: Path) -> None:
    module, _ = loaded_libraries()
    stale = shutil.copytree(module.parent, tmp_path / "zmqlite")
    init = stale / "__init__.py"
    init.write_text(init.read_text().replace(f'"{VERSION}"', '"999.0"'))
    done = run(sys.executable, "-c", "import zmqlite", env={"PYTHONPATH": str(tmp_path)})
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: ")
    assert VERSION in last
    assert "999.0" in last


def test_importing_leaves_pyzmq_alone_and_loads_one_libzmq() -> None:
    module, libraries = loaded_libraries()
    assert module.name == "_zmq.abi3.so"
    assert len([path for path in libraries if path.name.startswith("libzmq")]) == 1


@only_bundled
def test_a_bundled_module_loads_the_libraries_beside_it() -> None:
    module, libraries = loaded_libraries()
    assert {path.parent for path in libraries} == {module.parent / "_libs"}
    assert len(libraries) == 2


@only_bundled
def test_the_bundled_libzmq_is_the_one_pinned() -> None:
    declared = (lib.ZMQ_VERSION_MAJOR, lib.ZMQ_VERSION_MINOR, lib.ZMQ_VERSION_PATCH)
    assert libzmq_version() == declared
    notes = (VENDOR.parent / "README.md").read_text()
    assert BUNDLE.replace("==", " ") in notes
    version = ".".join(map(str, libzmq_version()))
    assert f"| libzmq | {version} | MPL-2.0 |" in notes
    assert f"libzmq {version}" in (ROOT / "CHANGELOG.md").read_text()


@only_bundled
def test_every_bundled_library_comes_with_its_licence() -> None:
    module, _ = loaded_libraries()
    shipped = sorted(path.name for path in (module.parent / "_libs").iterdir())
    assert [name.partition("-")[0] for name in shipped] == [
        "LICENSE.libsodium.txt",
        "LICENSE.zeromq.txt",
        "libsodium",
        "libzmq",
    ]
    licences = module.parent / "_libs"
    assert "ISC" in (licences / "LICENSE.libsodium.txt").read_text()
    assert "Mozilla Public License" in (licences / "LICENSE.zeromq.txt").read_text()


@only_bundled
def test_the_bundled_libsodium_is_the_one_noted() -> None:
    _, [_, libsodium] = loaded_libraries()
    code = f"""
import ctypes
libsodium = ctypes.CDLL({str(libsodium)!r})
libsodium.sodium_version_string.restype = ctypes.c_char_p
print(libsodium.sodium_version_string().decode())
"""
    version = succeed(sys.executable, "-c", code).strip()
    assert f"| libsodium | {version} | ISC |" in (VENDOR.parent / "README.md").read_text()


@only_system
def test_a_system_module_loads_the_systems_library() -> None:
    module, [libzmq, *_] = loaded_libraries()
    assert not (module.parent / "_libs").exists()
    assert not libzmq.is_relative_to(sysconfig.get_path("platlib"))
    assert libzmq_version() >= (4, 3, 4)


@pytest.mark.skipif(shutil.which("readelf") is None, reason="needs readelf")
def test_the_module_carries_no_path_of_the_machine_that_built_it() -> None:
    module, _ = loaded_libraries()
    paths = re.findall(r"\((?:RPATH|RUNPATH)\).*\[(.*)\]", succeed("readelf", "--dynamic", module))
    assert paths == (["$ORIGIN/_libs"] if BUNDLED else [])


def test_every_topic_is_in_the_build() -> None:
    listed = re.findall(r'^    "(\w+\.h)",$', (ROOT / "build_ffi.py").read_text(), re.MULTILINE)
    assert sorted([*listed, "types.h"]) == sorted(path.name for path in VENDOR.glob("*.h"))


def test_an_unknown_choice_is_refused(tmp_path: Path) -> None:
    said = backend("build_ffi.system_library()", tmp_path, {"ZMQLITE_LIBZMQ": "static"})
    assert said == "ZMQLITE_LIBZMQ=static: must be auto, system or bundled\n"


def test_a_build_that_finds_no_libzmq_says_what_to_do(tmp_path: Path) -> None:
    said = backend("build_ffi.system_library()", tmp_path, {"ZMQLITE_LIBZMQ": "system"})
    assert "ZMQLITE_LIBZMQ=system is set; pkg-config finds no libzmq >= 4.3.4" in said
    for advice in ("libzmq3-dev", "pkg-config", "ZMQLITE_LIBZMQ=bundled", BUNDLE):
        assert advice in said
    assert said.count("\n") == 1


def test_a_machine_without_pkg_config_has_no_libzmq_to_find(tmp_path: Path) -> None:
    alone = {"ZMQLITE_LIBZMQ": "system", "PATH": str(tmp_path)}
    said = backend("build_ffi.system_library()", tmp_path, alone)
    assert "pkg-config finds no libzmq" in said


@pytest.mark.parametrize(
    ("installed", "problem"),
    [
        (None, "pyzmq is not installed"),
        ("1.2.3", "the pyzmq installed is 1.2.3, not "),
        (BUNDLE.partition("==")[2], "did not come as a wheel with a libzmq"),
    ],
)
def test_a_build_without_the_pinned_wheel_says_what_to_do(
    installed: str | None, problem: str, tmp_path: Path
) -> None:
    if installed:
        metadata = tmp_path / f"pyzmq-{installed}.dist-info" / "METADATA"
        metadata.parent.mkdir()
        metadata.write_text(f"Name: pyzmq\nVersion: {installed}\n")
    said = backend(f"sys.path[:] = [{str(tmp_path)!r}]; build_ffi.bundled_library()", tmp_path)
    assert "pkg-config finds no libzmq >= 4.3.4; " in said
    assert problem in said
    for advice in ("libzmq3-dev", "ZMQLITE_LIBZMQ=bundled", f"install {BUNDLE} first"):
        assert advice in said


ASK = "print(build_ffi.get_requires_for_build_{}())"


@pytest.mark.parametrize("hook", ["wheel", "editable"])
def test_a_build_without_a_system_library_asks_for_the_pinned_wheel(
    hook: str, tmp_path: Path
) -> None:
    assert f"'{BUNDLE}'" in backend(ASK.format(hook), tmp_path).splitlines()[-1]


def test_a_platform_without_a_pinned_wheel_is_told_at_once(tmp_path: Path) -> None:
    change = "build_ffi.sysconfig.get_platform = lambda: 'linux-m68k'; "
    said = backend(change + ASK.format("wheel"), tmp_path)
    assert "there is none to bundle for linux-m68k" in said


@only_system
def test_a_build_with_a_system_library_asks_for_nothing_more() -> None:
    code = f"import build_ffi; {ASK.format('wheel')}"
    env = {"ZMQLITE_LIBZMQ": "auto"}
    assert "pyzmq" not in succeed(sys.executable, "-c", code, cwd=ROOT, env=env)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist made from this checkout and the wheel made from that sdist."""
    copy = tmp_path_factory.mktemp("checkout") / "zmqlite"
    leftovers = shutil.ignore_patterns(".*", "_libs", "*.so", "build", "dist", "*.egg-info")
    shutil.copytree(ROOT, copy, ignore=leftovers)
    dist = tmp_path_factory.mktemp("dist")
    command = (sys.executable, "-m", "build", "--outdir", dist, copy)
    succeed(*command, env={"ZMQLITE_LIBZMQ": MODE})
    return dist


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_sdist_holds_every_source_and_no_binary(built: Path) -> None:
    [sdist] = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    sources = {
        str(path.relative_to(ROOT))
        for folder in ("zmqlite", "vendor", "tests", "examples", "benchmarks")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not {"__pycache__", "_libs"} & set(path.parts)
    }
    top = {"pyproject.toml", "build_ffi.py", "MANIFEST.in", "LICENSE", "README.md", "CHANGELOG.md"}
    assert names >= {name for name in sources if not name.endswith(".so")} | top
    assert not [name for name in names if re.search(r"\.so\b|_libs|\.pyc$", name)]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_wheel_from_the_sdist_works_by_itself(built: Path, tmp_path: Path) -> None:
    [wheel] = built.glob("*.whl")
    assert wheel.name.startswith(f"zmqlite-{VERSION}-cp311-abi3-")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    assert not list(tmp_path.rglob("*.c"))
    assert (tmp_path / "zmqlite" / "py.typed").exists()
    assert (tmp_path / "zmqlite" / "_libs").exists() == BUNDLED
    module, libraries = loaded_libraries({"PYTHONPATH": str(tmp_path)})
    assert module.parent == tmp_path / "zmqlite"
    assert {path.is_relative_to(tmp_path) for path in libraries} == {BUNDLED}
