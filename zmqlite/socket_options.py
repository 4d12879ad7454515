"""The options of a socket: one row each, in the groups of zmq_setsockopt(3).

All 80 that a stable libzmq has are here, and zap_enforce_domain, which zmq.h calls a draft but
stable builds have. A default is libzmq's own.
"""

from __future__ import annotations

import errno

from .advice import meant
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
from .errors import failure
from .library import has
from .option import Effect, HasAdvice, Option, resolve, rows_of
from .options import (
    Binary,
    Bool,
    EnumInt,
    Fd,
    Filter,
    Int,
    Int64,
    Key,
    Milliseconds,
    RoutingId,
    Text,
    Topic,
    UInt64,
    Unlisted,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Final

    from .errors import ZMQError


class SocketOptions(HasAdvice):
    """Options as attributes of a socket.

    Set them before bind() and connect(), or give them to `Context.socket`: most have an effect only
    on endpoints that are bound or connected later; the text of each option says when. An inproc
    endpoint copies the high-water marks and the routing id at bind(); most other options have no
    effect on inproc.

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
    """How many messages are queued to send, for each peer; 0 is no limit."""
    rcvhwm: Int = Int(24, 1000, effect=Effect.NOW)
    """How many received messages are queued, for each peer; 0 is no limit."""
    linger: Milliseconds = Milliseconds(17, low=-1, effect=Effect.LINGER)
    """How long unsent messages are kept after close(), in milliseconds; 0 drops them, -1 keeps them
    for ever. A Context sets it for its sockets; libzmq's own default is -1, for SUB and XSUB 0.
    """
    rcvtimeo: Milliseconds = Milliseconds(27, -1, low=-1, effect=Effect.NOW)
    """How long a receive waits, in milliseconds; -1 is for ever."""
    sndtimeo: Milliseconds = Milliseconds(28, -1, low=-1, effect=Effect.NOW)
    """How long a send waits for room, in milliseconds; -1 is for ever."""
    sndbuf: Int = Int(11, -1, low=-1)
    """Size of the system's send buffer, in bytes; -1 leaves it to the system."""
    rcvbuf: Int = Int(12, -1, low=-1)
    """Size of the system's receive buffer, in bytes; -1 leaves it to the system."""
    maxmsgsize: Int64 = Int64(22, -1, low=-1)
    """The largest frame that is accepted, in bytes; -1 is no limit. A peer that sends a larger one
    is disconnected. Frames of the handshake count, too: below about 1000 some peers cannot connect.
    inproc ignores it.
    """
    conflate: Bool = Bool(54, False, types=(DEALER, PULL, PUSH, PUB, SUB))
    """Keep only the newest message. Messages must have one frame; high-water marks are ignored."""
    immediate: Bool = Bool(39, False)
    """Queue messages only for peers whose handshake is complete, not for endpoints that no peer has
    answered yet. Messages that were not received yet are then lost when their sender leaves.
    """
    affinity: UInt64 = UInt64(4, 0)
    """Bit mask of the I/O threads to use; 0 is any. If the context has none of them, bind() raises
    EMTHREAD.
    """

    # Connections

    backlog: Int = Int(19, 100)
    """How many connections the system keeps until they are accepted."""
    handshake_ivl: Milliseconds = Milliseconds(66, 30000)
    """The longest time for a handshake, in milliseconds; 0 is no limit."""
    connect_timeout: Milliseconds = Milliseconds(79, 0)
    """The longest time for an attempt to connect, in milliseconds; 0 leaves it to the system."""
    reconnect_ivl: Milliseconds = Milliseconds(18, 100, low=-1)
    """The pause before the next attempt to connect, in milliseconds, to which libzmq adds a random
    part. With 0 and -1 there is no next attempt, not even after the first one failed.
    """
    reconnect_ivl_max: Milliseconds = Milliseconds(21, 0)
    """The longest pause between attempts to connect, in milliseconds. The pause doubles with each
    attempt until it is reached; 0 keeps it at reconnect_ivl.
    """
    heartbeat_ivl: Milliseconds = Milliseconds(75, 0)
    """The time between heartbeats to each peer, in milliseconds; 0 sends none. libzmq aborts if one
    is due after a peer reset its connection while the queue (rcvhwm) was full: see
    docs/howto/strangers.md.
    """
    heartbeat_ttl: Milliseconds = Milliseconds(76, 0, high=65500)
    """Tells peers to disconnect after this time without a heartbeat, in milliseconds; 0 is never.
    libzmq rounds it down to tenths of a second, and a peer would misread more than 65500.
    """
    heartbeat_timeout: Milliseconds = Milliseconds(77, -1)
    """How long to wait for the answer to a heartbeat, in milliseconds; -1, which it reads until it
    is set, is as long as heartbeat_ivl.
    """
    tcp_maxrt: Milliseconds = Milliseconds(80, 0)
    """How long sent data may stay unacknowledged before the connection is given up, in
    milliseconds; 0 leaves it to the system.
    """
    tcp_keepalive: Int = Int(34, -1, low=-1, high=1)
    """TCP keep-alive: 0 is off, 1 is on, -1 leaves it to the system."""
    tcp_keepalive_cnt: Int = Int(35, -1, low=-1)
    """How many keep-alive probes go unanswered before the connection is given up; -1 leaves it to
    the system.
    """
    tcp_keepalive_idle: Int = Int(36, -1, low=-1)
    """Seconds of silence before the first keep-alive probe; -1 leaves it to the system."""
    tcp_keepalive_intvl: Int = Int(37, -1, low=-1)
    """Seconds between keep-alive probes; -1 leaves it to the system."""
    tos: Int = Int(57, 0)
    """The type-of-service byte of IP packets."""
    ipv6: Bool = Bool(42, False)
    """Accept IPv6 endpoints as well as IPv4; the context's ipv6 is the default."""
    bindtodevice: Text = Text(92, "", longest=15, clears=True)
    """The network interface to use, and no other. bind() and connect() need a privilege for it."""
    use_fd: Int = Int(89, -1, low=-1)
    """A listening file descriptor for the next bind() to use; -1 is none."""
    socks_proxy: Text = Text(68, "", clears=True)
    """The SOCKS5 proxy to connect through, as host:port. If the proxy refuses the connection,
    libzmq aborts the process.
    """
    rate: Int = Int(8, 100, low=1)
    """The rate of multicast, in kilobits per second."""
    recovery_ivl: Milliseconds = Milliseconds(9, 10000)
    """How long lost multicast data can be recovered, in milliseconds."""
    multicast_hops: Int = Int(25, 1, low=1)
    """How many network hops multicast packets travel."""
    multicast_maxtpdu: Int = Int(84, 1500, low=1)
    """The largest multicast packet, in bytes."""

    # State

    rcvmore: Bool = Bool(13, False, access="r")
    """Whether more frames of the message follow the frame that was received last."""
    fd: Fd = Fd(14, access="r")
    """A file descriptor that becomes readable when `events` may have changed. It is edge-triggered:
    read `events` after every wake-up, send and receive. Never read, write or close it.
    """
    events: EnumInt[Event] = EnumInt(15, kind=Event, access="r")
    """What is possible now without waiting: POLLIN, POLLOUT, both or nothing."""
    type: EnumInt[SocketType] = EnumInt(16, kind=SocketType, access="r")
    """The type that the socket was created with."""
    last_endpoint: Text = Text(32, "", access="r")
    """The endpoint of the last bind() or connect() that succeeded, with the port that * stood for.
    """
    mechanism: EnumInt[Mechanism] = EnumInt(43, Mechanism.NULL, kind=Mechanism, access="r")
    """The security mechanism in use: that of the plain_*, curve_* or gssapi_* option that was set
    last.
    """
    thread_safe: Bool = Bool(81, False, access="r")
    """Whether libzmq locks the socket; it does so for no stable type."""

    # Publish and subscribe; subscribe() and unsubscribe() are methods

    xpub_verbose: Bool = Bool(40, access="w", effect=Effect.NOW, types=(XPUB,))
    """Receive each subscription, even if another subscriber made the same before; of equal
    unsubscriptions only the last.
    """
    xpub_verboser: Bool = Bool(78, access="w", effect=Effect.NOW, types=(XPUB,))
    """Receive each subscription and each unsubscription."""
    xpub_nodrop: Bool = Bool(69, access="w", effect=Effect.NOW, types=(XPUB, PUB))
    """If a subscriber's queue is full, wait or raise Again, instead of dropping the message for it.
    """
    xpub_manual: Bool = Bool(71, access="w", effect=Effect.NOW, types=(XPUB,))
    """What a peer asks for is not subscribed by itself: call subscribe() or unsubscribe() to decide
    what the peer that asked last will receive.
    """
    xpub_welcome_msg: Binary = Binary(72, access="w", effect=Effect.PEERS, types=(XPUB,))
    """The first message that a new subscriber gets; empty is none."""
    invert_matching: Bool = Bool(74, False, effect=Effect.NOW, types=(PUB, XPUB, SUB))
    """Send to a subscriber what matches none of its subscriptions. Set it on both sockets."""

    # Request and reply, routing, raw TCP

    routing_id: RoutingId = RoutingId(5, b"", types=(REQ, DEALER, ROUTER))
    """The name by which ROUTER peers know the socket. It has to be unique among them: a ROUTER
    ignores a second peer of the same name. It must not start with NUL, and cannot be emptied again.
    """
    connect_routing_id: RoutingId = RoutingId(
        61, access="w", effect=Effect.ONCE, types=(ROUTER, STREAM)
    )
    """The name for the peer of the next connect(). No other peer may have it."""
    router_mandatory: Bool = Bool(33, access="w", effect=Effect.NOW, types=(ROUTER,))
    """Raise HostUnreachable for an unknown routing id, instead of dropping the message."""
    router_handover: Bool = Bool(56, access="w", effect=Effect.NOW, types=(ROUTER,))
    """Give a routing id that is in use to a new peer that claims it, instead of ignoring that peer.
    """
    router_raw: Bool = Bool(41, access="w", types=(ROUTER,))
    """Deprecated: use a STREAM socket. Sends and receives raw TCP; False does not undo True."""
    probe_router: Bool = Bool(51, access="w", effect=Effect.PEERS, types=(ROUTER, DEALER, REQ))
    """Send an empty message to each new peer, so that a ROUTER learns the routing id of this
    socket.
    """
    req_correlate: Bool = Bool(52, access="w", effect=Effect.NOW, types=(REQ,))
    """Number the requests, and drop replies that do not belong to the current one."""
    req_relaxed: Bool = Bool(53, access="w", effect=Effect.NOW, types=(REQ,))
    """Allow a new request before the reply to the last one, which is dropped then. Set
    req_correlate, too.
    """
    stream_notify: Bool = Bool(73, access="w", types=(STREAM,))
    """Receive an empty message when a peer connects and when it disconnects. libzmq's default is
    True.
    """

    # Security: each plain_*, curve_* and gssapi_* option selects its mechanism

    plain_server: Bool = Bool(44, False)
    """Be a PLAIN server, which needs a ZAP handler to accept anybody. False selects no security."""
    plain_username: Text = Text(45, "", clears=True)
    """Be a PLAIN client of this name, which is sent unencrypted."""
    plain_password: Text = Text(46, "", clears=True)
    """The password of a PLAIN client, which is sent unencrypted."""
    curve_server: Bool = Bool(47, False, needs="curve")
    """Be a CURVE server. Without a ZAP handler it accepts every client's key. False selects no
    security.
    """
    curve_publickey: Key = Key(48, needs="curve")
    """The client's own public key."""
    curve_secretkey: Key = Key(49, needs="curve")
    """The client's or server's own secret key. Any code that has the socket can read it."""
    curve_serverkey: Key = Key(50, needs="curve")
    """The public key that the server has to prove; setting it makes this a CURVE client."""
    zap_domain: Text = Text(55, "")
    """The domain that is passed to the ZAP handler; it cannot be emptied again."""
    zap_enforce_domain: Bool = Bool(93, False)
    """Refuse all peers of a CURVE, PLAIN or GSSAPI server while there is no ZAP handler, instead of
    accepting them unchecked. Set zap_domain first.
    """
    gssapi_server: Bool = Bool(62, False, needs="gssapi")
    """Be a GSSAPI server. False selects GSSAPI as well."""
    gssapi_principal: Text = Text(63, "", needs="gssapi")
    """The name of the own principal."""
    gssapi_service_principal: Text = Text(64, "", needs="gssapi")
    """The name of the server's principal; setting it makes this a GSSAPI client."""
    gssapi_plaintext: Bool = Bool(65, False, needs="gssapi")
    """Do not encrypt. Set it on both sockets."""
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
    """The size of the VMCI buffer, in bytes."""
    vmci_buffer_min_size: UInt64 = UInt64(86, access="w", needs="vmci")
    """The smallest size of the VMCI buffer, in bytes."""
    vmci_buffer_max_size: UInt64 = UInt64(87, access="w", needs="vmci")
    """The largest size of the VMCI buffer, in bytes."""
    vmci_connect_timeout: Milliseconds = Milliseconds(88, low=-1, access="w", needs="vmci")
    """The longest time for a VMCI connect, in milliseconds; -1 is for ever."""

    # Deprecated by libzmq: a ZAP handler, and the ipv6 option, do the same better

    tcp_accept_filter: Text = Text(38, access="w", clears=True)
    """An address or network to accept connections from, as 10.0.0.0/8; several add up."""
    ipc_filter_pid: Filter = Filter(58, high=2**31 - 1, access="w")
    """A process to accept ipc connections from. Of process, user and group one match is enough."""
    ipc_filter_uid: Filter = Filter(59, access="w")
    """A user to accept ipc connections from. Of process, user and group one match is enough."""
    ipc_filter_gid: Filter = Filter(60, access="w")
    """A group to accept ipc connections from. Of process, user and group one match is enough."""
    ipv4only: Bool = Bool(31, True)
    """The opposite of ipv6."""


class Subscriptions:
    """Options that add to a set of the socket: it has methods of their names instead."""

    subscribe: Topic = Topic(6, access="w", effect=Effect.NOW, types=(SUB, XPUB))
    """Receive the messages that begin with these bytes, too."""

    unsubscribe: Topic = Topic(7, access="w", effect=Effect.NOW, types=(SUB, XPUB))
    """Take one subscription back."""


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
