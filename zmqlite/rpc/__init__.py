"""Typed services: calls of methods that Protocol Buffers declare, over ZeroMQ.

    from zmqlite import rpc

    status      Status, Executed, RpcError: how a call ends
    schema      the messages of the wire form, and the service that every server has
    wire        envelopes to bytes and back
    timers      what is due when
    serving     ServerProtocol: the server's side, without sockets, threads and clocks
    calling     ClientProtocol: the client's side, likewise
    call        methods, what programs see of calls, and what drivers share
    hosting     what both servers share
    requests    what both clients share
    server      Server: blocking, with a pool of threads or without
    client      Client, Stub, Stream: blocking, for any number of threads
    broker_room what a broker knows of calls, servers and services
    broker_services  what a broker answers itself
    brokering   BrokerProtocol: a broker, without sockets, threads and clocks
    broker      Broker: clients on one side, servers on the other
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
