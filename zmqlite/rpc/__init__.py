"""Typed services: calls of methods that Protocol Buffers declare, over ZeroMQ.

    from zmqlite import rpc

    status      Status, Executed, RpcError: how a call ends
    schema      the messages of the wire form, and the service that every server has
    wire        envelopes to bytes and back
    timers      what is due when
    serving     ServerProtocol: the server's side, without sockets, threads and clocks
    calling     ClientProtocol: the client's side, likewise
    service     methods as descriptors tell of them
    call        Call, Outcome, Ended: what programs see of calls
    hosting     what both servers share
    requests    what both clients share
    server      Server: blocking, with a pool of threads or without
    client      Client, Stub, Stream: blocking, for any number of threads
    broker_room which of the servers of a broker gets the next call
    broker_services  what a broker answers itself
    brokering   BrokerProtocol: a broker, without sockets, threads and clocks
    broker      Broker: clients on one side, servers on the other
    waker       what wakes the thread that polls, for both of these
    eventloop   messages and the time in an event loop
    aio         Server, Client and Stub for asyncio; imported separately, as zmqlite.rpc.aio
    plugin      protoc-gen-zmqlite

docs/howto/rpc.md is the guide, docs/reference/rpc-wire.md the wire form.
"""

from .broker import Broker
from .call import Call, Ended, Outcome
from .client import Client, Stream, Stub
from .hosting import Service, unimplemented
from .requests import CallOptions
from .server import Server
from .status import Executed, RpcError, Status

__all__ = [
    "Broker",
    "Call",
    "CallOptions",
    "Client",
    "Ended",
    "Executed",
    "Outcome",
    "RpcError",
    "Server",
    "Service",
    "Status",
    "Stream",
    "Stub",
    "unimplemented",
]

for _name in __all__:
    globals()[_name].__module__ = __name__
del _name
