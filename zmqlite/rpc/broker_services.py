"""The services that a broker has itself: listing and health as of a server, and statistics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from . import schema, wire
from .status import Executed, RpcError, Status
from .wire import Kind


def _list(broker: Any, payload: bytes, now: int) -> Any:
    names = [schema.SERVER.full_name, schema.BROKER.full_name]
    names += (name for name, queue in broker.queues.items() if queue.pools)
    files = {schema.FILE.SerializeToString(): None}
    for member in broker.members.values():
        files |= dict.fromkeys(schema.Registration.FromString(member.registration).files)
    return schema.ListReply(services=names, files=[*files])


def _health(broker: Any, payload: bytes, now: int) -> Any:
    name = schema.HealthRequest.FromString(payload).service
    queue = broker.queues.get(name)
    if name and queue is None and not name.startswith(f"{schema.PACKAGE}."):
        raise RpcError(Status.NOT_FOUND, f"no server has registered for {name}")
    serving = not broker.draining and (queue is None or bool(queue.pools))
    return schema.HealthReply(serving=serving)


def _statistics(broker: Any, payload: bytes, now: int) -> Any:
    reply = schema.StatisticsReply(uptime=now - broker.born)
    for queue in broker.queues.values():
        members = [member for pool in queue.pools for member in pool.members]
        reply.services.add(
            service=queue.name,
            servers=len(members),
            waiting=len(queue.waiting),
            under_way=sum(call.queue is queue for one in members for call in one.calls.values()),
            **{name: getattr(queue, name) for name in _COUNTS},
        )
    return reply


_COUNTS: Final = ("calls", "failed", "refused", "waited", "lasted")


def _answering(method: Callable[[Any, bytes, int], Any]) -> Callable[..., list[Any]]:
    def answer(broker: Any, parts: list[Any], call: bytes, now: int) -> list[Any]:
        try:
            reply = method(broker, b"".join(map(bytes, parts[2:])), now)
            return [parts[0], wire.head(Kind.REPLY, call), reply.SerializeToString()]
        except RpcError as error:
            return [parts[0], wire.status(call, error)]
        except Exception:  # protobuf's implementations raise different classes
            text = "the request does not parse"
            bad = RpcError(Status.INVALID_ARGUMENT, text, executed=Executed.NO)
            return [parts[0], wire.status(call, bad)]

    return answer


METHODS: Final = {
    f"/{service.full_name}/{name}": _answering(method)
    for service, name, method in (
        (schema.SERVER, "List", _list),
        (schema.SERVER, "Health", _health),
        (schema.BROKER, "Statistics", _statistics),
    )
}
"""By the full names of methods: what takes a request to a broker, and returns the answer."""
