/* Messages: zmq_msg_init(3), zmq_msg_init_size(3), zmq_msg_init_data(3), zmq_msg_send(3),
   zmq_msg_recv(3), zmq_msg_close(3), zmq_msg_move(3), zmq_msg_copy(3), zmq_msg_data(3),
   zmq_msg_size(3), zmq_msg_more(3), zmq_msg_get(3), zmq_msg_set(3), zmq_msg_gets(3). */

typedef void(zmq_free_fn)(void *data, void *hint);

int zmq_msg_init(zmq_msg_t *msg);
int zmq_msg_init_size(zmq_msg_t *msg, size_t size);
int zmq_msg_init_data(zmq_msg_t *msg, void *data, size_t size, zmq_free_fn *ffn, void *hint);
int zmq_msg_send(zmq_msg_t *msg, void *socket, int flags);
int zmq_msg_recv(zmq_msg_t *msg, void *socket, int flags);
int zmq_msg_close(zmq_msg_t *msg);
int zmq_msg_move(zmq_msg_t *dest, zmq_msg_t *src);
int zmq_msg_copy(zmq_msg_t *dest, zmq_msg_t *src);
void *zmq_msg_data(zmq_msg_t *msg);
size_t zmq_msg_size(const zmq_msg_t *msg);
int zmq_msg_more(const zmq_msg_t *msg);
int zmq_msg_get(const zmq_msg_t *msg, int property);
int zmq_msg_set(zmq_msg_t *msg, int property, int optval);
const char *zmq_msg_gets(const zmq_msg_t *msg, const char *property);

/* Properties for zmq_msg_get. ZMQ_SRCFD is deprecated. */
#define ZMQ_MORE 1
#define ZMQ_SRCFD 2
#define ZMQ_SHARED 3

/* The longest group of a RADIO or DISH message. */
#define ZMQ_GROUP_MAX_LENGTH 255
