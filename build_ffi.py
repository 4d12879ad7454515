"""Build backend: give cffi the C declarations, find a libzmq, leave the rest to setuptools.

libzmq is the system's, found with pkg-config, or the one inside the pinned wheel `BUNDLE`, which is
then shipped beside the module. `ZMQLITE_LIBZMQ` chooses: auto (the default), system or bundled.

`ZMQLITE_TARGET` makes a wheel for other machines than this one: zig compiles and links for the
platform that it names, and that platform's pinned wheel is downloaded for its libzmq.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, NamedTuple

import setuptools
from cffi import FFI
from setuptools.build_meta import _BuildMetaBackend
from setuptools.command.build_ext import build_ext as _build_ext

ROOT = Path(__file__).resolve().parent
VENDOR = ROOT / "vendor" / "libzmq"
PACKAGE = ROOT / "zmqlite"

# The API of libzmq by topic: each file may use the types that the ones before it declare.
DECLARATIONS = (
    "errors.h",
    "context.h",
    "message.h",
    "socket.h",
    "options.h",
    "poll.h",
    "monitor.h",
    "security.h",
    "util.h",
)
NATIVE = PACKAGE / "native"
SOURCES = ("guard.c", "transfer.c", "poll.c", "raw.c", "python.c")
# How the module was built: macros that the compiler command line defines.
BUILD_FACTS = """
static const char *const ZMQLITE_BUILD_VERSION;
static const char *const ZMQLITE_BUILD_LIBZMQ;
"""
# zmq.h only names struct iovec; its fields are the system's.
SOURCE = '#include <sys/uio.h>\n#include <zmq.h>\n#include "api.h"\n'

EXTENSION = "zmqlite._zmq"
MINIMUM = "4.3.4"
NO_SYSTEM = f"pkg-config finds no libzmq >= {MINIMUM}"
BUNDLE = "pyzmq==27.3.0"
BUNDLE_PLATFORMS = ("linux-x86_64", "linux-aarch64")
# The texts that are in the pinned wheel, too; what it ships must not have changed its licence.
LICENCES = ROOT / "vendor" / "licences"
BUNDLE_LICENCES = ("LICENSE.libsodium.txt", "LICENSE.zeromq.txt")
LICENCE = "MIT"
BUNDLED_LICENCE = "MIT AND MPL-2.0 AND ISC"
# What ZMQLITE_TARGET may name: a platform tag of wheels, and the pinned wheel that has its libzmq.
TARGETS = {
    "manylinux_2_28_x86_64": "858fe25231e0fd8612da142efde019faa5ef63fa150a821a27870e791b38c798",
    "manylinux_2_28_aarch64": "ad8b828407caee77ff3ab0bdb2984ee8d48922328b226e8fda7c84a71a55dbb4",
}
# What writes a part of such a wheel is pinned, so that the same sources give the same bytes.
TARGET_REQUIRES = ["ziglang==0.17.1", "cffi==2.1.1", "setuptools==84.2.1", "pip"]
COMPILE_ARGS = [
    "-std=c11",
    "-D_GNU_SOURCE",
    "-pthread",
    "-fvisibility=hidden",
    "-DPy_LIMITED_API=0x030b0000",
    # A prototype of ours that differs from zmq.h is only a warning otherwise.
    "-Werror=int-conversion",
    "-Werror=incompatible-pointer-types",
]


def refuse_unsupported() -> None:
    """End the build where the module could be compiled but is known not to work."""
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        raise SystemExit("zmqlite does not support free-threaded Python yet: use one with the GIL.")
    if sys.platform == "win32":
        raise SystemExit("zmqlite does not support Windows: use Linux, for example under WSL.")


def target() -> str | None:
    """The platform tag that a wheel is made for, or None for this machine."""
    value = os.environ.get("ZMQLITE_TARGET") or None
    if value not in (None, *TARGETS):
        raise SystemExit(f"ZMQLITE_TARGET={value}: must be {' or '.join(TARGETS)}")
    if value and choice() == "system":
        raise SystemExit("ZMQLITE_TARGET makes wheels with a bundled libzmq: unset ZMQLITE_LIBZMQ.")
    return value


def sanitizer() -> list[str]:
    """Flags for the compiler and the linker if `ZMQLITE_SANITIZE` names sanitizers of gcc's.

    For tests/attacks/sanitized.py: the module loads only where their run-time library is preloaded.
    """
    names = os.environ.get("ZMQLITE_SANITIZE")
    return [f"-fsanitize={names}", "-fno-omit-frame-pointer", "-g", "-O1"] if names else []


def joined(folder: Path, names: tuple[str, ...]) -> str:
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


def make_ffi() -> FFI:
    """The whole C side as cffi sees it: libzmq's API, our own, and how the module was built."""
    ffi = FFI()
    ffi.cdef(
        joined(VENDOR, ("types.cdef", *DECLARATIONS)) + joined(NATIVE, ("api.h",)) + BUILD_FACTS
    )
    ffi.set_source(EXTENSION, SOURCE)
    return ffi


def write_stand_in(folder: Path) -> None:
    """Write our declarations as zmq.h, for a build without libzmq's own."""
    folder.mkdir(parents=True, exist_ok=True)
    header = "#pragma once\n" + joined(VENDOR, ("types.h", *DECLARATIONS))
    (folder / "zmq.h").write_text(header, encoding="utf-8")


class Library(NamedTuple):
    """A libzmq to link with: where its header is if it has one, and the files to ship if any."""

    include_dir: str | None
    link_args: list[str]
    bundle: list[Path]


def choice() -> str:
    value = os.environ.get("ZMQLITE_LIBZMQ", "auto")
    if value not in ("auto", "system", "bundled"):
        raise SystemExit(f"ZMQLITE_LIBZMQ={value}: must be auto, system or bundled")
    return value


def no_libzmq(*problems: str) -> SystemExit:
    """The end of a build that has no libzmq: what is wrong, and what to do about it."""
    return SystemExit(
        f"No libzmq to build zmqlite with: {'; '.join(problems)}. Either install pkg-config and "
        f"libzmq {MINIMUM} or newer with its header (Debian: apt install pkg-config libzmq3-dev) "
        f"and leave ZMQLITE_LIBZMQ unset; or, on {' or '.join(BUNDLE_PLATFORMS)}, set "
        f"ZMQLITE_LIBZMQ=bundled and build without --no-build-isolation, or install {BUNDLE} first."
    )


def pkg_config(*query: str) -> str | None:
    try:
        done = subprocess.run(["pkg-config", *query, "libzmq"], capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def system_library() -> Library | None:
    """The system's libzmq, or None if the bundled one is to be used."""
    if choice() == "bundled" or target():
        return None
    if pkg_config(f"--atleast-version={MINIMUM}") is None:
        if choice() == "system":
            raise no_libzmq("ZMQLITE_LIBZMQ=system is set", NO_SYSTEM)
        return None
    # Not --cflags and --libs: they ask for the .pc files of libzmq's own dependencies.
    include, lib = (pkg_config(f"--variable={name}") for name in ("includedir", "libdir"))
    return Library(str(include), [f"-L{lib}", "-lzmq"], [])


def installed_bundle(asked: str) -> list[Path]:
    """The files of the pinned wheel, which is installed for the build."""
    name, _, pinned = BUNDLE.partition("==")
    try:
        wheel = distribution(name)
    except PackageNotFoundError:
        raise no_libzmq(asked, f"{name} is not installed") from None
    if wheel.version != pinned:
        raise no_libzmq(asked, f"the {name} installed is {wheel.version}, not {pinned}")
    return [Path(str(file.locate())) for file in wheel.files or ()]


def downloaded_bundle(platform: str, folder: Path) -> list[Path]:
    """The files of the pinned wheel for another platform."""
    folder.mkdir(parents=True, exist_ok=True)
    requirement = folder / "bundle.txt"
    requirement.write_text(f"{BUNDLE} --hash=sha256:{TARGETS[platform]}\n", encoding="utf-8")
    # The tags of the newest of the pinned wheels; all of them have the same libzmq.
    tags = ("--implementation=cp", "--abi=abi3", "--python-version=3.12", f"--platform={platform}")
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes")
    files = (f"--dest={folder}", f"--requirement={requirement}")
    if subprocess.run([*pip, "--only-binary=:all:", *tags, *files]).returncode:
        raise SystemExit(f"ZMQLITE_TARGET={platform}: pip could not download {BUNDLE} for it.")
    [wheel] = folder.glob("*.whl")
    unpacked = folder / "bundle"
    shutil.rmtree(unpacked, ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    return sorted(unpacked.rglob("*"))


def bundled_library(temporary: Path) -> Library:
    """The libzmq and libsodium of the pinned wheel; it is downloaded if it is not installed."""
    asked = "ZMQLITE_LIBZMQ=bundled is set" if choice() == "bundled" else NO_SYSTEM
    platform = target()
    paths = downloaded_bundle(platform, temporary) if platform else installed_bundle(asked)
    folder = f"{BUNDLE.partition('==')[0]}.libs"
    shared = [path for path in paths if path.parent.name == folder]
    libzmq = [str(path) for path in shared if path.name.startswith("libzmq")]
    texts = {path.name: path.read_bytes() for path in paths if path.name in BUNDLE_LICENCES}
    if len(libzmq) != 1 or not texts:
        raise no_libzmq(asked, f"the {BUNDLE} installed did not come as a wheel with a libzmq")
    if texts != {name: (LICENCES / name).read_bytes() for name in BUNDLE_LICENCES}:
        raise SystemExit(f"{BUNDLE} comes with other licences than those in vendor/licences.")
    return Library(None, [*libzmq, "-Wl,-rpath,$ORIGIN/_libs"], shared)


def zig_for(platform: str) -> dict[str, list[str]]:
    """The commands that compile and link for a target, under the names of distutils."""
    _, major, minor, machine = platform.split("_", 3)
    zig = [sys.executable, "-m", "ziglang", "cc", "-target", f"{machine}-linux-gnu.{major}.{minor}"]
    compiler = [*zig, "-O3", "-DNDEBUG", "-fPIC", "-Wall"]
    return {"compiler_so": compiler, "linker_so": [*zig, "-shared", "-s"]}


def check_compiler(command: str) -> None:
    """End the build with advice where there is no C compiler, or Python has no header."""
    header = Path(sysconfig.get_path("include"), "Python.h")
    if shutil.which(command) is None:
        missing = f"the C compiler {command}"
    elif not header.exists():
        missing = f"Python's header {header}"
    else:
        return
    raise SystemExit(
        f"zmqlite has to be compiled here, and {missing} is missing. Either install it (Debian: "
        "apt install gcc libc6-dev python3-dev; CC=... names another compiler), or install a "
        "wheel of zmqlite, which needs neither: pip install --only-binary=zmqlite zmqlite."
    )


class build_ext(_build_ext):
    """Compile the one extension against the library that `ZMQLITE_LIBZMQ` chooses."""

    def run(self) -> None:
        self.force = True  # a module left in build/ may be of the other mode
        self.library = system_library() or bundled_library(Path(self.build_temp))
        super().run()
        # Only now: an editable build moves the module into the checkout at its end.
        beside = Path(self.get_ext_fullpath(EXTENSION)).parent / "_libs"
        shutil.rmtree(beside, ignore_errors=True)
        for path in self.library.bundle:
            beside.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, beside)

    def build_extension(self, ext: setuptools.Extension) -> None:
        temporary = Path(self.build_temp)
        temporary.mkdir(parents=True, exist_ok=True)
        include = self.library.include_dir
        if include is None:
            include = str(temporary / "include")
            write_stand_in(Path(include))
        source = temporary / "_zmq.c"
        make_ffi().emit_c_code(str(source))
        ext.sources = [str(source), *(str(NATIVE / name) for name in SOURCES)]
        ext.include_dirs = [include, str(NATIVE)]
        ext.extra_compile_args = [*COMPILE_ARGS, *sanitizer()]
        ext.extra_link_args = ["-pthread", *self.library.link_args, *sanitizer()]
        mode = "bundled" if self.library.bundle else "system"
        ext.define_macros = [
            ("ZMQLITE_BUILD_VERSION", f'"{self.distribution.get_version()}"'),
            ("ZMQLITE_BUILD_LIBZMQ", f'"{mode}"'),
        ]
        platform = target()
        if platform:
            self.compiler.set_executables(**zig_for(platform))
        # Python's own rpath is a path of this machine.
        self.compiler.linker_so = [
            arg for arg in self.compiler.linker_so if not arg.startswith("-Wl,-rpath")
        ]
        check_compiler(self.compiler.compiler_so[0])
        super().build_extension(ext)


class Backend(_BuildMetaBackend):
    """setuptools' hooks, with what pyproject.toml cannot describe: the extension, and the licences.

    A wheel with a bundled libzmq is under its licences, too; an sdist and other wheels are not.
    """

    binary = True

    def run_setup(self, setup_script: str = "setup.py") -> None:
        refuse_unsupported()
        inputs = [*VENDOR.iterdir(), *NATIVE.iterdir(), *LICENCES.iterdir()]
        extension = setuptools.Extension(
            EXTENSION,
            sources=[],
            # Everything named here goes into the sdist.
            depends=["build_ffi.py", *sorted(str(path.relative_to(ROOT)) for path in inputs)],
            py_limited_api=True,
        )
        bundled = self.binary and system_library() is None
        texts = [str((LICENCES / name).relative_to(ROOT)) for name in BUNDLE_LICENCES]
        platform = target()
        setuptools.setup(
            ext_modules=[extension],
            cmdclass={"build_ext": build_ext},
            license_expression=BUNDLED_LICENCE if bundled else LICENCE,
            license_files=["LICENSE", *(texts if bundled else [])],
            options={
                "bdist_wheel": {"py_limited_api": "cp311"}
                | ({"plat_name": platform} if platform else {})
            },
        )

    def build_sdist(
        self, sdist_directory: str | os.PathLike[str], config_settings: Any = None
    ) -> str:
        self.binary = False
        return super().build_sdist(sdist_directory, config_settings)

    def get_requires_for_build_wheel(self, config_settings: Any = None) -> list[str]:
        needed: list[str] = super().get_requires_for_build_wheel(config_settings)
        if target():
            return [*needed, *TARGET_REQUIRES]
        if system_library():
            return needed
        if sysconfig.get_platform() not in BUNDLE_PLATFORMS:
            raise no_libzmq(f"there is none to bundle for {sysconfig.get_platform()}")
        return [*needed, BUNDLE]


_backend = Backend()
build_sdist = _backend.build_sdist
build_wheel = _backend.build_wheel
build_editable = _backend.build_editable
get_requires_for_build_sdist = _backend.get_requires_for_build_sdist
get_requires_for_build_wheel = _backend.get_requires_for_build_wheel
get_requires_for_build_editable = _backend.get_requires_for_build_editable
prepare_metadata_for_build_wheel = _backend.prepare_metadata_for_build_wheel
prepare_metadata_for_build_editable = _backend.prepare_metadata_for_build_editable
