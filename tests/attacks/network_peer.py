"""One end of a measurement of network.py, with zmqlite or pyzmq: `LIBRARY ROLE ADDRESS ...`."""

from __future__ import annotations

import importlib
import json
import sys
import threading
import time
import zlib
from typing import Any

OPTIONS = {
    **dict.fromkeys(["sndhwm", "rcvhwm", "reconnect_ivl"], 100),
    **dict.fromkeys(["sndbuf", "rcvbuf"], 65536),
    "linger": 30000,
}
HEARTBEATS = {"heartbeat_ivl": 300, "heartbeat_timeout": 1000}
BODY = b"." * 180
SILENCE = 0.25  # seconds without a message that are worth a note


def content(number: int) -> bytes:
    head = b"%010d" % number + BODY
    return head + b"%010d" % zlib.crc32(head)


def number_of(message: bytes) -> int:
    """The number of a message, or -1 if it is torn."""
    return int(message[:10]) if message[-10:] == b"%010d" % zlib.crc32(message[:-10]) else -1


class Peer:
    """This process."""

    def __init__(self, library: str, heartbeats: bool) -> None:
        self.zmq = importlib.import_module({"pyzmq": "zmq"}.get(library, library))
        self.options = {**OPTIONS, **(HEARTBEATS if heartbeats else {})}
        self.context = self.zmq.Context()
        self.lost_peers: list[float] = []

    def socket(self, name: str) -> Any:
        socket = self.context.socket(getattr(self.zmq, name))
        for option, value in self.options.items():
            setattr(socket, option, value)
        return socket

    def server(self, address: str) -> dict[str, object]:
        """Echo, and count what comes, until something is typed."""
        router, pull = self.socket("ROUTER"), self.socket("PULL")
        router.bind(f"tcp://{address}:5001")
        pull.bind(f"tcp://{address}:5002")
        print("ready", flush=True)
        over: list[str] = []
        threading.Thread(target=lambda: over.append(sys.stdin.readline()), daemon=True).start()
        poller = self.zmq.Poller()
        poller.register(router, self.zmq.POLLIN)
        poller.register(pull, self.zmq.POLLIN)
        seen: set[int] = set()
        counts = {"received": 0, "doubled": 0, "torn": 0}
        flows: list[float] = []
        last = time.monotonic()
        while not over:
            for socket, _ in poller.poll(100):
                if socket is router:
                    router.send_multipart(router.recv_multipart())
                    continue
                number, now = number_of(pull.recv()), time.monotonic()
                counts["torn"] += number < 0
                counts["doubled"] += number in seen
                seen.add(number)
                if now - last > SILENCE:
                    flows.append(now)
                last = now
        counts["received"] = len(seen)
        return {**counts, "flows": flows, "last": last}

    def client(self, address: str, seconds: str) -> dict[str, object]:
        """Half the time round trips, half the time messages as fast as they go."""
        dealer, push = self.socket("DEALER"), self.socket("PUSH")
        threading.Thread(target=self.watch, args=[push], daemon=True).start()
        dealer.connect(f"tcp://{address}:5001")
        push.connect(f"tcp://{address}:5002")
        dealer.send(b"0")
        dealer.poll(30000)  # until they are connected
        trips: list[float] = []
        asked, end = 0, time.monotonic() + float(seconds) / 2
        while time.monotonic() < end or not trips:
            asked += 1
            start = time.monotonic()
            dealer.send(b"%d" % asked)
            while dealer.poll(1000):
                if dealer.recv() == b"%d" % asked:
                    trips.append(time.monotonic() - start)
                    break
        print("streams", flush=True)
        start, sent = time.monotonic(), 0
        while time.monotonic() < start + float(seconds) / 2:
            if push.poll(100, self.zmq.POLLOUT):
                push.send(content(sent))
                sent += 1
        push.close()
        dealer.close()
        self.context.term()
        trips.sort()
        return {
            "p50": trips[len(trips) // 2] * 1000,
            "p99": trips[len(trips) * 99 // 100] * 1000,
            "sent": sent,
            "start": start,
            "noticed": self.lost_peers,
        }

    def watch(self, socket: Any) -> None:
        """Note when libzmq takes a peer for lost."""
        try:
            if self.zmq.__name__ == "zmq":
                monitor = socket.get_monitor_socket(self.zmq.EVENT_DISCONNECTED)
            else:
                monitor = socket.monitor(self.zmq.MonitorEvent.DISCONNECTED).socket
            while monitor.recv_multipart():
                self.lost_peers.append(time.monotonic())
        except self.zmq.ZMQError:  # its context ends
            monitor.close()


if __name__ == "__main__":
    library, role, heartbeats, *arguments = sys.argv[1:]
    peer = Peer(library, heartbeats == "True")
    print(json.dumps(getattr(peer, role)(*arguments)), flush=True)
