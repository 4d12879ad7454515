"""What a build produces, in the mode that the module under test was built in."""

import re
import shutil
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Mapping
from email import message_from_bytes
from importlib import metadata
from pathlib import Path

import pytest
from checkout import BUNDLED, NOTHING, ROOT, VENDOR, loaded_libraries, run, succeed

from zmqlite import __version__ as VERSION
from zmqlite._zmq import ffi, lib

MODE = "bundled" if BUNDLED else "system"
BUNDLE = re.findall(r'^BUNDLE = "(.*)"', (ROOT / "build_ffi.py").read_text(), re.MULTILINE)[0]

only_bundled = pytest.mark.skipif(not BUNDLED, reason="this build uses the system's libzmq")
only_system = pytest.mark.skipif(BUNDLED, reason="this build carries its own libzmq")


def libzmq_version() -> tuple[int, ...]:
    numbers = [ffi.new("int *") for _ in range(3)]
    lib.zmq_version(*numbers)
    return tuple(number[0] for number in numbers)


LICENCE = "MIT AND MPL-2.0 AND ISC" if BUNDLED else "MIT"
BUNDLE_LICENCES = {"LICENSE.libsodium.txt", "LICENSE.zeromq.txt"}
LICENCES = {"LICENSE", *(BUNDLE_LICENCES if BUNDLED else ())}


def backend(statement: str, tmp_path: Path, env: Mapping[str, str] = NOTHING) -> str:
    """What the build backend says to a statement, on a machine whose pkg-config knows nothing."""
    empty = {"PKG_CONFIG_LIBDIR": str(tmp_path), "PKG_CONFIG_PATH": "", "ZMQLITE_LIBZMQ": "auto"}
    code = f"import csv, sys, build_ffi; {statement}"  # csv: on 3.13 importlib needs it later
    done = run(sys.executable, "-c", code, cwd=ROOT, env={**empty, **env})
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout if done.returncode == 0 else done.stderr


def test_the_module_is_of_this_version() -> None:
    assert ffi.string(lib.ZMQLITE_BUILD_VERSION).decode() == VERSION
    assert metadata.version("zmqlite") == VERSION


def test_none_and_false_are_never_taken_for_immortal() -> None:
    """With headers of 3.12 and newer these return no new reference; 3.11 runs that module, too."""
    sources = list((ROOT / "zmqlite" / "native").glob("*.c"))
    assert sources
    assert not [p.name for p in sources if re.search(r"Py_RETURN_\w+;", p.read_text())]


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


def test_a_libzmq_that_does_not_load_ends_in_advice(tmp_path: Path) -> None:
    _, [libzmq, *_] = loaded_libraries()
    for name in (libzmq.name, "libzmq.so.5"):
        (tmp_path / name).write_text("not a library")
    # The loader looks there before it looks where the module was linked to look.
    done = run(sys.executable, "-c", "import zmqlite", env={"LD_LIBRARY_PATH": str(tmp_path)})
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: the compiled module of zmqlite does not load: ")
    assert str(tmp_path / "libzmq") in last
    assert "apt install libzmq5" in last
    assert "pip install --force-reinstall zmqlite" in last


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


def test_the_licences_are_those_of_what_is_inside() -> None:
    # Not metadata("zmqlite"): a build in the checkout leaves an egg-info there, of another mode.
    [about] = [
        found.metadata
        for found in metadata.distributions(name="zmqlite")
        if found.read_text("INSTALLER")
    ]
    assert about["License-Expression"] == LICENCE
    assert {Path(file).name for file in about.get_all("License-File") or ()} == LICENCES


def test_the_licence_texts_are_those_of_libzmq_and_libsodium() -> None:
    folder = ROOT / "vendor" / "licences"
    assert {path.name for path in folder.iterdir()} == BUNDLE_LICENCES
    assert "ISC License" in (folder / "LICENSE.libsodium.txt").read_text()
    assert "Mozilla Public License" in (folder / "LICENSE.zeromq.txt").read_text()


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


TARGETS = ("manylinux_2_28_x86_64", "manylinux_2_28_aarch64")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "env", "error"),
    [
        (
            "system_library",
            {"ZMQLITE_LIBZMQ": "static"},
            "ZMQLITE_LIBZMQ=static: must be auto, system or bundled\n",
        ),
        (
            "target",
            {"ZMQLITE_TARGET": "win_amd64"},
            f"ZMQLITE_TARGET=win_amd64: must be {' or '.join(TARGETS)}\n",
        ),
        (
            "target",
            {"ZMQLITE_TARGET": TARGETS[0], "ZMQLITE_LIBZMQ": "system"},
            "ZMQLITE_TARGET makes wheels with a bundled libzmq: unset ZMQLITE_LIBZMQ.\n",
        ),
    ],
)
def test_a_choice_that_cannot_be_is_refused(
    statement: str, env: dict[str, str], error: str, tmp_path: Path
) -> None:
    assert backend(f"build_ffi.{statement}()", tmp_path, env) == error


def test_a_build_that_finds_no_libzmq_says_what_to_do(tmp_path: Path) -> None:
    said = backend("build_ffi.system_library()", tmp_path, {"ZMQLITE_LIBZMQ": "system"})
    assert "ZMQLITE_LIBZMQ=system is set; pkg-config finds no libzmq >= 4.3.4" in said
    for advice in ("libzmq3-dev", "pkg-config", "ZMQLITE_LIBZMQ=bundled", BUNDLE):
        assert advice in said
    assert said.count("\n") == 1


@pytest.mark.slow
def test_a_machine_without_pkg_config_has_no_libzmq_to_find(tmp_path: Path) -> None:
    alone = {"ZMQLITE_LIBZMQ": "system", "PATH": str(tmp_path)}
    said = backend("build_ffi.system_library()", tmp_path, alone)
    assert "pkg-config finds no libzmq" in said


@pytest.mark.slow
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
    statement = "build_ffi.bundled_library(build_ffi.Path())"
    said = backend(f"sys.path[:] = [{str(tmp_path)!r}]; {statement}", tmp_path)
    assert "pkg-config finds no libzmq >= 4.3.4; " in said
    assert problem in said
    for advice in ("libzmq3-dev", "ZMQLITE_LIBZMQ=bundled", f"install {BUNDLE} first"):
        assert advice in said


ASK = "print(build_ffi.get_requires_for_build_{}())"


@pytest.mark.slow
@pytest.mark.parametrize("hook", ["wheel", "editable"])
def test_a_build_without_a_system_library_asks_for_the_pinned_wheel(
    hook: str, tmp_path: Path
) -> None:
    assert f"'{BUNDLE}'" in backend(ASK.format(hook), tmp_path).splitlines()[-1]


@pytest.mark.slow
def test_a_platform_without_a_pinned_wheel_is_told_at_once(tmp_path: Path) -> None:
    change = "build_ffi.sysconfig.get_platform = lambda: 'linux-m68k'; "
    said = backend(change + ASK.format("wheel"), tmp_path)
    assert "there is none to bundle for linux-m68k" in said


@pytest.mark.slow
@only_system
def test_a_build_with_a_system_library_asks_for_nothing_more() -> None:
    code = f"import build_ffi; {ASK.format('wheel')}"
    env = {"ZMQLITE_LIBZMQ": "auto"}
    assert "pyzmq" not in succeed(sys.executable, "-c", code, cwd=ROOT, env=env)


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_a_build_for_another_machine_asks_for_its_compiler(target: str, tmp_path: Path) -> None:
    env = {"ZMQLITE_TARGET": target}
    asked = backend(ASK.format("wheel"), tmp_path, env).splitlines()[-1]
    assert "'ziglang==" in asked
    assert BUNDLE not in asked


@pytest.mark.slow
def test_other_licences_in_the_pinned_wheel_are_noticed(tmp_path: Path) -> None:
    name, _, version = BUNDLE.partition("==")
    files = (f"{name}.libs/libzmq-1.so.5", *(f"licenses/{text}" for text in BUNDLE_LICENCES))
    about = tmp_path / f"{name}-{version}.dist-info"
    for file in (*files, f"{about.name}/METADATA"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(f"Name: {name}\nVersion: {version}\n")
    (about / "RECORD").write_text("".join(f"{file},,\n" for file in files))
    statement = "build_ffi.bundled_library(build_ffi.Path())"
    said = backend(f"sys.path[:] = [{str(tmp_path)!r}]; {statement}", tmp_path)
    assert said == f"{BUNDLE} comes with other licences than those in vendor/licences.\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("machine", "said"),
    [
        ("sysconfig.get_config_var = lambda name: 1", "does not support free-threaded Python yet"),
        ("sys.platform = 'win32'", "does not support Windows"),
    ],
)
@pytest.mark.parametrize("hook", ["wheel", "editable", "sdist"])
def test_where_zmqlite_does_not_work_it_is_not_built(
    hook: str, machine: str, said: str, tmp_path: Path
) -> None:
    change = f"build_ffi.{machine}; "
    end = backend(change + ASK.format(hook), tmp_path)
    assert end.startswith(f"zmqlite {said}: ")
    assert end.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("machine", "missing"),
    [
        ("build_ffi.shutil.which = lambda name: None; ", "the C compiler cc "),
        (
            "build_ffi.sysconfig.get_path = lambda name: '/none'; ",
            "Python's header /none/Python.h ",
        ),
    ],
)
def test_what_is_missing_to_compile_is_named(machine: str, missing: str, tmp_path: Path) -> None:
    said = backend(f"{machine}build_ffi.check_compiler('cc')", tmp_path)
    assert f"{missing}is missing" in said
    for advice in ("apt install gcc libc6-dev python3-dev", "pip install --only-binary=zmqlite"):
        assert advice in said
    assert said.count("\n") == 1


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
        for folder in ("zmqlite", "vendor", "tests", "examples", "benchmarks", "docs")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not {"__pycache__", "_libs"} & set(path.parts)
    }
    with tarfile.open(sdist) as archive:
        about = archive.extractfile(f"zmqlite-{VERSION}/PKG-INFO")
        assert about is not None
        assert message_from_bytes(about.read())["License-Expression"] == "MIT"
    top = {"pyproject.toml", "build_ffi.py", "MANIFEST.in", "LICENSE"}
    top |= {f"{page}.md" for page in ("README", "CHANGELOG", "CONTRIBUTING", "SECURITY")}
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
    about = tmp_path / f"zmqlite-{VERSION}.dist-info"
    assert message_from_bytes((about / "METADATA").read_bytes())["License-Expression"] == LICENCE
    texts = [path for path in (about / "licenses").rglob("*") if path.is_file()]
    assert {path.name for path in texts} == LICENCES
    assert (tmp_path / "zmqlite" / "py.typed").exists()
    assert (tmp_path / "zmqlite" / "_libs").exists() == BUNDLED
    module, libraries = loaded_libraries({"PYTHONPATH": str(tmp_path)})
    assert module.parent == tmp_path / "zmqlite"
    assert {path.is_relative_to(tmp_path) for path in libraries} == {BUNDLED}
