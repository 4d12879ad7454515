/* Sending and receiving. An attempt never blocks and handles a whole message or nothing. A wait makes
   attempts until one succeeds, and sleeps on the socket's descriptor in between. All of it runs inside
   the guard and without Python. */

#include "internal.h"

#include <sys/mman.h>

#define LARGE (1 << 20)
#define KEPT ZL_BATCH /* frames that an idle socket keeps room for at most */

/* ---- waiting */

/* Milliseconds to sleep before the deadline `end`, at most a time slice; 0 once it is over. */
int zl_slice(int64_t end)
{
    int64_t left = end < 0 ? ZL_SLICE : end - zl_now();
    return left <= 0 ? 0 : left < ZL_SLICE ? (int)left : ZL_SLICE;
}

/* Sleeps until libzmq has something new for the socket: 0. -EAGAIN: it is past the deadline. -EINTR: a
   signal arrived, or the time slice is over; a signal that arrives just before the sleep does not end
   it. Draft sockets have no descriptor, so they are looked at every millisecond. */
static int sleep_for(zl_socket *s, int64_t end)
{
    struct pollfd item = {s->fd, POLLIN, 0};
    int left = zl_slice(end);
    if (left == 0)
        return -EAGAIN;
    int rc = poll(&item, 1, s->fd < 0 ? 1 : left);
    return rc < 0 ? -errno : rc == 0 ? -EINTR : 0;
}

/* ---- memory */

/* Arrays of a megabyte and more come from the system and go back to it. When malloc frees such a block it
   raises the size up to which it keeps what is free, and keeps tens of megabytes for ever. */
void *zl_array(size_t size)
{
    if (size < LARGE)
        return malloc(size);
    void *array = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return array == MAP_FAILED ? NULL : array;
}

void zl_array_free(void *array, size_t size)
{
    if (size < LARGE)
        free(array);
    else
        munmap(array, size);
}

/* ---- receiving */

/* Has room for `ahead` frames before those in `frames` and `behind` after them: 0, or -ENOMEM. The
   size of the array follows from what waits, not from what waited once. libzmq's struct must not be
   copied, only moved. */
int zl_room(zl_socket *s, int ahead, int behind)
{
    if (s->first >= ahead && s->first + s->count + behind <= s->capacity)
        return 0;
    int needed = ahead + s->count + behind;
    int capacity = s->capacity < 4 ? 4 : s->capacity > KEPT ? KEPT : s->capacity;
    while (2 * capacity < 3 * needed)
        capacity *= 2;
    zl_frame *frames = zl_array(capacity * sizeof *frames);
    if (!frames)
        return -ENOMEM;
    for (int i = 0; i < s->count; i++) {
        zmq_msg_init(&frames[ahead + i].msg);
        zmq_msg_move(&frames[ahead + i].msg, &zl_frame_at(s, i)->msg);
        frames[ahead + i].more = zl_frame_at(s, i)->more;
    }
    zl_array_free(s->frames, s->capacity * sizeof *frames);
    s->frames = frames;
    s->first = ahead;
    s->capacity = capacity;
    return 0;
}

/* Closes the first few frames, and gives the memory back when many have been there. */
void zl_drop(zl_socket *s, int frames)
{
    while (frames-- > 0) {
        zmq_msg_close(&s->frames[s->first++].msg);
        s->count--;
    }
    if (s->count)
        return;
    s->first = 0;
    if (s->capacity > KEPT) {
        zl_array_free(s->frames, s->capacity * sizeof *s->frames);
        s->frames = NULL;
        s->capacity = 0;
    }
}

/* Receives one frame into `frames`: 0, or -errno. Even without waiting it can meet a signal. */
static int fetch_frame(zl_socket *s)
{
    int rc = zl_room(s, 0, 1);
    if (rc < 0)
        return rc;
    zl_frame *frame = zl_frame_at(s, s->count);
    zmq_msg_init(&frame->msg);
    do
        rc = zl_code(zmq_msg_recv(&frame->msg, s->socket, ZMQ_DONTWAIT));
    while (rc == -EINTR);
    if (rc < 0)
        return rc;
    frame->more = zmq_msg_more(&frame->msg) != 0;
    s->count++;
    return 0;
}

/* Has all of a message in `frames` that a receive has begun and not ended, and one message more where
   libzmq may have read its first frame to answer a poll: 0, or -ENOMEM. */
int zl_complete(zl_socket *s)
{
    int begun = s->count ? zl_frame_at(s, s->count - 1)->more : s->more, rc = 0;
    int peeks = s->type == ZMQ_ROUTER || s->type == ZMQ_REP || s->type == ZMQ_SUB ||
                s->type == ZMQ_XSUB || s->type == ZMQ_STREAM;
    for (int messages = begun + peeks; messages > 0 && rc == 0;)
        if ((rc = fetch_frame(s)) == 0 && !zl_frame_at(s, s->count - 1)->more)
            messages--;
    return rc == -ENOMEM ? rc : 0;
}

/* Has messages of one frame at the head of `frames`, up to 64 KiB together: how many. -EPROTO if the
   first message has several frames. */
static int fetch_batch(zl_socket *s, int limit)
{
    size_t size = 0;
    int rc = 0, n = 0;
    for (; n < limit && n < ZL_BATCH; n++) {
        if (n == s->count && (rc = fetch_frame(s)) < 0)
            break;
        if (zl_frame_at(s, n)->more || (n == 0 && s->more))
            return n ? n : -EPROTO;
        size += zmq_msg_size(&zl_frame_at(s, n)->msg);
        if (n && size > ZL_ZERO_COPY)
            break;
    }
    return n ? n : rc;
}

/* One attempt. Has what is asked for at the head of `frames`: how many frames, or -errno. -EALREADY:
   the message has more than `most` frames, and the next attempt goes on with it. */
int zl_fetch(zl_socket *s, int what, int limit, int most)
{
    if (what == ZL_MANY)
        return fetch_batch(s, limit);
    int rc = s->count ? 0 : fetch_frame(s);
    if (what == ZL_FRAME || what == ZL_MESSAGE)
        return rc < 0 ? rc : 1;
    for (int n = 1; rc >= 0; n++) {
        if (!zl_frame_at(s, n - 1)->more)
            return n;
        if (n == s->count)
            rc = n < most ? fetch_frame(s) : -EALREADY;
    }
    return rc;
}

/* Goes on after an attempt that ended with `rc`, -EAGAIN or -EALREADY: waits and attempts until `end`. As
   zl_fetch, or -EAGAIN after the deadline, or -EINTR. */
int zl_receive_waiting(zl_socket *s, int what, int limit, int rc, int64_t end)
{
    do {
        if (rc == -EAGAIN && (rc = sleep_for(s, end)) < 0)
            return rc;
        rc = zl_fetch(s, what, limit, INT_MAX);
    } while (rc == -EAGAIN);
    return rc;
}

/* ---- sending */

static int send_part(zl_socket *s, zmq_msg_t *part, int more)
{
    int flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0), rc;
    do
        rc = zl_code(zmq_msg_send(part, s->socket, flags));
    while (rc == -EINTR);
    if (rc == -EAGAIN && s->sending)
        rc = 0;
    if (rc >= 0)
        s->sending = more != 0;
    return rc;
}

/* One attempt to send the parts as one message: 0, or -errno. Only the first part can find no room.
   If a later one does, the peer went away and the message with it, which counts as sent, as it does
   when libzmq blocks. Before -EAGAIN libzmq is made to look at what has arrived for the socket, which
   it does not do at each send. */
static int send_parts(zl_socket *s, zmq_msg_t *parts, int count, int more)
{
    int rc = send_part(s, &parts[0], more || count > 1), events;
    size_t size = sizeof events;
    if (rc == -EAGAIN) {
        rc = zl_code(zmq_getsockopt(s->socket, ZMQ_EVENTS, &events, &size));
        rc = rc < 0 ? rc : send_part(s, &parts[0], more || count > 1);
    }
    for (int i = 1; i < count && rc >= 0; i++)
        rc = send_part(s, &parts[i], more || i + 1 < count);
    return rc < 0 ? rc : 0;
}

int zl_send_parts(zl_socket *s, zmq_msg_t *parts, int count, int more)
{
    return zl_is_unread(s) ? -EFSM : send_parts(s, parts, count, more);
}

/* Goes on after an attempt that found no room: waits and attempts until `end`. As zl_send_parts, or
   -EAGAIN after the deadline, or -EINTR. */
int zl_send_waiting(zl_socket *s, zmq_msg_t *parts, int count, int more, int64_t end)
{
    int rc;
    do
        rc = sleep_for(s, end);
    while (rc == 0 && (rc = zl_send_parts(s, parts, count, more)) == -EAGAIN);
    return rc;
}

/* Sends a part of a message that is forwarded; `end` is 0 for one attempt. */
static int forward_part(zl_socket *to, zmq_msg_t *part, int more, int64_t end)
{
    int rc = send_parts(to, part, 1, more);
    return rc == -EAGAIN && end ? zl_send_waiting(to, part, 1, more, end) : rc;
}

/* ---- forwarding, for the proxy */

static int capture_message(zl_socket *from, zl_socket *capture, int count)
{
    for (int i = 0; i < count; i++) {
        zmq_msg_t copy;
        zmq_msg_init(&copy);
        zmq_msg_copy(&copy, &zl_frame_at(from, i)->msg);
        int rc = forward_part(capture, &copy, i + 1 < count, -1);
        zmq_msg_close(&copy);
        if (rc < 0)
            return rc;
    }
    from->captured = 1;
    return 0;
}

/* Sends the message at the head of `from`. -EAGAIN and -EINTR leave it there, to be tried again; any
   other failure means that it cannot be sent, and drops it. */
static int forward_message(zl_socket *from, zl_socket *to, int count, int64_t end,
                           zl_traffic *traffic)
{
    uint64_t bytes = 0;
    int rc = to != from && zl_is_unread(to) ? -EFSM : 0; /* a REP on both sides answers itself */
    for (int i = 0; i < count && rc >= 0; i++) {
        zmq_msg_t *part = &zl_frame_at(from, i)->msg;
        bytes += zmq_msg_size(part);
        rc = forward_part(to, part, i + 1 < count, end);
    }
    if (rc == -EAGAIN || rc == -EINTR)
        return rc;
    zl_drop(from, count);
    from->captured = 0;
    if (rc >= 0) {
        traffic->messages++;
        traffic->bytes += bytes;
    }
    return rc;
}

static int forward_one(zl_socket *from, zl_socket *to, zl_socket *capture, int64_t end,
                       zl_traffic *traffic)
{
    int count = zl_fetch(from, ZL_WHOLE, 1, INT_MAX), rc = count;
    if (rc == -EAGAIN)
        return 0;
    if (rc >= 0 && capture && !from->captured)
        rc = capture_message(from, capture, count);
    if (rc >= 0)
        rc = forward_message(from, to, count, end, traffic);
    return rc < 0 ? rc : 1;
}

/* Moves up to `limit` whole messages: how many, 0 if none was there, -EAGAIN if the first found no
   room. Does not wait for a message; waits for room for the first if `wait` says so. */
int zl_forward(zl_socket *from, zl_socket *to, zl_socket *capture, int limit, int wait,
               zl_traffic *traffic)
{
    zl_socket *all[] = {from, to == from ? NULL : to, capture};
    int rc = zl_enter_all(all, 3), moved = 0;
    if (rc < 0)
        return rc;
    while (moved < limit &&
           (rc = forward_one(from, to, capture, wait && !moved ? -1 : 0, traffic)) > 0)
        moved++;
    zl_leave_all(all, 3);
    return moved && (rc == -EAGAIN || rc == -EINTR) ? moved : rc < 0 ? rc : moved;
}
