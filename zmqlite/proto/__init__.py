"""Typed messages: Protocol Buffers over ZeroMQ, on the wire as any language sends them.

    from zmqlite import proto

    feed = proto.TypedSocket(socket, DataMessage)     # a class that protoc generated
    feed.send(DataMessage(content="hello"))

    codec       Bare, Topic, Tagged: from a message to frames and back
    envelope    Framing: the same with route, topic and attachments; error replies
    typed       Typed: what a typed socket knows, without a socket
    wrapper     what both kinds of typed sockets share
    socket      TypedSocket: a Socket, driven by a Typed
    dispatcher  Dispatcher: handlers by type, on a Reactor
    aio         TypedSocket for zmqlite.aio; imported separately, as zmqlite.proto.aio
    errors      DecodeError and the other exceptions

The first three know nothing of sockets. Importing this package imports protobuf, importing zmqlite
does not.
"""

try:
    from google.protobuf import __version__ as _protobuf_version
except ModuleNotFoundError as _missing:
    raise ImportError("zmqlite.proto needs protobuf: pip install protobuf") from _missing

from .codec import LIMIT, Bare, Codec, Tagged, Topic
from .dispatcher import Delivery, Dispatcher, Failure
from .envelope import Envelope, Framing, Received
from .errors import (
    BatchError,
    DecodeError,
    EncodeError,
    FrameCount,
    MessageTooLarge,
    NoHandler,
    NotAllowed,
    ProtoError,
    RemoteError,
    UnknownType,
)
from .socket import TypedSocket

__all__ = [
    "LIMIT",
    "Bare",
    "BatchError",
    "Codec",
    "DecodeError",
    "Delivery",
    "Dispatcher",
    "EncodeError",
    "Envelope",
    "Failure",
    "FrameCount",
    "Framing",
    "MessageTooLarge",
    "NoHandler",
    "NotAllowed",
    "ProtoError",
    "Received",
    "RemoteError",
    "Tagged",
    "Topic",
    "TypedSocket",
    "UnknownType",
]

for _name in __all__:
    if getattr(globals()[_name], "__module__", "").startswith(__name__ + "."):
        globals()[_name].__module__ = __name__
del _name, _protobuf_version
