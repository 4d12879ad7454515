"""What typed messages cost, beside what protobuf and the raw socket cost for the same bytes.

    python benchmarks/proto_overhead.py [--rounds 41] [--messages 5000] [--transport inproc]

One process and one thread, so that nothing hides behind waiting: each message is sent and received
at once. Every round measures all ways in turn, each beside the raw way with the same frames:
protobuf's own SerializeToString and FromString around Socket's own send and recv. Printed are
nanoseconds for a message there and back, and the ratio of typed to raw, as median and spread.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

import zmqlite as zmq
from zmqlite import proto

BAR = 1.2
BATCH = 500

Loop = Callable[[int], None]


def data_message() -> Any:
    """Make the article's message class, here without protoc."""
    file = descriptor_pb2.FileDescriptorProto(name="message.proto", syntax="proto3")
    message = file.message_type.add(name="DataMessage")
    message.field.add(name="content", number=1, type="TYPE_STRING", label="LABEL_OPTIONAL")
    message.field.add(name="timestamp", number=2, type="TYPE_INT64", label="LABEL_OPTIONAL")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("DataMessage"))


def loops(push: zmq.Socket, pull: zmq.Socket) -> dict[str, tuple[Loop, Loop]]:
    """Return the ways to send a message and receive it, raw and typed."""
    kind = data_message()
    message = kind(content="hello world", timestamp=1_700_000_000_000)
    name = kind.DESCRIPTOR.full_name.encode()
    serialise, parse = message.SerializeToString, kind.FromString

    def raw_one(count: int) -> None:
        for _ in range(count):
            push.send(serialise())
            parse(pull.recv())

    def raw_two(count: int) -> None:
        for _ in range(count):
            push.send_multipart([name, serialise()])
            parse(pull.recv_multipart()[1])

    def raw_many(count: int) -> None:
        for _ in range(0, count, BATCH):
            push.send_many([serialise() for _ in range(BATCH)])
            left = BATCH
            while left:
                payloads = pull.recv_many()
                left -= len([parse(payload) for payload in payloads])

    def typed_by(codec: Any, topic: bytes | None = None) -> Loop:
        sender, receiver = proto.TypedSocket(push, codec), proto.TypedSocket(pull, codec)

        def bare(count: int) -> None:
            for _ in range(count):
                sender.send(message)
                receiver.recv()

        def with_topic(count: int) -> None:
            for _ in range(count):
                sender.send(message, topic=topic)
                receiver.recv()

        return bare if topic is None else with_topic

    def typed_many(count: int) -> None:
        for _ in range(0, count, BATCH):
            sender.send_many([message] * BATCH)
            left = BATCH
            while left:
                left -= len(receiver.recv_many())

    sender, receiver = proto.TypedSocket(push, kind), proto.TypedSocket(pull, kind)
    return {
        "bare": (raw_one, typed_by(kind)),
        "topic": (raw_two, typed_by(proto.Topic(kind), name)),
        "tagged": (raw_two, typed_by(proto.Tagged(kind))),
        "bare, batched": (raw_many, typed_many),
    }


def measure(loop: Loop, messages: int) -> float:
    """Return nanoseconds for a message."""
    start = time.perf_counter_ns()
    loop(messages)
    return (time.perf_counter_ns() - start) / messages


def report(ways: dict[str, tuple[Loop, Loop]], rounds: int, messages: int) -> dict[str, float]:
    """Measure and print; return the median ratio of each way."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, (raw, typed) in ways.items():
            first, second = (raw, typed) if number % 2 else (typed, raw)
            pair = measure(first, messages), measure(second, messages)
            if number:  # the first round warms up
                times[name].append(pair if number % 2 else pair[::-1])
    print(f"{'':<14} {'raw ns':>8} {'typed ns':>9} {'ratio':>6}   spread (10 % to 90 %)")
    medians = {}
    for name, pairs in times.items():
        ratios = [typed / raw for raw, typed in pairs]
        tenths = statistics.quantiles(ratios, n=10)
        medians[name] = statistics.median(ratios)
        raw_time, typed_time = (statistics.median(each) for each in zip(*pairs, strict=True))
        print(
            f"{name:<14} {raw_time:8.0f} {typed_time:9.0f} {medians[name]:6.2f}   "
            f"{tenths[0]:.2f} to {tenths[-1]:.2f}"
        )
    return medians


def main() -> int:
    """Return 0 if bare messages are within the bar."""
    parser = argparse.ArgumentParser(description="What typed messages cost beside raw ones.")
    parser.add_argument("--rounds", type=int, default=41)
    parser.add_argument("--messages", type=int, default=5000, help="in a round, for each way")
    parser.add_argument("--transport", choices=["inproc", "ipc", "tcp"], default="inproc")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as directory,
        zmq.Context() as context,
        context.socket(zmq.PULL, rcvhwm=0) as pull,
        context.socket(zmq.PUSH, sndhwm=0) as push,
    ):
        endpoints = {"tcp": "tcp://127.0.0.1:*", "ipc": f"ipc://{directory}/feed"}
        push.connect(pull.bind(endpoints.get(options.transport, "inproc://feed")))
        medians = report(loops(push, pull), options.rounds, options.messages)
    print(f"bar: {BAR}, for all but batches")
    return int(any(ratio > BAR for name, ratio in medians.items() if "batched" not in name))


if __name__ == "__main__":
    sys.exit(main())
