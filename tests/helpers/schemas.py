"""The messages that the tests send: generated from tests/proto/schemas, once per run, by protoc."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

SOURCES = Path(__file__).resolve().parents[1] / "proto" / "schemas"


def generate(target: str | Path, *options: str) -> None:
    """Write the Python modules of all schemas to a directory."""
    command = [sys.executable, "-m", "protoc", f"--proto_path={SOURCES}", f"--python_out={target}"]
    subprocess.run([*command, *options, *SOURCES.glob("*.proto")], check=True, timeout=20)


def load(generate: Callable[[str], object], *names: str) -> list[Any]:
    """Have modules written to a directory, and import some of them."""
    directory = tempfile.mkdtemp(prefix="zmqlite-schemas-")
    sys.path.insert(0, directory)
    try:
        generate(directory)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Protobuf gencode version .* exactly one major")
            return [importlib.import_module(name) for name in names]
    finally:
        sys.path.remove(directory)
        shutil.rmtree(directory)


message_pb2, zoo_pb2, legacy_pb2, modern_pb2 = load(
    generate, "message_pb2", "zoo_pb2", "legacy_pb2", "modern_pb2"
)

DataMessage = message_pb2.DataMessage
Cat, CatFlap, Node, Array, Everything = (
    getattr(zoo_pb2, name) for name in ("Cat", "CatFlap", "Node", "Array", "Everything")
)
Order, Cart, Open, Plain = (
    getattr(legacy_pb2, name) for name in ("Order", "Cart", "Open", "Plain")
)
Reading, Ticket = modern_pb2.Reading, modern_pb2.Ticket
