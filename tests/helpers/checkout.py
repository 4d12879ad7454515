"""The checkout that the tests belong to, the module built from it, and programs run beside them."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from zmqlite._zmq import ffi, lib

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "vendor" / "libzmq"
BUNDLED = ffi.string(lib.ZMQLITE_BUILD_LIBZMQ) == b"bundled"

TESTS: Mapping[str, str] = MappingProxyType(
    {"PYTHONPATH": f"{ROOT / 'tests'}:{ROOT / 'tests' / 'helpers'}"}
)
"""The environment of a program of the tests: it finds their modules as pytest does."""

NOTHING: Mapping[str, str] = MappingProxyType({})

_SHOW_LIBRARIES = """
import sys
from zmqlite import _zmq
assert "zmq" not in sys.modules
print(_zmq.__file__)
with open("/proc/self/maps") as maps:
    paths = {line.split()[-1] for line in maps}
print(*(path for path in paths if "libzmq" in path or "libsodium" in path), sep="\\n")
"""


def run(
    *command: str | Path, cwd: Path = Path("/"), env: Mapping[str, str] = NOTHING
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, by default away from the checkout, which must not be imported."""
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )


def succeed(*command: str | Path, cwd: Path = Path("/"), env: Mapping[str, str] = NOTHING) -> str:
    """Run a command that must not fail; what it printed."""
    done = run(*command, cwd=cwd, env=env)
    assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def loaded_libraries(env: Mapping[str, str] = NOTHING) -> tuple[Path, list[Path]]:
    """The compiled module, and the copies of libzmq and libsodium that a process gets with it."""
    module, *libraries = succeed(sys.executable, "-c", _SHOW_LIBRARIES, env=env).split()
    return Path(module), sorted(map(Path, libraries), reverse=True)
