"""The modules that protoc makes of the .proto files next door, made when this is imported.

In a program of your own you run protoc when you build it:

    protoc --python_out=. --pyi_out=. message.proto

and import `message_pb2`. Here that is done anew in each process, into a temporary directory.
"""

import atexit
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

if importlib.util.find_spec("protoc") is None:
    sys.exit("this example needs protoc: pip install -e '.[examples]'")

_sources = Path(__file__).resolve().parent.parent
_target = tempfile.mkdtemp(prefix="zmqlite-examples-")
atexit.register(shutil.rmtree, _target, ignore_errors=True)
subprocess.run(
    [sys.executable, "-m", "protoc", f"--proto_path={_sources}", f"--python_out={_target}"]
    + [path.name for path in sorted(_sources.glob("*.proto"))],
    check=True,
)
__path__ = [_target]
