/* The C of zmqlite: whole messages in one crossing, a guard that turns misuse into an error, batches,
   and memory handed to libzmq that is freed without the GIL. What every message goes through, the
   functions that zl_install gives out, takes and makes Python objects itself: through cffi the same
   takes twice the time. All else is called through cffi, and knows nothing of Python but to let go
   of memory later.

   Who owns what. Python holds a zl_socket for every libzmq socket and reaches libzmq only through it.
   `busy` is taken for the length of each call, so the rest of the struct needs no lock. Received frames
   wait in `frames` until Python has made objects of them: a receive lends the first `lent` of them and
   leaves `busy` at ZL_LENT; the loan ends with `busy` back at ZL_FREE, and the next call drops what was
   lent. An exception in between therefore loses nothing, since zl_keep ends the loan without dropping.
   Long frames go at once: the caller writes ZL_TAKEN and has zl_taken called by a destructor, which
   no signal handler can interrupt. */

#include <Python.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <zmq.h>

#include "_shim.h"

#define ON_STACK 16 /* parts of a message that need no malloc */
#define ZAP_ENFORCE_DOMAIN 93 /* a draft option in zmq.h, but there in stable builds */

struct zl_socket {
    void *socket; /* libzmq's; NULL once closed */
    int gone;     /* what a call gets then */
    unsigned int generation;
    unsigned char busy;
    unsigned char sending;  /* a message was begun with SNDMORE and not yet ended */
    unsigned char more;     /* the frame taken last has followers */
    unsigned char captured; /* zl_forward gave the first message in `frames` to the capture socket */
    int visitors;           /* threads inside zl_monitor, which does not take `busy` */
    int type;
    int rcvtimeo, sndtimeo; /* what the options say; libzmq is told `native` of it */
    int sliced;             /* waits come in slices */
    zmq_msg_t *frames;      /* all `capacity` of them initialised; in use: `count` from `first` */
    int first, count, capacity, lent;
    pthread_t lender;
};

struct zl_message {
    zmq_msg_t msg;
    pthread_mutex_t lock; /* zmq_msg_copy writes to its source */
};

/* Memory that Python pinned for libzmq, from zl_send_frames until zl_released. */
typedef struct pinned {
    struct pinned *next;
    uint64_t pin;
} pinned;

static struct {
    pthread_mutex_t lock;
    pinned *first;
    PyObject *pins; /* a dict, whose keys are the pins; NULL before zl_start and after zl_stop */
    int scheduled;
} released = {PTHREAD_MUTEX_INITIALIZER, NULL, NULL, 0};

unsigned int zl_generation; /* counts the forks that led to this process */

/* ---------------------------------------------------------------- process and released memory */

static void in_forked_child(void)
{
    static const pthread_mutex_t unlocked = PTHREAD_MUTEX_INITIALIZER;
    zl_generation++;
    released.lock = unlocked; /* its holder, if any, was not copied */
    released.scheduled = 0;
}

void zl_start(void *pins)
{
    pthread_atfork(NULL, NULL, in_forked_child);
    released.pins = pins;
    Py_INCREF(released.pins); /* libzmq may go on reading after the interpreter has gone */
}

/* From here on no thread of libzmq touches the interpreter, which may now go away. */
void zl_stop(void)
{
    pthread_mutex_lock(&released.lock);
    released.pins = NULL;
    pthread_mutex_unlock(&released.lock);
}

/* The interpreter's pending call, on its main thread and with the GIL. In C, since a signal handler
   that raises would do so into nothing, inside a callback in Python. */
static int collect(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&released.lock);
    PyObject *pins = released.pins;
    released.scheduled = 0;
    pthread_mutex_unlock(&released.lock);
    uint64_t pin;
    while (pins && (pin = zl_released())) {
        PyObject *key = PyLong_FromUnsignedLongLong(pin);
        if (!key || PyDict_DelItem(pins, key) < 0)
            PyErr_Clear();
        Py_XDECREF(key);
    }
    return 0;
}

/* libzmq's free callback, on any thread. Py_AddPendingCall needs no GIL; where its queue is full the
   next release or zl_released makes up for it. The lock keeps the interpreter alive meanwhile. */
static void release(void *data, void *hint)
{
    (void)data;
    pinned *p = hint;
    pthread_mutex_lock(&released.lock);
    p->next = released.first;
    released.first = p;
    if (released.pins && !released.scheduled)
        released.scheduled = Py_AddPendingCall(collect, NULL) == 0;
    pthread_mutex_unlock(&released.lock);
}

/* The number of one pin that may be dropped, or 0. */
uint64_t zl_released(void)
{
    pthread_mutex_lock(&released.lock);
    pinned *p = released.first;
    if (p)
        released.first = p->next;
    pthread_mutex_unlock(&released.lock);
    uint64_t pin = p ? p->pin : 0;
    free(p);
    return pin;
}

/* Makes `msg` hold the memory that Python pinned under `pin`; where it fails the pin stays Python's. */
int zl_msg_init_pinned(zmq_msg_t *msg, const void *data, size_t size, uint64_t pin)
{
    pinned *p = malloc(sizeof *p);
    if (!p || zmq_msg_init_data(msg, (void *)data, size, release, p) == -1) {
        free(p);
        return -ENOMEM;
    }
    p->pin = pin; /* nobody releases it before the message goes */
    return 0;
}

/* Takes an object that is in no cycle away from the garbage collector. */
void zl_untrack(void *object)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject_GC_UnTrack(object);
    PyGILState_Release(state);
}

/* ---------------------------------------------------------------- the guard */

static void drop(zl_socket *s, int frames)
{
    while (frames-- > 0) {
        zmq_msg_close(&s->frames[s->first]);
        zmq_msg_init(&s->frames[s->first]);
        s->first++;
        s->count--;
    }
    if (s->count == 0)
        s->first = 0;
}

static void end_loan(zl_socket *s)
{
    s->more = zmq_msg_more(&s->frames[s->first + s->lent - 1]);
    s->captured = 0;
    drop(s, s->lent);
    s->lent = 0;
}

static void leave(zl_socket *s)
{
    __atomic_store_n(&s->busy, ZL_FREE, __ATOMIC_RELEASE);
}

static int take(zl_socket *s)
{
    if (s->generation != zl_generation)
        return -ECHILD;
    unsigned char nobody = ZL_FREE;
    if (!__atomic_compare_exchange_n(&s->busy, &nobody, ZL_INSIDE, 0, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED))
        return -EBUSY;
    if (!s->socket) {
        leave(s);
        return s->gone;
    }
    if (s->lent)
        end_loan(s);
    return 0;
}

/* Whoever finds the context busy with closing its socket is told so, rather than of another thread. */
static int enter(zl_socket *s)
{
    int rc = take(s), gone = __atomic_load_n(&s->gone, __ATOMIC_RELAXED);
    return rc == -EBUSY && gone == -ETERM ? gone : rc;
}

static int left(zl_socket *s, int rc)
{
    leave(s);
    return rc;
}

static int code(int rc)
{
    return rc == -1 ? -zmq_errno() : rc;
}

/* ---------------------------------------------------------------- life of a socket */

/* A socket that is closed until zl_socket_open. NULL: out of memory. */
zl_socket *zl_socket_make(void)
{
    zl_socket *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->generation = zl_generation;
    s->rcvtimeo = s->sndtimeo = -1;
    s->gone = -ENOTSOCK;
    return s;
}

/* Whoever holds `s` can close it from here on, even where an exception follows at once. Where it is
   `sliced`, waits come in slices: a signal that arrives while libzmq is busy, rather than asleep, does
   not end the sleep that follows; Python hears of it after the slice. */
int zl_socket_open(zl_socket *s, void *context, int type, int sliced)
{
    static const int slice = ZL_SLICE;
    s->type = type;
    s->sliced = sliced;
    s->socket = zmq_socket(context, type);
    if (!s->socket)
        return -zmq_errno();
    if (sliced) { /* which fails only where the context ended, and nothing waits */
        zmq_setsockopt(s->socket, ZMQ_RCVTIMEO, &slice, sizeof slice);
        zmq_setsockopt(s->socket, ZMQ_SNDTIMEO, &slice, sizeof slice);
    }
    return 0;
}

/* Frees what zl_close left. A socket that is still open stays: libzmq's threads know it. */
void zl_socket_free(zl_socket *s)
{
    if (!s->socket) {
        free(s->frames);
        free(s);
    }
}

/* Closes the socket, after waiting up to `patience` ms for another thread to come out of it; calls
   that come later get `gone`. */
int zl_close(zl_socket *s, int patience, int gone)
{
    static const struct timespec nap = {0, 1000000};
    if (gone == -ETERM && s->socket)
        __atomic_store_n(&s->gone, gone, __ATOMIC_RELAXED);
    int rc = take(s);
    while (rc == -EBUSY && patience-- > 0)
        rc = nanosleep(&nap, NULL) == -1 ? -EINTR : take(s);
    if (rc < 0)
        return rc;
    void *socket = __atomic_exchange_n(&s->socket, NULL, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&s->visitors, __ATOMIC_SEQ_CST))
        nanosleep(&nap, NULL);
    drop(s, s->count);
    s->gone = gone;
    return left(s, code(zmq_close(socket)));
}

void *zl_libzmq_socket(zl_socket *s)
{
    return s ? s->socket : NULL;
}

/* ---------------------------------------------------------------- endpoints and options */

/* One call of libzmq's behind the guard. In C rather than in Python, where an exception raised by a
   signal handler can come between entering and leaving. */
#define GUARDED(name, parameters, call)                                                            \
    int name parameters                                                                            \
    {                                                                                              \
        int rc = enter(s);                                                                         \
        return rc < 0 ? rc : left(s, code(call));                                                  \
    }
GUARDED(zl_unbind, (zl_socket * s, const char *endpoint), zmq_unbind(s->socket, endpoint))
GUARDED(zl_disconnect, (zl_socket * s, const char *endpoint), zmq_disconnect(s->socket, endpoint))

/* A STREAM socket aborts on what an inproc peer sends, since that is no byte stream. */
static int fatal_endpoint(zl_socket *s, const char *endpoint)
{
    int inproc = endpoint && strncmp(endpoint, "inproc:", 7) == 0;
    return inproc && s->type == ZMQ_STREAM ? -ENOCOMPATPROTO : 0;
}

int zl_connect(zl_socket *s, const char *endpoint)
{
    int rc = enter(s);
    if (rc < 0)
        return rc;
    rc = fatal_endpoint(s, endpoint);
    return left(s, rc < 0 ? rc : code(zmq_connect(s->socket, endpoint)));
}

/* A listening descriptor is for one bind only: libzmq aborts where a second one takes it. */
int zl_bind(zl_socket *s, const char *endpoint)
{
    static const int none = -1;
    int rc = enter(s);
    if (rc < 0)
        return rc;
    rc = fatal_endpoint(s, endpoint);
    if (rc == 0)
        rc = code(zmq_bind(s->socket, endpoint));
    if (rc == 0 && (strncmp(endpoint, "tcp:", 4) == 0 || strncmp(endpoint, "ipc:", 4) == 0))
        zmq_setsockopt(s->socket, ZMQ_USE_FD, &none, sizeof none);
    return left(s, rc);
}

/* What libzmq takes and aborts on later, at a bind or when a peer connects: -errno, or 0. */
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

/* A wait for `timeout`: what libzmq is to wait for, one slice of it. */
static int native(zl_socket *s, int timeout)
{
    return s->sliced && (timeout < 0 || timeout > ZL_SLICE) ? ZL_SLICE : timeout;
}

int zl_setsockopt(zl_socket *s, int option, const void *value, size_t size)
{
    int rc = enter(s);
    if (rc < 0)
        return rc;
    rc = fatal_option(s, option, value, size);
    if (rc == 0)
        rc = code(zmq_setsockopt(s->socket, option, value, size));
    if (rc == 0 && (option == ZMQ_RCVTIMEO || option == ZMQ_SNDTIMEO)) {
        int *timeout = option == ZMQ_RCVTIMEO ? &s->rcvtimeo : &s->sndtimeo;
        memcpy(timeout, value, sizeof *timeout);
        int told = native(s, *timeout);
        rc = code(zmq_setsockopt(s->socket, option, &told, sizeof told));
    }
    return left(s, rc);
}

/* As zmq_getsockopt, but EVENTS and RCVMORE count the frames that wait here, and a timeout is the one
   that was set. */
int zl_getsockopt(zl_socket *s, int option, void *value, size_t *size)
{
    int rc = enter(s);
    if (rc < 0)
        return rc;
    rc = code(zmq_getsockopt(s->socket, option, value, size));
    if (rc == 0 && option == ZMQ_EVENTS && s->count)
        *(int *)value |= ZMQ_POLLIN;
    if (rc == 0 && option == ZMQ_RCVMORE)
        *(int *)value = s->more;
    if (rc == 0 && (option == ZMQ_RCVTIMEO || option == ZMQ_SNDTIMEO))
        *(int *)value = option == ZMQ_RCVTIMEO ? s->rcvtimeo : s->sndtimeo;
    return left(s, rc);
}

/* Starts monitoring at `endpoint`, or stops it where that is NULL. Allowed while another thread is in
   the socket, since libzmq locks its monitor itself; zl_close waits for visitors. */
int zl_monitor(zl_socket *s, const char *endpoint, int events)
{
    if (s->generation != zl_generation)
        return -ECHILD;
    __atomic_add_fetch(&s->visitors, 1, __ATOMIC_SEQ_CST);
    void *socket = __atomic_load_n(&s->socket, __ATOMIC_SEQ_CST);
    int rc = socket ? code(zmq_socket_monitor(socket, endpoint, events)) : -ENOTSOCK;
    __atomic_sub_fetch(&s->visitors, 1, __ATOMIC_SEQ_CST);
    return rc;
}

/* ---------------------------------------------------------------- waiting */

/* Lets the next call wait for `timeout`: its flags, or -errno. Followed by `disarm`. */
static int arm(zl_socket *s, int option, int set, int timeout)
{
    if (timeout == 0 || (timeout == ZL_AS_SET && set != -1))
        return ZMQ_DONTWAIT;
    if (timeout == ZL_AS_SET || native(s, timeout) == native(s, set))
        return 0;
    int told = native(s, timeout);
    return code(zmq_setsockopt(s->socket, option, &told, sizeof told));
}

/* Undoes `arm`; what the call returned, with -EINTR where just a slice of the wait is over. */
static int disarm(zl_socket *s, int option, int set, int timeout, int rc)
{
    if (timeout == 0 || (timeout == ZL_AS_SET && set != -1))
        return rc;
    int wait = timeout == ZL_AS_SET ? -1 : timeout, told = native(s, set);
    if (native(s, wait) != told) /* fails only where the context ended */
        zmq_setsockopt(s->socket, option, &told, sizeof told);
    return rc == -EAGAIN && native(s, wait) != wait ? -EINTR : rc;
}

/* ---------------------------------------------------------------- sending */

/* The first part waits for room. The others find it, whatever the high-water mark, so they are sent
   without a timeout; after EINTR at once again, or the message would stay torn. EAGAIN means that the
   peer went away in the middle and the message with it, which libzmq otherwise calls a success. */
static int send_part(zl_socket *s, zmq_msg_t *part, int more, int timeout)
{
    int flags = more ? ZMQ_SNDMORE : 0, rc;
    if (s->sending) {
        do
            rc = code(zmq_msg_send(part, s->socket, flags));
        while (rc == -EINTR);
        rc = rc == -EAGAIN ? 0 : rc;
    } else {
        int wait = arm(s, ZMQ_SNDTIMEO, s->sndtimeo, timeout);
        if (wait < 0)
            return wait;
        rc = code(zmq_msg_send(part, s->socket, flags | wait));
        rc = disarm(s, ZMQ_SNDTIMEO, s->sndtimeo, timeout, rc);
    }
    if (rc < 0)
        return rc;
    s->sending = more != 0;
    return 0;
}

/* Sends the parts as one message and closes them, sent or not. */
static int send_parts(zl_socket *s, zmq_msg_t *parts, int count, int more, int timeout)
{
    int rc = enter(s), entered = rc == 0;
    for (int i = 0; i < count && rc >= 0; i++)
        rc = send_part(s, &parts[i], more || i + 1 < count, timeout);
    for (int i = 0; i < count; i++)
        zmq_msg_close(&parts[i]);
    return entered ? left(s, rc) : rc;
}

static int close_parts(zmq_msg_t *parts, int count, int rc)
{
    while (count-- > 0)
        zmq_msg_close(&parts[count]);
    return rc;
}

static int pack(zmq_msg_t *part, const void *data, size_t size)
{
    if (zmq_msg_init_size(part, size) == -1)
        return -ENOMEM;
    memcpy(zmq_msg_data(part), data, size);
    return 0;
}

static int make_part(zmq_msg_t *part, zl_frame *frame)
{
    if (frame->message) {
        zmq_msg_init(part);
        pthread_mutex_lock(&frame->message->lock);
        int rc = code(zmq_msg_copy(part, &frame->message->msg));
        pthread_mutex_unlock(&frame->message->lock);
        return rc;
    }
    if (!frame->pin)
        return pack(part, frame->data, frame->size);
    int rc = zl_msg_init_pinned(part, frame->data, frame->size, frame->pin);
    if (rc == 0)
        frame->pin = 0; /* from here on `release` answers for it */
    return rc;
}

/* One message of frames that are copied, pinned, or Message objects, in any mixture. */
int zl_send_frames(zl_socket *s, zl_frame *frames, int count, int more, int timeout)
{
    zmq_msg_t few[ON_STACK], *parts = few;
    if (count > ON_STACK && !(parts = malloc(count * sizeof *parts)))
        return -ENOMEM;
    int rc = 0, made = 0;
    while (made < count && (rc = make_part(&parts[made], &frames[made])) >= 0)
        made++;
    rc = rc < 0 ? close_parts(parts, made, rc) : send_parts(s, parts, count, more, timeout);
    if (parts != few)
        free(parts);
    return rc;
}

/* ---------------------------------------------------------------- receiving */

/* A free slot behind the frames that wait. A zmq_msg_t must not be copied, so growing moves each. */
static zmq_msg_t *free_slot(zl_socket *s)
{
    if (s->first + s->count < s->capacity)
        return &s->frames[s->first + s->count];
    int capacity = s->capacity ? 2 * s->capacity : 4;
    zmq_msg_t *frames = malloc(capacity * sizeof *frames);
    if (!frames)
        return NULL;
    for (int i = 0; i < capacity; i++)
        zmq_msg_init(&frames[i]);
    for (int i = 0; i < s->count; i++)
        zmq_msg_move(&frames[i], &s->frames[s->first + i]);
    free(s->frames);
    s->frames = frames;
    s->first = 0;
    s->capacity = capacity;
    return &frames[s->count];
}

static int fetch(zl_socket *s, int timeout)
{
    zmq_msg_t *slot = free_slot(s);
    if (!slot)
        return -ENOMEM;
    int flags = arm(s, ZMQ_RCVTIMEO, s->rcvtimeo, timeout);
    if (flags < 0)
        return flags;
    int rc = code(zmq_msg_recv(slot, s->socket, flags));
    rc = disarm(s, ZMQ_RCVTIMEO, s->rcvtimeo, timeout, rc);
    if (rc < 0)
        return rc;
    s->count++;
    return 0;
}

static zmq_msg_t *frame(zl_socket *s, int index)
{
    return &s->frames[s->first + index];
}

/* Whether a frame that waits is part of a message of several. */
static int is_apart(zl_socket *s, int index)
{
    return zmq_msg_more(frame(s, index)) || (index == 0 && s->more);
}

/* Has a whole message at the head of `frames`: how many frames it has, or -errno. Only its first frame
   can need to be waited for. */
static int fetch_message(zl_socket *s, int timeout)
{
    int rc = s->count ? 0 : fetch(s, timeout);
    for (int n = 1; rc >= 0; n++) {
        if (!zmq_msg_more(frame(s, n - 1)))
            return n;
        while (n == s->count && (rc = fetch(s, 0)) == -EINTR)
            ;
    }
    return rc;
}

/* Lends the first `count` frames, which leaves the socket busy until the caller has copied them. */
static void lend(zl_socket *s, int count)
{
    s->lent = count;
    s->lender = pthread_self();
    __atomic_store_n(&s->busy, ZL_LENT, __ATOMIC_RELEASE);
}

unsigned char *zl_loan(zl_socket *s)
{
    return &s->busy;
}

/* Has messages of one frame at the head of `frames`, up to ZL_SMALL bytes together: how many. -EPROTO
   where the first is longer, or of several frames. */
static int fetch_batch(zl_socket *s, int limit, int timeout)
{
    size_t size = 0;
    int rc = 0, n = 0;
    for (; n < limit && n < ZL_BATCH; n++) {
        if (n == s->count && (rc = fetch(s, n ? 0 : timeout)) < 0)
            break;
        size += zmq_msg_size(frame(s, n));
        if (is_apart(s, n) || size > ZL_SMALL)
            break;
    }
    return n ? n : rc < 0 ? rc : -EPROTO;
}

/* Has what is asked for at the head of `frames`: how many frames, or -errno, which is -EPROTO for the
   first frame of several where that is not wanted. */
static int fetch_some(zl_socket *s, int what, int limit, int timeout)
{
    if (what == ZL_WHOLE)
        return fetch_message(s, timeout);
    if (what == ZL_MANY)
        return fetch_batch(s, limit, timeout);
    int rc = s->count ? 0 : fetch(s, timeout);
    if (rc < 0)
        return rc;
    return what == ZL_SINGLE && is_apart(s, 0) ? -EPROTO : 1;
}

/* Lends one of the three that are no batch: how many frames. */
int zl_lend(zl_socket *s, int what, int timeout)
{
    int rc = enter(s);
    if (rc < 0)
        return rc;
    rc = fetch_some(s, what, 1, timeout);
    if (rc < 0)
        return left(s, rc);
    lend(s, rc);
    return rc;
}

zmq_msg_t *zl_lent(zl_socket *s, int index)
{
    return frame(s, index);
}

/* Ends a loan after ZL_TAKEN and lets go of its frames at once, which matters where they are long. */
void zl_taken(zl_socket *s)
{
    unsigned char taken = ZL_TAKEN;
    if (!__atomic_compare_exchange_n(&s->busy, &taken, ZL_INSIDE, 0, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED))
        return;
    end_loan(s);
    leave(s);
}

/* Only the thread that holds the loan may give it back; from any other this does nothing. */
void zl_keep(zl_socket *s)
{
    if (__atomic_load_n(&s->busy, __ATOMIC_ACQUIRE) != ZL_LENT ||
        !pthread_equal(s->lender, pthread_self()))
        return;
    s->lent = 0;
    leave(s);
}

/* ---------------------------------------------------------------- calls that Python makes directly */

/* Each takes the address of a zl_socket first. Where something is not as usual, an error included,
   nothing was done, and what is returned is false or None: the way through cffi does it, or says what
   is wrong. Not with Py_RETURN_FALSE and its like: built with headers of 3.12 and newer, these return
   no new reference, which Python 3.11 needs. */
#define DIRECT(name)                                                                               \
    static PyObject *name(__attribute__((unused)) PyObject *module, PyObject *const *args,         \
                          __attribute__((unused)) Py_ssize_t given)

static int pack_bytes(zmq_msg_t *part, PyObject *data)
{
    if (!PyBytes_CheckExact(data) || PyBytes_Size(data) >= ZL_ZERO_COPY)
        return -EINVAL;
    return pack(part, PyBytes_AsString(data), PyBytes_Size(data));
}

DIRECT(send_bytes)
{
    zl_socket *s = PyLong_AsVoidPtr(args[0]);
    zmq_msg_t part;
    if (pack_bytes(&part, args[1]) < 0)
        return PyBool_FromLong(0);
    int rc;
    Py_BEGIN_ALLOW_THREADS
    rc = send_parts(s, &part, 1, 0, ZL_AS_SET);
    Py_END_ALLOW_THREADS
    return PyBool_FromLong(rc == 0);
}

/* A message of a few frames, in a list or tuple of bytes. */
DIRECT(send_frames)
{
    zl_socket *s = PyLong_AsVoidPtr(args[0]);
    int list = PyList_CheckExact(args[1]), rc = 0;
    if (!list && !PyTuple_CheckExact(args[1]))
        return PyBool_FromLong(0);
    Py_ssize_t count = list ? PyList_Size(args[1]) : PyTuple_Size(args[1]);
    if (count < 1 || count > ON_STACK)
        return PyBool_FromLong(0);
    zmq_msg_t parts[ON_STACK];
    for (int i = 0; i < count; i++) {
        PyObject *data = list ? PyList_GetItem(args[1], i) : PyTuple_GetItem(args[1], i);
        if (pack_bytes(&parts[i], data) < 0) {
            close_parts(parts, i, 0);
            return PyBool_FromLong(0);
        }
    }
    Py_BEGIN_ALLOW_THREADS
    rc = send_parts(s, parts, (int)count, 0, ZL_AS_SET);
    Py_END_ALLOW_THREADS
    return PyBool_FromLong(rc == 0);
}

/* Messages of one frame from a list of bytes that nobody else has, from index args[2] on: how many
   were sent. Only the first waits, for args[3]. */
DIRECT(send_batch)
{
    zl_socket *s = PyLong_AsVoidPtr(args[0]);
    struct {
        const char *data;
        size_t size;
    } items[ZL_BATCH];
    int start = (int)PyLong_AsLong(args[2]), timeout = (int)PyLong_AsLong(args[3]), sent = 0;
    int count = (int)PyList_Size(args[1]) - start;
    for (int i = 0; i < count && i < ZL_BATCH; i++) {
        PyObject *item = PyList_GetItem(args[1], start + i);
        items[i].data = PyBytes_AsString(item);
        items[i].size = PyBytes_Size(item);
    }
    Py_BEGIN_ALLOW_THREADS
    int rc = enter(s), entered = rc == 0;
    while (rc >= 0 && sent < count && sent < ZL_BATCH) {
        zmq_msg_t part;
        rc = pack(&part, items[sent].data, items[sent].size);
        if (rc == 0)
            rc = close_parts(&part, 1, send_part(s, &part, 0, sent ? 0 : timeout));
        sent += rc == 0;
    }
    if (entered)
        leave(s);
    Py_END_ALLOW_THREADS
    return PyLong_FromLong(sent);
}

static PyObject *bytes_of(zmq_msg_t *msg)
{
    return PyBytes_FromStringAndSize(zmq_msg_data(msg), zmq_msg_size(msg));
}

static PyObject *list_of(zl_socket *s, int count)
{
    PyObject *list = PyList_New(count);
    for (int i = 0; i < count && list; i++) {
        PyObject *data = bytes_of(frame(s, i));
        if (data)
            PyList_SetItem(list, i, data);
        else
            Py_CLEAR(list);
    }
    return list;
}

/* args[1] is what is fetched, args[2] the most messages of a batch, args[3] how long the first is waited
   for: bytes where it is a single frame, else a list; false where it was just tried, and nothing is
   there. Long ones take the way through cffi, which frees them at once. */
DIRECT(receive)
{
    zl_socket *s = PyLong_AsVoidPtr(args[0]);
    int what = (int)PyLong_AsLong(args[1]), count;
    int limit = given > 2 ? (int)PyLong_AsLong(args[2]) : 1;
    int timeout = given > 3 ? (int)PyLong_AsLong(args[3]) : ZL_AS_SET;
    Py_BEGIN_ALLOW_THREADS
    count = enter(s);
    if (count == 0 && (count = fetch_some(s, what, limit, timeout)) < 0)
        leave(s);
    Py_END_ALLOW_THREADS
    if (count == -EAGAIN && timeout == 0)
        return PyBool_FromLong(0);
    if (count < 0)
        return Py_NewRef(Py_None);
    size_t size = 0;
    for (int i = 0; i < count && what != ZL_MANY; i++)
        size += zmq_msg_size(frame(s, i));
    if (size >= ZL_SMALL) {
        leave(s);
        return Py_NewRef(Py_None);
    }
    int alone = what == ZL_FRAME || what == ZL_SINGLE;
    PyObject *object = alone ? bytes_of(frame(s, 0)) : list_of(s, count);
    if (object)
        lend(s, count);
    else
        leave(s);
    return object;
}

/* Writes these functions into a dict, by name. */
void zl_install(void *functions)
{
#define ROW(name) {#name, (PyCFunction)(void (*)(void))name, METH_FASTCALL, NULL}
    static PyMethodDef rows[] = {ROW(send_bytes), ROW(send_frames), ROW(send_batch), ROW(receive)};
    PyGILState_STATE state = PyGILState_Ensure();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        PyObject *function = PyCFunction_New(&rows[i], NULL);
        if (!function || PyDict_SetItemString(functions, rows[i].ml_name, function) < 0)
            PyErr_Clear(); /* out of memory: Python finds it missing */
        Py_XDECREF(function);
    }
    PyGILState_Release(state);
}

/* ---------------------------------------------------------------- forwarding and polling */

static void leave_all(zl_socket **sockets, int count)
{
    for (int i = 0; i < count; i++)
        if (sockets[i])
            leave(sockets[i]);
}

static int enter_all(zl_socket **sockets, int count)
{
    for (int i = 0; i < count; i++) {
        int rc = sockets[i] ? enter(sockets[i]) : 0;
        if (rc < 0) {
            leave_all(sockets, i);
            return rc;
        }
    }
    return 0;
}

static int capture_message(zl_socket *from, zl_socket *capture, int count)
{
    for (int i = 0; i < count; i++) {
        zmq_msg_t copy;
        zmq_msg_init(&copy);
        zmq_msg_copy(&copy, frame(from, i));
        int rc = send_part(capture, &copy, i + 1 < count, -1);
        zmq_msg_close(&copy);
        if (rc < 0)
            return rc;
    }
    from->captured = 1;
    return 0;
}

/* Sends the message at the head of `from`. -EAGAIN and -EINTR leave it there, to be tried again; any
   other failure means that it cannot be sent, and drops it. */
static int forward_message(zl_socket *from, zl_socket *to, int count, int timeout,
                           zl_traffic *traffic)
{
    uint64_t bytes = 0;
    int rc = 0;
    for (int i = 0; i < count && rc >= 0; i++) {
        size_t size = zmq_msg_size(frame(from, i));
        rc = send_part(to, frame(from, i), i + 1 < count, timeout);
        bytes += size;
    }
    if (rc == -EAGAIN || rc == -EINTR)
        return rc;
    drop(from, count);
    from->captured = 0;
    if (rc >= 0) {
        traffic->messages++;
        traffic->bytes += bytes;
    }
    return rc;
}

/* Moves up to `limit` whole messages: how many, 0 where none was there, -EAGAIN where the first found
   no room. Does not wait for a message; waits for room for the first where `wait` says so. */
int zl_forward(zl_socket *from, zl_socket *to, zl_socket *capture, int limit, int wait,
               zl_traffic *traffic)
{
    zl_socket *all[] = {from, to == from ? NULL : to, capture};
    int rc = enter_all(all, 3), moved = 0;
    if (rc < 0)
        return rc;
    while (moved < limit) {
        int count = rc = fetch_message(from, 0);
        if (rc == -EAGAIN) {
            rc = 0;
            break;
        }
        if (rc >= 0 && capture && !from->captured)
            rc = capture_message(from, capture, count);
        if (rc >= 0)
            rc = forward_message(from, to, count, wait && !moved ? -1 : 0, traffic);
        if (rc < 0)
            break;
        moved++;
    }
    leave_all(all, 3);
    return moved && (rc == -EAGAIN || rc == -EINTR) ? moved : rc < 0 ? rc : moved;
}

static long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* What an item is ready for goes to its `revents`: how many those are, 0 or 1, or -errno. Frames that
   wait here count as POLLIN. */
static int look(zl_socket *s, zmq_pollitem_t *item, int native)
{
    int events = (native & POLLIN ? ZMQ_POLLIN : 0) | (native & POLLOUT ? ZMQ_POLLOUT : 0) |
                 (native & POLLPRI ? ZMQ_POLLPRI : 0) |
                 (native & ~(POLLIN | POLLOUT | POLLPRI) ? ZMQ_POLLERR : 0);
    size_t size = sizeof events;
    int rc = s ? code(zmq_getsockopt(s->socket, ZMQ_EVENTS, &events, &size)) : 0;
    if (s && s->count)
        events |= ZMQ_POLLIN;
    item->revents = (short)(events & (s ? item->events : ~0));
    return rc < 0 ? rc : item->revents != 0;
}

/* Waits for items none of which is ready, or with `timeout` 0 for the descriptors among them. A
   socket's descriptor tells when to look at it again, and that it has to be. */
static int await_items(zl_socket **sockets, zmq_pollitem_t *items, int count, long timeout)
{
    struct pollfd *fds = calloc(count + 1, sizeof *fds);
    size_t size = sizeof fds->fd;
    int rc = fds ? 0 : -ENOMEM, found = 0;
    for (int i = 0; i < count && rc >= 0; i++) {
        int events = sockets[i] ? ZMQ_POLLIN : items[i].events;
        fds[i].fd = items[i].fd;
        fds[i].events = (short)((events & ZMQ_POLLIN ? POLLIN : 0) | (events & ZMQ_POLLOUT ? POLLOUT : 0) |
                                (events & ZMQ_POLLPRI ? POLLPRI : 0));
        if (sockets[i])
            rc = code(zmq_getsockopt(sockets[i]->socket, ZMQ_FD, &fds[i].fd, &size));
    }
    for (long end = now() + timeout; rc >= 0;) {
        rc = code(poll(fds, count, (int)timeout));
        for (int i = 0; i < count && rc >= 0; i++)
            if (fds[i].revents && (rc = look(sockets[i], &items[i], fds[i].revents)) > 0)
                found++;
        if (found || timeout == 0)
            break;
        if (timeout > 0 && (timeout = end - now()) < 0)
            timeout = 0;
    }
    free(fds);
    return rc;
}

/* As zmq_poll, but it looks first and waits then, and after that looks only where something happened:
   zmq_poll asks the system before each look, and looks at all sockets each time. Writes pairs of
   index and events to `ready`: how many. */
int zl_poll(zl_socket **sockets, zmq_pollitem_t *items, int count, int *ready, long timeout)
{
    int rc = enter_all(sockets, count), found = 0, natives = 0;
    if (rc < 0)
        return rc;
    for (int i = 0; i < count && rc >= 0; i++) {
        natives += !sockets[i];
        found += rc = look(sockets[i], &items[i], 0);
    }
    if (rc >= 0 && (natives || (!found && timeout)))
        rc = await_items(sockets, items, count, found ? 0 : timeout > INT_MAX ? INT_MAX : timeout);
    found = 0;
    for (int i = 0; i < count && rc >= 0; i++)
        if (items[i].revents) {
            ready[2 * found] = i;
            ready[2 * found++ + 1] = items[i].revents;
        }
    leave_all(sockets, count);
    return rc < 0 ? rc : found;
}

int zl_poll_one(zl_socket *s, int events, long timeout)
{
    zmq_pollitem_t item = {NULL, 0, (short)events, 0};
    int ready[2] = {0, 0};
    int rc = zl_poll(&s, &item, 1, ready, timeout);
    return rc < 0 ? rc : ready[1];
}

/* ---------------------------------------------------------------- libzmq's own calls, for capi */

GUARDED(zl_raw_getsockopt, (zl_socket * s, int option, void *value, size_t *size),
        zmq_getsockopt(s->socket, option, value, size))
GUARDED(zl_raw_send, (zl_socket * s, const void *data, size_t size, int flags),
        zmq_send(s->socket, data, size, flags))
GUARDED(zl_raw_send_const, (zl_socket * s, const void *data, size_t size, int flags),
        zmq_send_const(s->socket, data, size, flags))
GUARDED(zl_raw_sendiov, (zl_socket * s, struct iovec *parts, size_t count, int flags),
        zmq_sendiov(s->socket, parts, count, flags))
GUARDED(zl_raw_recv, (zl_socket * s, void *data, size_t size, int flags),
        zmq_recv(s->socket, data, size, flags))
GUARDED(zl_raw_msg_send, (zl_socket * s, zmq_msg_t *msg, int flags),
        zmq_msg_send(msg, s->socket, flags))
GUARDED(zl_raw_msg_recv, (zl_socket * s, zmq_msg_t *msg, int flags),
        zmq_msg_recv(msg, s->socket, flags))

/* `capture` and `control` may be NULL, `backend` the same as `frontend`. */
int zl_raw_proxy(zl_socket *frontend, zl_socket *backend, zl_socket *capture, zl_socket *control,
                 int steerable)
{
    zl_socket *all[] = {frontend, backend == frontend ? NULL : backend, capture, control};
    int rc = enter_all(all, 4);
    if (rc < 0)
        return rc;
    rc = code(steerable ? zmq_proxy_steerable(zl_libzmq_socket(frontend), zl_libzmq_socket(backend), zl_libzmq_socket(capture), zl_libzmq_socket(control))
                        : zmq_proxy(zl_libzmq_socket(frontend), zl_libzmq_socket(backend), zl_libzmq_socket(capture)));
    leave_all(all, 4);
    return rc;
}

/* Ends a context and forgets it at once: no exception can come in between. Where a signal ended the
   wait, the code keeps errno from the handler that Python runs next. */
int zl_raw_ctx_term(void **context)
{
    int rc = code(zmq_ctx_term(*context));
    if (rc == 0)
        *context = NULL;
    return rc;
}

/* ---------------------------------------------------------------- Message */

/* An empty message, or one over the memory that Python pinned under `pin`. NULL: out of memory. */
zl_message *zl_message_new(const void *data, size_t size, uint64_t pin)
{
    zl_message *message = malloc(sizeof *message);
    if (!message)
        return NULL;
    pthread_mutex_init(&message->lock, NULL);
    if (!pin) {
        zmq_msg_init(&message->msg);
        return message;
    }
    if (zl_msg_init_pinned(&message->msg, data, size, pin) < 0) {
        free(message);
        return NULL;
    }
    return message;
}

void zl_message_free(zl_message *message)
{
    zmq_msg_close(&message->msg);
    free(message);
}

/* For libzmq's own calls that read. */
zmq_msg_t *zl_message_msg(zl_message *message)
{
    return &message->msg;
}
