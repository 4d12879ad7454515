"""The scenarios of this group: which programs run together, and what they must print."""

from __future__ import annotations

from ..scenario import Await, Part, Scenario

WATCH = Scenario(
    "watch",
    "a publisher with subscribers that come, are refused, and go",
    (
        Part(
            "publisher",
            "examples.watch.publisher --bind tcp://127.0.0.1:* --count {count}",
            ready=(r"bound (?P<endpoint>\S+) (?P<key>\w+)",),
            expect=(
                r"XPUB-\d+ has a new peer 127\.0\.0\.1:\d+ at tcp:\S+",
                r"XPUB-\d+ failed the handshake.* at tcp:\S+: ZMTP_CRYPTOGRAPHIC; the keys .*",
                r"XPUB-\d+ lost the connection.* at tcp:\S+",
                r"1 connected, [1-9]\d* failed",
            ),
        ),
        Part(
            "subscriber",
            "examples.watch.subscriber --connect {endpoint} --key {key}",
            expect=("received {count} messages",),
        ),
        Await("publisher", (r"XPUB-\d+ has a new peer .*",)),
        Part(
            "stranger",
            "examples.watch.subscriber --connect {endpoint}",
            expect=(r"refused: the server refused the keys: curve_serverkey is not .*",),
        ),
    ),
    values={"count": 3},
)

SCENARIOS = (WATCH,)
