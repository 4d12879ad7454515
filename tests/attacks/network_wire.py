"""Two network namespaces, and a wire between them that is a thread of this program.

The kernel's netem is not everywhere, and cannot reset connections. Here each namespace has a TUN
device, whose packets the thread reads, drops, doubles, delays or changes, and hands to the other.
"""

from __future__ import annotations

import contextlib
import fcntl
import heapq
import itertools
import os
import random
import select
import shutil
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TUN = Path("/dev/net/tun")
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
QUEUE = 0.1  # seconds that a packet may wait for a slow wire before it is dropped
RST, SYN_FIN_RST = 0x04, 0x07


@dataclass
class Trouble:
    """What the wire does to packets, each way alike: probabilities, milliseconds, Mbit/s."""

    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0  # how many are held up for 5 ms, so that later ones overtake them
    delay: float = 0.0
    jitter: float = 0.0
    rate: float = 0.0
    resets: float = 0.0  # each second
    partition: float = 0.0  # seconds without any packet
    heartbeats: bool = False


def missing() -> str:
    """Why this cannot run here; empty if it can."""
    if os.geteuid():
        return "network namespaces need root"
    if not shutil.which("ip"):
        return "there is no ip command; install iproute2"
    if not TUN.exists():
        return f"the kernel has no {TUN}"
    name = f"zl{os.getpid()}"
    if (done := subprocess.run(["ip", "netns", "add", name], capture_output=True)).returncode:
        return f"ip netns add: {done.stderr.decode()}"
    subprocess.run(["ip", "netns", "del", name], check=True)
    return ""


class Wire:
    """The two namespaces and what connects them."""

    def __init__(self) -> None:
        self.names = [f"zl{os.getpid()}{side}" for side in "ab"]
        self.addresses = ["10.77.0.1", "10.77.0.2"]
        self.trouble = Trouble()
        self.down = False
        self.packets = 0
        self._devices: list[int] = []
        self._late: list[tuple[float, int, int, bytes]] = []
        self._numbers = itertools.count()
        self._free = [0.0, 0.0]
        self._reset = 0.0
        self._over = False

    @contextlib.contextmanager
    def running(self) -> Iterator[Wire]:
        thread = threading.Thread(target=self._run, daemon=True)
        try:
            for name, address in zip(self.names, self.addresses, strict=True):
                ip("netns", "add", name)
                self._devices.append(device(name))
                ip("link", "set", name, "netns", name)
                ip("-n", name, "address", "add", f"{address}/24", "dev", name)
                ip("-n", name, "link", "set", name, "up", "txqueuelen", "1000")
            thread.start()
            yield self
        finally:
            self._over = True
            if thread.is_alive():
                thread.join()
            for each in self._devices:
                os.close(each)
            for name in self.names:
                subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL)

    def _run(self) -> None:
        while not self._over:
            wait = min(max(self._late[0][0] - time.monotonic(), 0), 0.1) if self._late else 0.1
            readable, _, _ = select.select(self._devices, [], [], wait)
            for each in readable:
                with contextlib.suppress(BlockingIOError):
                    for _ in range(32):
                        self._pass(os.read(each, 65536), 1 - self._devices.index(each))
            now = time.monotonic()
            while self._late and self._late[0][0] <= now:
                _, _, target, packet = heapq.heappop(self._late)
                self._write(target, packet)

    def _pass(self, packet: bytes, target: int) -> None:
        """Decide what becomes of one packet."""
        trouble, chance = self.trouble, random.random
        self.packets += 1
        if self.down or (trouble.loss and chance() < trouble.loss):
            return
        now = time.monotonic()
        if trouble.resets and now > self._reset and (changed := reset(packet)):
            self._reset = now + 1 / trouble.resets
            packet = changed
        wait = trouble.delay + random.uniform(-trouble.jitter, trouble.jitter)
        if trouble.reorder and chance() < trouble.reorder:
            wait += 5
        due = now + wait / 1000
        if trouble.rate:
            if self._free[target] > now + QUEUE:
                return
            self._free[target] = max(self._free[target], now) + len(packet) * 8e-6 / trouble.rate
            due += self._free[target] - now
        for _ in range(1 + (chance() < trouble.duplicate)):
            if due > now:
                heapq.heappush(self._late, (due, next(self._numbers), target, packet))
            else:
                self._write(target, packet)

    def _write(self, target: int, packet: bytes) -> None:
        with contextlib.suppress(OSError):  # its queue is full
            os.write(self._devices[target], packet)


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


def device(name: str) -> int:
    """Make a TUN device; reading and writing the descriptor is what is at its other end."""
    descriptor = os.open(TUN, os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return descriptor


def reset(packet: bytes) -> bytes:
    """The same segment as a reset, or nothing where it is no TCP over IPv4, or ends one anyway."""
    if packet[0] >> 4 != 4 or packet[9] != 6:
        return b""
    start = (packet[0] & 15) * 4
    if packet[start + 13] & SYN_FIN_RST:
        return b""
    segment = bytearray(packet[start : start + 20])
    segment[12], segment[13], segment[16:18] = 5 << 4, RST, b"\0\0"
    head = bytearray(packet[:start])
    head[2:4] = struct.pack("!H", start + 20)
    head[10:12] = b"\0\0"
    head[10:12] = checksum(head)
    segment[16:18] = checksum(head[12:20] + struct.pack("!HH", 6, 20) + segment)
    return bytes(head + segment)


def checksum(data: bytes | bytearray) -> bytes:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~total & 0xFFFF)
