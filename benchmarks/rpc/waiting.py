"""What a call takes that waits for its reply: on the client, and on the server."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

from zmqlite import aio
from zmqlite.rpc.aio import Client

from ..children import Children
from .service import METADATA, SERVICE, TIMEOUT, Note

CALLS: Final = 10_000


def resident(process: int) -> int:
    """The bytes of memory that a process has in use."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def _measure(endpoint: str, server: int) -> tuple[float, float]:
    async with aio.Context() as context, Client(context, endpoint) as client:
        stub, options = client.stub(SERVICE), {"timeout": 10 * TIMEOUT, "metadata": METADATA}
        await stub.echo(Note(), **options)
        processes = os.getpid(), server
        before = list(map(resident, processes))
        # Not as tasks, which are the program's: what the library keeps is counted.
        calls = [
            client._begin(stub._methods["wait"], Note(text="a note"), 10 * TIMEOUT, METADATA)
            for _ in range(CALLS)
        ]
        await stub.echo(Note(), **options)  # comes after all of them
        await asyncio.sleep(0.5)
        own, others = (resident(p) - size for p, size in zip(processes, before, strict=True))
        assert not any(call.ended for call in calls)
        return own / CALLS, others / CALLS


def bytes_per_call() -> tuple[float, float]:
    """Measure with a server in a process of its own."""
    with Children() as children:
        command = [sys.executable, "-m", "benchmarks.rpc.servers", "asyncio"]
        child = children.start("asyncio", command)
        endpoint = children.hear(child)[0]["endpoint"]
        return asyncio.run(_measure(endpoint, child.process.pid))
