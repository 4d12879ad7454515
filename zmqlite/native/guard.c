/* The life, endpoints and options of a socket, each call behind the guard of internal.h: a flag that
   turns the use by two threads at once, after close or in a forked child into an error. */

#include "internal.h"

#define ZAP_ENFORCE_DOMAIN 93 /* a draft option in zmq.h, but there in stable builds */

/* ---- life */

static int is_quick(int type)
{
    return type == ZMQ_PUSH || type == ZMQ_PULL || type == ZMQ_PAIR || type == ZMQ_DEALER ||
           type == ZMQ_ROUTER || type == ZMQ_STREAM;
}

/* The memory is zero, and becomes a socket that is closed until zl_socket_open. */
void zl_socket_init(zl_socket *s)
{
    s->generation = zl_generation;
    s->rcvtimeo = s->sndtimeo = s->fd = -1;
    s->reason = -ENOTSOCK;
}

/* Whoever holds `s` can close it from here on, even if an exception follows at once. */
int zl_socket_open(zl_socket *s, void *context, int type)
{
    size_t size = sizeof s->fd;
    s->type = type;
    s->quick = is_quick(type);
    void *socket = zmq_socket(context, type);
    if (!socket)
        return -zmq_errno();
    zmq_getsockopt(socket, ZMQ_FD, &s->fd, &size);
    atomic_store(&s->socket, socket);
    return 0;
}

/* Closes the socket, after waiting up to `grace` ms for another thread to come out of it. Calls that
   come later get `reason`. */
int zl_close(zl_socket *s, int grace, int reason)
{
    static const struct timespec nap = {0, 1000000};
    if (reason == -ETERM && atomic_load(&s->socket))
        atomic_store(&s->reason, reason);
    int rc = zl_take(s);
    while (rc == -EBUSY && grace-- > 0)
        rc = nanosleep(&nap, NULL) == -1 ? -EINTR : zl_take(s);
    if (rc < 0)
        return rc;
    void *socket = atomic_exchange(&s->socket, NULL);
    while (atomic_load(&s->visitors)) /* each makes one short call */
        nanosleep(&nap, NULL);
    zl_drop(s, s->count);
    atomic_store(&s->reason, reason);
    return zl_left(s, zl_code(zmq_close(socket)));
}

int zl_is_open(zl_socket *s)
{
    return atomic_load(&s->socket) != NULL;
}

int zl_is_busy(zl_socket *s)
{
    return atomic_load(&s->busy);
}

void zl_leave_all(zl_socket **sockets, int count)
{
    for (int i = 0; i < count; i++)
        if (sockets[i])
            zl_leave(sockets[i]);
}

/* Enters all that are not NULL, or none. */
int zl_enter_all(zl_socket **sockets, int count)
{
    for (int i = 0; i < count; i++) {
        int rc = sockets[i] ? zl_enter(sockets[i]) : 0;
        if (rc < 0) {
            zl_leave_all(sockets, i);
            return rc;
        }
    }
    return 0;
}

/* ---- endpoints */

ZL_GUARDED(zl_unbind, (zl_socket * s, const char *endpoint), zmq_unbind(s->socket, endpoint))

/* libzmq forgets what the peer has sent. If the caller has received a part of a message, it would abort
   at the next receive, or a PAIR would take the next message for the rest of this one. */
int zl_disconnect(zl_socket *s, const char *endpoint)
{
    int rc = zl_enter(s);
    if (rc < 0)
        return rc;
    rc = zl_complete(s);
    return zl_left(s, rc < 0 ? rc : zl_code(zmq_disconnect(s->socket, endpoint)));
}

/* libzmq aborts when a STREAM socket gets what an inproc peer sends, which is no byte stream. */
static int fatal_endpoint(zl_socket *s, const char *endpoint)
{
    int inproc = endpoint && strncmp(endpoint, "inproc:", 7) == 0;
    return inproc && s->type == ZMQ_STREAM ? -ENOCOMPATPROTO : 0;
}

int zl_connect(zl_socket *s, const char *endpoint)
{
    int rc = zl_enter(s);
    if (rc < 0)
        return rc;
    rc = fatal_endpoint(s, endpoint);
    return zl_left(s, rc < 0 ? rc : zl_code(zmq_connect(s->socket, endpoint)));
}

/* A listening descriptor (USE_FD) is for one bind only: libzmq aborts when a second one takes it. */
int zl_bind(zl_socket *s, const char *endpoint)
{
    static const int none = -1;
    int rc = zl_enter(s);
    if (rc < 0)
        return rc;
    rc = fatal_endpoint(s, endpoint);
    if (rc == 0)
        rc = zl_code(zmq_bind(s->socket, endpoint));
    if (rc == 0 && (strncmp(endpoint, "tcp:", 4) == 0 || strncmp(endpoint, "ipc:", 4) == 0))
        zmq_setsockopt(s->socket, ZMQ_USE_FD, &none, sizeof none);
    return zl_left(s, rc);
}

/* ---- options */

/* What libzmq accepts and aborts on later, at a bind or when a peer connects: -errno, or 0. */
static int fatal_option(zl_socket *s, int option, const void *value, size_t size)
{
    if (option == ZMQ_USE_FD && value && size == sizeof(int) && *(const int *)value != -1) {
        int listens = 0;
        socklen_t length = sizeof listens;
        if (getsockopt(*(const int *)value, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == -1)
            return errno == EBADF ? -EBADF : -EINVAL;
        return listens ? 0 : -EINVAL;
    }
    if (option == ZMQ_ROUTER_RAW)
        return s->type == ZMQ_ROUTER ? 0 : -EINVAL;
    if (option == ZAP_ENFORCE_DOMAIN) {
        char domain[256];
        size_t length = sizeof domain;
        int rc = zmq_getsockopt(s->socket, ZMQ_ZAP_DOMAIN, domain, &length);
        return rc == 0 && length <= 1 ? -EINVAL : 0;
    }
    return 0;
}

int zl_setsockopt(zl_socket *s, int option, const void *value, size_t size)
{
    int rc = zl_enter(s);
    if (rc < 0)
        return rc;
    rc = fatal_option(s, option, value, size);
    if (rc == 0)
        rc = zl_code(zmq_setsockopt(s->socket, option, value, size));
    if (rc == 0 && (option == ZMQ_RCVTIMEO || option == ZMQ_SNDTIMEO))
        atomic_store(option == ZMQ_RCVTIMEO ? &s->rcvtimeo : &s->sndtimeo, *(const int *)value);
    return zl_left(s, rc);
}

/* EVENTS and RCVMORE as libzmq has them become those with the frames that wait in `frames`. */
int zl_count_waiting(zl_socket *s, int option, void *value)
{
    if (option == ZMQ_EVENTS && s->count)
        *(int *)value |= ZMQ_POLLIN;
    if (option == ZMQ_RCVMORE)
        *(int *)value = s->more;
    return 0;
}

int zl_getsockopt(zl_socket *s, int option, void *value, size_t *size)
{
    int rc = zl_enter(s);
    if (rc < 0)
        return rc;
    do
        rc = zl_code(zmq_getsockopt(s->socket, option, value, size));
    while (rc == -EINTR);
    return zl_left(s, rc < 0 ? rc : zl_count_waiting(s, option, value));
}

/* Starts monitoring at `endpoint`, or stops it if that is NULL. It may come while another thread is
   inside the socket, since libzmq locks its monitor itself; zl_close waits for visitors. */
int zl_monitor(zl_socket *s, const char *endpoint, int events)
{
    if (s->generation != zl_generation)
        return -ECHILD;
    atomic_fetch_add(&s->visitors, 1);
    void *socket = atomic_load(&s->socket);
    int rc = socket ? zl_code(zmq_socket_monitor(socket, endpoint, events)) : -ENOTSOCK;
    atomic_fetch_sub(&s->visitors, 1);
    return rc;
}
