"""The four tasks for zmqlite, NATS, D-Bus and RabbitMQ, each with its usual client for Python."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from .tasks import System, Tally, numbers, payload, ready

RETRY: Final = 0.1
"""Seconds until a lost connection is tried again."""

WINDOW: Final = 50
"""Signals after which a sender waits for the bus: dbus-fast fails where its socket is full."""


class ZeroMQ:
    """PUSH to PULL and REQ to REP; an address is two endpoints, of a receiver and a sender."""

    def __init__(self, *, bind: bool) -> None:
        import zmqlite

        self.zmq, self._bind = zmqlite, bind

    async def echo(self, address: str) -> None:
        with self.zmq.Context() as context, context.socket(self.zmq.REP) as socket:
            self._receive_at(socket, address)
            ready(wait=False)
            for message in socket:
                socket.send(message)

    async def ask(self, address: str, count: int) -> list[float]:
        with self.zmq.Context() as context, context.socket(self.zmq.REQ) as socket:
            socket.connect(address.split()[1])
            ready(wait=True)
            times = []
            for number in range(count):
                start = time.perf_counter()
                socket.send(payload(number))
                socket.recv(timeout=5000)
                times.append((time.perf_counter() - start) * 1e6)
            return times

    async def produce(self, address: str, count: int, pace: float) -> int:
        with self.zmq.Context() as context, context.socket(self.zmq.PUSH) as socket:
            socket.connect(address.split()[1])
            ready(wait=True)
            async for number in numbers(count, pace):
                socket.send(payload(number))
        return 0

    async def consume(self, address: str, tally: Tally) -> None:
        with self.zmq.Context() as context, context.socket(self.zmq.PULL) as socket:
            self._receive_at(socket, address)
            ready(wait=False)
            while not tally.over:
                if socket.poll(timeout=100):
                    tally.note(socket.recv())

    def _receive_at(self, socket: Any, address: str) -> None:
        endpoint = address.split()[0]
        _ = socket.bind(endpoint) if self._bind else socket.connect(endpoint)


class Nats:
    """Subjects of core NATS."""

    async def echo(self, address: str) -> None:
        async def answer(message: Any) -> None:
            await message.respond(message.data)

        client = await self._connected(address)
        await client.subscribe("echo", cb=answer)
        await client.flush()
        ready(wait=False)
        await asyncio.Event().wait()

    async def ask(self, address: str, count: int) -> list[float]:
        client = await self._connected(address)
        ready(wait=True)
        times = []
        for number in range(count):
            start = time.perf_counter()
            await client.request("echo", payload(number), timeout=5)
            times.append((time.perf_counter() - start) * 1e6)
        return times

    async def produce(self, address: str, count: int, pace: float) -> int:
        client, failures = await self._connected(address), 0
        ready(wait=True)
        async for number in numbers(count, pace):
            while True:
                try:
                    await client.publish("numbers", payload(number))
                    break
                except Exception:
                    failures += 1
                    await asyncio.sleep(RETRY)
        await client.flush(30)
        return failures

    async def consume(self, address: str, tally: Tally) -> None:
        async def note(message: Any) -> None:
            tally.note(message.data)

        client = await self._connected(address)
        await client.subscribe("numbers", cb=note, pending_msgs_limit=-1, pending_bytes_limit=-1)
        await client.flush()
        ready(wait=False)
        while not tally.over:
            await asyncio.sleep(0.05)

    async def _connected(self, address: str) -> Any:
        import nats

        async def quiet(error: Exception) -> None:
            """Log nothing; what is lost is counted."""

        return await nats.connect(
            address, max_reconnect_attempts=-1, reconnect_time_wait=RETRY, error_cb=quiet
        )


class DBus:
    """Signals and method calls on a bus of its own."""

    def __init__(self) -> None:
        import dbus_fast
        import dbus_fast.aio

        self.dbus = dbus_fast

    async def echo(self, address: str) -> None:
        bus = await self._connected(address)
        await bus.request_name("zmqlite.Echo")

        def answer(message: Any) -> Any:
            if message.member == "Echo":
                return self.dbus.Message.new_method_return(message, "ay", message.body)
            return None

        bus.add_message_handler(answer)
        ready(wait=False)
        await asyncio.Event().wait()

    async def ask(self, address: str, count: int) -> list[float]:
        bus = await self._connected(address)
        ready(wait=True)
        times = []
        for number in range(count):
            start = time.perf_counter()
            await bus.call(
                self.dbus.Message(
                    destination="zmqlite.Echo", path="/echo", interface="zmqlite.Echo",
                    member="Echo", signature="ay", body=[payload(number)],
                )
            )  # fmt: skip
            times.append((time.perf_counter() - start) * 1e6)
        return times

    async def produce(self, address: str, count: int, pace: float) -> int:
        bus, failures = await self._connected(address), 0
        ready(wait=True)
        async for number in numbers(count, pace):
            signal = self.dbus.Message.new_signal(
                "/numbers", "zmqlite.Numbers", "Number", "ay", [payload(number)]
            )
            while True:
                try:
                    await bus.send(signal)
                    if pace or not number % WINDOW:
                        await self._synchronised(bus)
                    break
                except (OSError, EOFError, self.dbus.errors.DBusError):
                    failures += 1
                    bus = await self._connected(address)
        await self._synchronised(bus)
        return failures

    async def consume(self, address: str, tally: Tally) -> None:
        def note(message: Any) -> None:
            if message.member == "Number":
                tally.note(message.body[0])

        bus = await self._listening(address, note)
        ready(wait=False)
        while not tally.over:
            await asyncio.sleep(0.05)
            if not bus.connected:
                bus = await self._listening(address, note)

    async def _listening(self, address: str, note: Any) -> Any:
        bus = await self._connected(address)
        bus.add_message_handler(note)
        await self._bus_call(bus, "AddMatch", "s", ["type='signal',interface='zmqlite.Numbers'"])
        return bus

    async def _synchronised(self, bus: Any) -> None:
        """Return when the bus has read all that was sent to it."""
        await self._bus_call(bus, "GetId", "", [])

    async def _bus_call(self, bus: Any, member: str, signature: str, body: list[Any]) -> None:
        name = "org.freedesktop.DBus"
        await bus.call(
            self.dbus.Message(
                destination=name, path="/org/freedesktop/DBus", interface=name,
                member=member, signature=signature, body=body,
            )
        )  # fmt: skip

    async def _connected(self, address: str) -> Any:
        while True:
            try:
                return await self.dbus.aio.MessageBus(bus_address=address).connect()
            except (OSError, EOFError):
                await asyncio.sleep(RETRY)


class RabbitMQ:
    """A queue of the default exchange; `confirmed` keeps it on disk and acknowledges everything."""

    def __init__(self, *, confirmed: bool) -> None:
        import pika

        self.pika, self._confirmed = pika, confirmed
        self._properties = pika.BasicProperties(delivery_mode=2 if confirmed else 1)

    async def echo(self, address: str) -> None:
        channel = self._channel(address, "echo")
        channel.basic_qos(prefetch_count=100)
        messages = channel.consume("echo", auto_ack=True)
        ready(wait=False)
        for _, properties, body in messages:
            channel.basic_publish("", properties.reply_to, body)

    async def ask(self, address: str, count: int) -> list[float]:
        channel = self._channel(address, "echo")
        reply_to = "amq.rabbitmq.reply-to"
        replies = channel.consume(reply_to, auto_ack=True, inactivity_timeout=0)
        next(replies)
        properties = self.pika.BasicProperties(reply_to=reply_to)
        ready(wait=True)
        times = []
        for number in range(count):
            start = time.perf_counter()
            channel.basic_publish("", "echo", payload(number), properties)
            while not next(replies)[0]:
                channel.connection.process_data_events(time_limit=5)
            times.append((time.perf_counter() - start) * 1e6)
        return times

    async def produce(self, address: str, count: int, pace: float) -> int:
        channel, failures = self._producing(address), 0
        ready(wait=True)
        async for number in numbers(count, pace):
            while True:
                try:
                    channel.basic_publish("", "numbers", payload(number), self._properties)
                    break
                except self.pika.exceptions.AMQPError:
                    failures += 1
                    channel = self._producing(address)
        channel.connection.close()
        return failures

    async def consume(self, address: str, tally: Tally) -> None:
        channel = self._channel(address, "numbers")
        ready(wait=False)
        while not tally.over:
            try:
                self._read(channel, tally)
            except self.pika.exceptions.AMQPError:
                channel = self._channel(address, "numbers")

    def _read(self, channel: Any, tally: Tally) -> None:
        """Note messages until the tally is over or the connection is lost."""
        automatic = not self._confirmed
        channel.basic_qos(prefetch_count=1000)
        for method, _, body in channel.consume("numbers", automatic, inactivity_timeout=0.1):
            if method:
                tally.note(body)
                if self._confirmed:
                    channel.basic_ack(method.delivery_tag)
            if tally.over:
                return

    def _producing(self, address: str) -> Any:
        channel = self._channel(address, "numbers")
        if self._confirmed:
            channel.confirm_delivery()
        return channel

    def _channel(self, address: str, queue: str) -> Any:
        while True:
            try:
                channel = self.pika.BlockingConnection(self.pika.URLParameters(address)).channel()
                channel.queue_declare(queue, durable=self._confirmed)
                return channel
            except self.pika.exceptions.AMQPError:
                time.sleep(RETRY)


def system(name: str) -> System:
    """Make one of those that are compared; an ImportError says that its client is not there."""
    match name:
        case "zmqlite":
            return ZeroMQ(bind=True)
        case "zmqlite, proxy":
            return ZeroMQ(bind=False)
        case "D-Bus":
            return DBus()
        case "NATS":
            return Nats()
        case _:
            return RabbitMQ(confirmed=name == "RabbitMQ, confirmed")
