/* Polling many sockets and descriptors. zmq_poll asks the system first and looks at all sockets before
   and after each wait. Here sockets are looked at first, and after a wait only those whose descriptor
   became readable. */

#include "internal.h"

/* Stores what an item is ready for: 1 if there is something, 0 if not, or -errno. `native` is what the
   system found at its descriptor. Frames that wait in the socket count as POLLIN. */
static int look(zl_socket *s, zmq_pollitem_t *item, int native)
{
    int events = (native & POLLIN ? ZMQ_POLLIN : 0) | (native & POLLOUT ? ZMQ_POLLOUT : 0) |
                 (native & POLLPRI ? ZMQ_POLLPRI : 0) |
                 (native & ~(POLLIN | POLLOUT | POLLPRI) ? ZMQ_POLLERR : 0);
    size_t size = sizeof events;
    int rc = s ? zl_code(zmq_getsockopt(s->socket, ZMQ_EVENTS, &events, &size)) : 0;
    if (s && s->count)
        events |= ZMQ_POLLIN;
    item->revents = (short)(events & (s ? item->events : ~0));
    return rc < 0 ? rc : item->revents != 0;
}

static struct pollfd descriptor(zl_socket *s, zmq_pollitem_t *item)
{
    int events = s ? ZMQ_POLLIN : item->events;
    struct pollfd native = {s ? s->fd : item->fd, 0, 0};
    native.events =
        (short)((events & ZMQ_POLLIN ? POLLIN : 0) | (events & ZMQ_POLLOUT ? POLLOUT : 0) |
                (events & ZMQ_POLLPRI ? POLLPRI : 0));
    return native;
}

/* Waits for items none of which is ready, or with `timeout` 0 for the descriptors among them. */
static int await_items(zl_socket **sockets, zmq_pollitem_t *items, int count, long timeout)
{
    struct pollfd few[16], *fds = count > 16 ? malloc(count * sizeof *fds) : few;
    if (!fds)
        return -ENOMEM;
    for (int i = 0; i < count; i++)
        fds[i] = descriptor(sockets[i], &items[i]);
    int rc = 0, found = 0;
    for (int64_t end = zl_deadline(timeout); rc >= 0;) {
        rc = poll(fds, count, (int)timeout) == -1 ? -errno : 0;
        for (int i = 0; i < count && rc >= 0; i++)
            if (fds[i].revents && (rc = look(sockets[i], &items[i], fds[i].revents)) > 0)
                found++;
        if (found || timeout == 0)
            break;
        if (timeout > 0 && (timeout = (long)(end - zl_now())) < 0)
            timeout = 0;
    }
    if (fds != few)
        free(fds);
    return rc;
}

/* Waits up to `timeout` ms, -1 for ever: on how many items something happened, see their `revents`. */
int zl_poll(zl_socket **sockets, zmq_pollitem_t *items, int count, long timeout)
{
    int rc = zl_enter_all(sockets, count), found = 0, natives = 0;
    if (rc < 0)
        return rc;
    for (int i = 0; i < count && rc >= 0; i++) {
        natives += !sockets[i];
        found += rc = look(sockets[i], &items[i], 0);
    }
    if (rc >= 0 && (natives || (!found && timeout)))
        rc = await_items(sockets, items, count, found ? 0 : timeout > INT_MAX ? INT_MAX : timeout);
    zl_leave_all(sockets, count);
    found = 0;
    for (int i = 0; i < count; i++)
        found += items[i].revents != 0;
    return rc < 0 ? rc : found;
}
