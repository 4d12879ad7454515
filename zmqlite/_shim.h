/* What zmqlite adds to libzmq in C. cffi reads this file as declarations, _shim.c includes it.

   Functions return a count (0 where there is nothing to count) or -errno. Three codes are ours:
   -ENOTSOCK  the socket was closed; -ETERM where its context did that
   -EBUSY     another thread, or a signal handler, is inside the socket
   -ECHILD    the object belongs to the process that forked this one */

/* What a send or receive takes for `timeout`, beside milliseconds, 0 and -1 (for ever). */
#define ZL_AS_SET -2 /* as SNDTIMEO or RCVTIMEO say; a finite one only tries, the caller waits */

#define ZL_SLICE 100 /* milliseconds that a wait in slices lasts before it ends with -EINTR */

#define ZL_SMALL 65536     /* received frames below this may wait for the next call to be freed */
#define ZL_ZERO_COPY 65536 /* bytes of this length and more are lent to libzmq, not copied */
#define ZL_BATCH 1024      /* messages that cross at once, either way */

/* What is received. */
#define ZL_FRAME 0  /* the next frame */
#define ZL_SINGLE 1 /* the next frame, which has to be a whole message */
#define ZL_WHOLE 2  /* all frames of a message */
#define ZL_MANY 3   /* messages of one frame */

/* The loan byte: what a call, and then its caller, does in the socket. */
#define ZL_FREE 0
#define ZL_INSIDE 1
#define ZL_LENT 2
#define ZL_TAKEN 3

typedef struct zl_socket zl_socket;
typedef struct zl_message zl_message;

/* One frame to send: `message` where it is a Message, else memory that is copied at once or, where
   `pin` is not 0, stays pinned until libzmq is done with it and zl_released gives that number back.
   zl_send_frames writes 0 to `pin` when it has taken the duty to release over. */
typedef struct zl_frame {
    const void *data;
    size_t size;
    uint64_t pin;
    zl_message *message;
} zl_frame;

typedef struct zl_traffic {
    uint64_t messages;
    uint64_t bytes;
} zl_traffic;

/* Once per process: soon, on the main thread, the dict `pins` loses the keys that were released. */
void zl_start(void *pins);
void zl_stop(void);
extern unsigned int zl_generation;
uint64_t zl_released(void);
void zl_untrack(void *object);
void zl_install(void *functions);

zl_socket *zl_socket_make(void);
int zl_socket_open(zl_socket *s, void *context, int type, int sliced);
void zl_socket_free(zl_socket *s);
int zl_close(zl_socket *s, int patience, int gone);
void *zl_libzmq_socket(zl_socket *s);

int zl_bind(zl_socket *s, const char *endpoint);
int zl_connect(zl_socket *s, const char *endpoint);
int zl_unbind(zl_socket *s, const char *endpoint);
int zl_disconnect(zl_socket *s, const char *endpoint);
int zl_setsockopt(zl_socket *s, int option, const void *value, size_t size);
int zl_getsockopt(zl_socket *s, int option, void *value, size_t *size);
int zl_monitor(zl_socket *s, const char *endpoint, int events);

int zl_send_frames(zl_socket *s, zl_frame *frames, int count, int more, int timeout);

/* A receive lends: the socket stays busy until the caller, having copied, writes ZL_FREE to the loan
   byte, or ZL_TAKEN and calls zl_taken, which does nothing else and otherwise nothing at all. zl_keep
   ends a loan that was not used: the next receive gets the same again. */
unsigned char *zl_loan(zl_socket *s);
int zl_lend(zl_socket *s, int what, int timeout);
zmq_msg_t *zl_lent(zl_socket *s, int index);
void zl_taken(zl_socket *s);
void zl_keep(zl_socket *s);

int zl_forward(zl_socket *from, zl_socket *to, zl_socket *capture, int limit, int wait,
               zl_traffic *traffic);
int zl_poll(zl_socket **sockets, zmq_pollitem_t *items, int count, int *ready, long timeout);
int zl_poll_one(zl_socket *s, int events, long timeout);

/* Behind the guard but otherwise libzmq's own, blocking and EINTR included; for capi. */
int zl_raw_getsockopt(zl_socket *s, int option, void *value, size_t *size);
int zl_raw_send(zl_socket *s, const void *data, size_t size, int flags);
int zl_raw_send_const(zl_socket *s, const void *data, size_t size, int flags);
int zl_raw_sendiov(zl_socket *s, struct iovec *parts, size_t count, int flags);
int zl_raw_recv(zl_socket *s, void *data, size_t size, int flags);
int zl_raw_msg_send(zl_socket *s, zmq_msg_t *msg, int flags);
int zl_raw_msg_recv(zl_socket *s, zmq_msg_t *msg, int flags);
int zl_raw_proxy(zl_socket *frontend, zl_socket *backend, zl_socket *capture, zl_socket *control,
                 int steerable);
int zl_raw_ctx_term(void **context);

int zl_msg_init_pinned(zmq_msg_t *msg, const void *data, size_t size, uint64_t pin);
zl_message *zl_message_new(const void *data, size_t size, uint64_t pin);
void zl_message_free(zl_message *message);
zmq_msg_t *zl_message_msg(zl_message *message);
