"""Typed messages: Protocol Buffers over ZeroMQ, on the wire as any language sends them.

    from zmqlite import proto

    feed = proto.TypedSocket(socket, DataMessage)     # a class that protoc generated
    feed.send(DataMessage(content="hello"))

    codec       Bare, Topic, Tagged: from a message to frames and back
    envelope    route, topic and attachments around them
    socket      TypedSocket: a Socket with codecs
    dispatcher  Dispatcher: handlers by type
    aio         TypedSocket for zmqlite.aio; imported by itself, as zmqlite.proto.aio
    errors      DecodeError and the rest of the tree

The first two know nothing of sockets. Importing this package imports protobuf, importing zmqlite
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
    ProtoError,
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
    "ProtoError",
    "Received",
    "Tagged",
    "Topic",
    "TypedSocket",
    "UnknownType",
]

for _name in __all__:
    if getattr(globals()[_name], "__module__", "").startswith(__name__ + "."):
        globals()[_name].__module__ = __name__
del _name, _protobuf_version
