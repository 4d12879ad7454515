"""The options of a socket: one row each, in the groups of zmq_setsockopt(3).

All 80 that a stable libzmq has are here. A default is libzmq's own.
"""

from __future__ import annotations

import errno

from .constants import (
    DEALER,
    PUB,
    PULL,
    PUSH,
    REQ,
    ROUTER,
    STREAM,
    SUB,
    XPUB,
    Event,
    GssapiNameType,
    Mechanism,
    SocketType,
)
from .curve import has
from .errors import failure, meant
from .options import (
    Binary,
    Bool,
    Effect,
    EnumInt,
    Fd,
    Filter,
    HasAdvice,
    Int,
    Int64,
    Key,
    Milliseconds,
    Option,
    RoutingId,
    Text,
    Topic,
    UInt64,
    Unlisted,
    resolve,
    rows_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .errors import ZMQError


class SocketOptions(HasAdvice):
    """Options as attributes of a socket.

    Set them before bind() and connect(): most act on later calls of these only, which each
    option's own text says. inproc takes its copy of the high-water marks and of the routing id
    at bind(), and has no use for most of the others.

    Raises:
        AttributeError: a write-only option was read, or a read-only one set.
        TypeError, ValueError: a value of the wrong type or out of range.
        InvalidArgument: libzmq refuses the option for this type of socket, or lacks the feature.
        ContextTerminated: the context was shut down.

    C: zmq_setsockopt(3), zmq_getsockopt(3)
    """

    __slots__ = ()

    _kind = "socket"

    # Queues

    sndhwm = Int(
        23, "Messages queued to send, for each peer; 0 for no limit.", 1000, effect=Effect.NOW
    )
    rcvhwm = Int(
        24, "Messages queued to receive, for each peer; 0 for no limit.", 1000, effect=Effect.NOW
    )
    linger = Milliseconds(
        17,
        "How long unsent messages outlive close(); 0 drops them, -1 is for ever. libzmq's own "
        "default is -1, with SUB and XSUB 0; a Context sets another.",
        low=-1,
        effect=Effect.LINGER,
    )
    rcvtimeo = Milliseconds(
        27, "How long a receive waits; -1 is for ever.", -1, low=-1, effect=Effect.NOW
    )
    sndtimeo = Milliseconds(
        28, "How long a send waits for room; -1 is for ever.", -1, low=-1, effect=Effect.NOW
    )
    sndbuf = Int(11, "Bytes of the system's send buffer; -1 leaves it alone.", -1, low=-1)
    rcvbuf = Int(12, "Bytes of the system's receive buffer; -1 leaves it alone.", -1, low=-1)
    maxmsgsize = Int64(
        22,
        "Bytes of the largest frame accepted, or -1: a peer that sends more is disconnected. "
        "Frames of the handshake count, so below 1000 or so a peer may not get in at all; inproc "
        "ignores it.",
        -1,
        low=-1,
    )
    conflate = Bool(
        54,
        "Keep only the newest message; it must have one frame. High-water marks are ignored.",
        False,
        types=(DEALER, PULL, PUSH, PUB, SUB),
    )
    immediate = Bool(
        39, "Queue for peers that finished their handshake only, not for absent ones.", False
    )
    affinity = UInt64(
        4,
        "Bit mask of the I/O threads to use, 0 for any; if it has none, bind() raises EMTHREAD.",
        0,
    )

    # Connections

    backlog = Int(19, "Connections that the system keeps waiting to be accepted.", 100)
    handshake_ivl = Milliseconds(66, "Longest time for a handshake; 0 for no limit.", 30000)
    connect_timeout = Milliseconds(79, "Longest time for a connect; 0 leaves it to the system.", 0)
    reconnect_ivl = Milliseconds(
        18,
        "Pause before connecting again, plus some at random; 0 and -1 never connect again, not "
        "even if the first attempt fails.",
        100,
        low=-1,
    )
    reconnect_ivl_max = Milliseconds(
        21,
        "Longest pause, if it shall double with each attempt; 0 keeps it at reconnect_ivl.",
        0,
    )
    heartbeat_ivl = Milliseconds(75, "Time between heartbeats to each peer; 0 for none.", 0)
    heartbeat_ttl = Milliseconds(
        76,
        "After how long without a heartbeat the peer shall drop the connection; 0 for never. "
        "Rounded down to tenths of a second; a peer would misread more than 65500.",
        0,
        high=65500,
    )
    heartbeat_timeout = Milliseconds(
        77,
        "How long to wait for the answer to a heartbeat; reads -1, as long as heartbeat_ivl, "
        "until it is set.",
        -1,
    )
    tcp_maxrt = Milliseconds(
        80, "Longest time that sent data stays unacknowledged; 0 leaves it to the system.", 0
    )
    tcp_keepalive = Int(34, "TCP keep-alive: 0 off, 1 on, -1 as the system.", -1, low=-1, high=1)
    tcp_keepalive_cnt = Int(35, "Probes before giving up; -1 as the system.", -1, low=-1)
    tcp_keepalive_idle = Int(
        36, "Seconds of silence before the first probe; -1 as the system.", -1, low=-1
    )
    tcp_keepalive_intvl = Int(37, "Seconds between probes; -1 as the system.", -1, low=-1)
    tos = Int(57, "The type-of-service byte of IP packets.", 0)
    ipv6 = Bool(42, "Accept IPv6 endpoints beside IPv4; the default is the context's.", False)
    bindtodevice = Text(
        92,
        "The network interface to use, and no other. Needs a privilege at bind() or connect().",
        "",
        longest=15,
        clears=True,
    )
    use_fd = Int(
        89, "A listening descriptor for the next bind() to take over; -1 for none.", -1, low=-1
    )
    socks_proxy = Text(
        68,
        "The SOCKS5 proxy to connect through, host:port. libzmq aborts the process where the proxy "
        "refuses the connection.",
        "",
        clears=True,
    )
    rate = Int(8, "Kilobits per second of multicast.", 100, low=1)
    recovery_ivl = Milliseconds(9, "How far back lost multicast data can be recovered.", 10000)
    multicast_hops = Int(25, "Network hops that multicast packets travel.", 1, low=1)
    multicast_maxtpdu = Int(84, "Bytes of the largest multicast packet.", 1500, low=1)

    # State

    rcvmore = Bool(13, "Whether the frame received last has more after it.", False, access="r")
    fd = Fd(
        14,
        "A descriptor that turns readable when `events` may have changed. It is edge-triggered: "
        "read `events` after every wake-up, send and receive. Never read, write or close it.",
        access="r",
    )
    events = EnumInt(15, "POLLIN and POLLOUT, as far as possible now.", kind=Event, access="r")
    type = EnumInt(16, "The type that the socket was created with.", kind=SocketType, access="r")
    last_endpoint = Text(
        32,
        "The endpoint of the last bind() or connect() that succeeded; a port * is filled in.",
        "",
        access="r",
    )
    mechanism = EnumInt(
        43,
        "The security in use: the last plain_*, curve_* or gssapi_* option that was set wins.",
        Mechanism.NULL,
        kind=Mechanism,
        access="r",
    )
    thread_safe = Bool(81, "Whether libzmq locks the socket; no stable type.", False, access="r")

    # Publish and subscribe; subscribe() and unsubscribe() are methods

    xpub_verbose = Bool(
        40,
        "Receive subscriptions that others made before, too; unsubscriptions only if the last.",
        access="w",
        effect=Effect.NOW,
        types=(XPUB,),
    )
    xpub_verboser = Bool(
        78,
        "Receive all subscriptions and all unsubscriptions.",
        access="w",
        effect=Effect.NOW,
        types=(XPUB,),
    )
    xpub_nodrop = Bool(
        69,
        "Wait (or raise Again) if one subscriber has no room, rather than drop for it.",
        access="w",
        effect=Effect.NOW,
        types=(XPUB, PUB),
    )
    xpub_manual = Bool(
        71,
        "Leave it to subscribe() and unsubscribe() what the peer that asked last will receive.",
        access="w",
        effect=Effect.NOW,
        types=(XPUB,),
    )
    xpub_welcome_msg = Binary(
        72,
        "The message that a new subscriber gets first; empty for none.",
        access="w",
        effect=Effect.PEERS,
        types=(XPUB,),
    )
    invert_matching = Bool(
        74,
        "Send what matches no subscription; set it on both ends.",
        False,
        effect=Effect.NOW,
        types=(PUB, XPUB, SUB),
    )

    # Request and reply, routing, raw TCP

    routing_id = RoutingId(
        5,
        "The name that ROUTER peers know the socket by, unique among them: a second peer of the "
        "same name is ignored. Not starting with NUL; cannot be emptied again.",
        b"",
        types=(REQ, DEALER, ROUTER),
    )
    connect_routing_id = RoutingId(
        61,
        "The name for the peer that the next connect() leads to, not in use by another.",
        access="w",
        effect=Effect.ONCE,
        types=(ROUTER, STREAM),
    )
    router_mandatory = Bool(
        33,
        "Raise HostUnreachable for an unknown routing id, rather than drop the message.",
        access="w",
        effect=Effect.NOW,
        types=(ROUTER,),
    )
    router_handover = Bool(
        56,
        "Let a new peer take over a routing id that is in use, rather than ignore it.",
        access="w",
        effect=Effect.NOW,
        types=(ROUTER,),
    )
    router_raw = Bool(
        41,
        "Deprecated, use a STREAM socket: talk raw TCP. False does not undo True.",
        access="w",
        types=(ROUTER,),
    )
    probe_router = Bool(
        51,
        "Send an empty message to each new peer, so that a ROUTER learns of this socket.",
        access="w",
        effect=Effect.PEERS,
        types=(ROUTER, DEALER, REQ),
    )
    req_correlate = Bool(
        52,
        "Number the requests, and drop replies to any but the current one.",
        access="w",
        effect=Effect.NOW,
        types=(REQ,),
    )
    req_relaxed = Bool(
        53,
        "Allow another request before the reply, which is then dropped; set req_correlate, too.",
        access="w",
        effect=Effect.NOW,
        types=(REQ,),
    )
    stream_notify = Bool(
        73,
        "Receive an empty message as a peer connects and as it leaves. libzmq's default is True.",
        access="w",
        types=(STREAM,),
    )

    # Security: each plain_*, curve_* and gssapi_* option selects its mechanism

    plain_server = Bool(
        44, "Be the PLAIN server, which a ZAP handler must back; False selects NULL.", False
    )
    plain_username = Text(
        45, "Be a PLAIN client of this name; it travels in the clear.", "", clears=True
    )
    plain_password = Text(
        46, "The PLAIN client's password; it travels in the clear.", "", clears=True
    )
    curve_server = Bool(
        47,
        "Be the CURVE server. Without a ZAP handler any client's key is accepted. False selects "
        "NULL.",
        False,
        needs="curve",
    )
    curve_publickey = Key(48, "The client's own public key.", needs="curve")
    curve_secretkey = Key(
        49,
        "The client's or server's own secret key. Whoever holds the socket can read it.",
        needs="curve",
    )
    curve_serverkey = Key(
        50, "The public key that the server must have; makes this the client.", needs="curve"
    )
    zap_domain = Text(55, "The domain that the ZAP handler is told; cannot be emptied again.", "")
    gssapi_server = Bool(
        62, "Be the GSSAPI server; False also selects GSSAPI.", False, needs="gssapi"
    )
    gssapi_principal = Text(63, "The principal to act as.", "", needs="gssapi")
    gssapi_service_principal = Text(
        64, "The server's principal; makes this the client.", "", needs="gssapi"
    )
    gssapi_plaintext = Bool(65, "Do not encrypt; set it on both ends.", False, needs="gssapi")
    gssapi_principal_nametype = EnumInt(
        90,
        "How gssapi_principal is read.",
        GssapiNameType.HOSTBASED,
        kind=GssapiNameType,
        needs="gssapi",
    )
    gssapi_service_principal_nametype = EnumInt(
        91,
        "How gssapi_service_principal is read.",
        GssapiNameType.HOSTBASED,
        kind=GssapiNameType,
        needs="gssapi",
    )

    # VMCI

    vmci_buffer_size = UInt64(85, "Bytes of the VMCI buffer.", access="w", needs="vmci")
    vmci_buffer_min_size = UInt64(
        86, "Bytes of the smallest VMCI buffer.", access="w", needs="vmci"
    )
    vmci_buffer_max_size = UInt64(87, "Bytes of the largest VMCI buffer.", access="w", needs="vmci")
    vmci_connect_timeout = Milliseconds(
        88, "Longest time for a VMCI connect; -1 is for ever.", low=-1, access="w", needs="vmci"
    )

    # Deprecated by libzmq: a ZAP handler, and the ipv6 option, do the same better

    tcp_accept_filter = Text(
        38,
        "An address or network, as 10.0.0.0/8, to accept from; more of them add up.",
        access="w",
        clears=True,
    )
    ipc_filter_pid = Filter(
        58, "A process to accept from; any match of the three lets in.", high=2**31 - 1, access="w"
    )
    ipc_filter_uid = Filter(
        59, "A user to accept from; any match of the three lets in.", access="w"
    )
    ipc_filter_gid = Filter(
        60, "A group to accept from; any match of the three lets in.", access="w"
    )
    ipv4only = Bool(31, "The opposite of ipv6.", True)


# Methods of Socket rather than attributes, since they add to a set.
SUBSCRIBE = Topic(
    6, "A topic to receive from now on.", access="w", effect=Effect.NOW, types=(SUB, XPUB)
)
SUBSCRIBE.__set_name__(SocketOptions, "subscribe")
UNSUBSCRIBE = Topic(
    7, "A topic to take back, once.", access="w", effect=Effect.NOW, types=(SUB, XPUB)
)
UNSUBSCRIBE.__set_name__(SocketOptions, "unsubscribe")

ALL_SOCKET_OPTIONS: dict[str, Option[Any, Any]] = {
    **rows_of(SocketOptions),
    SUBSCRIBE.name: SUBSCRIBE,
    UNSUBSCRIBE.name: UNSUBSCRIBE,
}


def socket_options(options: Mapping[str, Any]) -> dict[Option[Any, Any], Any]:
    """Return options that were given by name, by their rows.

    Raises:
        TypeError: a socket has no such option.
    """
    for name in options:
        if name not in ALL_SOCKET_OPTIONS:
            near = meant(name, ALL_SOCKET_OPTIONS)
            raise TypeError(f"socket() got {name!r}, which is no option of a socket{near}")
    return {ALL_SOCKET_OPTIONS[name]: value for name, value in options.items()}


def option_failure(code: int, call: str, row: Option[Any, Any], kind: str) -> ZMQError:
    """Build the exception for an option that a socket of type `kind` could not get or set."""
    hint = None
    if code == errno.EINVAL:
        if row.needs and not has(row.needs):
            hint = f"this libzmq was built without {row.needs}"
        elif row.types is not None and kind not in (names := [each.name for each in row.types]):
            hint = f"that is for {' and '.join(names)} sockets, and this is a {kind}"
        elif row.name in ALL_SOCKET_OPTIONS and call == "zmq_setsockopt":
            hint = "libzmq refuses this value, or the option for this type of socket"
    return failure(code, call, row.name, hint=hint)


def socket_option(option: Option[Any, Any] | int, access: str) -> Option[Any, Any]:
    """Return the row to read ("r") or write ("w") a socket's option by; see resolve()."""
    return resolve(ALL_SOCKET_OPTIONS, option, access, Unlisted)
