/* The only file that knows Python: the module zmqlite._direct, in the same shared object as the one that
   cffi makes. It holds what is called for each message, and memory that libzmq borrows from Python.

   How a message is handed over. A receive stores the finished object in `tray`, a list of one slot, and
   Python takes it out with two statements that are no call, since CPython runs signal handlers after
   calls. If a handler raises in between, the object is still in the tray, and the next receive returns
   it. If that is a receive of another kind, the frames go back to the head of `frames` first.

   The GIL. An attempt keeps it for those socket types whose attempts are short, unless the data is long;
   a wait always gives it up.

   Functions return None, a count, or -errno to Python, which raises. Written in the limited API, without
   Py_RETURN_NONE and its like: built with headers of Python 3.12 or newer they return no new reference,
   which Python 3.11 needs. It is long because a second file with Python.h would share all its types. */

#include <Python.h>
#include <structmember.h>

#include "internal.h"

#define ON_STACK 64        /* frames of a message, or messages of a batch, that need no malloc */
#define LONG ZL_ZERO_COPY  /* bytes that are not copied with the GIL held */
#define AS_OPTION -2       /* no timeout was given: RCVTIMEO or SNDTIMEO counts */
#define RAISED INT_MIN     /* among -errno codes: an exception is set */
#define STRETCH (16 << 20) /* how much an iterator yields before it lets other threads run: 20 ms */

/* What Python gets for a count or -errno, and for success that is not counted. */
static PyObject *result(int rc)
{
    return rc == RAISED ? NULL : PyLong_FromLong(rc);
}

static PyObject *done(int rc)
{
    return rc == 0 ? Py_NewRef(Py_None) : result(rc);
}

static int no_memory(void)
{
    PyErr_NoMemory();
    return RAISED;
}

/* ---- memory that libzmq borrows from Python objects */

typedef struct borrowed {
    struct borrowed *next;
    Py_buffer view;
    PyObject *owner; /* is kept for as long as the memory; may be NULL */
} borrowed;

static struct {
    pthread_mutex_t lock;
    borrowed *first;  /* libzmq is done with these */
    int scheduled;    /* collect_later will run */
    int interpreter;  /* there is one that may be asked to run it */
    Py_ssize_t count; /* borrowed and not yet given back; with the GIL */
} released = {PTHREAD_MUTEX_INITIALIZER, NULL, 0, 0, 0};

unsigned int zl_generation;

static void in_forked_child(void)
{
    static const pthread_mutex_t unlocked = PTHREAD_MUTEX_INITIALIZER;
    zl_generation++;
    released.lock = unlocked; /* the thread that held it, if any, is not in this process */
    released.scheduled = 0;
}

static void collect(void)
{
    while (released.count) {
        pthread_mutex_lock(&released.lock);
        borrowed *b = released.first;
        if (b)
            released.first = b->next;
        pthread_mutex_unlock(&released.lock);
        if (!b)
            return;
        released.count--;
        PyBuffer_Release(&b->view);
        Py_XDECREF(b->owner);
        free(b);
    }
}

static int collect_later(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&released.lock);
    released.scheduled = 0;
    pthread_mutex_unlock(&released.lock);
    collect();
    return 0;
}

/* libzmq calls this on any thread when it is done with a frame. Taking the GIL there could deadlock, and
   Py_AddPendingCall needs none. If its queue is full, the next release or collect makes up for it. */
static void release(void *data, void *hint)
{
    (void)data;
    borrowed *b = hint;
    pthread_mutex_lock(&released.lock);
    b->next = released.first;
    released.first = b;
    if (released.interpreter && !released.scheduled)
        released.scheduled = Py_AddPendingCall(collect_later, NULL) == 0;
    pthread_mutex_unlock(&released.lock);
}

/* Makes a message over the memory of an object, which stays exported until libzmq is done with it. */
static int borrow(zmq_msg_t *msg, PyObject *object, PyObject *owner)
{
    borrowed *b = malloc(sizeof *b);
    if (!b)
        return no_memory();
    if (PyObject_GetBuffer(object, &b->view, PyBUF_SIMPLE) < 0) {
        free(b);
        return RAISED;
    }
    if (zmq_msg_init_data(msg, b->view.buf, b->view.len, release, b) == -1) {
        PyBuffer_Release(&b->view);
        free(b);
        return no_memory();
    }
    b->owner = owner ? Py_NewRef(owner) : NULL;
    released.count++;
    return 0;
}

/* ---- Frame: one zmq_msg_t, owned by a Python object */

typedef struct {
    PyObject_HEAD
    zmq_msg_t msg;
    Py_ssize_t address; /* of msg, for cffi */
    Py_ssize_t views;   /* buffers that point into it */
    char more, writable;
    PyObject *weakrefs;
} frame;

static PyTypeObject *frame_type;

static frame *frame_make(PyTypeObject *type)
{
    frame *f = (frame *)PyType_GenericAlloc(type, 0);
    if (f) {
        zmq_msg_init(&f->msg);
        f->address = (Py_ssize_t)&f->msg;
    }
    return f;
}

static PyObject *frame_new(PyTypeObject *type, PyObject *args, PyObject *named)
{
    static char *names[] = {"data", "owner", NULL};
    PyObject *data = NULL, *owner = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, named, "|OO", names, &data, &owner))
        return NULL;
    frame *f = frame_make(type);
    if (f && data && borrow(&f->msg, data, owner) < 0)
        Py_CLEAR(f);
    return (PyObject *)f;
}

static void frame_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_ClearWeakRefs(self);
    zmq_msg_close(&((frame *)self)->msg);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static int frame_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    frame *f = (frame *)self;
    int rc = PyBuffer_FillInfo(view, self, zmq_msg_data(&f->msg), zmq_msg_size(&f->msg),
                               !f->writable, flags);
    f->views += rc == 0;
    return rc;
}

static void frame_releasebuffer(PyObject *self, Py_buffer *view)
{
    (void)view;
    ((frame *)self)->views--;
}

static Py_ssize_t frame_length(PyObject *self)
{
    return zmq_msg_size(&((frame *)self)->msg);
}

static PyMemberDef frame_members[] = {
    {"_address", T_PYSSIZET, offsetof(frame, address), READONLY, NULL},
    {"_views", T_PYSSIZET, offsetof(frame, views), READONLY, NULL},
    {"_more", T_BOOL, offsetof(frame, more), READONLY, NULL},
    {"_writable", T_BOOL, offsetof(frame, writable), 0, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(frame, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL}};
static PyType_Slot frame_slots[] = {{Py_tp_new, frame_new},
                                    {Py_tp_dealloc, frame_dealloc},
                                    {Py_bf_getbuffer, frame_getbuffer},
                                    {Py_bf_releasebuffer, frame_releasebuffer},
                                    {Py_sq_length, frame_length},
                                    {Py_tp_members, frame_members},
                                    {0, NULL}};
static PyType_Spec frame_spec = {"zmqlite._direct.Frame", sizeof(frame), 0,
                                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, frame_slots};

/* ---- Handle: one zl_socket, owned by a Python object */

typedef struct {
    PyObject_HEAD
    zl_socket socket;
    Py_ssize_t address; /* of socket, for cffi */
    PyObject *tray;
    int held;          /* ZL_FRAME ...: what is in the tray */
    int yielded;       /* by an iterator since it let other threads run, see STRETCH */
    PyObject *message; /* the class of what ZL_MESSAGE gives, a subclass of Frame */
    PyObject *pointer; /* cffi's, to the zl_socket */
} handle;

static PyTypeObject *handle_type;

/* Handle(message): a socket that is closed until zl_socket_open. */
static PyObject *handle_new(PyTypeObject *type, PyObject *args, PyObject *named)
{
    PyObject *message;
    (void)named;
    if (!PyArg_ParseTuple(args, "O!", &PyType_Type, &message))
        return NULL;
    handle *h = (handle *)PyType_GenericAlloc(type, 0);
    if (!h)
        return NULL;
    zl_socket_init(&h->socket);
    h->address = (Py_ssize_t)&h->socket;
    h->message = Py_NewRef(message);
    if (!(h->tray = PyList_New(1)) || PyList_SetItem(h->tray, 0, Py_NewRef(Py_None)) < 0)
        Py_CLEAR(h);
    return (PyObject *)h;
}

/* The garbage collector does not know a Handle: in a cycle it would free it before those who use it. */
static void handle_dealloc(PyObject *self)
{
    handle *h = (handle *)self;
    PyTypeObject *type = Py_TYPE(self);
    zl_array_free(h->socket.frames, h->socket.capacity * sizeof *h->socket.frames);
    Py_XDECREF(h->tray);
    Py_XDECREF(h->message);
    Py_XDECREF(h->pointer);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static PyMemberDef handle_members[] = {
    {"address", T_PYSSIZET, offsetof(handle, address), READONLY, NULL},
    {"tray", T_OBJECT, offsetof(handle, tray), READONLY, NULL},
    {"pointer", T_OBJECT, offsetof(handle, pointer), 0, NULL},
    {NULL, 0, 0, 0, NULL}};

/* ---- how a call waits */

typedef struct {
    long flags;
    long timeout; /* milliseconds, -1 for ever, or AS_OPTION */
    int64_t end;  /* of the wait, once it has begun */
} manner;

static int read_int(PyObject *object, long low, long high, long *value)
{
    if (!PyLong_Check(object) || PyBool_Check(object))
        return ZL_UNUSUAL;
    *value = PyLong_AsLong(object);
    if (*value == -1 && PyErr_Occurred())
        PyErr_Clear();
    else if (low <= *value && *value <= high)
        return 0;
    return ZL_UNUSUAL;
}

/* Reads [flags, [timeout]]: 0, or ZL_UNUSUAL for what Python has to convert or to refuse. */
static int read_manner(manner *how, long allowed, PyObject *const *args, Py_ssize_t given)
{
    how->flags = 0;
    how->timeout = AS_OPTION;
    how->end = AS_OPTION;
    int rc = given < 1 ? 0 : read_int(args[0], 0, allowed, &how->flags);
    if (rc == 0 && given > 1 && args[1] != Py_None)
        rc = read_int(args[1], -1, INT_MAX, &how->timeout);
    return rc;
}

/* Whether a call waits that found nothing; the first time this sets the end of the wait. */
static int waits(manner *how, atomic_int *option)
{
    long wait = how->timeout == AS_OPTION ? atomic_load(option) : how->timeout;
    if (wait == 0 || how->flags & ZMQ_DONTWAIT)
        return 0;
    if (how->end == AS_OPTION)
        how->end = zl_deadline(wait);
    return 1;
}

/* Leaves the socket, and runs signal handlers if the call was interrupted. Whether it goes on. */
static int interrupted(zl_socket *s, int *rc)
{
    zl_leave(s);
    if (*rc != -EINTR)
        return 0;
    if (PyErr_CheckSignals() == 0)
        return 1;
    *rc = RAISED;
    return 0;
}

/* ---- receiving */

static void copy_bytes(void *to, const void *from, size_t size)
{
    if (size < LONG) {
        memcpy(to, from, size);
        return;
    }
    Py_BEGIN_ALLOW_THREADS
    memcpy(to, from, size);
    Py_END_ALLOW_THREADS
}

static PyObject *bytes_of(zmq_msg_t *msg)
{
    size_t size = zmq_msg_size(msg);
    if (size < LONG)
        return PyBytes_FromStringAndSize(zmq_msg_data(msg), size);
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, size);
    if (bytes)
        copy_bytes(PyBytes_AsString(bytes), zmq_msg_data(msg), size);
    return bytes;
}

static PyObject *message_of(handle *h, zmq_msg_t *msg)
{
    frame *f = frame_make((PyTypeObject *)h->message);
    if (f) {
        zmq_msg_copy(&f->msg, msg);
        f->more = zmq_msg_more(msg) != 0;
    }
    return (PyObject *)f;
}

/* The first `count` frames, of which the first `messages` as Message. */
static PyObject *list_of(handle *h, int count, int messages)
{
    PyObject *list = PyList_New(count);
    for (int i = 0; i < count && list; i++) {
        zmq_msg_t *msg = &zl_frame_at(&h->socket, i)->msg;
        PyObject *object = i < messages ? message_of(h, msg) : bytes_of(msg);
        if (object)
            PyList_SetItem(list, i, object);
        else
            Py_CLEAR(list);
    }
    return list;
}

/* Turns the first frames into an object, drops them and leaves. NULL: out of memory, and the frames are
   still there. */
static PyObject *take(handle *h, int what, int limit, int count)
{
    zl_socket *s = &h->socket;
    int single = what == ZL_FRAME || (what == ZL_SINGLE && count == 1);
    PyObject *object = single               ? bytes_of(&zl_frame_at(s, 0)->msg)
                       : what == ZL_MESSAGE ? message_of(h, &zl_frame_at(s, 0)->msg)
                                            : list_of(h, count, what == ZL_PARTS ? limit : 0);
    if (object) {
        s->before = s->more;
        s->more = zl_frame_at(s, count - 1)->more;
        s->captured = 0;
        zl_drop(s, count);
    }
    zl_leave(s);
    return object;
}

static PyObject *in_tray(handle *h)
{
    PyObject *object = PyList_GetItem(h->tray, 0);
    return object == Py_None ? NULL : object;
}

/* Stores a frame, bytes or a Message, before those that wait. Metadata is lost with bytes. */
static int put_frame_back(zl_socket *s, PyObject *object, int more)
{
    zl_frame *slot = &s->frames[s->first - 1];
    if (PyObject_TypeCheck(object, frame_type)) {
        zmq_msg_init(&slot->msg);
        zmq_msg_copy(&slot->msg, &((frame *)object)->msg);
    } else {
        if (zmq_msg_init_size(&slot->msg, PyBytes_Size(object)) == -1)
            return no_memory();
        memcpy(zmq_msg_data(&slot->msg), PyBytes_AsString(object), PyBytes_Size(object));
    }
    slot->more = more;
    s->first--;
    s->count++;
    return 0;
}

/* Makes frames again of what an interrupted receive left in the tray. */
static int put_back(handle *h)
{
    zl_socket *s = &h->socket;
    PyObject *object = in_tray(h);
    if (!object)
        return 0;
    int list = PyList_Check(object), count = list ? (int)PyList_Size(object) : 1, put = 0;
    int rc = zl_enter(s);
    if (rc < 0)
        return rc;
    rc = zl_room(s, count, 0);
    for (; put < count && rc == 0; put++) {
        PyObject *each = list ? PyList_GetItem(object, count - 1 - put) : object;
        rc = put_frame_back(s, each, list ? h->held != ZL_MANY && put > 0 : s->more);
    }
    if (rc < 0) {
        zl_drop(s, put - 1); /* all but the one that failed */
    } else {
        s->more = s->before;
        PyList_SetItem(h->tray, 0, Py_NewRef(Py_None));
    }
    return zl_left(s, rc);
}

static int attempt(zl_socket *s, int what, int limit)
{
    int rc;
    if (s->quick)
        return zl_fetch(s, what, limit, ON_STACK);
    Py_BEGIN_ALLOW_THREADS
    rc = zl_fetch(s, what, limit, INT_MAX);
    Py_END_ALLOW_THREADS
    return rc;
}

/* Has what is wanted at the head of `frames`: how many frames, and the caller is inside the socket then.
   0: it is in the tray, where an interrupted receive left it. */
static int receive_frames(handle *h, int what, int limit, manner *how)
{
    zl_socket *s = &h->socket;
    int rc;
    do {
        PyObject *left = in_tray(h);
        if (left && h->held == what && (what != ZL_MANY || PyList_Size(left) <= limit))
            return 0;
        if ((left && (rc = put_back(h)) < 0) || (rc = zl_enter(s)) < 0)
            return rc;
        rc = attempt(s, what, limit);
        if (rc == -EALREADY || (rc == -EAGAIN && waits(how, &s->rcvtimeo))) {
            Py_BEGIN_ALLOW_THREADS
            rc = zl_receive_waiting(s, what, limit, rc, how->end);
            Py_END_ALLOW_THREADS
        }
    } while (rc < 0 && interrupted(s, &rc));
    return rc;
}

/* Copies the frame in the tray to where a user wants it: its size. If it is too long, it waits again. */
static Py_ssize_t copy_into(handle *h, Py_buffer *target)
{
    zmq_msg_t *msg = &((frame *)in_tray(h))->msg;
    Py_ssize_t size = zmq_msg_size(msg);
    int rc = 0;
    if (size <= target->len)
        memcpy(target->buf, zmq_msg_data(msg), size);
    else
        rc = put_back(h);
    return rc < 0 ? rc : size;
}

static int receive(handle *h, int what, int limit, manner *how)
{
    int rc = receive_frames(h, what, limit, how);
    if (rc <= 0)
        return rc;
    PyObject *object = take(h, what, limit, rc);
    if (!object)
        return RAISED;
    h->held = what;
    PyList_SetItem(h->tray, 0, object);
    return 0;
}

/* receive(flags=0, timeout=None, what=FRAME, limit=1) leaves an object in the tray: None. */
static PyObject *handle_receive(PyObject *self, PyObject *const *args, Py_ssize_t given)
{
    manner how;
    long what = ZL_FRAME, limit = 1;
    int rc = read_manner(&how, ZMQ_DONTWAIT, args, given);
    rc = rc == 0 && given > 2 ? read_int(args[2], ZL_FRAME, ZL_SINGLE, &what) : rc;
    rc = rc == 0 && given > 3 ? read_int(args[3], 1, INT_MAX, &limit) : rc;
    return done(rc < 0 ? rc : receive((handle *)self, (int)what, (int)limit, &how));
}

/* receive_into(buffer, flags=0, timeout=None): the size of the frame, which was copied to the buffer if
   that is long enough, and stays in the tray then until Python empties that. */
static PyObject *handle_receive_into(PyObject *self, PyObject *const *args, Py_ssize_t given)
{
    manner how;
    Py_buffer target;
    Py_ssize_t rc = read_manner(&how, ZMQ_DONTWAIT, args + 1, given - 1);
    if (rc == 0 && PyObject_GetBuffer(args[0], &target, PyBUF_WRITABLE) < 0) {
        PyErr_Clear();
        rc = ZL_UNUSUAL;
    }
    if (rc == 0) {
        rc = receive((handle *)self, ZL_MESSAGE, 1, &how);
        rc = rc < 0 ? rc : copy_into((handle *)self, &target);
        PyBuffer_Release(&target);
    }
    return rc < 0 ? result((int)rc) : PyLong_FromSsize_t(rc);
}

/* settle(): what an interrupted receive left in the tray waits in the socket again. */
static PyObject *handle_settle(PyObject *self, PyObject *unused)
{
    (void)unused;
    return done(put_back((handle *)self));
}

/* Lets other threads run now and then, which a consumer written in C, such as list(), does not do. */
static void share_gil(handle *h, size_t size)
{
    h->yielded += 64 + (int)(size < LONG ? size : LONG) / 16;
    if (h->yielded < STRETCH)
        return;
    h->yielded = 0;
    Py_BEGIN_ALLOW_THREADS
    Py_END_ALLOW_THREADS
}

/* ---- Messages: what a `for` statement over a socket gets */

typedef struct {
    PyObject_HEAD
    handle *handle;
    PyObject *owner; /* the Socket, which stays open for as long */
    int what;
} messages;

static PyTypeObject *messages_type;

/* One attempt for each message. Between the return of this function and the store of the loop's variable
   CPython runs no signal handler. They run before the attempt instead, for consumers written in C. */
static PyObject *messages_next(PyObject *self)
{
    messages *it = (messages *)self;
    handle *h = it->handle;
    manner how;
    read_manner(&how, 0, NULL, 0);
    int rc = PyErr_CheckSignals() < 0 ? RAISED : receive_frames(h, it->what, 1, &how);
    if (rc > 0) {
        share_gil(h, zmq_msg_size(&zl_frame_at(&h->socket, 0)->msg));
        return take(h, it->what, 1, rc);
    }
    if (rc == 0) {
        PyObject *left = Py_NewRef(in_tray(h));
        PyList_SetItem(h->tray, 0, Py_NewRef(Py_None));
        return left;
    }
    if (rc != -ETERM && rc != RAISED) /* no Python function ran that the error could name */
        Py_XDECREF(PyObject_CallMethod(it->owner, "_iteration_failed", "ii", it->what, rc));
    return NULL;
}

static void messages_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_DECREF((PyObject *)((messages *)self)->handle);
    Py_DECREF(((messages *)self)->owner);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

/* messages(owner, what): an iterator over frames (FRAME) or whole messages (WHOLE). */
static PyObject *handle_messages(PyObject *self, PyObject *const *args, Py_ssize_t given)
{
    messages *it = (messages *)PyType_GenericAlloc(messages_type, 0);
    (void)given;
    if (it) {
        it->handle = (handle *)Py_NewRef(self);
        it->owner = Py_NewRef(args[0]);
        it->what = (int)PyLong_AsLong(args[1]);
    }
    return (PyObject *)it;
}

static PyType_Slot messages_slots[] = {{Py_tp_iter, PyObject_SelfIter},
                                       {Py_tp_iternext, messages_next},
                                       {Py_tp_dealloc, messages_dealloc},
                                       {0, NULL}};
static PyType_Spec messages_spec = {"zmqlite._direct.Messages", sizeof(messages), 0,
                                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                                    messages_slots};

/* ---- sending */

static int copy(zmq_msg_t *part, const void *data, size_t size)
{
    if (zmq_msg_init_size(part, size) == -1)
        return no_memory();
    copy_bytes(zmq_msg_data(part), data, size);
    return 0;
}

/* Makes a frame of what a user sends: 0, or ZL_UNUSUAL for what Python has to convert or to refuse. Long
   bytes are lent, not copied. */
static int pack(zmq_msg_t *part, PyObject *data)
{
    Py_buffer view;
    if (PyBytes_Check(data)) {
        size_t size = PyBytes_Size(data);
        return size < LONG ? copy(part, PyBytes_AsString(data), size) : borrow(part, data, NULL);
    }
    if (PyObject_TypeCheck(data, frame_type)) {
        zmq_msg_init(part);
        return zl_code(zmq_msg_copy(part, &((frame *)data)->msg));
    }
    if (!PyObject_CheckBuffer(data))
        return ZL_UNUSUAL;
    if (PyObject_GetBuffer(data, &view, PyBUF_SIMPLE) < 0) {
        PyErr_Clear();
        return ZL_UNUSUAL;
    }
    int rc = copy(part, view.buf, view.len);
    PyBuffer_Release(&view);
    return rc;
}

/* One attempt: 0, or if `each` part is a message how many were sent, or -errno. */
static int send_now(zl_socket *s, zmq_msg_t *parts, int count, int more, int each)
{
    int rc = 0, sent = 0;
    if (!each)
        return zl_send_parts(s, parts, count, more);
    while (sent < count && (rc = zl_send_parts(s, &parts[sent], 1, 0)) == 0)
        sent++;
    return sent ? sent : rc;
}

static int send_or_wait(zl_socket *s, zmq_msg_t *parts, int count, int each, manner *how)
{
    int more = (how->flags & ZMQ_SNDMORE) != 0, rc;
    do {
        if ((rc = zl_enter(s)) < 0)
            return rc;
        if (s->quick && count <= ON_STACK) {
            rc = send_now(s, parts, count, more, each);
        } else {
            Py_BEGIN_ALLOW_THREADS
            rc = send_now(s, parts, count, more, each);
            Py_END_ALLOW_THREADS
        }
        if (rc == -EAGAIN && waits(how, &s->sndtimeo)) {
            Py_BEGIN_ALLOW_THREADS
            rc = zl_send_waiting(s, parts, each ? 1 : count, more, how->end);
            Py_END_ALLOW_THREADS
            rc = rc == 0 && each ? 1 : rc;
        }
    } while (interrupted(s, &rc));
    return rc;
}

/* Packs and sends `count` objects of a list or tuple from index `from` on, see send_now. */
static int send_items(handle *h, PyObject *items, Py_ssize_t from, int count, int each, manner *how)
{
    zmq_msg_t few[ON_STACK], *parts = few;
    int made = 0, rc = 0, list = PyList_Check(items);
    if (count > ON_STACK && !(parts = zl_array(count * sizeof *parts)))
        return no_memory();
    for (; made < count && rc == 0; made += rc == 0) {
        PyObject *item =
            list ? PyList_GetItem(items, from + made) : PyTuple_GetItem(items, from + made);
        rc = item ? pack(&parts[made], item) : RAISED;
    }
    if (rc == 0)
        rc = send_or_wait(&h->socket, parts, count, each, how);
    while (made > 0)
        zmq_msg_close(&parts[--made]);
    if (parts != few)
        zl_array_free(parts, count * sizeof *parts);
    return rc;
}

/* send(data, flags=0, timeout=None) sends one frame: None. */
static PyObject *handle_send(PyObject *self, PyObject *const *args, Py_ssize_t given)
{
    manner how;
    zmq_msg_t part;
    int rc = read_manner(&how, ZMQ_DONTWAIT | ZMQ_SNDMORE, args + 1, given - 1);
    if (rc == 0 && (rc = pack(&part, args[0])) == 0) {
        rc = send_or_wait(&((handle *)self)->socket, &part, 1, 0, &how);
        zmq_msg_close(&part);
    }
    return done(rc);
}

/* send_multipart(frames, flags=0, timeout=None) sends one message: None. */
static PyObject *handle_send_multipart(PyObject *self, PyObject *const *args, Py_ssize_t given)
{
    manner how;
    int rc = read_manner(&how, ZMQ_DONTWAIT | ZMQ_SNDMORE, args + 1, given - 1);
    Py_ssize_t count = PyList_CheckExact(args[0])    ? PyList_Size(args[0])
                       : PyTuple_CheckExact(args[0]) ? PyTuple_Size(args[0])
                                                     : 0;
    if (count < 1 || count > INT_MAX)
        rc = ZL_UNUSUAL;
    return done(rc < 0 ? rc : send_items((handle *)self, args[0], 0, (int)count, 0, &how));
}

/* send_many(messages, flags=0, timeout=None) sends each bytes of a list as a message: None, or how many
   were sent before one found no room in time, or no memory. */
static PyObject *handle_send_many(PyObject *self, PyObject *const *args, Py_ssize_t given)
{
    manner how;
    int rc = read_manner(&how, ZMQ_DONTWAIT, args + 1, given - 1);
    Py_ssize_t count = PyList_Size(args[0]), sent = 0;
    while (rc >= 0 && sent < count) {
        int chunk = count - sent < ON_STACK ? (int)(count - sent) : ON_STACK;
        how.end = AS_OPTION; /* the timeout is for each wait anew */
        rc = send_items((handle *)self, args[0], sent, chunk, 1, &how);
        sent += rc > 0 ? rc : 0;
    }
    if (rc == RAISED && sent && PyErr_ExceptionMatches(PyExc_MemoryError)) {
        PyErr_Clear();
        rc = -EAGAIN;
    }
    return done(rc == -EAGAIN && sent ? (int)sent : rc < 0 ? rc : 0);
}

/* ---- polling */

/* zl_poll that looks for signals while it waits, and keeps the GIL for a first look if that is short. */
static int poll_all(zl_socket **sockets, zmq_pollitem_t *items, int count, long timeout)
{
    int quick = 1, rc = 0;
    int64_t end = timeout > 0 ? zl_deadline(timeout) : timeout;
    for (int i = 0; i < count; i++)
        quick = quick && (!sockets[i] || sockets[i]->quick);
    for (;; quick = 0) {
        for (int i = 0; i < count && rc >= 0; i++)
            if (sockets[i])
                rc = put_back((handle *)((char *)sockets[i] - offsetof(handle, socket)));
        if (rc < 0)
            return rc;
        if (quick) {
            rc = zl_poll(sockets, items, count, 0);
        } else {
            Py_BEGIN_ALLOW_THREADS
            rc = zl_poll(sockets, items, count, zl_slice(end));
            Py_END_ALLOW_THREADS
            if ((rc == 0 || rc == -EINTR) && PyErr_CheckSignals() < 0)
                return RAISED;
        }
        if (rc != -EINTR && (rc != 0 || zl_slice(end) == 0))
            return rc;
        rc = 0;
    }
}

/* poll(sockets, items, objects, names, timeout): zl_poll with the addresses of its arrays. The list of
   objects[i], names[events] for each item on which something happened, or -errno. */
static PyObject *direct_poll(PyObject *module, PyObject *const *args, Py_ssize_t given)
{
    zmq_pollitem_t *items = PyLong_AsVoidPtr(args[1]);
    int count = (int)PyTuple_Size(args[2]);
    int rc = poll_all(PyLong_AsVoidPtr(args[0]), items, count, PyLong_AsLong(args[4]));
    PyObject *list = rc < 0 ? result(rc) : PyList_New(0);
    (void)module;
    (void)given;
    for (int i = 0; i < count && rc > 0 && list; i++) {
        if (!items[i].revents)
            continue;
        PyObject *pair = PyTuple_Pack(2, PyTuple_GetItem(args[2], i),
                                      PyTuple_GetItem(args[3], items[i].revents));
        if (!pair || PyList_Append(list, pair) < 0)
            Py_CLEAR(list);
        Py_XDECREF(pair);
    }
    return list;
}

/* poll(events, timeout): which of the events there are, 0 if none in time. */
static PyObject *handle_poll(PyObject *self, PyObject *const *args, Py_ssize_t given)
{
    zl_socket *s = &((handle *)self)->socket;
    zmq_pollitem_t item = {NULL, 0, (short)PyLong_AsLong(args[0]), 0};
    (void)given;
    int rc = poll_all(&s, &item, 1, PyLong_AsLong(args[1]));
    return result(rc < 0 ? rc : item.revents);
}

/* getsockopt(number, size): the bytes, or -errno. */
static PyObject *handle_getsockopt(PyObject *self, PyObject *const *args, Py_ssize_t given)
{
    handle *h = (handle *)self;
    size_t size = PyLong_AsSize_t(args[1]);
    char small[256], *value = size > sizeof small ? malloc(size) : small;
    (void)given;
    if (!value)
        return PyErr_NoMemory();
    int option = (int)PyLong_AsLong(args[0]), rc = put_back(h);
    if (rc == 0) {
        Py_BEGIN_ALLOW_THREADS
        rc = zl_getsockopt(&h->socket, option, value, &size);
        Py_END_ALLOW_THREADS
    }
    PyObject *read = rc < 0 ? result(rc) : PyBytes_FromStringAndSize(value, size);
    if (value != small)
        free(value);
    return read;
}

/* ---- libzmq's own calls, for capi: -errno where C has errno, EINTR included. ZL_UNUSUAL is for what
   Python has to convert or to refuse, a socket that is none among them. */

/* The next frame of a message whose peer was disconnected, see zl_disconnect: its size. */
static int take_waiting(zl_socket *s, zmq_msg_t *msg)
{
    zmq_msg_move(msg, &zl_frame_at(s, 0)->msg);
    zl_drop(s, 1);
    return (int)zmq_msg_size(msg);
}

/* First an attempt that keeps the GIL, if it is short, and then the call itself without the GIL. In the
   middle of a message there is no attempt: with DONTWAIT libzmq reports a peer that has gone by EAGAIN,
   and would take the rest for a new message. Without it, it drops the rest and does not block.
   `answer` becomes what Python gets. The size of what is sent is made before, so that a call that raises
   MemoryError has sent nothing. */
static int raw_call(PyObject *socket, int receives, zmq_msg_t *msg, long flags, PyObject **answer)
{
    int (*call)(zmq_msg_t *, void *, int) = receives ? zmq_msg_recv : zmq_msg_send;
    zl_socket *s = &((handle *)socket)->socket;
    size_t size = zmq_msg_size(msg);
    if (!(*answer = PyLong_FromLong(size < INT_MAX ? (long)size : INT_MAX)))
        return RAISED;
    int rc = zl_enter(s);
    if (rc == 0) {
        int waits = receives ? s->count : zl_is_unread(s), quick = s->quick && !s->sending;
        if (waits)
            rc = receives ? take_waiting(s, msg) : -EFSM;
        else if (quick)
            rc = zl_code(call(msg, s->socket, (int)flags | ZMQ_DONTWAIT));
        if (!waits && (!quick || (rc == -EAGAIN && !(flags & ZMQ_DONTWAIT)))) {
            Py_BEGIN_ALLOW_THREADS
            rc = zl_code(call(msg, s->socket, (int)flags));
            Py_END_ALLOW_THREADS
        }
        if (rc >= 0 && receives)
            s->more = zmq_msg_more(msg) != 0;
        if (rc >= 0 && !receives)
            s->sending = (flags & ZMQ_SNDMORE) != 0;
        zl_leave(s);
    }
    if (receives || rc < 0) {
        Py_DECREF(*answer);
        *answer = result(rc);
    }
    return rc;
}

/* raw_transfer(socket, buffer, size, flags, receives), as zmq_recv or zmq_send. */
static PyObject *direct_raw_transfer(PyObject *module, PyObject *const *args, Py_ssize_t given)
{
    PyObject *answer;
    int receives = args[4] == Py_True;
    Py_buffer view = {0};
    zmq_msg_t msg;
    long size, flags;
    (void)module;
    (void)given;
    if (!PyObject_TypeCheck(args[0], handle_type) || read_int(args[2], 0, LONG_MAX, &size) < 0 ||
        read_int(args[3], INT_MIN, INT_MAX, &flags) < 0)
        return result(ZL_UNUSUAL);
    if (PyObject_GetBuffer(args[1], &view, receives ? PyBUF_WRITABLE : PyBUF_SIMPLE) < 0 ||
        size > view.len) {
        PyErr_Clear();
        PyBuffer_Release(&view);
        return result(ZL_UNUSUAL);
    }
    int rc = zl_code(zmq_msg_init_size(&msg, receives ? 0 : size));
    if (rc < 0) {
        answer = result(rc);
    } else {
        if (!receives)
            copy_bytes(zmq_msg_data(&msg), view.buf, size);
        rc = raw_call(args[0], receives, &msg, flags, &answer);
        if (receives && rc >= 0)
            copy_bytes(view.buf, zmq_msg_data(&msg), rc < size ? rc : size);
        zmq_msg_close(&msg);
    }
    PyBuffer_Release(&view);
    return answer;
}

/* raw_msg_transfer(socket, frame, flags, receives), as zmq_msg_recv or zmq_msg_send. A frame to which
   views point is unusual: what they show must not change. */
static PyObject *direct_raw_msg_transfer(PyObject *module, PyObject *const *args, Py_ssize_t given)
{
    PyObject *answer;
    frame *f = (frame *)args[1];
    long flags;
    (void)module;
    (void)given;
    if (!PyObject_TypeCheck(args[0], handle_type) || !PyObject_TypeCheck(args[1], frame_type) ||
        f->views || read_int(args[2], INT_MIN, INT_MAX, &flags) < 0)
        return result(ZL_UNUSUAL);
    if (raw_call(args[0], args[3] == Py_True, &f->msg, flags, &answer) >= 0) {
        f->writable = 1;
        f->more = zmq_msg_more(&f->msg) != 0;
    }
    collect();
    return answer;
}

/* raw_msg_init(size) makes a Frame of libzmq's memory, which can be written to; raw_msg_init(frame) one
   with the same content. None: the argument is unusual, or libzmq has no memory. */
static PyObject *direct_raw_msg_init(PyObject *module, PyObject *const *args, Py_ssize_t given)
{
    frame *from = PyObject_TypeCheck(args[0], frame_type) ? (frame *)args[0] : NULL;
    zmq_msg_t msg;
    long size;
    (void)module;
    (void)given;
    if (from ? pack(&msg, args[0]) < 0
             : read_int(args[0], 0, LONG_MAX, &size) < 0 || zmq_msg_init_size(&msg, size) == -1)
        return Py_NewRef(Py_None);
    frame *f = frame_make(frame_type);
    if (f) {
        zmq_msg_move(&f->msg, &msg);
        f->writable = from ? from->writable : 1;
        f->more = zmq_msg_more(&f->msg) != 0;
    }
    zmq_msg_close(&msg);
    return (PyObject *)f;
}

/* clang-format off */
#define METHOD(of, name) {#name, (PyCFunction)(void (*)(void))of##_##name, METH_FASTCALL, NULL}
#define FAST(name) METHOD(handle, name)
#define NOARGS(name) {#name, handle_##name, METH_NOARGS, NULL}
/* clang-format on */
static PyMethodDef handle_methods[] = {
    FAST(receive),    FAST(receive_into),   NOARGS(settle),  FAST(messages),
    FAST(send),       FAST(send_multipart), FAST(send_many), FAST(poll),
    FAST(getsockopt), {NULL, NULL, 0, NULL}};
static PyType_Slot handle_slots[] = {{Py_tp_new, handle_new},
                                     {Py_tp_dealloc, handle_dealloc},
                                     {Py_tp_methods, handle_methods},
                                     {Py_tp_members, handle_members},
                                     {0, NULL}};
static PyType_Spec handle_spec = {"zmqlite._direct.Handle", sizeof(handle), 0,
                                  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, handle_slots};

/* ---- the module */

/* collect(stop=False): lets go of all memory that libzmq is done with; how much it still has. After
   collect(True) no thread of libzmq's calls into the interpreter, which may go away then. */
static PyObject *direct_collect(PyObject *module, PyObject *const *args, Py_ssize_t given)
{
    (void)module;
    collect();
    if (given && args[0] == Py_True) {
        pthread_mutex_lock(&released.lock);
        released.interpreter = 0;
        pthread_mutex_unlock(&released.lock);
    }
    return PyLong_FromSsize_t(released.count);
}

static int add_type(PyObject *module, const char *name, PyTypeObject **type, PyType_Spec *spec)
{
    if (!*type && !(*type = (PyTypeObject *)PyType_FromSpec(spec)))
        return -1;
    return PyModule_AddObjectRef(module, name, (PyObject *)*type);
}

/* What is static here belongs to the process: a second import of the package shares it, and a second
   interpreter, whose objects must not mix with those of the first, is refused. */
static int direct_exec(PyObject *module)
{
    static int prepared;
    if (PyInterpreterState_GetID(PyInterpreterState_Get()) != 0) {
        PyErr_SetString(PyExc_ImportError,
                        "zmqlite works in the main interpreter of a process, and in no other");
        return -1;
    }
    if (!prepared && pthread_atfork(NULL, NULL, in_forked_child))
        return no_memory() < 0 ? -1 : 0;
    prepared = released.interpreter = 1;
    if (add_type(module, "Frame", &frame_type, &frame_spec) < 0 ||
        add_type(module, "Messages", &messages_type, &messages_spec) < 0)
        return -1;
    return add_type(module, "Handle", &handle_type, &handle_spec);
}

static PyMethodDef direct_functions[] = {
    METHOD(direct, poll),         METHOD(direct, collect),
    METHOD(direct, raw_transfer), METHOD(direct, raw_msg_transfer),
    METHOD(direct, raw_msg_init), {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot direct_slots[] = {{Py_mod_exec, direct_exec}, {0, NULL}};
static struct PyModuleDef direct_module = {PyModuleDef_HEAD_INIT,
                                           "zmqlite._direct",
                                           NULL,
                                           0,
                                           direct_functions,
                                           direct_slots,
                                           NULL,
                                           NULL,
                                           NULL};

PyMODINIT_FUNC PyInit__direct(void)
{
    return PyModuleDef_Init(&direct_module);
}
