/* libzmq's own calls behind the guard, for capi: they block and end with EINTR as in C. */

#include "internal.h"

int zl_raw_getsockopt(zl_socket *s, int option, void *value, size_t *size)
{
    int rc = zl_enter(s);
    if (rc < 0)
        return rc;
    rc = zl_code(zmq_getsockopt(s->socket, option, value, size));
    return zl_left(s, rc < 0 ? rc : zl_count_waiting(s, option, value));
}

ZL_GUARDED(zl_raw_sendiov, (zl_socket * s, struct iovec *parts, size_t count, int flags),
           zmq_sendiov(s->socket, parts, count, flags))

/* `capture` and `control` may be NULL, `backend` the same as `frontend`. */
int zl_raw_proxy(zl_socket *frontend, zl_socket *backend, zl_socket *capture, zl_socket *control,
                 int steerable)
{
    zl_socket *all[] = {frontend, backend == frontend ? NULL : backend, capture, control};
    int rc = zl_enter_all(all, 4);
    if (rc < 0)
        return rc;
    void *captured = capture ? capture->socket : NULL, *steered = control ? control->socket : NULL;
    rc = zl_code(steerable
                     ? zmq_proxy_steerable(frontend->socket, backend->socket, captured, steered)
                     : zmq_proxy(frontend->socket, backend->socket, captured));
    zl_leave_all(all, 4);
    return rc;
}

/* Ends a context and forgets it at once: no exception can come in between. */
void zl_end_context(void *context)
{
    (void)zl_raw_ctx_term(context);
}

int zl_raw_ctx_term(void **context)
{
    int rc = zl_code(zmq_ctx_term(*context));
    if (rc == 0)
        *context = NULL;
    return rc;
}
