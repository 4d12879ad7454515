"""libzmq's numbers as enums. The values are the ABI's; a test compares each with the library.

Members are also plain integers, so they go to C and into arithmetic as they are. Members that
every program uses have a short name at the end of this module, which the package exports.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final


class SocketType(IntEnum):
    """The type of a socket, which decides what types it can talk to and how messages are routed.

    C: zmq_socket(3)
    """

    PAIR = 0
    PUB = 1
    SUB = 2
    REQ = 3
    REP = 4
    DEALER = 5
    ROUTER = 6
    PULL = 7
    PUSH = 8
    XPUB = 9
    XSUB = 10
    STREAM = 11


DRAFT_SOCKET_TYPES: Final = {
    "SERVER": 12,
    "CLIENT": 13,
    "RADIO": 14,
    "DISH": 15,
    "GATHER": 16,
    "SCATTER": 17,
    "DGRAM": 18,
    "PEER": 19,
    "CHANNEL": 20,
}
"""Types that a stable libzmq creates without an error, and aborts on at the first handshake."""


class Flag(IntFlag):
    """How one send or receive behaves.

    C: zmq_msg_send(3), zmq_msg_recv(3)
    """

    DONTWAIT = 1
    SNDMORE = 2


class Event(IntFlag):
    """What a poll waits for and reports. POLLERR and POLLPRI concern plain descriptors only.

    C: zmq_poll(3), ZMQ_EVENTS in zmq_getsockopt(3)
    """

    POLLIN = 1
    POLLOUT = 2
    POLLERR = 4
    POLLPRI = 8


class MonitorEvent(IntFlag):
    """What happened to a connection or listener of a monitored socket.

    ALL also asks for events that later releases of libzmq add: their bits have no name here.

    C: zmq_socket_monitor(3)
    """

    CONNECTED = 0x0001
    CONNECT_DELAYED = 0x0002
    CONNECT_RETRIED = 0x0004
    LISTENING = 0x0008
    BIND_FAILED = 0x0010
    ACCEPTED = 0x0020
    ACCEPT_FAILED = 0x0040
    CLOSED = 0x0080
    CLOSE_FAILED = 0x0100
    DISCONNECTED = 0x0200
    MONITOR_STOPPED = 0x0400
    HANDSHAKE_FAILED_NO_DETAIL = 0x0800
    HANDSHAKE_SUCCEEDED = 0x1000
    HANDSHAKE_FAILED_PROTOCOL = 0x2000
    HANDSHAKE_FAILED_AUTH = 0x4000
    ALL = 0xFFFF


class ProtocolError(IntEnum):
    """Why a handshake failed: the value of MonitorEvent.HANDSHAKE_FAILED_PROTOCOL.

    C: zmq_socket_monitor(3)
    """

    ZMTP_UNSPECIFIED = 0x10000000
    ZMTP_UNEXPECTED_COMMAND = 0x10000001
    ZMTP_INVALID_SEQUENCE = 0x10000002
    ZMTP_KEY_EXCHANGE = 0x10000003
    ZMTP_MALFORMED_COMMAND_UNSPECIFIED = 0x10000011
    ZMTP_MALFORMED_COMMAND_MESSAGE = 0x10000012
    ZMTP_MALFORMED_COMMAND_HELLO = 0x10000013
    ZMTP_MALFORMED_COMMAND_INITIATE = 0x10000014
    ZMTP_MALFORMED_COMMAND_ERROR = 0x10000015
    ZMTP_MALFORMED_COMMAND_READY = 0x10000016
    ZMTP_MALFORMED_COMMAND_WELCOME = 0x10000017
    ZMTP_INVALID_METADATA = 0x10000018
    ZMTP_CRYPTOGRAPHIC = 0x11000001
    ZMTP_MECHANISM_MISMATCH = 0x11000002
    ZAP_UNSPECIFIED = 0x20000000
    ZAP_MALFORMED_REPLY = 0x20000001
    ZAP_BAD_REQUEST_ID = 0x20000002
    ZAP_BAD_VERSION = 0x20000003
    ZAP_INVALID_STATUS_CODE = 0x20000004
    ZAP_INVALID_METADATA = 0x20000005
    WS_UNSPECIFIED = 0x30000000


class Mechanism(IntEnum):
    """The security mechanism that a socket will use with its peers.

    C: zmq_null(7), zmq_plain(7), zmq_curve(7), zmq_gssapi(7)
    """

    NULL = 0
    PLAIN = 1
    CURVE = 2
    GSSAPI = 3


class GssapiNameType(IntEnum):
    """How libzmq reads the two GSSAPI principals.

    C: zmq_gssapi(7)
    """

    HOSTBASED = 0
    USER_NAME = 1
    KRB5_PRINCIPAL = 2


# Error numbers of libzmq's own. All others are the system's, from Python's errno module.
HAUSNUMERO: Final = 156384712
EFSM: Final = HAUSNUMERO + 51
ENOCOMPATPROTO: Final = HAUSNUMERO + 52
ETERM: Final = HAUSNUMERO + 53
EMTHREAD: Final = HAUSNUMERO + 54

PAIR: Final = SocketType.PAIR
PUB: Final = SocketType.PUB
SUB: Final = SocketType.SUB
REQ: Final = SocketType.REQ
REP: Final = SocketType.REP
DEALER: Final = SocketType.DEALER
ROUTER: Final = SocketType.ROUTER
PULL: Final = SocketType.PULL
PUSH: Final = SocketType.PUSH
XPUB: Final = SocketType.XPUB
XSUB: Final = SocketType.XSUB
STREAM: Final = SocketType.STREAM

DONTWAIT: Final = Flag.DONTWAIT
SNDMORE: Final = Flag.SNDMORE

POLLIN: Final = Event.POLLIN
POLLOUT: Final = Event.POLLOUT
POLLERR: Final = Event.POLLERR
POLLPRI: Final = Event.POLLPRI
