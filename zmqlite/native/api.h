/* What Python calls in our C through cffi, which reads this file as declarations.

   Functions return a count (0 where there is nothing to count) or -errno. Four codes are ours:
   -ENOTSOCK  the socket was closed
   -ETERM     the context ended, or closed the socket
   -EBUSY     another thread is inside the socket
   -ECHILD    the object belongs to the parent process, which forked this one */

#define ZL_SLICE 100       /* milliseconds after which a wait looks for signals */
#define ZL_ZERO_COPY 65536 /* bytes objects of this size and more are lent to libzmq, not copied */
#define ZL_BATCH 1024      /* the most messages that one receive returns */

/* What a receive returns. */
#define ZL_FRAME 0   /* the next frame, as bytes */
#define ZL_MESSAGE 1 /* the next frame, as a Message */
#define ZL_WHOLE 2   /* all frames of a message, as a list of bytes */
#define ZL_MANY 3    /* messages of one frame each, as a list of bytes */
#define ZL_PARTS 4 /* all frames of a message, the first `limit` as Message and the rest as bytes */
#define ZL_SINGLE 5 /* all frames of a message: bytes if there is one, or else a list of bytes */

#define ZL_UNUSUAL -100000 /* an argument that Python has to convert or to refuse */

typedef struct zl_socket zl_socket;

typedef struct zl_traffic {
    uint64_t messages;
    uint64_t bytes;
} zl_traffic;

extern unsigned int zl_generation; /* how many forks led to this process */

int zl_socket_open(zl_socket *s, void *context, int type);
int zl_close(zl_socket *s, int grace, int reason);
int zl_is_open(zl_socket *s);
int zl_is_busy(zl_socket *s);

int zl_bind(zl_socket *s, const char *endpoint);
int zl_connect(zl_socket *s, const char *endpoint);
int zl_unbind(zl_socket *s, const char *endpoint);
int zl_disconnect(zl_socket *s, const char *endpoint);
int zl_setsockopt(zl_socket *s, int option, const void *value, size_t size);
int zl_monitor(zl_socket *s, const char *endpoint, int events);

int zl_forward(zl_socket *from, zl_socket *to, zl_socket *capture, int limit, int wait,
               zl_traffic *traffic);
int zl_poll(zl_socket **sockets, zmq_pollitem_t *items, int count, long timeout);

/* libzmq's own calls behind the guard, blocking and EINTR included; for capi. */
int zl_raw_getsockopt(zl_socket *s, int option, void *value, size_t *size);
int zl_raw_sendiov(zl_socket *s, struct iovec *parts, size_t count, int flags);
int zl_raw_proxy(zl_socket *frontend, zl_socket *backend, zl_socket *capture, zl_socket *control,
                 int steerable);
int zl_raw_ctx_term(void **context);
/* The same for zmq_threadstart, whose threads return nothing. */
void zl_end_context(void *context);
