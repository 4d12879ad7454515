/* Polling and proxies: zmq_poll(3), zmq_proxy(3), zmq_proxy_steerable(3).

   zmq_device is the old form of zmq_proxy; it ignores its type. */

int zmq_poll(zmq_pollitem_t *items, int nitems, long timeout);

#define ZMQ_POLLIN 1
#define ZMQ_POLLOUT 2
#define ZMQ_POLLERR 4
#define ZMQ_POLLPRI 8

/* Up to this many items zmq_poll allocates nothing. */
#define ZMQ_POLLITEMS_DFLT 16

int zmq_proxy(void *frontend, void *backend, void *capture);
int zmq_proxy_steerable(void *frontend, void *backend, void *capture, void *control);
int zmq_device(int type, void *frontend, void *backend);

#define ZMQ_STREAMER 1
#define ZMQ_FORWARDER 2
#define ZMQ_QUEUE 3
