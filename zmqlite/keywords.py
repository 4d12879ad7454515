"""The options of sockets and contexts as keyword arguments, for type checkers and editors alone.

One entry for each option that can be set, as in the tables of socket_options and context_options; a
test compares them. Nothing imports this module when a program runs.
"""

from __future__ import annotations

from typing import TypedDict

from typing_extensions import Buffer

from .constants import GssapiNameType


class AsyncSocketKeywords(TypedDict, total=False):
    """The options that `zmqlite.aio.Context.socket` takes."""

    sndhwm: int
    rcvhwm: int
    linger: int | None
    sndbuf: int
    rcvbuf: int
    maxmsgsize: int
    conflate: bool
    immediate: bool
    affinity: int
    backlog: int
    handshake_ivl: int | None
    connect_timeout: int | None
    reconnect_ivl: int | None
    reconnect_ivl_max: int | None
    heartbeat_ivl: int | None
    heartbeat_ttl: int | None
    heartbeat_timeout: int | None
    tcp_maxrt: int | None
    tcp_keepalive: int
    tcp_keepalive_cnt: int
    tcp_keepalive_idle: int
    tcp_keepalive_intvl: int
    tos: int
    ipv6: bool
    bindtodevice: str | None
    use_fd: int
    socks_proxy: str | None
    rate: int
    recovery_ivl: int | None
    multicast_hops: int
    multicast_maxtpdu: int
    xpub_verbose: bool
    xpub_verboser: bool
    xpub_nodrop: bool
    xpub_manual: bool
    xpub_welcome_msg: Buffer
    invert_matching: bool
    routing_id: Buffer
    connect_routing_id: Buffer
    router_mandatory: bool
    router_handover: bool
    router_raw: bool
    probe_router: bool
    req_correlate: bool
    req_relaxed: bool
    stream_notify: bool
    plain_server: bool
    plain_username: str | None
    plain_password: str | None
    curve_server: bool
    curve_publickey: bytes
    curve_secretkey: bytes
    curve_serverkey: bytes
    zap_domain: str | None
    zap_enforce_domain: bool
    gssapi_server: bool
    gssapi_principal: str | None
    gssapi_service_principal: str | None
    gssapi_plaintext: bool
    gssapi_principal_nametype: GssapiNameType
    gssapi_service_principal_nametype: GssapiNameType
    vmci_buffer_size: int
    vmci_buffer_min_size: int
    vmci_buffer_max_size: int
    vmci_connect_timeout: int | None
    tcp_accept_filter: str | None
    ipc_filter_pid: int | None
    ipc_filter_uid: int | None
    ipc_filter_gid: int | None
    ipv4only: bool
    subscribe: Buffer | str
    unsubscribe: Buffer | str


class SocketKeywords(AsyncSocketKeywords, total=False):
    """The options that `zmqlite.Context.socket` takes."""

    rcvtimeo: int | None
    sndtimeo: int | None


class ContextKeywords(TypedDict, total=False):
    """The options that `zmqlite.Context` takes, beside io_threads."""

    max_sockets: int
    thread_priority: int
    thread_sched_policy: int
    max_msgsz: int
    thread_affinity_cpu_add: int
    thread_affinity_cpu_remove: int
    thread_name_prefix: int
    zero_copy_recv: bool
    ipv6: bool
    blocky: bool
