"""The modules that protoc and its plugin make of squares.proto, made when this is imported.

In a program of your own you run protoc when you build it:

    protoc --python_out=. --pyi_out=. --zmqlite_out=. squares.proto

and import `squares_pb2` and `squares_rpc`. Here that is done anew in each process, in a temporary
directory, of which nothing is left, since one of the processes will be killed.
"""

import importlib
import importlib.util
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

if importlib.util.find_spec("protoc") is None:
    sys.exit("this example needs protoc: pip install -e '.[examples]'")

_sources = Path(__file__).resolve().parent.parent
_plugin = Path(sysconfig.get_path("scripts"), "protoc-gen-zmqlite")

with tempfile.TemporaryDirectory(prefix="zmqlite-examples-") as _target:
    subprocess.run(
        [
            *(sys.executable, "-m", "protoc", f"--plugin=protoc-gen-zmqlite={_plugin}"),
            *(f"--proto_path={_sources}", f"--python_out={_target}", f"--zmqlite_out={_target}"),
            "squares.proto",
        ],
        check=True,
    )
    sys.path.insert(0, _target)  # where squares_rpc finds squares_pb2
    squares_pb2: Any = importlib.import_module("squares_pb2")
    squares_rpc: Any = importlib.import_module("squares_rpc")
    sys.path.remove(_target)
