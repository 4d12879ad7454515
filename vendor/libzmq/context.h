/* Contexts: zmq_ctx_new(3), zmq_ctx_term(3), zmq_ctx_shutdown(3), zmq_ctx_set(3), zmq_ctx_get(3).

   zmq_init, zmq_term and zmq_ctx_destroy are the old names: of zmq_ctx_new followed by
   zmq_ctx_set(ZMQ_IO_THREADS), and of zmq_ctx_term. */

void *zmq_ctx_new(void);
int zmq_ctx_term(void *context);
int zmq_ctx_shutdown(void *context);
int zmq_ctx_set(void *context, int option, int optval);
int zmq_ctx_get(void *context, int option);

void *zmq_init(int io_threads);
int zmq_term(void *context);
int zmq_ctx_destroy(void *context);

/* Options. ZMQ_SOCKET_LIMIT is what number 3 reads, ZMQ_THREAD_PRIORITY what it writes. */
#define ZMQ_IO_THREADS 1
#define ZMQ_MAX_SOCKETS 2
#define ZMQ_SOCKET_LIMIT 3
#define ZMQ_THREAD_PRIORITY 3
#define ZMQ_THREAD_SCHED_POLICY 4
#define ZMQ_MAX_MSGSZ 5
#define ZMQ_MSG_T_SIZE 6
#define ZMQ_THREAD_AFFINITY_CPU_ADD 7
#define ZMQ_THREAD_AFFINITY_CPU_REMOVE 8
#define ZMQ_THREAD_NAME_PREFIX 9
#define ZMQ_BLOCKY 70

/* Defaults. */
#define ZMQ_IO_THREADS_DFLT 1
#define ZMQ_MAX_SOCKETS_DFLT 1023
#define ZMQ_THREAD_PRIORITY_DFLT -1
#define ZMQ_THREAD_SCHED_POLICY_DFLT -1
