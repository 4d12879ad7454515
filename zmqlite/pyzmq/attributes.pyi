"""The types of the options as attributes."""

from collections.abc import Callable

class BytesOption:
    """None is how libzmq is told that there is no such text."""

    def __get__(self, owner: object, kind: type) -> bytes: ...
    def __set__(self, owner: object, value: bytes | None) -> None: ...

class SocketAttributes:
    hwm: int
    HWM: int
    affinity: int
    AFFINITY: int
    routing_id: BytesOption
    ROUTING_ID: BytesOption
    @property
    def subscribe(self) -> Callable[[str | bytes], None]: ...
    @subscribe.setter
    def subscribe(self, topic: str | bytes) -> None: ...
    SUBSCRIBE: BytesOption
    @property
    def unsubscribe(self) -> Callable[[str | bytes], None]: ...
    @unsubscribe.setter
    def unsubscribe(self, topic: str | bytes) -> None: ...
    UNSUBSCRIBE: BytesOption
    rate: int
    RATE: int
    recovery_ivl: int
    RECOVERY_IVL: int
    sndbuf: int
    SNDBUF: int
    rcvbuf: int
    RCVBUF: int
    @property
    def rcvmore(self) -> int: ...
    @property
    def RCVMORE(self) -> int: ...
    @property
    def fd(self) -> int: ...
    @property
    def FD(self) -> int: ...
    @property
    def events(self) -> int: ...
    @property
    def EVENTS(self) -> int: ...
    @property
    def type(self) -> int: ...
    @property
    def TYPE(self) -> int: ...
    linger: int
    LINGER: int
    reconnect_ivl: int
    RECONNECT_IVL: int
    backlog: int
    BACKLOG: int
    reconnect_ivl_max: int
    RECONNECT_IVL_MAX: int
    maxmsgsize: int
    MAXMSGSIZE: int
    sndhwm: int
    SNDHWM: int
    rcvhwm: int
    RCVHWM: int
    multicast_hops: int
    MULTICAST_HOPS: int
    rcvtimeo: int
    RCVTIMEO: int
    sndtimeo: int
    SNDTIMEO: int
    @property
    def last_endpoint(self) -> bytes: ...
    @property
    def LAST_ENDPOINT(self) -> bytes: ...
    router_mandatory: int
    ROUTER_MANDATORY: int
    tcp_keepalive: int
    TCP_KEEPALIVE: int
    tcp_keepalive_cnt: int
    TCP_KEEPALIVE_CNT: int
    tcp_keepalive_idle: int
    TCP_KEEPALIVE_IDLE: int
    tcp_keepalive_intvl: int
    TCP_KEEPALIVE_INTVL: int
    immediate: int
    IMMEDIATE: int
    xpub_verbose: int
    XPUB_VERBOSE: int
    router_raw: int
    ROUTER_RAW: int
    ipv6: int
    IPV6: int
    @property
    def mechanism(self) -> int: ...
    @property
    def MECHANISM(self) -> int: ...
    plain_server: int
    PLAIN_SERVER: int
    plain_username: BytesOption
    PLAIN_USERNAME: BytesOption
    plain_password: BytesOption
    PLAIN_PASSWORD: BytesOption
    curve_server: int
    CURVE_SERVER: int
    curve_publickey: BytesOption
    CURVE_PUBLICKEY: BytesOption
    curve_secretkey: BytesOption
    CURVE_SECRETKEY: BytesOption
    curve_serverkey: BytesOption
    CURVE_SERVERKEY: BytesOption
    probe_router: int
    PROBE_ROUTER: int
    req_correlate: int
    REQ_CORRELATE: int
    req_relaxed: int
    REQ_RELAXED: int
    conflate: int
    CONFLATE: int
    zap_domain: BytesOption
    ZAP_DOMAIN: BytesOption
    router_handover: int
    ROUTER_HANDOVER: int
    tos: int
    TOS: int
    connect_routing_id: BytesOption
    CONNECT_ROUTING_ID: BytesOption
    gssapi_server: int
    GSSAPI_SERVER: int
    gssapi_principal: BytesOption
    GSSAPI_PRINCIPAL: BytesOption
    gssapi_service_principal: BytesOption
    GSSAPI_SERVICE_PRINCIPAL: BytesOption
    gssapi_plaintext: int
    GSSAPI_PLAINTEXT: int
    handshake_ivl: int
    HANDSHAKE_IVL: int
    socks_proxy: BytesOption
    SOCKS_PROXY: BytesOption
    xpub_nodrop: int
    XPUB_NODROP: int
    blocky: int
    BLOCKY: int
    xpub_manual: int
    XPUB_MANUAL: int
    xpub_welcome_msg: BytesOption
    XPUB_WELCOME_MSG: BytesOption
    stream_notify: int
    STREAM_NOTIFY: int
    invert_matching: int
    INVERT_MATCHING: int
    heartbeat_ivl: int
    HEARTBEAT_IVL: int
    heartbeat_ttl: int
    HEARTBEAT_TTL: int
    heartbeat_timeout: int
    HEARTBEAT_TIMEOUT: int
    xpub_verboser: int
    XPUB_VERBOSER: int
    connect_timeout: int
    CONNECT_TIMEOUT: int
    tcp_maxrt: int
    TCP_MAXRT: int
    @property
    def thread_safe(self) -> int: ...
    @property
    def THREAD_SAFE(self) -> int: ...
    multicast_maxtpdu: int
    MULTICAST_MAXTPDU: int
    vmci_buffer_size: int
    VMCI_BUFFER_SIZE: int
    vmci_buffer_min_size: int
    VMCI_BUFFER_MIN_SIZE: int
    vmci_buffer_max_size: int
    VMCI_BUFFER_MAX_SIZE: int
    vmci_connect_timeout: int
    VMCI_CONNECT_TIMEOUT: int
    use_fd: int
    USE_FD: int
    gssapi_principal_nametype: int
    GSSAPI_PRINCIPAL_NAMETYPE: int
    gssapi_service_principal_nametype: int
    GSSAPI_SERVICE_PRINCIPAL_NAMETYPE: int
    bindtodevice: BytesOption
    BINDTODEVICE: BytesOption
    identity: BytesOption
    IDENTITY: BytesOption
    connect_rid: BytesOption
    CONNECT_RID: BytesOption
    tcp_accept_filter: BytesOption
    TCP_ACCEPT_FILTER: BytesOption
    ipc_filter_pid: int
    IPC_FILTER_PID: int
    ipc_filter_uid: int
    IPC_FILTER_UID: int
    ipc_filter_gid: int
    IPC_FILTER_GID: int
    ipv4only: int
    IPV4ONLY: int
    delay_attach_on_connect: int
    DELAY_ATTACH_ON_CONNECT: int
    fail_unroutable: int
    FAIL_UNROUTABLE: int
    router_behavior: int
    ROUTER_BEHAVIOR: int
    zap_enforce_domain: int
    ZAP_ENFORCE_DOMAIN: int
    loopback_fastpath: int
    LOOPBACK_FASTPATH: int
    metadata: BytesOption
    METADATA: BytesOption
    multicast_loop: int
    MULTICAST_LOOP: int
    router_notify: int
    ROUTER_NOTIFY: int
    xpub_manual_last_value: int
    XPUB_MANUAL_LAST_VALUE: int
    socks_username: BytesOption
    SOCKS_USERNAME: BytesOption
    socks_password: BytesOption
    SOCKS_PASSWORD: BytesOption
    in_batch_size: int
    IN_BATCH_SIZE: int
    out_batch_size: int
    OUT_BATCH_SIZE: int
    wss_key_pem: BytesOption
    WSS_KEY_PEM: BytesOption
    wss_cert_pem: BytesOption
    WSS_CERT_PEM: BytesOption
    wss_trust_pem: BytesOption
    WSS_TRUST_PEM: BytesOption
    wss_hostname: BytesOption
    WSS_HOSTNAME: BytesOption
    wss_trust_system: int
    WSS_TRUST_SYSTEM: int
    only_first_subscribe: int
    ONLY_FIRST_SUBSCRIBE: int
    reconnect_stop: int
    RECONNECT_STOP: int
    hello_msg: BytesOption
    HELLO_MSG: BytesOption
    disconnect_msg: BytesOption
    DISCONNECT_MSG: BytesOption
    priority: int
    PRIORITY: int
    busy_poll: int
    BUSY_POLL: int
    hiccup_msg: BytesOption
    HICCUP_MSG: BytesOption
    xsub_verbose_unsubscribe: int
    XSUB_VERBOSE_UNSUBSCRIBE: int
    topics_count: int
    TOPICS_COUNT: int
    norm_mode: int
    NORM_MODE: int
    norm_unicast_nack: int
    NORM_UNICAST_NACK: int
    norm_buffer_size: int
    NORM_BUFFER_SIZE: int
    norm_segment_size: int
    NORM_SEGMENT_SIZE: int
    norm_block_size: int
    NORM_BLOCK_SIZE: int
    norm_num_parity: int
    NORM_NUM_PARITY: int
    norm_num_autoparity: int
    NORM_NUM_AUTOPARITY: int
    norm_push: int
    NORM_PUSH: int

class ContextAttributes(SocketAttributes):
    io_threads: int
    IO_THREADS: int
    max_sockets: int
    MAX_SOCKETS: int
    socket_limit: int
    SOCKET_LIMIT: int
    thread_priority: int
    THREAD_PRIORITY: int
    thread_sched_policy: int
    THREAD_SCHED_POLICY: int
    max_msgsz: int
    MAX_MSGSZ: int
    msg_t_size: int
    MSG_T_SIZE: int
    thread_affinity_cpu_add: int
    THREAD_AFFINITY_CPU_ADD: int
    thread_affinity_cpu_remove: int
    THREAD_AFFINITY_CPU_REMOVE: int
    thread_name_prefix: int
    THREAD_NAME_PREFIX: int
