"""Peers that speak broken ZMTP to every socket type, with good peers beside them.

Two servers run at the same time, each with good peers of its own; another process attacks one of
them. Its good peers have to be served all the time, it must neither grow nor keep descriptors, and
its threads must not be much later than those of the other server. What libzmq cannot withstand is
in KNOWN, and has to be as it is described there and in docs/howto/strangers.md.
"""

from __future__ import annotations

import contextlib
import functools
import json
import random
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self, TypeAlias

import zmqlite as zmq

from .hostile_peers import ATTACKS
from .hostile_server import TELLS, TYPED, good
from .hostile_wire import COMMAND, MORE, PARTNERS, Peer, command, frame
from .program import DEADLINE, begin, end, eventually

SERVERS = ("reactor", "dispatcher", "asyncio")
MECHANISMS = ("NULL", "PLAIN", "CURVE")
TYPES = (*PARTNERS, "PAIR", "STREAM")
KEEP = {"PAIR", "PUSH"}
"""Types that keep connections of peers that have gone, see KNOWN: attacked apart and shortly."""

SHORT = 20.0  # seconds
ROUND = 0.02  # seconds in which a good peer asks once
AGAIN = 0.5  # seconds after which it asks again
UNSERVED = 3 * DEADLINE  # seconds without an answer; REP loses many, see KNOWN
GROWTH = 32.0  # MiB
LOSSES = 10  # attempts

New: TypeAlias = Callable[..., Peer]
"""Makes a peer, over tcp, or over ipc where it is told so."""

Act: TypeAlias = Callable[[New], list[Peer] | None]
"""What makes peers and attacks with them; it returns them, or None if what it attacked was hit."""
LATE = 5, 200.0  # times as late as without attackers, and ms more, since it has much to do


class Child:
    """A program of this folder: it is given JSON, and answers lines with JSON."""

    def __init__(self, name: str, given: dict[str, Any]) -> None:
        argument = [sys.executable, "-m", f"tests.attacks.{name}", json.dumps(given)]
        self.process = subprocess.Popen(
            argument, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise EOFError(f"ended:{self.process.wait()}")
        return json.loads(line)

    def ask(self) -> Any:
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # the answer says it
            print(file=self.process.stdin, flush=True)
        return self.answer()

    def end(self) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


class Server(Child):
    """A server with its good peers, each of which has at most one question under way."""

    def __init__(self, context: zmq.Context, directory: str, given: dict[str, Any]) -> None:
        public, secret = zmq.curve_keypair()
        self.public = public.decode()
        self.mechanism: str = given["mechanism"]
        self.secret = secrets.token_hex(8).encode()
        self.reports = context.socket(zmq.PULL)
        security: dict[str, dict[str, Any]] = {
            "NULL": {},
            "PLAIN": {"plain_server": True},
            "CURVE": {"curve_server": True, "curve_secretkey": secret.decode()},
        }
        more = {"security": security[self.mechanism], "directory": directory}
        more |= {"reports": self.reports.bind("tcp://127.0.0.1:*"), "secret": self.secret.decode()}
        super().__init__("hostile_server", given | more)
        self.endpoints: dict[str, list[str]] = self.answer()
        self.poller = zmq.Poller()
        self.poller.register(self.reports, zmq.POLLIN)
        self.number: Counter[str] = Counter()
        self.asked: dict[str, float] = {}
        self.served: dict[str, float] = dict.fromkeys(given["types"], time.monotonic())
        self.counts: Counter[str] = Counter()
        self.slowest = 0.0
        self.prefix: list[bytes] = []
        self.kinds = {self.client(context, kind): kind for kind in given["types"]}

    def client(self, context: zmq.Context, kind: str) -> zmq.Socket:
        """The good peer of a type."""
        options: dict[str, Any] = {}
        if self.mechanism == "PLAIN" and kind != "STREAM":
            options = {"plain_username": "good", "plain_password": "password"}
        elif self.mechanism == "CURVE" and kind != "STREAM":
            public, secret = zmq.curve_keypair()
            options = {"curve_publickey": public, "curve_secretkey": secret}
            options["curve_serverkey"] = self.public.encode()
        partner = PARTNERS.get(kind, kind) if kind != "DEALER" else kind
        client = context.socket(getattr(zmq, partner), **options)
        if partner == "REQ":
            client.req_relaxed = client.req_correlate = True
        if partner == "SUB":
            client.subscribe(b"")
        client.connect(self.endpoints[kind][0])
        if kind == "STREAM":
            self.prefix = client.recv_multipart(timeout=int(DEADLINE * 1000))[:1]
        self.poller.register(client, zmq.POLLIN)
        return client

    def content(self, number: int) -> bytes:
        return good(self.secret + b"%d" % number)

    def play(self) -> None:
        """Ask, ask again, and take the answers that are there."""
        now = time.monotonic()
        for socket, kind in self.kinds.items():
            if kind not in TELLS and now > self.asked.get(kind, 0) + AGAIN:
                self.counts["again"] += kind in self.asked
                self.asked[kind] = now
                prefix = self.prefix if kind == "STREAM" else []
                socket.send_multipart([*prefix, self.content(self.number[kind])], zmq.DONTWAIT)
        while ready := self.poller.poll(0):
            for who, _ in ready:
                assert isinstance(who, zmq.Socket)
                self.take(who)
        self.slowest = max(self.slowest, now - min(self.served.values()))

    def take(self, socket: zmq.Socket) -> None:
        try:
            frames = socket.recv_multipart(zmq.DONTWAIT)
        except zmq.Again:  # an answer to what REQ has asked again since
            return
        kind = frames[0].decode() if socket is self.reports else self.kinds[socket]
        if kind == "STREAM":  # bytes without frames: the last question is at their end
            frames[-1] = frames[-1][-len(self.content(self.number[kind])) :]
        text = frames[-1].partition(self.secret)[2]
        number = int(text) if text.isdigit() else -1
        tells = kind in TELLS
        if kind == "REQ":
            socket.send(frames[-1])
        if frames[-1] != self.content(number) or (number > self.number[kind] and not tells):
            self.counts["wrong"] += 1
        elif number < self.number[kind]:
            self.counts["wrong"] += tells  # an answer to a question that was asked again is right
        else:
            self.number[kind] = number + 1
            self.served[kind] = time.monotonic()
            self.asked.pop(kind, None)
            self.counts["served"] += 1


def play(servers: list[Server], seconds: float) -> None:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        time.sleep(ROUND)
        for server in servers:
            server.play()


def attack(
    arguments: Any, mechanism: str, kinds: list[str], seconds: float
) -> tuple[str, Counter[str], Counter[str]]:
    """Attack one server of two; what is to be told, counts, and faults."""
    options = dict(zmq.FACING_STRANGERS) if arguments.options == "strangers" else {}
    given = {"types": kinds, "mechanism": mechanism, "server": arguments.server, "options": options}
    with (
        zmq.Context(linger=0) as context,
        tempfile.TemporaryDirectory(prefix="zl") as one,
        tempfile.TemporaryDirectory(prefix="zl") as two,
        Server(context, one, given) as attacked,
        Server(context, two, given) as beside,
    ):
        peers = {"endpoints": attacked.endpoints, "mechanism": mechanism, "public": attacked.public}
        peers |= {"attacks": arguments.attacks, "seed": arguments.seed, "open": arguments.open}
        try:
            return compare(attacked, beside, peers, seconds)
        except EOFError as error:
            return str(error), attacked.counts, Counter(died=1)


def compare(
    attacked: Server, beside: Server, peers: dict[str, Any], seconds: float
) -> tuple[str, Counter[str], Counter[str]]:
    servers = [attacked, beside]
    play(servers, 1)
    with Child("hostile_peers", peers) as hostile:
        play(servers, seconds / 3)
        warm, _ = (server.ask() for server in servers)
        play(servers, seconds * 2 / 3)
        busy, calm = (server.ask() for server in servers)
        done: Counter[str] = Counter(hostile.end())
    before = Counter(attacked.number)
    keeps = KEEP & set(attacked.endpoints)

    def left() -> int:
        """How many descriptors it has more than the other server; it reads what peers left."""
        play(servers, 0.5)
        return 0 if keeps else int(attacked.ask()[1] - beside.ask()[1])

    def served() -> bool:
        play(servers, 0.5)
        return all(attacked.number[kind] > before[kind] for kind in attacked.endpoints)

    back = eventually(served, UNSERVED)
    last = left()
    while last > 0 and eventually(functools.partial(lambda last: left() < last, last)):
        last = left()
    rest = attacked.ask()
    counts = Counter(attacks=done.total() - done["joined"] - done["kept"], joined=done["joined"])
    counts += attacked.counts
    faults = Counter(
        unserved=attacked.slowest > UNSERVED + beside.slowest or not back,
        wrong=counts.pop("wrong", 0),
        grown=rest[0] > warm[0] + GROWTH and not keeps,
        kept=last > 0,
        late=busy[3] > calm[3] * LATE[0] + LATE[1],
    )
    told = f"{warm[0]:.0f}:{busy[0]:.0f}:{rest[0]:.0f}MiB,{busy[1]}:{rest[1]}fds,"
    told += f"late:{busy[3]:.1f}:{calm[3]:.1f}ms,slowest:{attacked.slowest:.1f}s"
    return told, counts, faults


PING = frame(COMMAND, command(b"PING", b"\0\0"))


def fill(new: New, last: bytes = b"", ipc: bool = False) -> list[Peer]:
    """Fill the queue of a server that is slow to read, and vanish; over ipc without a reset."""
    for _ in range(3):
        peer = new(ipc)
        peer.join()
        peer.send(frame(0, b"") * 2500 + last)
        time.sleep(0.05)
        if ipc:
            peer.socket.close()
        else:
            peer.reset()
        time.sleep(0.6)
    return []


def fill_and_ping(new: New) -> list[Peer]:
    return fill(new, PING)


def fill_ping_and_close(new: New) -> list[Peer]:
    return fill(new, PING, ipc=True)


def send(data: bytes, times: int = 1, peers: int = 1) -> Callable[[New], list[Peer]]:
    """Peers that send something, which take a while, and stay."""

    def act(new: New) -> list[Peer]:
        made = []
        for _ in range(peers):
            peer = new()
            peer.socket.settimeout(DEADLINE)
            peer.join()
            time.sleep(0.02)
            with contextlib.suppress(ConnectionError):
                peer.send(data * times)
            made.append(peer)
        return made

    return act


def lose_reply(new: New) -> list[Peer] | None:
    """None if a request gets no reply, after a malformed one of a peer that has left.

    The server has to be late enough to find both, which it is not always on a busy machine.
    """
    peers = []
    for _ in range(LOSSES):
        peer = new()
        peer.join()
        peer.send(frame(0, b"no empty frame"))
        time.sleep(0.05)
        peer.socket.close()
        time.sleep(0.6)
        peers.append(new())
        peers[-1].socket.settimeout(1)
        peers[-1].join()
        peers[-1].send(frame(MORE, b"") + frame(0, b"question"))
        try:
            peers[-1].take_frame()
        except OSError:
            return None
    return peers


STRANGERS = dict(zmq.FACING_STRANGERS)
LONG = frame(0, bytes(1 << 26), 1 << 27)
KNOWN: list[tuple[str, dict[str, Any], Act, str]] = [
    # type, options, attack, outcome: see docs/howto/strangers.md for each
    ("PULL", STRANGERS, fill_and_ping, "dies"),
    ("PULL", {}, fill_and_ping, "dies"),
    ("PULL", {"rcvhwm": 0}, fill_and_ping, ""),
    ("PULL", STRANGERS, fill_ping_and_close, "dies"),
    ("PULL", {"heartbeat_ivl": 50, "heartbeat_timeout": 10_000}, fill, "dies"),
    ("PULL", STRANGERS, fill, ""),
    ("PULL", {}, send(LONG), "grows"),
    ("PULL", STRANGERS, send(LONG), ""),
    ("PULL", STRANGERS, send(frame(MORE, b"") * 10**6), "grows"),
    ("PUB", STRANGERS, send(b"".join(frame(0, b"\x01%d" % n * 9) for n in range(10**5))), "grows"),
    ("PAIR", STRANGERS, send(frame(0, b""), peers=20), "keeps"),
    ("PUSH", STRANGERS, send(frame(0, b""), 1000, peers=20), "keeps"),
    ("PUSH", {"rcvhwm": 0}, send(frame(0, b""), 1000, peers=20), ""),
    ("REP", STRANGERS, lose_reply, "loses"),
]


def outcome(kind: str, options: dict[str, Any], act: Act) -> str:
    """What an attack does to a server."""
    late = (fill, fill_and_ping, fill_ping_and_close, lose_reply)
    server = "delay" if act in late else "reactor"
    given = {"types": [kind], "mechanism": "NULL", "server": server, "options": options}
    given |= {"security": {}, "reports": "tcp://127.0.0.1:9", "secret": "?"}
    with tempfile.TemporaryDirectory(prefix="zl") as directory:
        return outcome_of(given | {"directory": directory}, act)


def outcome_of(given: dict[str, Any], act: Act) -> str:
    """The same, of a server that is told what to be."""
    [kind] = given["types"]
    with Child("hostile_server", given) as child:
        endpoints = child.answer()[kind]

        def new(ipc: bool = False) -> Peer:
            return Peer(endpoints[ipc], kind, b"NULL", b"", random.Random())

        try:
            memory, descriptors, *_ = child.ask()
            peers = act(new)
            if peers is None:
                return "loses"
            if eventually(lambda: child.ask()[0] > memory + GROWTH, 2):
                return "grows"
            for peer in peers:
                peer.socket.close()
            back = eventually(lambda: child.ask()[1] <= descriptors, DEADLINE / 2)
        except (OSError, EOFError):
            return "dies"
    return "" if back else "keeps"


def main() -> None:
    def several(values: Any) -> dict[str, Any]:
        return {"nargs": "*", "choices": list(values), "default": list(values)}

    arguments = begin(
        __doc__,
        60,
        types=several(TYPES),
        mechanisms=several(MECHANISMS),
        attacks=several([each.__name__ for each in ATTACKS]),
        server={"choices": SERVERS, "default": SERVERS[0]},
        options={"choices": ("strangers", "default"), "default": "strangers"},
        open={"type": int, "default": 2000, "help": "connections that stay open (%(default)s)"},
    )
    types = [k for k in arguments.types if arguments.server != "dispatcher" or k in TYPED]
    told: dict[str, object] = {}
    counts: Counter[str] = Counter()
    faults = Counter(dict.fromkeys(("died", "unserved", "wrong", "grown", "kept", "late"), 0))
    for mechanism in arguments.mechanisms:
        seconds = arguments.seconds / len(arguments.mechanisms)
        short = min(seconds / 5, SHORT)
        groups = [([k for k in types if k not in KEEP], seconds - short)]
        for kinds, time_of in [*groups, ([k for k in types if k in KEEP], short)]:
            if kinds:
                line, some, wrong = attack(arguments, mechanism, kinds, time_of)
                told[f"{mechanism}_{len(kinds)}_types"] = line
                counts += some
                faults.update(wrong)
    if not arguments.mechanisms:
        with ThreadPoolExecutor(7) as pool:
            outcomes = list(pool.map(lambda row: outcome(*row[:3]), KNOWN))
        for number, (row, got) in enumerate(zip(KNOWN, outcomes, strict=True)):
            told[f"{number}_{row[0]}"] = got or "withstands"
            faults["changed"] += got != row[3]
    end({**told, **counts}, faults)


if __name__ == "__main__":
    main()
