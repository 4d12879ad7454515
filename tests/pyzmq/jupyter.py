"""JupyterLab with two kernels, on zmqlite.pyzmq or on pyzmq: what became of each cell.

    python tests/pyzmq/jupyter.py zmqlite --seconds 600

To be run by hand, where jupyterlab is installed. The server and its kernels are processes of their
own. This program is a front end: it opens both kernels by the server's REST API, sends cells
through its websockets, four of them at once to each kernel, interrupts some, and compares what
comes back with what each cell has to give. It ends with code 1 if a cell or an answer was lost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

KERNELS = 2
AT_ONCE = 4
ANSWER = 60
"""Seconds after which a cell that has not ended is lost."""

STARTS = {"zmqlite": ["-m", "zmqlite.pyzmq", "-m", "jupyterlab"], "pyzmq": ["-m", "jupyterlab"]}
LIBRARY = "import zmq; print(zmq.Socket.__module__.partition('.')[0], end='')"


@dataclass(frozen=True)
class Cell:
    """The source of a cell, the text that it prints, and how its execution ends."""

    source: str
    prints: str = ""
    status: str = "ok"


SLEEPER = Cell("import time; print('asleep'); time.sleep(3600)", "asleep\n", "error")


def cells() -> Iterator[Cell]:
    """Write cells of each kind, without end; each prints what no other one does."""
    number = 0
    while True:
        yield Cell(f"print({number})", f"{number}\n")
        yield Cell(f"value = {number}\nfor i in range(20): print(i + value)",
                   "".join(f"{number + i}\n" for i in range(20)))  # fmt: skip
        yield Cell(f"print('x' * 1_000_000 + '{number}')", "x" * 1_000_000 + f"{number}\n")
        yield Cell(f"import asyncio; await asyncio.sleep(0.01); print({number})", f"{number}\n")
        yield Cell(f"raise ValueError({number})", status="error")
        number += 1


@dataclass
class Found:
    """What became of the cells."""

    run: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


class Kernel:
    """A kernel and the websocket to it."""

    def __init__(self, name: str, socket: WebSocketClientConnection, found: Found) -> None:
        self.name = name
        self.socket = socket
        self.found = found
        self._waiting: dict[str, asyncio.Queue[dict[str, Any]]] = {}

    async def read(self) -> None:
        """Hand each message to the cell that it belongs to, until the websocket is closed."""
        while True:
            text = await self.socket.read_message()
            if text is None:
                return
            message = json.loads(text)
            queue = self._waiting.get(message["parent_header"].get("msg_id", ""))
            if queue is not None:
                queue.put_nowait(message)

    async def execute(self, cell: Cell, has_printed: asyncio.Event | None = None) -> str:
        """Run a cell, compare what came, and return what it printed; set an event at its first."""
        number = uuid.uuid4().hex
        queue = self._waiting[number] = asyncio.Queue()
        header = {"msg_id": number, "msg_type": "execute_request", "version": "5.3",
                  "session": self.name, "username": "", "date": ""}  # fmt: skip
        content = {"code": cell.source, "silent": False, "store_history": False,
                   "user_expressions": {}, "allow_stdin": False,
                   "stop_on_error": False}  # fmt: skip
        await self.socket.write_message(json.dumps(
            {"header": header, "parent_header": {}, "metadata": {}, "content": content,
             "channel": "shell", "buffers": []}
        ))  # fmt: skip
        self.found.run += 1
        status, printed, idle = "", "", False
        try:
            async with asyncio.timeout(ANSWER):
                while not (status and idle):
                    message = await queue.get()
                    kind, content = message["msg_type"], message["content"]
                    if kind == "execute_reply":
                        status = content["status"]
                    elif kind == "stream":
                        printed += content["text"]
                        if has_printed is not None:
                            has_printed.set()
                    elif kind == "status":
                        idle = content["execution_state"] == "idle"
        except TimeoutError:
            self.found.lost.append(f"{cell.source[:60]!r}: reply {status!r}, idle {idle}")
            return printed
        finally:
            del self._waiting[number]
        self.found.ended[status] += 1
        if status != cell.status or (cell.prints and printed != cell.prints):
            self.found.wrong.append(f"{cell.source[:60]!r}: {status}, {printed[-60:]!r}")
        return printed


class Server:
    """The REST API of the server, whose address and token are in a file that it writes."""

    def __init__(self, runtime: Path, process: subprocess.Popen[bytes]) -> None:
        self._runtime = runtime
        self._process = process
        self._about: dict[str, Any] = {}

    async def started(self) -> None:
        """Wait until the server answers, which it may do some time after it wrote its file."""
        async with asyncio.timeout(ANSWER):
            while True:
                if self._process.poll() is not None:
                    raise RuntimeError(f"the server ended with code {self._process.returncode}")
                try:
                    [file] = self._runtime.glob("jpserver-*.json")
                    self._about = json.loads(file.read_text())
                    await self.request("GET", "lab")  # the page itself
                    return
                except (ValueError, OSError):
                    await asyncio.sleep(0.1)

    async def request(self, method: str, path: str, body: object = None) -> bytes:
        data = None if method in ("GET", "DELETE") else json.dumps(body)
        headers = {"Authorization": f"token {self._about['token']}"}
        answer = await AsyncHTTPClient().fetch(
            HTTPRequest(self._about["url"] + path, method, headers, data, request_timeout=ANSWER)
        )
        return answer.body

    async def kernel(self, found: Found) -> Kernel:
        """Start a kernel and open its websocket."""
        name = json.loads(await self.request("POST", "api/kernels", {}))["id"]
        url = self._about["url"].replace("http", "ws", 1)
        request = HTTPRequest(
            f"{url}api/kernels/{name}/channels?session_id={name}",
            headers={"Authorization": f"token {self._about['token']}"},
        )
        return Kernel(name, await websocket_connect(request), found)


@contextmanager
def jupyter(library: str) -> Iterator[Server]:
    """JupyterLab on a free port of this machine alone, with a configuration of its own."""
    with tempfile.TemporaryDirectory() as folder:
        places = {f"JUPYTER_{each}_DIR": f"{folder}/{each}" for each in ("CONFIG", "RUNTIME")}
        process = subprocess.Popen(
            [sys.executable, *STARTS[library], "--no-browser", "--ip=127.0.0.1", "--allow-root",
             f"--ServerApp.root_dir={folder}", "--log-level=ERROR"],
            env={**os.environ, **places, "IPYTHONDIR": f"{folder}/ipython"},
        )  # fmt: skip
        try:
            yield Server(Path(folder, "RUNTIME"), process)
        finally:
            process.terminate()
            start = time.monotonic()
            try:
                process.wait(ANSWER)
            finally:
                process.kill()
            print(f"the server ended in {time.monotonic() - start:.1f} s")


async def use(server: Server, kernel: Kernel, library: str, until: float) -> None:
    """Run cells in a kernel, some at once, and interrupt one now and then."""
    found = kernel.found
    if (name := await kernel.execute(Cell(LIBRARY))) != ("zmq" if library == "pyzmq" else library):
        raise RuntimeError(f"the kernel runs on {name!r}")
    source = cells()
    rounds = 0
    while time.monotonic() < until:
        await asyncio.gather(*(kernel.execute(next(source)) for _ in range(AT_ONCE)))
        rounds += 1
        if rounds % 25:
            continue
        asleep = asyncio.Event()
        task = asyncio.create_task(kernel.execute(SLEEPER, asleep))
        async with asyncio.timeout(ANSWER):
            await asleep.wait()
        await server.request("POST", f"api/kernels/{kernel.name}/interrupt", {})
        await task
        found.ended["interrupted"] += 1


async def measure(server: Server, library: str, seconds: float) -> Found:
    """Start the kernels, use them for so long, and shut them down."""
    found = Found()
    await server.started()
    kernels = [await server.kernel(found) for _ in range(KERNELS)]
    readers = [asyncio.create_task(kernel.read()) for kernel in kernels]
    until = time.monotonic() + seconds
    await asyncio.gather(*(use(server, kernel, library, until) for kernel in kernels))
    for kernel, reader in zip(kernels, readers, strict=True):
        kernel.socket.close()
        await reader
        await server.request("DELETE", f"api/kernels/{kernel.name}")
    return found


def main() -> int:
    """Run and report; return 1 if something was lost or wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", choices=list(STARTS))
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    with jupyter(options.library) as server:
        found = asyncio.run(measure(server, options.library, options.seconds))
    print(
        f"{options.library}, {options.seconds:.0f} s, {KERNELS} kernels: {found.run} cells run, "
        f"{dict(found.ended)}, {len(found.wrong)} wrong, {len(found.lost)} lost",
        *found.wrong[:5], *found.lost[:5], sep="\n",
    )  # fmt: skip
    return int(bool(found.wrong or found.lost))


if __name__ == "__main__":
    sys.exit(main())
