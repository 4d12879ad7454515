"""The scenarios of this group: which programs run together, and what they must print."""

from __future__ import annotations

from ..scenario import Part, Scenario

ANY_PORT = "tcp://127.0.0.1:*"
BOUND = (r"bound (?P<endpoint>\S+)",)


def _part(
    name: str,
    command: str,
    *expect: str,
    ready: tuple[str, ...] = (),
    endless: bool = False,
) -> Part:
    return Part(name, f"examples.proto.{command}", ready, expect, endless)


FEED = Scenario(
    "typed-feed",
    "a feed of typed messages from a publisher to a subscriber",
    (
        _part(
            "publisher",
            f"feed_publisher --bind {ANY_PORT} --count {{count}} --interval {{interval}}",
            "published {count} messages",
            ready=BOUND,
        ),
        _part(
            "subscriber",
            "feed_subscriber --connect {endpoint}",
            r"received item {count}, sent at \d+",
            "received {count} messages",
        ),
    ),
    values={"count": 10, "interval": 200},
    fast={"interval": 0},
)

LOGGING = Scenario(
    "typed-logging",
    "services log typed records, a collector publishes alerts by type",
    (
        _part(
            "collector",
            f"log_collector --bind {ANY_PORT} --alerts {ANY_PORT}",
            "app: {count} records, {errors} errors",
            "web: {count} records, {errors} errors",
            ready=(*BOUND, r"alerts at (?P<alerts>\S+)"),
        ),
        _part("pager", "log_pager --connect {alerts}", "{alarms} alerts", ready=("connected",)),
        _part("app", "log_service --connect {endpoint} --name app --count {count}"),
        _part("web", "log_service --connect {endpoint} --name web --count {count}"),
    ),
    values={"count": 6, "errors": 2, "alarms": 4},
)

SERVICE = Scenario(
    "typed-service",
    "typed requests and replies, errors included",
    (
        _part("server", f"square_server --bind {ANY_PORT}", "ended", ready=BOUND, endless=True),
        _part(
            "client",
            "square_client --connect {endpoint} -- 2 9 -1",
            r"2 -> 1\.414",
            "9 -> 3",
            "-1 -> ValueError",
            "garbage -> DecodeError",
        ),
    ),
)

IMAGES = Scenario(
    "typed-images",
    "numpy arrays beside a typed header, without a copy",
    (
        _part(
            "sender",
            f"image_sender --bind {ANY_PORT} --count {{count}}",
            "sent {count} images",
            ready=BOUND,
        ),
        _part(
            "receiver",
            "image_receiver --connect {endpoint}",
            r"image {count}: \(480, 640, 3\), mean {count}\.0",
            "received {count} images",
        ),
    ),
    values={"count": 5},
)

SCENARIOS = (FEED, LOGGING, SERVICE, IMAGES)
