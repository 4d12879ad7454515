"""Where and with what something was measured, in one line below a table or a plot."""

from __future__ import annotations

import os
import platform
import re
import time
from importlib import metadata
from pathlib import Path

PACKAGES = ("zmqlite", "pyzmq", "grpcio")


def processor() -> str:
    """Name the processor, or its architecture where the system does not name it."""
    try:
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.machine()


def about() -> str:
    """Say which machine, system, versions and day these are."""
    versions = []
    for name in PACKAGES:
        try:
            versions.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return ", ".join(
        (
            f"{processor()}, {os.cpu_count()} processors",
            f"{platform.system()} {platform.release().partition('-')[0]}",
            f"{platform.python_implementation()} {platform.python_version()}",
            *versions,
            time.strftime("%Y-%m-%d"),
        )
    )
