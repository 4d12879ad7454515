"""A process of peers that speak broken ZMTP, until its standard input ends.

Each attack is a function that gets a Peer: one connection, and ways to say something wrong. It may
end anywhere, since the server hangs up. A part of the connections stays open, some are reset, and
some say everything slowly or with bytes changed: so a valid session is mutated, too.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import socket as system
import sys
import threading
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

import zmqlite as zmq

from .hostile_wire import COMMAND, MORE, PARTNERS, Peer, command, frame, greeting, mutate, pairs

THREADS = 12
LENGTHS = [0, 1, 255, 256, 2**31 - 1, 2**31, 2**32, 2**40, 2**63 - 1, 2**63, 2**64 - 1]

SIGNATURE = b"\xff" + bytes(8) + b"\x7f"
VERSIONS = [bytes([major, minor]) for major in (0, 1, 2, 4, 255) for minor in (0, 255)]
MECHANISMS = [b"NULL", b"PLAIN", b"CURVE", b"GSSAPI", b"", b"N" * 20, b"\xff" * 20]
GREETINGS = [b"", b"\xff", b"\xff" * 64, SIGNATURE, SIGNATURE[:9] + bytes(55)]
GREETINGS += [
    b"GET / HTTP/1.1\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
]
GREETINGS += [greeting(b"NULL", version) for version in VERSIONS]
GREETINGS += [greeting(name, as_server=server) for name in MECHANISMS for server in (0, 1, 255)]
# ZMTP 2.0: revision, type of the socket, identity; ZMTP 1.0: identity, messages.
GREETINGS += [SIGNATURE + bytes([1, kind, 0, 0, 0, 5]) + b"hello" for kind in range(13)]
GREETINGS += [SIGNATURE + b"\x01\x05\x00\xff" + bytes(255) + b"\x03" * 100]
GREETINGS += [
    b"\x01\x00\x06\x00hello\x06\x01world\x01\x00",
    b"\x01\x00" + b"\xff" * 9,
    b"\x06\x00\x00abcd" * 20,
]

TYPE = b"Socket-Type"
KINDS = [*PARTNERS, "PAIR", "STREAM", "ROUTER\0", "", "X" * 200]
ENDS = [b"", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xffPUSH", b"\0\0\0\x05PUSH"]
METADATA = [b"", b"\x00", b"\xff", *(command(TYPE, end) for end in ENDS)]
METADATA += [pairs((TYPE, kind.encode())) for kind in KINDS]
METADATA += [pairs((TYPE, b"DEALER"), (b"Identity", bytes(n))) for n in (1, 5, 255, 256, 9000)]
METADATA += [
    pairs(*[(TYPE, b"DEALER")] * 3),
    pairs((TYPE, b"REQ"), (b"", b"?"), (b"\xff\0", b"\0")),
]
METADATA += [pairs((TYPE, b"DEALER"), *((b"X-%d" % n, b"x" * 10) for n in range(5000)))]
METADATA += [pairs((TYPE, b"REQ"), (b"User-Id", b"root"), (b"Peer-Address", b"1.2.3.4"))]
METADATA += [pairs((b"X" * 255, bytes(300_000)))]

BODIES = [b"", b"\0", b"\x01", b"\x02", b"\xff", b"\x01" * 300, b"\x00topic", b"\x01topic"]
MALFORMED = [
    b"\n",
    b"\x0a\xff\xff\xff\xff\x0fx",
    b"\x0b" * 200,
    b"\n\x02\xff\xff",
]  # Protocol Buffers
PINGS = [b"\x00\x01", b"\xff\xff" + bytes(16), b"\x00\x00" + bytes(5000)]
HEARTBEATS = [b"\x04PING", b"\x04PING\xff", command(b"PONG", bytes(300))]
HEARTBEATS += [command(b"PING", body) for body in PINGS]
COMMANDS = [
    b"",
    b"\x00",
    b"\xff",
    b"\x05READY",
    command(b"JOIN", b"group"),
    command(b"X" * 255, b"?"),
]
COMMANDS += [command(b"ERROR", b"\xff"), command(b"ERROR", b"\x05ab")]
COMMANDS += [command(n, bytes(size)) for n in (b"SUBSCRIBE", b"CANCEL") for size in (0, 1, 10_000)]


def broken_greeting(peer: Peer) -> None:
    data = peer.pick(GREETINGS)
    peer.send(peer.pick([data, data, data[: peer.choose.randint(0, len(data))]]))
    peer.send(peer.pick([b"", peer.choose.randbytes(300), frame(0, b"hello")]))


def garbage(peer: Peer) -> None:
    if peer.pick([True, False]):
        peer.greet()
    peer.send(peer.choose.randbytes(peer.pick([1, 10, 100, 10_000])))


def early_frames(peer: Peer) -> None:
    """Frames before the handshake, with lengths that are not theirs."""
    peer.greet()
    for _ in range(peer.choose.randint(1, 4)):
        body, length = peer.pick(BODIES + COMMANDS), peer.pick([None, None, *LENGTHS])
        peer.send(frame(peer.pick([0, 1, 2, 4, 5, 255]), body, length))


def broken_hello(peer: Peer) -> None:
    """The first command of a mechanism, malformed, cut, too long, or twice."""
    peer.greet()
    hello = peer.hello()
    bodies = [b"", b"\xff", b"\x04good", b"\0\0", bytes(193), bytes(194), command(b"x" * 255) * 2]
    bodies += [command(b"good") + command(b"wrong"), command(b"good") + command(b"")]
    ways = [hello[:-1], hello + b"x", hello[:6] + hello, mutate(peer.choose, hello)]
    ways += [command(b"HELLO", peer.pick(bodies)), hello[: peer.choose.randint(0, len(hello))]]
    ways += [command(peer.pick([b"WELCOME", b"INITIATE"]), bytes(peer.pick([0, 1, 248, 300])))]
    peer.send(frame(COMMAND, peer.pick(ways)) * peer.pick([1, 1, 2]))


def broken_metadata(peer: Peer) -> None:
    peer.join(peer.pick(METADATA))
    peer.send(peer.pack(b"hello"))


def broken_initiate(peer: Peer) -> None:
    """A handshake that is right until its last command."""
    peer.greet()
    if peer.mechanism != b"NULL":
        peer.send(frame(COMMAND, peer.hello()))
    some = peer.choose.randbytes(96)
    initiate = peer.initiate(peer.metadata(), peer.pick([None, b"", bytes(96), some]))
    ways = [initiate, initiate + b"\0", initiate[: peer.choose.randint(0, len(initiate))]]
    ways += [initiate[:9] + some + initiate[105:], mutate(peer.choose, initiate)]  # another cookie
    peer.send(frame(COMMAND, peer.pick(ways)) * peer.pick([1, 2]))


def commands(peer: Peer) -> None:
    """Pings, or commands that are malformed, unknown or not for this type.

    Not both, and nothing is changed before or in a PING: the zeros in the long one, read as frames,
    are messages that fill a queue, and a PING behind them makes libzmq abort, see KNOWN in
    hostile.py. A byte too many in the handshake before is enough for that.
    """
    some = peer.pick([HEARTBEATS, COMMANDS])
    peer.mutant = peer.mutant and some is COMMANDS
    peer.join()
    for _ in range(peer.pick([1, 3, 10])):
        packed = peer.pack(peer.pick(some), COMMAND | peer.pick([0, 0, MORE]))
        peer.send(packed if peer.box else packed * peer.pick([1, 1, 300]))


def subscriptions(peer: Peer) -> None:
    """Subscribe and cancel, as messages and as commands, to what may never be there."""
    peer.join()
    for n in range(300):
        topic = b"%d" % peer.pick([n, n % 10])
        verb, name = peer.pick([(b"\x00", b"CANCEL"), (b"\x01", b"SUBSCRIBE")])
        peer.send(peer.pack(*peer.pick([(verb + topic, 0), (command(name, topic), COMMAND)])))


def messages(peer: Peer) -> None:
    """Well-formed messages that nobody asked for: empty, malformed, too many or too few frames."""
    peer.join()
    for _ in range(peer.pick([1, 10, 100])):
        bodies = peer.choose.choices(BODIES + MALFORMED, k=peer.pick([1, 1, 2, 3, 100]))
        data = b"".join(peer.pack(body, MORE) for body in bodies[1:]) + peer.pack(bodies[0])
        peer.send(data + peer.pick([b""] * 9 + [peer.pack(b"unfinished", MORE)]))


def flood(peer: Peer) -> None:
    """Many tiny messages, or one message of many frames that does not end."""
    peer.join()
    flags, tiny = peer.pick([0, 0, MORE]), peer.pick([b"", b"\n"])
    if peer.box:
        peer.send(b"".join(peer.pack(tiny, flags) for _ in range(2000)))
    else:
        peer.send(peer.pack(tiny, flags) * (2000 if flags else 10_000))


def broken_boxes(peer: Peer) -> None:
    """Frames, and with CURVE boxes, that are wrong after one that is right."""
    peer.join()
    packed = peer.pack(b"hello")
    peer.send(packed)
    ways = [packed * 2, packed[:-1], frame(0, b"in clear"), frame(0, command(b"MESSAGE", bytes(9)))]
    ways += [frame(0, b"x" * 20, peer.pick(LENGTHS[6:])), mutate(peer.choose, packed)]
    peer.send(peer.pick(ways))


def vanish(peer: Peer) -> None:
    """Connect, say little or nothing, and go."""
    if peer.pick([True, False]):
        peer.greet()


BEFORE = (broken_greeting, garbage, early_frames, broken_hello, broken_metadata, broken_initiate)
AFTER = (commands, subscriptions, messages, flood, broken_boxes)
ATTACKS: list[Callable[[Peer], None]] = [*BEFORE, *AFTER, vanish]


class Hostile:
    """All attacks on one server, and the connections to it that stay open."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given
        self.attacks = [each for each in ATTACKS if each.__name__ in given["attacks"]]
        self.security = given["mechanism"].encode(), zmq.z85_decode(given["public"])
        self.kept: deque[Peer] = deque()
        self.done: Counter[str] = Counter()

    def attack(self, choose: random.Random) -> None:
        while True:
            kind, endpoints = choose.choice(list(self.given["endpoints"].items()))
            act = choose.choice(self.attacks)
            try:
                peer = Peer(choose.choice(endpoints), kind, *self.security, choose)
            except OSError:
                time.sleep(0.01)  # the queue of those who want to connect is full
                continue
            peer.mutant = choose.random() < 0.3
            peer.slow = choose.random() < 0.05
            self.done[act.__name__] += 1
            with contextlib.suppress(OSError):
                act(peer)
            self.done["joined"] += peer.joined
            self.leave(peer)

    def leave(self, peer: Peer) -> None:
        """Stay, reset, close half or close; who stayed longest goes when there are too many."""
        way = peer.choose.choice(["stay", "stay", "reset", "half", "close"])
        if way == "reset":
            peer.reset()
        elif way == "close":
            peer.socket.close()
        else:
            with contextlib.suppress(OSError):
                if way == "half":
                    peer.socket.shutdown(system.SHUT_WR)
            self.kept.append(peer)
            if len(self.kept) > self.given["open"]:
                self.kept.popleft().socket.close()


def fail(raised: threading.ExceptHookArgs) -> None:
    """End with what a thread raised: it is a mistake in an attack."""
    traceback.print_exception(raised.exc_value)
    os._exit(1)


def main() -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    hostile = Hostile(json.loads(sys.argv[1]))
    threading.excepthook = fail
    for index in range(THREADS):
        choose = random.Random(hostile.given["seed"] * THREADS + index)
        threading.Thread(target=hostile.attack, args=[choose], daemon=True).start()
    sys.stdin.read()
    print(json.dumps({"kept": len(hostile.kept), **hostile.done}), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
