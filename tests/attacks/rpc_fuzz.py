"""Frames for both ends of a service: valid ones that were damaged, and random ones.

A server and a client without sockets are given them, in any order; what the server takes is
executed. Nothing may be raised, and what both keep has to stay within its bounds.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from typing import Any

import zmqlite as zmq
from zmqlite import rpc
from zmqlite.rpc import hosting, requests, serving, wire
from zmqlite.rpc.calling import ClientCall, Link
from zmqlite.rpc.serving import Happened

from .program import begin, end
from .rpc_service import SERVICE, Note

CALLS = 50
METHODS = ("Once", "Repeat", "Count", "Nothing")
KINDS = (*wire.Kind, 0, 11, 2**31 - 1)
VALUES: dict[str, Any] = {
    "timeout": (0, 1, 50, 2**32 - 1),
    "attachments": (0, 1, 2, 2**32 - 1),
    "credit": (0, 1, 5, 2**32 - 1),
    "status": (0, 5, 14, 99, -1, 2**31 - 1),
    "message": ("", "why"),
    "executed": (0, 1, 2, 7),
    "version": (0, 1, 2),
    "limit": (0, 1, 1000),
    "metadata": ({}, {"a": "b"}, {"": "x" * 300}),
    "details": ([], [{"type_url": "x", "value": b"y"}]),
}


class Handlers:
    def once(self, request: Any, call: rpc.Call) -> Any:
        call.reply_metadata.update(call.metadata)
        call.reply_attachments += call.attachments
        if request.number % 5 == 4:
            raise rpc.RpcError(rpc.Status.ABORTED, "no", [request])
        return request

    repeat = once

    def count(self, request: Any, call: rpc.Call) -> Any:
        return iter(())


class Stub(requests.Caption):
    DESCRIPTOR = SERVICE
    _CLIENT = requests.Caller


def damaged(frame: bytes) -> bytes:
    """Change some bytes of a frame."""
    data = bytearray(frame)
    for _ in range(random.choice((0, 0, 1, 3))):
        place = random.randrange(len(data) + 1)
        match random.randrange(4):
            case 0:
                data[place:place] = random.randbytes(3)
            case 1:
                del data[place : place + random.randrange(5)]
            case 2:
                data[place : place + 1] = random.randbytes(1)
            case _:
                data += random.randbytes(4)
    return bytes(data)


def message(ids: list[bytes], incarnation: bytes) -> list[bytes]:
    """A message of a client or a server, mostly one that it might send."""
    name = random.choice((*ids[-5:], b"", random.randbytes(16), bytes(65)))
    method = f"/faults.Faults/{random.choice(METHODS)}"
    fields: dict[str, Any] = {"kind": int(random.choice(KINDS)), "id": name, "method": method}
    fields["incarnation"] = random.choice((incarnation, incarnation, b"", b"other"))
    for key in random.sample(sorted(VALUES), random.randrange(4)):
        fields[key] = random.choice(VALUES[key])
    payload = Note(number=random.randrange(9)).SerializeToString()
    frames = [wire.more(**fields), *([payload] * random.choice((0, 1, 1, 1, 2, 70)))]
    return [damaged(frame) if random.random() < 0.2 else frame for frame in frames]


def execute(server: hosting.Host, call: serving.ServerCall, now: int) -> None:
    if not call.claim():
        return
    try:
        result = server._begin(call)
        if call.method.streaming:
            server._protocol.item(call, b"")
            server._protocol.end(call, call.seen.reply_metadata, now)
        else:
            server._protocol.reply(call, *server._encode(call, result), now)
    except Exception as error:
        server._protocol.fail(call, server._error(call, error), now)


def main(seconds: float) -> None:
    counts: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    context = zmq.Context()
    server = hosting.Host(context, rpc.Service(SERVICE, Handlers()), calls=CALLS, limit=1000)
    client = requests.Caller(context, "tcp://a", "tcp://b", timeout=1000)
    methods = Stub(client)._methods
    calls: list[ClientCall] = []
    ids = [bytes(16)]
    now, stop = 0, time.monotonic() + seconds
    while time.monotonic() < stop:
        now += random.choice((0, 0, 1, 5, 100))
        counts["rounds"] += 1
        to_server(server, [b"route", *message(ids, server._protocol.incarnation)], now, ids)
        link = random.choice(client._protocol.links)
        to_client(client, link, message([call.id for call in calls] or ids, b"x"), now)
        if random.random() < 0.3:
            bound_method = methods[random.choice(sorted(methods))]
            calls.append(client._begin(bound_method, Note(), timeout=random.choice((1, 500, -1))))
        if len(calls) > 20:
            client._protocol.cancel(calls.pop(0))
        for frames in client._protocol.outgoing:
            to_server(server, [b"known", *map(bytes, frames[1])], now, ids)
        client._protocol.outgoing.clear()
        client._protocol.news.clear()
        look_at(calls, counts)
        calls = [call for call in calls if not call.ended]
        if random.random() < 0.02:
            client._protocol.lost(link, now)
            client._protocol.opened(link)
        server._protocol.tick(now)
        client._protocol.tick(now)
        protocol = server._protocol
        faults["too many"] += protocol.unfinished > CALLS
        faults["too much"] += protocol._kept > serving.REMEMBERED_BYTES
    faults["left"] = sum(len(link.calls) > 40 for link in client._protocol.links)
    context.term()
    end(
        dict(counts),
        {key.replace(" ", "_"): faults[key] for key in ("too many", "too much", "left")},
    )


def look_at(calls: list[ClientCall], counts: Counter[str]) -> None:
    """Do what callers do with what has come."""
    for call in calls:
        counts["answers"] += call.ended
        if call.method.streaming:
            call.items.clear()
        if call.ended and call.error is None:
            try:
                requests.result(call)
            except rpc.RpcError:
                counts["unreadable"] += 1


def to_server(server: hosting.Host, parts: list[wire.Part], now: int, ids: list[bytes]) -> None:
    event = server._protocol.receive(parts, now)
    if event is not None and event[0] is Happened.BEGIN:
        ids.append(event[1].id)
        del ids[:-20]
        if random.random() < 0.9:
            execute(server, event[1], now)
    server._protocol.outgoing.clear()


def to_client(client: requests.Caller, link: Link, parts: list[bytes], now: int) -> None:
    if random.random() < 0.1:
        hello = {"kind": 2, "version": 1, "incarnation": b"x", "limit": 1000}
        client._protocol.receive(link, [wire.more(**hello)], now)
    client._protocol.receive(link, parts, now)


if __name__ == "__main__":
    main(begin(__doc__, 10).seconds)
