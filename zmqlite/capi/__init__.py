"""zmq.h in Python, so that a C program moves over line by line: `from zmqlite.capi import *`.

The names, the order of the arguments, the return values and errno are C's. -1 or None stands for
failure, `zmq_errno()` tells why, and nothing raises but what a C compiler would refuse: TypeError
and ValueError. What becomes of the rest of C:

    void *socket                 None, or an object that zmq_socket and its like return
    NULL                         None
    char buffer[10]              buffer = bytearray(10), or anything else that is a buffer
    "text" as const char *       "text" or b"text"
    int x; ... &x                x = c_int(); ... x   and then x.value; likewise c_size_t ...
    char text[256]               text = c_char_buffer(256)   and then text.value
    zmq_msg_t msg; ... &msg      msg = zmq_msg_t(); ... msg
    zmq_pollitem_t items[] = {}  items = [zmq_pollitem_t(socket, 0, ZMQ_POLLIN, 0), ...]
    void *p; ... &p              p = c_pointer(handle); ... p   and then p.value
    a function as callback       a function of Python

docs/porting-from-c.md has the whole story. Nothing here is closed, sent or ended behind the
caller's back: ZMQ_LINGER is libzmq's own, zmq_ctx_term waits, and a program may simply exit.
"""

from ._handles import void_p
from ._message import zmq_msg_t
from .constants import *
from .context import (
    zmq_ctx_destroy,
    zmq_ctx_get,
    zmq_ctx_new,
    zmq_ctx_set,
    zmq_ctx_shutdown,
    zmq_ctx_term,
    zmq_init,
    zmq_term,
)
from .errors import (
    zmq_errno,
    zmq_has,
    zmq_strerror,
    zmq_version,
)
from .message import (
    zmq_msg_close,
    zmq_msg_copy,
    zmq_msg_data,
    zmq_msg_get,
    zmq_msg_gets,
    zmq_msg_init,
    zmq_msg_init_data,
    zmq_msg_init_size,
    zmq_msg_more,
    zmq_msg_move,
    zmq_msg_recv,
    zmq_msg_send,
    zmq_msg_set,
    zmq_msg_size,
    zmq_recvmsg,
    zmq_sendmsg,
)
from .poll import (
    zmq_device,
    zmq_poll,
    zmq_pollitem_t,
    zmq_proxy,
    zmq_proxy_steerable,
)
from .security import (
    zmq_curve_keypair,
    zmq_curve_public,
    zmq_z85_decode,
    zmq_z85_encode,
)
from .socket import (
    zmq_bind,
    zmq_close,
    zmq_connect,
    zmq_disconnect,
    zmq_getsockopt,
    zmq_setsockopt,
    zmq_socket,
    zmq_socket_monitor,
    zmq_unbind,
)
from .timers import (
    zmq_timers_add,
    zmq_timers_cancel,
    zmq_timers_destroy,
    zmq_timers_execute,
    zmq_timers_new,
    zmq_timers_reset,
    zmq_timers_set_interval,
    zmq_timers_timeout,
)
from .transfer import (
    iovec,
    zmq_recv,
    zmq_recviov,
    zmq_send,
    zmq_send_const,
    zmq_sendiov,
)
from .util import (
    zmq_atomic_counter_dec,
    zmq_atomic_counter_destroy,
    zmq_atomic_counter_inc,
    zmq_atomic_counter_new,
    zmq_atomic_counter_set,
    zmq_atomic_counter_value,
    zmq_sleep,
    zmq_stopwatch_intermediate,
    zmq_stopwatch_start,
    zmq_stopwatch_stop,
    zmq_threadclose,
    zmq_threadstart,
)
from .variables import (
    c_char_buffer,
    c_int,
    c_int64,
    c_pointer,
    c_size_t,
    c_uint64,
    sizeof,
)

# fmt: off
__all__ = [
    "EACCES", "EADDRINUSE", "EADDRNOTAVAIL", "EAFNOSUPPORT", "EAGAIN", "EBUSY", "ECONNABORTED",
    "ECONNREFUSED", "ECONNRESET", "EFAULT", "EFSM", "EHOSTUNREACH", "EINPROGRESS", "EINTR",
    "EINVAL", "EMFILE", "EMSGSIZE", "EMTHREAD", "ENAMETOOLONG", "ENETDOWN", "ENETRESET",
    "ENETUNREACH", "ENFILE", "ENOBUFS", "ENOCOMPATPROTO", "ENODEV", "ENOENT", "ENOMEM",
    "ENOTCONN", "ENOTSOCK", "ENOTSUP", "EPERM", "EPROTO", "EPROTONOSUPPORT", "ETERM",
    "ETIMEDOUT", "ZMQ_AFFINITY", "ZMQ_BACKLOG", "ZMQ_BINDTODEVICE", "ZMQ_BLOCKY",
    "ZMQ_CONFLATE", "ZMQ_CONNECT_RID", "ZMQ_CONNECT_ROUTING_ID", "ZMQ_CONNECT_TIMEOUT",
    "ZMQ_CURVE", "ZMQ_CURVE_PUBLICKEY", "ZMQ_CURVE_SECRETKEY", "ZMQ_CURVE_SERVER",
    "ZMQ_CURVE_SERVERKEY", "ZMQ_DEALER", "ZMQ_DEFINED_STDINT", "ZMQ_DELAY_ATTACH_ON_CONNECT",
    "ZMQ_DONTWAIT", "ZMQ_EVENTS", "ZMQ_EVENT_ACCEPTED", "ZMQ_EVENT_ACCEPT_FAILED",
    "ZMQ_EVENT_ALL", "ZMQ_EVENT_BIND_FAILED", "ZMQ_EVENT_CLOSED", "ZMQ_EVENT_CLOSE_FAILED",
    "ZMQ_EVENT_CONNECTED", "ZMQ_EVENT_CONNECT_DELAYED", "ZMQ_EVENT_CONNECT_RETRIED",
    "ZMQ_EVENT_DISCONNECTED", "ZMQ_EVENT_HANDSHAKE_FAILED_AUTH",
    "ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL", "ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL",
    "ZMQ_EVENT_HANDSHAKE_SUCCEEDED", "ZMQ_EVENT_LISTENING", "ZMQ_EVENT_MONITOR_STOPPED",
    "ZMQ_FAIL_UNROUTABLE", "ZMQ_FD", "ZMQ_FORWARDER", "ZMQ_GROUP_MAX_LENGTH", "ZMQ_GSSAPI",
    "ZMQ_GSSAPI_NT_HOSTBASED", "ZMQ_GSSAPI_NT_KRB5_PRINCIPAL", "ZMQ_GSSAPI_NT_USER_NAME",
    "ZMQ_GSSAPI_PLAINTEXT", "ZMQ_GSSAPI_PRINCIPAL", "ZMQ_GSSAPI_PRINCIPAL_NAMETYPE",
    "ZMQ_GSSAPI_SERVER", "ZMQ_GSSAPI_SERVICE_PRINCIPAL",
    "ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE", "ZMQ_HANDSHAKE_IVL", "ZMQ_HAS_CAPABILITIES",
    "ZMQ_HAUSNUMERO", "ZMQ_HAVE_TIMERS", "ZMQ_HEARTBEAT_IVL", "ZMQ_HEARTBEAT_TIMEOUT",
    "ZMQ_HEARTBEAT_TTL", "ZMQ_IDENTITY", "ZMQ_IMMEDIATE", "ZMQ_INVERT_MATCHING",
    "ZMQ_IO_THREADS", "ZMQ_IO_THREADS_DFLT", "ZMQ_IPC_FILTER_GID", "ZMQ_IPC_FILTER_PID",
    "ZMQ_IPC_FILTER_UID", "ZMQ_IPV4ONLY", "ZMQ_IPV6", "ZMQ_LAST_ENDPOINT", "ZMQ_LINGER",
    "ZMQ_MAKE_VERSION", "ZMQ_MAXMSGSIZE", "ZMQ_MAX_MSGSZ", "ZMQ_MAX_SOCKETS",
    "ZMQ_MAX_SOCKETS_DFLT", "ZMQ_MECHANISM", "ZMQ_MORE", "ZMQ_MSG_T_SIZE", "ZMQ_MULTICAST_HOPS",
    "ZMQ_MULTICAST_MAXTPDU", "ZMQ_NOBLOCK", "ZMQ_NULL", "ZMQ_PAIR", "ZMQ_PLAIN",
    "ZMQ_PLAIN_PASSWORD", "ZMQ_PLAIN_SERVER", "ZMQ_PLAIN_USERNAME", "ZMQ_POLLERR", "ZMQ_POLLIN",
    "ZMQ_POLLITEMS_DFLT", "ZMQ_POLLOUT", "ZMQ_POLLPRI", "ZMQ_PROBE_ROUTER",
    "ZMQ_PROTOCOL_ERROR_WS_UNSPECIFIED", "ZMQ_PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID",
    "ZMQ_PROTOCOL_ERROR_ZAP_BAD_VERSION", "ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA",
    "ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE", "ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY",
    "ZMQ_PROTOCOL_ERROR_ZAP_UNSPECIFIED", "ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC",
    "ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA", "ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE",
    "ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE", "ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR",
    "ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO",
    "ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_INITIATE",
    "ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE",
    "ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_READY",
    "ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED",
    "ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_WELCOME",
    "ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH", "ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND",
    "ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED", "ZMQ_PUB", "ZMQ_PULL", "ZMQ_PUSH", "ZMQ_QUEUE",
    "ZMQ_RATE", "ZMQ_RCVBUF", "ZMQ_RCVHWM", "ZMQ_RCVMORE", "ZMQ_RCVTIMEO", "ZMQ_RECONNECT_IVL",
    "ZMQ_RECONNECT_IVL_MAX", "ZMQ_RECOVERY_IVL", "ZMQ_REP", "ZMQ_REQ", "ZMQ_REQ_CORRELATE",
    "ZMQ_REQ_RELAXED", "ZMQ_ROUTER", "ZMQ_ROUTER_BEHAVIOR", "ZMQ_ROUTER_HANDOVER",
    "ZMQ_ROUTER_MANDATORY", "ZMQ_ROUTER_RAW", "ZMQ_ROUTING_ID", "ZMQ_SHARED", "ZMQ_SNDBUF",
    "ZMQ_SNDHWM", "ZMQ_SNDMORE", "ZMQ_SNDTIMEO", "ZMQ_SOCKET_LIMIT", "ZMQ_SOCKS_PROXY",
    "ZMQ_SRCFD", "ZMQ_STREAM", "ZMQ_STREAMER", "ZMQ_STREAM_NOTIFY", "ZMQ_SUB", "ZMQ_SUBSCRIBE",
    "ZMQ_TCP_ACCEPT_FILTER", "ZMQ_TCP_KEEPALIVE", "ZMQ_TCP_KEEPALIVE_CNT",
    "ZMQ_TCP_KEEPALIVE_IDLE", "ZMQ_TCP_KEEPALIVE_INTVL", "ZMQ_TCP_MAXRT",
    "ZMQ_THREAD_AFFINITY_CPU_ADD", "ZMQ_THREAD_AFFINITY_CPU_REMOVE", "ZMQ_THREAD_NAME_PREFIX",
    "ZMQ_THREAD_PRIORITY", "ZMQ_THREAD_PRIORITY_DFLT", "ZMQ_THREAD_SAFE",
    "ZMQ_THREAD_SCHED_POLICY", "ZMQ_THREAD_SCHED_POLICY_DFLT", "ZMQ_TOS", "ZMQ_TYPE",
    "ZMQ_UNSUBSCRIBE", "ZMQ_USE_FD", "ZMQ_VERSION", "ZMQ_VERSION_MAJOR", "ZMQ_VERSION_MINOR",
    "ZMQ_VERSION_PATCH", "ZMQ_VMCI_BUFFER_MAX_SIZE", "ZMQ_VMCI_BUFFER_MIN_SIZE",
    "ZMQ_VMCI_BUFFER_SIZE", "ZMQ_VMCI_CONNECT_TIMEOUT", "ZMQ_XPUB", "ZMQ_XPUB_MANUAL",
    "ZMQ_XPUB_NODROP", "ZMQ_XPUB_VERBOSE", "ZMQ_XPUB_VERBOSER", "ZMQ_XPUB_WELCOME_MSG",
    "ZMQ_XREP", "ZMQ_XREQ", "ZMQ_XSUB", "ZMQ_ZAP_DOMAIN", "c_char_buffer", "c_int", "c_int64",
    "c_pointer", "c_size_t", "c_uint64", "iovec", "sizeof", "void_p", "zmq_atomic_counter_dec",
    "zmq_atomic_counter_destroy", "zmq_atomic_counter_inc", "zmq_atomic_counter_new",
    "zmq_atomic_counter_set", "zmq_atomic_counter_value", "zmq_bind", "zmq_close",
    "zmq_connect", "zmq_ctx_destroy", "zmq_ctx_get", "zmq_ctx_new", "zmq_ctx_set",
    "zmq_ctx_shutdown", "zmq_ctx_term", "zmq_curve_keypair", "zmq_curve_public", "zmq_device",
    "zmq_disconnect", "zmq_errno", "zmq_getsockopt", "zmq_has", "zmq_init", "zmq_msg_close",
    "zmq_msg_copy", "zmq_msg_data", "zmq_msg_get", "zmq_msg_gets", "zmq_msg_init",
    "zmq_msg_init_data", "zmq_msg_init_size", "zmq_msg_more", "zmq_msg_move", "zmq_msg_recv",
    "zmq_msg_send", "zmq_msg_set", "zmq_msg_size", "zmq_msg_t", "zmq_poll", "zmq_pollitem_t",
    "zmq_proxy", "zmq_proxy_steerable", "zmq_recv", "zmq_recviov", "zmq_recvmsg", "zmq_send",
    "zmq_send_const", "zmq_sendiov", "zmq_sendmsg", "zmq_setsockopt", "zmq_sleep", "zmq_socket",
    "zmq_socket_monitor", "zmq_stopwatch_intermediate", "zmq_stopwatch_start",
    "zmq_stopwatch_stop", "zmq_strerror", "zmq_term", "zmq_threadclose", "zmq_threadstart",
    "zmq_timers_add", "zmq_timers_cancel", "zmq_timers_destroy", "zmq_timers_execute",
    "zmq_timers_new", "zmq_timers_reset", "zmq_timers_set_interval", "zmq_timers_timeout",
    "zmq_unbind", "zmq_version", "zmq_z85_decode", "zmq_z85_encode",
]
# fmt: on
