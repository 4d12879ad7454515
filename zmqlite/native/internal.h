/* What our C files share: the struct behind a socket, and the guard around each call. */

#ifndef ZMQLITE_INTERNAL_H
#define ZMQLITE_INTERNAL_H

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <zmq.h>

#include "api.h"

/* A received frame. `more` is kept beside libzmq's message, as a frame that Python gives back comes
   without it. */
typedef struct {
    zmq_msg_t msg;
    unsigned char more;
} zl_frame;

/* Python holds one of these for each libzmq socket and reaches libzmq only through it. Whoever has
   set `busy` owns the fields that are not atomic. The atomic ones are also read from outside. */
struct zl_socket {
    void *_Atomic socket; /* libzmq's; NULL once it is closed */
    atomic_uchar busy;    /* a thread is inside */
    atomic_int reason;    /* what a call gets once the socket is closed: -ENOTSOCK or -ETERM */
    atomic_int visitors;  /* threads inside zl_monitor, which does not set `busy` */
    atomic_int rcvtimeo;  /* the options of these names */
    atomic_int sndtimeo;
    unsigned int generation;
    int type;
    int fd;                 /* libzmq's descriptor: readable when there is something to look at */
    unsigned char quick;    /* an attempt takes so little time that it may keep the GIL */
    unsigned char sending;  /* a message was begun with SNDMORE and not yet ended */
    unsigned char more;     /* the frame that Python took last has followers */
    unsigned char before;   /* what `more` was before that frame was taken */
    unsigned char captured; /* zl_forward has sent the first message in `frames` to `capture` */
    zl_frame *frames;       /* received and not yet taken: `count` of them from `first` on */
    int first, count, capacity;
};

static inline int zl_code(int rc)
{
    return rc == -1 ? -zmq_errno() : rc;
}

static inline void zl_leave(zl_socket *s)
{
    atomic_store_explicit(&s->busy, 0, memory_order_release);
}

/* Sets `busy`: 0, or -errno. */
static inline int zl_take(zl_socket *s)
{
    unsigned char nobody = 0;
    if (s->generation != zl_generation)
        return -ECHILD;
    if (!atomic_compare_exchange_strong_explicit(&s->busy, &nobody, 1, memory_order_acquire,
                                                 memory_order_relaxed))
        return -EBUSY;
    if (!atomic_load_explicit(&s->socket, memory_order_relaxed)) {
        zl_leave(s);
        return atomic_load(&s->reason);
    }
    return 0;
}

/* The same, but who meets the context as it closes the socket is told of the end of the context. */
static inline int zl_enter(zl_socket *s)
{
    int rc = zl_take(s);
    return rc == -EBUSY && atomic_load(&s->reason) == -ETERM ? -ETERM : rc;
}

static inline int zl_left(zl_socket *s, int rc)
{
    zl_leave(s);
    return rc;
}

static inline zl_frame *zl_frame_at(zl_socket *s, int index)
{
    return &s->frames[s->first + index];
}

/* Whether libzmq takes a message for received, so that REQ and REP may send, and the caller has not got
   it yet. */
static inline int zl_is_unread(zl_socket *s)
{
    return s->count && (s->type == ZMQ_REQ || s->type == ZMQ_REP);
}

static inline int64_t zl_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000) + time.tv_nsec / 1000000;
}

/* When a wait of `timeout` ms is over: a time of zl_now, or -1 for never. */
static inline int64_t zl_deadline(int64_t timeout)
{
    return timeout < 0 ? -1 : zl_now() + timeout;
}

/* One call of libzmq's behind the guard. */
#define ZL_GUARDED(name, parameters, call)              \
    int name parameters                                 \
    {                                                   \
        int rc = zl_enter(s);                           \
        return rc < 0 ? rc : zl_left(s, zl_code(call)); \
    }

/* guard.c */
void zl_socket_init(zl_socket *s);
int zl_getsockopt(zl_socket *s, int option, void *value, size_t *size);
int zl_enter_all(zl_socket **sockets, int count);
void zl_leave_all(zl_socket **sockets, int count);
int zl_count_waiting(zl_socket *s, int option, void *value);

/* transfer.c; the caller is inside the socket. */
int zl_slice(int64_t end);
void *zl_array(size_t size);
void zl_array_free(void *array, size_t size);
int zl_room(zl_socket *s, int ahead, int behind);
void zl_drop(zl_socket *s, int frames);
int zl_complete(zl_socket *s);
int zl_fetch(zl_socket *s, int what, int limit, int most);
int zl_receive_waiting(zl_socket *s, int what, int limit, int rc, int64_t end);
int zl_send_parts(zl_socket *s, zmq_msg_t *parts, int count, int more);
int zl_send_waiting(zl_socket *s, zmq_msg_t *parts, int count, int more, int64_t end);

#endif
