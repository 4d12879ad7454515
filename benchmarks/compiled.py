"""The C program, compiled on the spot against the libzmq that zmqlite uses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from .children import ROOT, Failure, libzmq_in

SOURCE: Final = ROOT / "benchmarks" / "peer.c"
DECLARATIONS: Final = ROOT / "vendor" / "libzmq"
SHOW_MAPS: Final = "import zmqlite; print(open('/proc/self/maps').read())"


def compile_peer(directory: Path) -> Path:
    """Compile peer.c into a directory; return the program.

    Raises:
        Failure: there is no compiler, or it refused.
    """
    maps = subprocess.run(
        [sys.executable, "-c", SHOW_MAPS], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    library = Path(libzmq_in(maps))
    program = directory / "peer"
    command = ["gcc", "-std=c11", "-D_GNU_SOURCE", "-O2", "-pthread", f"-I{DECLARATIONS}"]
    command += [str(SOURCE), str(library), f"-Wl,-rpath,{library.parent}", "-o", str(program)]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    except FileNotFoundError:
        raise Failure("the limit is a C program, and there is no gcc") from None
    if done.returncode:
        raise Failure(f"gcc refused peer.c:\n{done.stderr}")
    return program
