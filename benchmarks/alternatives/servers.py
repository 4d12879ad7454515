"""The processes in the middle: started on loopback in a temporary folder, and ended by their id."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from ..children import ROOT, Failure

START: Final = 60.0
"""Seconds that a server may take until it accepts connections."""

RABBITMQ: Final = "/usr/lib/rabbitmq/bin/rabbitmq-server"


def free_port() -> int:
    """Find a port of 127.0.0.1 that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A process that can be killed and started again."""

    def __init__(
        self, command: Sequence[str], place: int | Path, variables: Mapping[str, str], log: Path
    ) -> None:
        self._command, self._place, self._log = command, place, log
        self._environment = {**os.environ, **variables}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and return when it accepts connections."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log,
                process_group=0,
            )  # fmt: skip
        deadline = time.monotonic() + START
        while not self._accepts():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise Failure(f"{self._command[0]}: {self._log.read_text()[-500:]}")
            time.sleep(0.02)

    def _accepts(self) -> bool:
        family = socket.AF_INET if isinstance(self._place, int) else socket.AF_UNIX
        with socket.socket(family) as probe:
            address = ("127.0.0.1", self._place) if family == socket.AF_INET else str(self._place)
            return probe.connect_ex(address) == 0

    def kill(self) -> None:
        """Kill it and what it has started."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
        if isinstance(self._place, Path):
            self._place.unlink(missing_ok=True)


class Middle:
    """What a system needs between its clients: an address, and servers; the last one can die."""

    def __init__(self, address: str, *servers: Server) -> None:
        self.address, self.servers = address, servers

    def __enter__(self) -> Middle:
        try:
            for each in self.servers:
                each.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *reason: object) -> None:
        for each in reversed(self.servers):
            each.kill()


def middle(name: str, kind: str, folder: Path) -> Middle | None:
    """Describe the middle of a system; None if its server is not installed."""
    log, port = folder / "log", free_port()
    match name:
        case "zmqlite":
            return Middle(f"tcp://127.0.0.1:{port} tcp://127.0.0.1:{port}")
        case "zmqlite, proxy":
            front, back = f"tcp://127.0.0.1:{port}", f"tcp://127.0.0.1:{free_port()}"
            worker = [sys.executable, "-m", "benchmarks.alternatives.worker", name, "proxy"]
            server = Server([*worker, f"{front} {back} {kind}"], port, {}, log)
            return Middle(f"{back} {front}", server)
        case "D-Bus":
            path = folder / "bus"
            address = f"unix:path={path}"
            command = [
                "dbus-daemon",
                "--session",
                "--nofork",
                "--nopidfile",
                f"--address={address}",
            ]
            return _with(command, address, path, log)
        case "NATS":
            command = ["nats-server", "-a", "127.0.0.1", "-p", str(port)]
            return _with(command, f"nats://127.0.0.1:{port}", port, log)
        case _:
            return _rabbitmq(folder, port, log)


def _with(command: list[str], address: str, place: int | Path, log: Path) -> Middle | None:
    return Middle(address, Server(command, place, {}, log)) if shutil.which(command[0]) else None


def _rabbitmq(folder: Path, port: int, log: Path) -> Middle | None:
    """It needs epmd, the name server of Erlang, which is ended with it."""
    if not Path(RABBITMQ).exists():
        return None
    names = free_port()
    variables = {
        "HOME": str(folder),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(names),
        "RABBITMQ_NODENAME": "benchmark@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(folder),
        "RABBITMQ_LOG_BASE": str(folder),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
    }
    epmd = Server(["epmd"], names, variables, folder / "names")
    return Middle(f"amqp://127.0.0.1:{port}", epmd, Server([RABBITMQ], port, variables, log))
