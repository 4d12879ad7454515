"""The scenarios of the Guide's programs by chapter and pattern, as README.md here lists them."""

from __future__ import annotations

from typing import Final

PATTERNS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "The Guide, chapter 1: the three basic patterns": {
        "Version": ("version",),
        "Request-reply": ("hello", "hello2", "hello3", "hello4"),
        "Publish-subscribe": ("weather",),
        "Pipeline": ("pipeline", "pipeline-mixed"),
    },
    "The Guide, chapter 2: sockets and patterns": {
        "Several sockets in one program": ("reader", "poller"),
        "Shared queue": ("broker", "queue", "broker-mixed", "queue-mixed"),
        "Publish-subscribe": ("weather-proxy",),
        "Pipeline with a kill signal": ("kill",),
        "Clean end": ("interrupt",),
        "Threads": ("threads", "relay"),
        "Synchronised publish-subscribe": ("sync",),
        "Envelopes": ("envelopes",),
    },
    "The Guide, chapter 3: advanced request-reply": {
        "Routing ids": ("identity",),
        "Load balancing": (
            *("rtreq", "rtdealer"),
            *("lbbroker", "lbbroker2", "lbbroker3", "lbbroker3_asyncio"),
        ),
        "Asynchronous client and server": ("asyncsrv",),
        "Federation of brokers": ("peering1", "peering2", "peering3"),
    },
    "The Guide, chapter 4: reliable request-reply": {
        "Lazy Pirate": ("lazy-pirate",),
        "Simple Pirate": ("simple-pirate",),
        "Paranoid Pirate": ("paranoid-pirate",),
        "Majordomo": ("majordomo", "majordomo-async"),
        "Service discovery": ("mmi",),
        "Titanic": ("titanic",),
        "Cost of round trips": ("tripping",),
        "Binary Star": ("bstar", "bstar2"),
        "Freelance": ("freelance1", "freelance2", "freelance3"),
    },
    "The Guide, chapter 5: advanced publish-subscribe": {
        "Espresso": ("espresso",),
        "Last value cache": ("pathological", "lvcache"),
        "Suicidal Snail": ("suisnail",),
        "Clone": ("kvmsg", "clone1", "clone2", "clone3", "clone4", "clone5", "clone6"),
    },
    "The Guide, chapter 7: file transfer": {
        "File transfer": ("fileio1", "fileio2", "fileio3"),
    },
    "The Guide, chapter 8: finding peers": {
        "Full queue": ("eagain",),
        "Discovery by UDP": ("udpping1", "udpping2", "udpping3"),
        "Chat without a server": ("dechat",),
    },
}
