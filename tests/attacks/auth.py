"""What zmqlite.auth is attacked with: strangers in numbers, forged and stale answers, its own end.

requests   malformed and random requests to the handler, while clients come and go
stale      callables that say yes when their time is over
replay     the recorded bytes of a client that was let in
clients    many CURVE clients at once, half of whom are denied; the others wait as without a policy
passwords  many PLAIN clients at once, each with a password of its own or a wrong one
stuck      callables that never return, for more clients than there are threads
killed     the handler's thread is killed while clients come
forged     peers without security that claim a user id
"""

from __future__ import annotations

import contextlib
import ctypes
import random
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

import zmqlite as zmq
from zmqlite import auth, proto

from .program import DEADLINE, begin, end, eventually

WAIT = int(DEADLINE * 1000)
ZAP = "inproc://zeromq.zap.01"
SERVER, ANNA, BERT = (auth.Certificate.generate() for _ in range(3))
SLOWER = 1.1  # how much longer clients may wait with a policy
ROUNDS = 3

Counts = dict[str, int]


@contextlib.contextmanager
def contexts() -> Iterator[tuple[zmq.Context, zmq.Context]]:
    """One for the server and one for its clients."""
    with (
        zmq.Context(linger=0, max_sockets=10_000) as here,
        zmq.Context(linger=0, max_sockets=10_000) as there,
    ):
        yield here, there


def server_of(here: zmq.Context, allow: Any) -> tuple[zmq.Socket, str]:
    server = here.socket(zmq.PULL, rcvhwm=0, backlog=10_000)
    auth.curve_server(server, SERVER, allow=allow)
    return server, server.bind("tcp://127.0.0.1:*")


def client_of(there: zmq.Context, own: auth.Certificate, endpoint: str) -> zmq.Socket:
    client = there.socket(zmq.PUSH)
    auth.curve_client(client, own, SERVER)
    client.connect(endpoint)
    return client


def gets_in(there: zmq.Context, own: auth.Certificate, endpoint: str, wait: int = WAIT) -> bool:
    with there.socket(zmq.PUSH) as client:
        auth.curve_client(client, own, SERVER)
        try:
            auth.connect(client, endpoint, wait, interval=None)
        except (zmq.SecurityError, zmq.Timeout):
            return False
        return True


def random_request() -> list[bytes]:
    """Frames that are almost a request, or nothing like it."""
    key = random.choice((ANNA, BERT)).public_key
    frames = [b"", b"1.0", b"1", b"d", b"127.0.0.1", b"", b"CURVE", zmq.z85_decode(key)]
    for _ in range(random.randrange(4)):
        place = random.randrange(len(frames) + 1)
        choice = random.randrange(3)
        if choice == 0:
            frames.insert(place, random.randbytes(random.randrange(40)))
        elif choice == 1 and len(frames) > 1:
            del frames[place - 1]
        else:
            frames[place - 1] = random.choice((b"", b"PLAIN", b"NULL", random.randbytes(32)))
    return frames


def requests(seconds: float, clients: int) -> tuple[Counts, Counts]:
    limit, asked, answered, wrong = time.monotonic() + seconds, 0, 0, 0
    with contexts() as (here, there):
        server, endpoint = server_of(here, {ANNA.public_key})
        with server, here.socket(zmq.DEALER, sndhwm=0, rcvhwm=0) as attacker:
            attacker.connect(ZAP)
            while time.monotonic() < limit:
                for _ in range(500):
                    attacker.send_multipart(random_request())
                    asked += 1
                wrong += not gets_in(there, ANNA, endpoint)
                wrong += gets_in(there, BERT, endpoint)
                with contextlib.suppress(zmq.Again):
                    while True:
                        attacker.recv_multipart(zmq.DONTWAIT)
                        answered += 1
    return {"requests": asked, "answered": answered}, {"wrong": wrong}


def stale(seconds: float, clients: int) -> tuple[Counts, Counts]:
    """Say yes too late: nobody may come in by that answer."""
    asked, came_in = 0, 0

    def allow(*_: object) -> bool:
        time.sleep(0.5)
        return True

    limit = time.monotonic() + seconds
    with contexts() as (here, there), auth.Authenticator(here, timeout=100) as authenticator:
        server, endpoint = server_of(here, allow)
        with server:
            while time.monotonic() < limit:
                came_in += gets_in(there, ANNA, endpoint, 800)
            asked = authenticator.statistics().undecided
            came_in += authenticator.statistics().accepted
    return {"late": asked}, {"came_in": came_in, "never_asked": int(not asked)}


def replay(seconds: float, clients: int) -> tuple[Counts, Counts]:
    """Record what a client sends, and send it again, whole and in parts."""
    limit, replays = time.monotonic() + seconds, 0
    with contexts() as (here, there):
        server, endpoint = server_of(here, {ANNA.public_key})
        port = int(endpoint.rpartition(":")[2])
        with server, socket.create_server(("127.0.0.1", 0)) as between:
            client = client_of(there, ANNA, f"tcp://127.0.0.1:{between.getsockname()[1]}")
            client.send(b"once")
            recorded = record(between, port)
            once = server.recv(timeout=WAIT) == b"once"
            client.close()
            while time.monotonic() < limit:
                with socket.create_connection(("127.0.0.1", port)) as again:
                    again.settimeout(0.2)
                    with contextlib.suppress(OSError):
                        for part in recorded:
                            again.sendall(part)
                            again.recv(4096)
                replays += 1
            again_in = server.poll(500)
            accepted = here._owner.policies.authenticator.statistics().accepted
    faults = {"came_in": int(bool(again_in)) + accepted - 1, "not_recorded": int(not once)}
    return {"replays": replays}, faults


def record(between: socket.socket, port: int) -> list[bytes]:
    """Pass on what a client and the server send until they are silent; what the client sent."""
    recorded = []
    client, _ = between.accept()
    with client, socket.create_connection(("127.0.0.1", port)) as server:
        ends = {client: server, server: client}
        for each in ends:
            each.settimeout(0.05)
        silent = time.monotonic() + 1
        while time.monotonic() < silent:
            for source, target in ends.items():
                with contextlib.suppress(TimeoutError):
                    if part := source.recv(65536):
                        target.sendall(part)
                        silent = time.monotonic() + 1
                        if source is client:
                            recorded.append(part)
    return recorded


def last_wait(allow: Any, known: list[auth.Certificate], others: list[auth.Certificate]) -> Any:
    """How long the last of the known ones waits until its message is there; who else sent one."""
    mixed = [each for pair in zip(known, others, strict=True) for each in pair]
    wanted = {each.public_key for each in known}
    with contexts() as (here, there):
        server, endpoint = server_of(here, allow)
        with server, contextlib.ExitStack() as stack:
            start = time.monotonic()
            for each in mixed:
                client = stack.enter_context(client_of(there, each, endpoint))
                client.send(each.public_key)
            strangers = 0
            while wanted:
                key = server.recv(timeout=6 * WAIT)
                strangers += key not in wanted
                wanted.discard(key)
            waited = time.monotonic() - start
            keys = {each.public_key for each in others}
            while server.poll(300):
                strangers += server.recv() in keys
            return waited, strangers


def many(seconds: float, clients: int) -> tuple[Counts, Counts]:
    made = [auth.Certificate.generate() for _ in range(clients)]
    known, others = made[::2], made[1::2]
    keys = {each.public_key for each in known}
    ratios, strangers = [], 0
    for _ in range(4 * ROUNDS):
        without, _ = last_wait(auth.ANYONE, known, others)
        waited, came_in = last_wait(keys, known, others)
        strangers += came_in
        ratios.append(waited / without)
        if len(ratios) >= ROUNDS and min(ratios) <= SLOWER:
            break  # a busy machine makes a round slow, and not all of them
    best = min(ratios)
    counts = {"clients": clients, "percent": round(100 * best)}
    return counts, {"came_in": strangers, "slower": int(best > SLOWER)}


def passwords(seconds: float, clients: int) -> tuple[Counts, Counts]:
    hashes = {f"user{number}": auth.hash_password(f"word{number}") for number in range(clients)}
    start = time.monotonic()
    with contexts() as (here, there), here.socket(zmq.PULL) as server:
        authenticator = auth.plain_server(server, allow=hashes)
        endpoint = server.bind("tcp://127.0.0.1:*")
        with contextlib.ExitStack() as stack:
            for number in range(clients):
                client = stack.enter_context(there.socket(zmq.PUSH))
                wrong = "x" * (number % 2)
                auth.plain_client(client, f"user{number}", f"word{number}{wrong}")
                client.connect(endpoint)
                client.send(b"%d" % number)
            got = [int(server.recv(timeout=6 * WAIT)) for _ in range(0, clients, 2)]
            eventually(lambda: authenticator.statistics().denied == clients // 2)
            denied = authenticator.statistics().denied
    counts = {"clients": clients, "ms": round(1000 * (time.monotonic() - start))}
    came_in = sum(number % 2 for number in got)
    return counts, {"came_in": came_in, "lost": clients - len(got) - denied}


def stuck(seconds: float, clients: int) -> tuple[Counts, Counts]:
    never, asked = threading.Event(), []

    def allow(domain: str, address: str, key: bytes) -> bool:
        asked.append(key)
        never.wait()
        return False

    with contexts() as (here, there), auth.Authenticator(here, timeout=200) as authenticator:
        slow, hanging = server_of(here, allow)
        fast, endpoint = server_of(here, {ANNA.public_key})
        with slow, fast, contextlib.ExitStack() as stack:
            for _ in range(30):
                stack.enter_context(client_of(there, ANNA, hanging))
            wrong = int(not eventually(lambda: authenticator.statistics().undecided >= 30))
            wrong += sum(not gets_in(there, ANNA, endpoint) for _ in range(20))
            threads = sum(each.name == "zmqlite.auth" for each in threading.enumerate())
        never.set()
    return {"asked": len(asked), "threads": threads}, {"wrong": wrong, "many": int(threads > 8)}


def killed(seconds: float, clients: int) -> tuple[Counts, Counts]:
    """Raise SystemExit in the handler's thread; from then on nobody may come in."""
    limit, times, wrong = time.monotonic() + seconds, 0, 0
    while time.monotonic() < limit or not times:
        with contexts() as (here, there):
            server, endpoint = server_of(here, {ANNA.public_key})
            with server, contextlib.ExitStack() as stack:
                wrong += not gets_in(there, ANNA, endpoint)
                [thread] = [each for each in threading.enumerate() if "_serve" in each.name]
                for _ in range(20):
                    stack.enter_context(client_of(there, BERT, endpoint))
                exit_in = ctypes.c_ulong(thread.ident or 0)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(exit_in, ctypes.py_object(SystemExit))
                with here.socket(zmq.DEALER) as waking:
                    waking.connect(ZAP)
                    with contextlib.suppress(zmq.Again):  # it is dead already
                        waking.send(b"", zmq.DONTWAIT)
                    policies = here._owner.policies
                    wrong += not eventually(lambda: policies.authenticator is None)  # noqa: B023
                wrong += gets_in(there, ANNA, endpoint, 300)
                wrong += server.poll(0) != 0
        times += 1
    return {"killed": times}, {"wrong": wrong}


GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x01" + b"NULL".ljust(20, b"\0") + bytes(32)


def ready(**properties: bytes) -> bytes:
    """The READY command of a peer without security."""
    body = b"\x05READY"
    for name, value in properties.items():
        key = name.replace("_", "-").encode()
        body += bytes([len(key)]) + key + len(value).to_bytes(4, "big") + value
    return b"\x04" + bytes([len(body)]) + body


def forged(seconds: float, clients: int) -> tuple[Counts, Counts]:
    claimed = believed = 0
    with contexts() as (here, _):
        for checked in (False, True):
            with here.socket(zmq.PULL) as server:
                if checked:
                    auth.null_server(server, allow=auth.Policy(null=auth.ANYONE))
                port = int(server.bind("tcp://127.0.0.1:*").rpartition(":")[2])
                with socket.create_connection(("127.0.0.1", port)) as forger:
                    forger.sendall(GREETING + ready(Socket_Type=b"PUSH", User_Id=b"anna"))
                    answer = b""
                    while b"READY" not in answer:  # before which no message may come
                        answer += forger.recv(4096)
                    forger.sendall(b"\x01\x00\x00\x02hi" * 2)
                    message = server.recv_message(timeout=WAIT)
                    server.recv(timeout=WAIT)
                    typed = proto.TypedSocket(server, proto.Bare(Timestamp, attachments=1))
                    envelope = typed.recv_envelope(timeout=WAIT)
                user = message.metadata("User-Id")
                claimed += user == "anna"
                believed += envelope.user_id == "anna" or (checked and user != "")
    return {"claimed": claimed}, {"believed": believed, "not_tried": int(not claimed)}


MODES: dict[str, Callable[[float, int], tuple[Counts, Counts]]] = {
    "requests": requests,
    "stale": stale,
    "replay": replay,
    "clients": many,
    "passwords": passwords,
    "stuck": stuck,
    "killed": killed,
    "forged": forged,
}


def main() -> None:
    arguments = begin(
        __doc__,
        60,
        modes={"nargs": "+", "choices": MODES, "metavar": "MODE", "default": list(MODES)},
        clients={"type": int, "default": 1000, "help": "how many at once (%(default)s)"},
    )
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    counts: dict[str, object] = {}
    faults: Counts = {}
    for mode in arguments.modes:
        clients = arguments.clients if mode == "clients" else min(100, arguments.clients)
        found, wrong = MODES[mode](arguments.seconds / len(arguments.modes), clients)
        counts |= {f"{mode}_{name}": value for name, value in found.items()}
        faults |= {f"{mode}_{name}": value for name, value in wrong.items()}
    end(counts, faults)


if __name__ == "__main__":
    main()
