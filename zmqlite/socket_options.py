"""The options of a socket: one row each, in the groups of zmq_setsockopt(3).

All 80 that a stable libzmq has are here, and zap_enforce_domain, which zmq.h calls a draft but
stable builds have. A default is libzmq's own.
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
    from typing import Any, Final

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

    sndhwm: Int = Int(23, 1000, effect=Effect.NOW)
    """Messages queued to send, for each peer; 0 for no limit."""
    rcvhwm: Int = Int(24, 1000, effect=Effect.NOW)
    """Messages queued to receive, for each peer; 0 for no limit."""
    linger: Milliseconds = Milliseconds(17, low=-1, effect=Effect.LINGER)
    """How long unsent messages outlive close(); 0 drops them, -1 is for ever. libzmq's own default
    is -1, with SUB and XSUB 0; a Context sets another."""
    rcvtimeo: Milliseconds = Milliseconds(27, -1, low=-1, effect=Effect.NOW)
    """How long a receive waits; -1 is for ever."""
    sndtimeo: Milliseconds = Milliseconds(28, -1, low=-1, effect=Effect.NOW)
    """How long a send waits for room; -1 is for ever."""
    sndbuf: Int = Int(11, -1, low=-1)
    """Bytes of the system's send buffer; -1 leaves it alone."""
    rcvbuf: Int = Int(12, -1, low=-1)
    """Bytes of the system's receive buffer; -1 leaves it alone."""
    maxmsgsize: Int64 = Int64(22, -1, low=-1)
    """Bytes of the largest frame accepted, or -1: a peer that sends more is disconnected. Frames of
    the handshake count, so below 1000 or so a peer may not get in at all; inproc ignores it."""
    conflate: Bool = Bool(54, False, types=(DEALER, PULL, PUSH, PUB, SUB))
    """Keep only the newest message; it must have one frame. High-water marks are ignored."""
    immediate: Bool = Bool(39, False)
    """Queue for peers that finished their handshake only, not for absent ones."""
    affinity: UInt64 = UInt64(4, 0)
    """Bit mask of the I/O threads to use, 0 for any; if it has none, bind() raises EMTHREAD."""

    # Connections

    backlog: Int = Int(19, 100)
    """Connections that the system keeps waiting to be accepted."""
    handshake_ivl: Milliseconds = Milliseconds(66, 30000)
    """Longest time for a handshake; 0 for no limit."""
    connect_timeout: Milliseconds = Milliseconds(79, 0)
    """Longest time for a connect; 0 leaves it to the system."""
    reconnect_ivl: Milliseconds = Milliseconds(18, 100, low=-1)
    """Pause before connecting again, plus some at random; 0 and -1 never connect again, not even if
    the first attempt fails."""
    reconnect_ivl_max: Milliseconds = Milliseconds(21, 0)
    """Longest pause, if it shall double with each attempt; 0 keeps it at reconnect_ivl."""
    heartbeat_ivl: Milliseconds = Milliseconds(75, 0)
    """Time between heartbeats to each peer; 0 for none."""
    heartbeat_ttl: Milliseconds = Milliseconds(76, 0, high=65500)
    """After how long without a heartbeat the peer shall drop the connection; 0 for never. Rounded
    down to tenths of a second; a peer would misread more than 65500."""
    heartbeat_timeout: Milliseconds = Milliseconds(77, -1)
    """How long to wait for the answer to a heartbeat; reads -1, as long as heartbeat_ivl, until it
    is set."""
    tcp_maxrt: Milliseconds = Milliseconds(80, 0)
    """Longest time that sent data stays unacknowledged; 0 leaves it to the system."""
    tcp_keepalive: Int = Int(34, -1, low=-1, high=1)
    """TCP keep-alive: 0 off, 1 on, -1 as the system."""
    tcp_keepalive_cnt: Int = Int(35, -1, low=-1)
    """Probes before giving up; -1 as the system."""
    tcp_keepalive_idle: Int = Int(36, -1, low=-1)
    """Seconds of silence before the first probe; -1 as the system."""
    tcp_keepalive_intvl: Int = Int(37, -1, low=-1)
    """Seconds between probes; -1 as the system."""
    tos: Int = Int(57, 0)
    """The type-of-service byte of IP packets."""
    ipv6: Bool = Bool(42, False)
    """Accept IPv6 endpoints beside IPv4; the default is the context's."""
    bindtodevice: Text = Text(92, "", longest=15, clears=True)
    """The network interface to use, and no other. Needs a privilege at bind() or connect()."""
    use_fd: Int = Int(89, -1, low=-1)
    """A listening descriptor for the next bind() to take over; -1 for none."""
    socks_proxy: Text = Text(68, "", clears=True)
    """The SOCKS5 proxy to connect through, host:port. libzmq aborts the process where the proxy
    refuses the connection."""
    rate: Int = Int(8, 100, low=1)
    """Kilobits per second of multicast."""
    recovery_ivl: Milliseconds = Milliseconds(9, 10000)
    """How far back lost multicast data can be recovered."""
    multicast_hops: Int = Int(25, 1, low=1)
    """Network hops that multicast packets travel."""
    multicast_maxtpdu: Int = Int(84, 1500, low=1)
    """Bytes of the largest multicast packet."""

    # State

    rcvmore: Bool = Bool(13, False, access="r")
    """Whether the frame received last has more after it."""
    fd: Fd = Fd(14, access="r")
    """A descriptor that turns readable when `events` may have changed. It is edge-triggered: read
    `events` after every wake-up, send and receive. Never read, write or close it."""
    events: EnumInt[Event] = EnumInt(15, kind=Event, access="r")
    """POLLIN and POLLOUT, as far as possible now."""
    type: EnumInt[SocketType] = EnumInt(16, kind=SocketType, access="r")
    """The type that the socket was created with."""
    last_endpoint: Text = Text(32, "", access="r")
    """The endpoint of the last bind() or connect() that succeeded; a port * is filled in."""
    mechanism: EnumInt[Mechanism] = EnumInt(43, Mechanism.NULL, kind=Mechanism, access="r")
    """The security in use: the last plain_*, curve_* or gssapi_* option that was set wins."""
    thread_safe: Bool = Bool(81, False, access="r")
    """Whether libzmq locks the socket; no stable type."""

    # Publish and subscribe; subscribe() and unsubscribe() are methods

    xpub_verbose: Bool = Bool(40, access="w", effect=Effect.NOW, types=(XPUB,))
    """Receive subscriptions that others made before, too; unsubscriptions only if the last."""
    xpub_verboser: Bool = Bool(78, access="w", effect=Effect.NOW, types=(XPUB,))
    """Receive all subscriptions and all unsubscriptions."""
    xpub_nodrop: Bool = Bool(69, access="w", effect=Effect.NOW, types=(XPUB, PUB))
    """Wait (or raise Again) if one subscriber has no room, rather than drop for it."""
    xpub_manual: Bool = Bool(71, access="w", effect=Effect.NOW, types=(XPUB,))
    """Leave it to subscribe() and unsubscribe() what the peer that asked last will receive."""
    xpub_welcome_msg: Binary = Binary(72, access="w", effect=Effect.PEERS, types=(XPUB,))
    """The message that a new subscriber gets first; empty for none."""
    invert_matching: Bool = Bool(74, False, effect=Effect.NOW, types=(PUB, XPUB, SUB))
    """Send what matches no subscription; set it on both ends."""

    # Request and reply, routing, raw TCP

    routing_id: RoutingId = RoutingId(5, b"", types=(REQ, DEALER, ROUTER))
    """The name that ROUTER peers know the socket by, unique among them: a second peer of the same
    name is ignored. Not starting with NUL; cannot be emptied again."""
    connect_routing_id: RoutingId = RoutingId(
        61, access="w", effect=Effect.ONCE, types=(ROUTER, STREAM)
    )
    """The name for the peer that the next connect() leads to, not in use by another."""
    router_mandatory: Bool = Bool(33, access="w", effect=Effect.NOW, types=(ROUTER,))
    """Raise HostUnreachable for an unknown routing id, rather than drop the message."""
    router_handover: Bool = Bool(56, access="w", effect=Effect.NOW, types=(ROUTER,))
    """Let a new peer take over a routing id that is in use, rather than ignore it."""
    router_raw: Bool = Bool(41, access="w", types=(ROUTER,))
    """Deprecated, use a STREAM socket: talk raw TCP. False does not undo True."""
    probe_router: Bool = Bool(51, access="w", effect=Effect.PEERS, types=(ROUTER, DEALER, REQ))
    """Send an empty message to each new peer, so that a ROUTER learns of this socket."""
    req_correlate: Bool = Bool(52, access="w", effect=Effect.NOW, types=(REQ,))
    """Number the requests, and drop replies to any but the current one."""
    req_relaxed: Bool = Bool(53, access="w", effect=Effect.NOW, types=(REQ,))
    """Allow another request before the reply, which is then dropped; set req_correlate, too."""
    stream_notify: Bool = Bool(73, access="w", types=(STREAM,))
    """Receive an empty message as a peer connects and as it leaves. libzmq's default is True."""

    # Security: each plain_*, curve_* and gssapi_* option selects its mechanism

    plain_server: Bool = Bool(44, False)
    """Be the PLAIN server, which a ZAP handler must back; False selects NULL."""
    plain_username: Text = Text(45, "", clears=True)
    """Be a PLAIN client of this name; it travels in the clear."""
    plain_password: Text = Text(46, "", clears=True)
    """The PLAIN client's password; it travels in the clear."""
    curve_server: Bool = Bool(47, False, needs="curve")
    """Be the CURVE server. Without a ZAP handler any client's key is accepted. False selects NULL.
    """
    curve_publickey: Key = Key(48, needs="curve")
    """The client's own public key."""
    curve_secretkey: Key = Key(49, needs="curve")
    """The client's or server's own secret key. Whoever holds the socket can read it."""
    curve_serverkey: Key = Key(50, needs="curve")
    """The public key that the server must have; makes this the client."""
    zap_domain: Text = Text(55, "")
    """The domain that the ZAP handler is told; cannot be emptied again."""
    zap_enforce_domain: Bool = Bool(93, False)
    """Refuse all peers while no ZAP handler runs, rather than accept them unasked; for a CURVE,
    PLAIN or GSSAPI server. Set zap_domain first."""
    gssapi_server: Bool = Bool(62, False, needs="gssapi")
    """Be the GSSAPI server; False also selects GSSAPI."""
    gssapi_principal: Text = Text(63, "", needs="gssapi")
    """The principal to act as."""
    gssapi_service_principal: Text = Text(64, "", needs="gssapi")
    """The server's principal; makes this the client."""
    gssapi_plaintext: Bool = Bool(65, False, needs="gssapi")
    """Do not encrypt; set it on both ends."""
    gssapi_principal_nametype: EnumInt[GssapiNameType] = EnumInt(
        90, GssapiNameType.HOSTBASED, kind=GssapiNameType, needs="gssapi"
    )
    """How gssapi_principal is read."""
    gssapi_service_principal_nametype: EnumInt[GssapiNameType] = EnumInt(
        91, GssapiNameType.HOSTBASED, kind=GssapiNameType, needs="gssapi"
    )
    """How gssapi_service_principal is read."""

    # VMCI

    vmci_buffer_size: UInt64 = UInt64(85, access="w", needs="vmci")
    """Bytes of the VMCI buffer."""
    vmci_buffer_min_size: UInt64 = UInt64(86, access="w", needs="vmci")
    """Bytes of the smallest VMCI buffer."""
    vmci_buffer_max_size: UInt64 = UInt64(87, access="w", needs="vmci")
    """Bytes of the largest VMCI buffer."""
    vmci_connect_timeout: Milliseconds = Milliseconds(88, low=-1, access="w", needs="vmci")
    """Longest time for a VMCI connect; -1 is for ever."""

    # Deprecated by libzmq: a ZAP handler, and the ipv6 option, do the same better

    tcp_accept_filter: Text = Text(38, access="w", clears=True)
    """An address or network, as 10.0.0.0/8, to accept from; more of them add up."""
    ipc_filter_pid: Filter = Filter(58, high=2**31 - 1, access="w")
    """A process to accept from; any match of the three lets in."""
    ipc_filter_uid: Filter = Filter(59, access="w")
    """A user to accept from; any match of the three lets in."""
    ipc_filter_gid: Filter = Filter(60, access="w")
    """A group to accept from; any match of the three lets in."""
    ipv4only: Bool = Bool(31, True)
    """The opposite of ipv6."""


class Subscriptions:
    """Options that add to a set of the socket: it has methods of their names instead."""

    subscribe: Topic = Topic(6, access="w", effect=Effect.NOW, types=(SUB, XPUB))
    """A topic to receive from now on."""

    unsubscribe: Topic = Topic(7, access="w", effect=Effect.NOW, types=(SUB, XPUB))
    """A topic to take back, once."""


SUBSCRIBE: Final = Subscriptions.subscribe
UNSUBSCRIBE: Final = Subscriptions.unsubscribe

ALL_SOCKET_OPTIONS: dict[str, Option[Any, Any]] = rows_of(SocketOptions) | rows_of(Subscriptions)


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
        elif row is SocketOptions.zap_enforce_domain:
            hint = "set zap_domain first"
        elif row.name in ALL_SOCKET_OPTIONS and call == "zmq_setsockopt":
            hint = "libzmq refuses this value, or the option for this type of socket"
    return failure(code, call, row.name, hint=hint)


def socket_option(option: Option[Any, Any] | int, access: str) -> Option[Any, Any]:
    """Return the row to read ("r") or write ("w") a socket's option by; see resolve()."""
    return resolve(ALL_SOCKET_OPTIONS, option, access, Unlisted)
