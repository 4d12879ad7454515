"""Types of constants.py, which takes the values from the compiled module and from errno."""

from typing import Final

# Versions: zmq_version(3)

ZMQ_VERSION_MAJOR: Final[int]
ZMQ_VERSION_MINOR: Final[int]
ZMQ_VERSION_PATCH: Final[int]
ZMQ_VERSION: Final[int]

def ZMQ_MAKE_VERSION(major: int, minor: int, patch: int) -> int: ...

# What C asks for with #ifdef.
ZMQ_HAS_CAPABILITIES: Final[int]
ZMQ_HAVE_TIMERS: Final[int]
ZMQ_DEFINED_STDINT: Final[int]

# Errors: zmq_errno(3)

ZMQ_HAUSNUMERO: Final[int]
EFSM: Final[int]
ENOCOMPATPROTO: Final[int]
ETERM: Final[int]
EMTHREAD: Final[int]

# Those that zmq.h defines where the system does not.
ENOTSUP: Final[int]
EPROTONOSUPPORT: Final[int]
ENOBUFS: Final[int]
ENETDOWN: Final[int]
EADDRINUSE: Final[int]
EADDRNOTAVAIL: Final[int]
ECONNREFUSED: Final[int]
EINPROGRESS: Final[int]
ENOTSOCK: Final[int]
EMSGSIZE: Final[int]
EAFNOSUPPORT: Final[int]
ENETUNREACH: Final[int]
ECONNABORTED: Final[int]
ECONNRESET: Final[int]
ENOTCONN: Final[int]
ETIMEDOUT: Final[int]
EHOSTUNREACH: Final[int]
ENETRESET: Final[int]

# Those of errno.h, which zmq.h includes, that a function here may set.
EACCES: Final[int]
EAGAIN: Final[int]
EBUSY: Final[int]
EFAULT: Final[int]
EINTR: Final[int]
EINVAL: Final[int]
EMFILE: Final[int]
ENAMETOOLONG: Final[int]
ENFILE: Final[int]
ENODEV: Final[int]
ENOENT: Final[int]
ENOMEM: Final[int]
EPERM: Final[int]
EPROTO: Final[int]

# Contexts: zmq_ctx_set(3), zmq_ctx_get(3)

# Options. ZMQ_SOCKET_LIMIT is what number 3 reads, ZMQ_THREAD_PRIORITY what it writes.
ZMQ_IO_THREADS: Final[int]
ZMQ_MAX_SOCKETS: Final[int]
ZMQ_SOCKET_LIMIT: Final[int]
ZMQ_THREAD_PRIORITY: Final[int]
ZMQ_THREAD_SCHED_POLICY: Final[int]
ZMQ_MAX_MSGSZ: Final[int]
ZMQ_MSG_T_SIZE: Final[int]
ZMQ_THREAD_AFFINITY_CPU_ADD: Final[int]
ZMQ_THREAD_AFFINITY_CPU_REMOVE: Final[int]
ZMQ_THREAD_NAME_PREFIX: Final[int]
ZMQ_BLOCKY: Final[int]

# Defaults.
ZMQ_IO_THREADS_DFLT: Final[int]
ZMQ_MAX_SOCKETS_DFLT: Final[int]
ZMQ_THREAD_PRIORITY_DFLT: Final[int]
ZMQ_THREAD_SCHED_POLICY_DFLT: Final[int]

# Messages: zmq_msg_get(3)

# Properties for zmq_msg_get. ZMQ_SRCFD is deprecated.
ZMQ_MORE: Final[int]
ZMQ_SRCFD: Final[int]
ZMQ_SHARED: Final[int]

# The longest group of a RADIO or DISH message.
ZMQ_GROUP_MAX_LENGTH: Final[int]

# Sockets: zmq_socket(3)

# Types.
ZMQ_PAIR: Final[int]
ZMQ_PUB: Final[int]
ZMQ_SUB: Final[int]
ZMQ_REQ: Final[int]
ZMQ_REP: Final[int]
ZMQ_DEALER: Final[int]
ZMQ_ROUTER: Final[int]
ZMQ_PULL: Final[int]
ZMQ_PUSH: Final[int]
ZMQ_XPUB: Final[int]
ZMQ_XSUB: Final[int]
ZMQ_STREAM: Final[int]

# Old names of DEALER and ROUTER.
ZMQ_XREQ: Final[int]
ZMQ_XREP: Final[int]

# Flags; ZMQ_NOBLOCK is the old name of ZMQ_DONTWAIT.
ZMQ_DONTWAIT: Final[int]
ZMQ_SNDMORE: Final[int]
ZMQ_NOBLOCK: Final[int]

# Socket options: zmq_setsockopt(3), zmq_getsockopt(3). In the order of their numbers.
ZMQ_AFFINITY: Final[int]
ZMQ_ROUTING_ID: Final[int]
ZMQ_SUBSCRIBE: Final[int]
ZMQ_UNSUBSCRIBE: Final[int]
ZMQ_RATE: Final[int]
ZMQ_RECOVERY_IVL: Final[int]
ZMQ_SNDBUF: Final[int]
ZMQ_RCVBUF: Final[int]
ZMQ_RCVMORE: Final[int]
ZMQ_FD: Final[int]
ZMQ_EVENTS: Final[int]
ZMQ_TYPE: Final[int]
ZMQ_LINGER: Final[int]
ZMQ_RECONNECT_IVL: Final[int]
ZMQ_BACKLOG: Final[int]
ZMQ_RECONNECT_IVL_MAX: Final[int]
ZMQ_MAXMSGSIZE: Final[int]
ZMQ_SNDHWM: Final[int]
ZMQ_RCVHWM: Final[int]
ZMQ_MULTICAST_HOPS: Final[int]
ZMQ_RCVTIMEO: Final[int]
ZMQ_SNDTIMEO: Final[int]
ZMQ_LAST_ENDPOINT: Final[int]
ZMQ_ROUTER_MANDATORY: Final[int]
ZMQ_TCP_KEEPALIVE: Final[int]
ZMQ_TCP_KEEPALIVE_CNT: Final[int]
ZMQ_TCP_KEEPALIVE_IDLE: Final[int]
ZMQ_TCP_KEEPALIVE_INTVL: Final[int]
ZMQ_IMMEDIATE: Final[int]
ZMQ_XPUB_VERBOSE: Final[int]
ZMQ_ROUTER_RAW: Final[int]
ZMQ_IPV6: Final[int]
ZMQ_MECHANISM: Final[int]
ZMQ_PLAIN_SERVER: Final[int]
ZMQ_PLAIN_USERNAME: Final[int]
ZMQ_PLAIN_PASSWORD: Final[int]
ZMQ_CURVE_SERVER: Final[int]
ZMQ_CURVE_PUBLICKEY: Final[int]
ZMQ_CURVE_SECRETKEY: Final[int]
ZMQ_CURVE_SERVERKEY: Final[int]
ZMQ_PROBE_ROUTER: Final[int]
ZMQ_REQ_CORRELATE: Final[int]
ZMQ_REQ_RELAXED: Final[int]
ZMQ_CONFLATE: Final[int]
ZMQ_ZAP_DOMAIN: Final[int]
ZMQ_ROUTER_HANDOVER: Final[int]
ZMQ_TOS: Final[int]
ZMQ_CONNECT_ROUTING_ID: Final[int]
ZMQ_GSSAPI_SERVER: Final[int]
ZMQ_GSSAPI_PRINCIPAL: Final[int]
ZMQ_GSSAPI_SERVICE_PRINCIPAL: Final[int]
ZMQ_GSSAPI_PLAINTEXT: Final[int]
ZMQ_HANDSHAKE_IVL: Final[int]
ZMQ_SOCKS_PROXY: Final[int]
ZMQ_XPUB_NODROP: Final[int]
ZMQ_XPUB_MANUAL: Final[int]
ZMQ_XPUB_WELCOME_MSG: Final[int]
ZMQ_STREAM_NOTIFY: Final[int]
ZMQ_INVERT_MATCHING: Final[int]
ZMQ_HEARTBEAT_IVL: Final[int]
ZMQ_HEARTBEAT_TTL: Final[int]
ZMQ_HEARTBEAT_TIMEOUT: Final[int]
ZMQ_XPUB_VERBOSER: Final[int]
ZMQ_CONNECT_TIMEOUT: Final[int]
ZMQ_TCP_MAXRT: Final[int]
ZMQ_THREAD_SAFE: Final[int]
ZMQ_MULTICAST_MAXTPDU: Final[int]
ZMQ_VMCI_BUFFER_SIZE: Final[int]
ZMQ_VMCI_BUFFER_MIN_SIZE: Final[int]
ZMQ_VMCI_BUFFER_MAX_SIZE: Final[int]
ZMQ_VMCI_CONNECT_TIMEOUT: Final[int]
ZMQ_USE_FD: Final[int]
ZMQ_GSSAPI_PRINCIPAL_NAMETYPE: Final[int]
ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE: Final[int]
ZMQ_BINDTODEVICE: Final[int]

# Values of ZMQ_MECHANISM: zmq_null(7), zmq_plain(7), zmq_curve(7), zmq_gssapi(7).
ZMQ_NULL: Final[int]
ZMQ_PLAIN: Final[int]
ZMQ_CURVE: Final[int]
ZMQ_GSSAPI: Final[int]

# Values of the two GSSAPI name types.
ZMQ_GSSAPI_NT_HOSTBASED: Final[int]
ZMQ_GSSAPI_NT_USER_NAME: Final[int]
ZMQ_GSSAPI_NT_KRB5_PRINCIPAL: Final[int]

# Deprecated options.
ZMQ_IPV4ONLY: Final[int]
ZMQ_TCP_ACCEPT_FILTER: Final[int]
ZMQ_IPC_FILTER_PID: Final[int]
ZMQ_IPC_FILTER_UID: Final[int]
ZMQ_IPC_FILTER_GID: Final[int]

# Old names of ROUTING_ID, CONNECT_ROUTING_ID, IMMEDIATE and (twice) ROUTER_MANDATORY.
ZMQ_IDENTITY: Final[int]
ZMQ_CONNECT_RID: Final[int]
ZMQ_DELAY_ATTACH_ON_CONNECT: Final[int]
ZMQ_FAIL_UNROUTABLE: Final[int]
ZMQ_ROUTER_BEHAVIOR: Final[int]

# Polling and proxies: zmq_poll(3), zmq_proxy(3)
ZMQ_POLLIN: Final[int]
ZMQ_POLLOUT: Final[int]
ZMQ_POLLERR: Final[int]
ZMQ_POLLPRI: Final[int]

# Up to this many items zmq_poll allocates nothing.
ZMQ_POLLITEMS_DFLT: Final[int]
ZMQ_STREAMER: Final[int]
ZMQ_FORWARDER: Final[int]
ZMQ_QUEUE: Final[int]

# Monitoring: zmq_socket_monitor(3).
ZMQ_EVENT_CONNECTED: Final[int]
ZMQ_EVENT_CONNECT_DELAYED: Final[int]
ZMQ_EVENT_CONNECT_RETRIED: Final[int]
ZMQ_EVENT_LISTENING: Final[int]
ZMQ_EVENT_BIND_FAILED: Final[int]
ZMQ_EVENT_ACCEPTED: Final[int]
ZMQ_EVENT_ACCEPT_FAILED: Final[int]
ZMQ_EVENT_CLOSED: Final[int]
ZMQ_EVENT_CLOSE_FAILED: Final[int]
ZMQ_EVENT_DISCONNECTED: Final[int]
ZMQ_EVENT_MONITOR_STOPPED: Final[int]
ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: Final[int]
ZMQ_EVENT_HANDSHAKE_SUCCEEDED: Final[int]
ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: Final[int]
ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: Final[int]
ZMQ_EVENT_ALL: Final[int]

# The value of a HANDSHAKE_FAILED_PROTOCOL event.
ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED: Final[int]
ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND: Final[int]
ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE: Final[int]
ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE: Final[int]
ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED: Final[int]
ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE: Final[int]
ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO: Final[int]
ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_INITIATE: Final[int]
ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR: Final[int]
ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_READY: Final[int]
ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_WELCOME: Final[int]
ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA: Final[int]
ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC: Final[int]
ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH: Final[int]
ZMQ_PROTOCOL_ERROR_ZAP_UNSPECIFIED: Final[int]
ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY: Final[int]
ZMQ_PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID: Final[int]
ZMQ_PROTOCOL_ERROR_ZAP_BAD_VERSION: Final[int]
ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE: Final[int]
ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA: Final[int]
ZMQ_PROTOCOL_ERROR_WS_UNSPECIFIED: Final[int]
