"""ZMTP as a peer speaks it that wants to: frames, handshakes and boxes, right or wrong."""

from __future__ import annotations

import ctypes
import random
import socket as system
import struct
import time

import zmqlite as zmq

MORE, LONG, COMMAND = 1, 2, 4
RESET = struct.pack("ii", 1, 0)  # a linger of 0 s: close() resets the connection
PARTNERS = {"PUB": "SUB", "XPUB": "SUB", "SUB": "PUB", "XSUB": "PUB", "PUSH": "PULL"}
PARTNERS |= {"PULL": "PUSH", "REQ": "REP", "REP": "REQ", "DEALER": "ROUTER", "ROUTER": "DEALER"}

try:
    sodium: ctypes.CDLL | None = ctypes.CDLL("libsodium.so.23")
except OSError:  # then nobody gets through CURVE's handshake, and only what is before it is tried
    sodium = None


def seal(text: bytes, nonce: bytes, public: bytes, secret: bytes) -> bytes:
    """A box of CURVE."""
    assert sodium is not None
    box = ctypes.create_string_buffer(len(text) + 16)
    sodium.crypto_box_easy(box, text, ctypes.c_ulonglong(len(text)), nonce, public, secret)
    return box.raw


def unseal(box: bytes, nonce: bytes, public: bytes, secret: bytes) -> bytes:
    assert sodium is not None
    text = ctypes.create_string_buffer(len(box) - 16)
    if sodium.crypto_box_open_easy(text, box, ctypes.c_ulonglong(len(box)), nonce, public, secret):
        raise OSError("the server sent another box")
    return text.raw


def raw_keys() -> tuple[bytes, bytes]:
    """A public and a secret key."""
    public, secret = zmq.curve_keypair()
    return zmq.z85_decode(public), zmq.z85_decode(secret)


def greeting(mechanism: bytes, version: bytes = b"\x03\x01", as_server: int = 0) -> bytes:
    return b"\xff" + bytes(8) + b"\x7f" + version + struct.pack("20sB31x", mechanism, as_server)


def frame(flags: int, body: bytes, length: int | None = None) -> bytes:
    """A frame, if wanted with a length that is not that of its body."""
    length = len(body) if length is None else length
    if length > 255:
        return struct.pack(">BQ", flags | LONG, length) + body
    return bytes([flags, length]) + body


def command(name: bytes, body: bytes = b"") -> bytes:
    return bytes([len(name)]) + name + body


def pairs(*named: tuple[bytes, bytes]) -> bytes:
    """Metadata."""
    return b"".join(command(name, struct.pack(">I", len(value)) + value) for name, value in named)


def mutate(choose: random.Random, data: bytes) -> bytes:
    """Change, remove, insert or repeat some bytes."""
    new = bytearray(data)
    for _ in range(choose.randint(1, 3)):
        at = choose.randrange(len(new) + 1)
        size = choose.choice([1, 1, 1, 2, 8, 64])
        some = choose.choice([choose.randbytes(size), b"\xff" * size, bytes(size), b""])
        new[at : at + choose.choice([size, len(some)])] = choose.choice([some, bytes(new[at:])])
    return bytes(new)


class Peer:
    """One connection to a socket of the server; `mutant` changes what it says, `slow` drips it."""

    mutant = slow = joined = False

    def __init__(
        self, endpoint: str, kind: str, mechanism: bytes, server_key: bytes, choose: random.Random
    ) -> None:
        self.kind, self.mechanism, self.server_key = kind, mechanism, server_key
        self.choose = choose
        self.pick = choose.choice
        tcp = endpoint.startswith("tcp")
        self.socket = system.socket(system.AF_INET if tcp else system.AF_UNIX)
        self.socket.settimeout(0.2)
        address = endpoint.partition("://")[2]
        host, _, port = address.partition(":")
        self.socket.connect((host, int(port)) if tcp else address)
        self.box: tuple[bytes, bytes] | None = None  # keys, once CURVE's handshake is done
        self.nonce = 2

    def send(self, data: bytes) -> None:
        if self.mutant and self.choose.random() < 0.3:
            data = mutate(self.choose, data)
        if self.slow:
            for at in range(min(len(data), 100)):
                self.socket.sendall(data[at : at + 1])
                time.sleep(0.001)
            data = data[100:]
        self.socket.sendall(data)

    def reset(self) -> None:
        self.socket.setsockopt(system.SOL_SOCKET, system.SO_LINGER, RESET)
        self.socket.close()

    def take(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            # A server that took this for an older version may seem to tell a length of exabytes.
            some = self.socket.recv(min(count - len(data), 65_536))
            if not some:
                raise OSError("the server hung up")
            data += some
        return data

    def take_frame(self) -> bytes:
        flags = self.take(1)[0]
        return self.take(struct.unpack(">Q", self.take(8))[0] if flags & LONG else self.take(1)[0])

    def greet(self) -> None:
        self.send(greeting(self.mechanism))
        self.take(64)

    def metadata(self) -> bytes:
        kind = PARTNERS.get(self.kind, self.kind)
        return pairs((b"Socket-Type", kind.encode()), (b"Identity", b""))

    def hello(self) -> bytes:
        """The first command after the greeting."""
        if self.mechanism == b"PLAIN":
            return command(b"HELLO", command(b"good") + command(b"password"))
        if self.mechanism == b"CURVE" and sodium:
            self.public, self.secret = raw_keys()
            nonce = struct.pack(">Q", 1)
            box = seal(bytes(64), b"CurveZMQHELLO---" + nonce, self.server_key, self.secret)
            return command(b"HELLO", b"\x01\x00" + bytes(72) + self.public + nonce + box)
        return command(b"READY", self.metadata())

    def initiate(self, metadata: bytes, vouch: bytes | None = None) -> bytes:
        """The next command, after the server's answer."""
        if self.mechanism == b"NULL" or not (sodium or self.mechanism == b"PLAIN"):
            return command(b"READY", metadata)
        welcome = self.take_frame()
        if self.mechanism == b"PLAIN":
            return command(b"INITIATE", metadata)
        text = unseal(welcome[24:], b"WELCOME-" + welcome[8:24], self.server_key, self.secret)
        self.box = text[:32], self.secret
        public, secret = raw_keys()
        nonce = self.choose.randbytes(16)
        sealed = seal(self.public + self.server_key, b"VOUCH---" + nonce, text[:32], secret)
        inner = public + (nonce + sealed if vouch is None else vouch) + metadata
        short = struct.pack(">Q", 2)
        box = seal(inner, b"CurveZMQINITIATE" + short, *self.box)
        return command(b"INITIATE", text[32:] + short + box)

    def join(self, metadata: bytes | None = None) -> None:
        """The whole handshake, until messages may be sent."""
        self.greet()
        if self.mechanism != b"NULL":
            self.send(frame(COMMAND, self.hello()))
        metadata = self.metadata() if metadata is None else metadata
        self.send(frame(COMMAND, self.initiate(metadata)))
        self.take_frame()
        self.joined = True

    def pack(self, body: bytes, flags: int = 0) -> bytes:
        """A frame of a message or a command, in a box where the session has them."""
        if self.box is None:
            return frame(flags, body)
        self.nonce += 1
        short = struct.pack(">Q", self.nonce)
        inner = bytes([flags & MORE | (flags & COMMAND) // 2]) + body
        box = seal(inner, b"CurveZMQMESSAGEC" + short, *self.box)
        return frame(0, command(b"MESSAGE", short + box))
