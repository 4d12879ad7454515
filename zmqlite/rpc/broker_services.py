"""The services that a broker has itself: listing and health as of a server, and statistics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from . import schema
from .status import Executed, RpcError, Status


def _list(broker: Any, request: bytes, now: int) -> Any:
    names = [schema.SERVER.full_name, schema.BROKER.full_name]
    files = {schema.FILE.SerializeToString(): None}
    for member in broker.members.values():
        names += (queue.name for queue in member.queues)
        files |= dict.fromkeys(member.files)
    return schema.ListReply(services=[*dict.fromkeys(names)], files=[*files])


def _health(broker: Any, request: bytes, now: int) -> Any:
    name = schema.HealthRequest.FromString(request).service
    queue = broker.queues.get(name)
    if name and queue is None and not name.startswith(f"{schema.PACKAGE}."):
        raise RpcError(Status.NOT_FOUND, f"no server has {name}", executed=Executed.YES)
    served = queue is None or any(queue in each.queues for each in broker.members.values())
    return schema.HealthReply(serving=served and not broker.draining)


def _statistics(broker: Any, request: bytes, now: int) -> Any:
    reply = schema.StatisticsReply(uptime=now - broker.born)
    for queue in broker.queues.values():
        members = [member for member in broker.members.values() if queue in member.queues]
        reply.services.add(
            service=queue.name,
            servers=len(members),
            waiting=len(queue.waiting),
            under_way=sum(call.queue is queue for one in members for call in one.calls.values()),
            **{name: getattr(queue, name) for name in _COUNTS},
        )
    return reply


_COUNTS: Final = ("calls", "failed", "refused", "waited", "lasted")

METHODS: Final[dict[str, Callable[[Any, bytes, int], Any]]] = {
    f"/{schema.SERVER.full_name}/List": _list,
    f"/{schema.SERVER.full_name}/Health": _health,
    f"/{schema.BROKER.full_name}/Statistics": _statistics,
}
"""By the full names of methods: what makes a reply of a broker, a serialised request and a time."""
