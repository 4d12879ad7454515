"""Relays of rpc_faults: pass bytes between clients and servers, and cut connections when told to.

python -m tests.attacks.rpc_relay PORT...    prints its own ports; a line with an index cuts
"""

from __future__ import annotations

import asyncio
import contextlib
import sys


class Relay:
    """Passes bytes to one port of this machine."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> int:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            inner_reader, inner = await asyncio.open_connection("127.0.0.1", self.target)
            self.writers |= {writer, inner}
            await asyncio.gather(self._copy(reader, inner), self._copy(inner_reader, writer))
            self.writers -= {writer, inner}
        writer.close()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    def cut(self) -> None:
        for writer in self.writers:
            writer.transport.abort()


async def main() -> None:
    relays = [Relay(int(port)) for port in sys.argv[1:]]
    print(*[await relay.start() for relay in relays], flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        relays[int(line)].cut()


if __name__ == "__main__":
    asyncio.run(main())
