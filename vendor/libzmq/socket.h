/* Sockets: zmq_socket(3), zmq_close(3), zmq_setsockopt(3), zmq_getsockopt(3), zmq_bind(3),
   zmq_connect(3), zmq_unbind(3), zmq_disconnect(3), zmq_send(3), zmq_send_const(3), zmq_recv(3),
   zmq_sendmsg(3), zmq_recvmsg(3). zmq_sendiov and zmq_recviov have no page. */

void *zmq_socket(void *context, int type);
int zmq_close(void *socket);
int zmq_setsockopt(void *socket, int option, const void *optval, size_t optvallen);
int zmq_getsockopt(void *socket, int option, void *optval, size_t *optvallen);
int zmq_bind(void *socket, const char *endpoint);
int zmq_connect(void *socket, const char *endpoint);
int zmq_unbind(void *socket, const char *endpoint);
int zmq_disconnect(void *socket, const char *endpoint);
int zmq_send(void *socket, const void *buf, size_t len, int flags);
int zmq_send_const(void *socket, const void *buf, size_t len, int flags);
int zmq_recv(void *socket, void *buf, size_t len, int flags);

/* Deprecated. */
int zmq_sendmsg(void *socket, zmq_msg_t *msg, int flags);
int zmq_recvmsg(void *socket, zmq_msg_t *msg, int flags);
int zmq_sendiov(void *socket, struct iovec *iov, size_t count, int flags);
int zmq_recviov(void *socket, struct iovec *iov, size_t *count, int flags);

/* Types. */
#define ZMQ_PAIR 0
#define ZMQ_PUB 1
#define ZMQ_SUB 2
#define ZMQ_REQ 3
#define ZMQ_REP 4
#define ZMQ_DEALER 5
#define ZMQ_ROUTER 6
#define ZMQ_PULL 7
#define ZMQ_PUSH 8
#define ZMQ_XPUB 9
#define ZMQ_XSUB 10
#define ZMQ_STREAM 11

/* Old names of DEALER and ROUTER. */
#define ZMQ_XREQ 5
#define ZMQ_XREP 6

/* Flags; ZMQ_NOBLOCK is the old name of ZMQ_DONTWAIT. */
#define ZMQ_DONTWAIT 1
#define ZMQ_SNDMORE 2
#define ZMQ_NOBLOCK 1
