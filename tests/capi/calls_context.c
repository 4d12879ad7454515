/* Contexts: options, limits, ending. */

#include "harness.h"

static const int OPTIONS[] = {ZMQ_IO_THREADS,
                              ZMQ_MAX_SOCKETS,
                              ZMQ_SOCKET_LIMIT,
                              ZMQ_THREAD_SCHED_POLICY,
                              ZMQ_MAX_MSGSZ,
                              ZMQ_MSG_T_SIZE,
                              ZMQ_THREAD_AFFINITY_CPU_ADD,
                              ZMQ_THREAD_AFFINITY_CPU_REMOVE,
                              ZMQ_THREAD_NAME_PREFIX,
                              ZMQ_IPV6,
                              ZMQ_BLOCKY,
                              9999};
static const int VALUES[] = {-2, -1, 0, 1, 2};

static void options(void)
{
    void *context = POINTER(zmq_ctx_new);
    for (int i = 0; i < 12; i++)
        CALL(zmq_ctx_get, context, OPTIONS[i]);
    for (int i = 0; i < 12; i++) {
        if (OPTIONS[i] == ZMQ_SOCKET_LIMIT || OPTIONS[i] == ZMQ_THREAD_SCHED_POLICY)
            continue; /* 3 sets ZMQ_THREAD_PRIORITY */
        for (int j = 0; j < 5; j++) {
            number("option", OPTIONS[i]);
            if (OPTIONS[i] != ZMQ_THREAD_AFFINITY_CPU_ADD || VALUES[j] <= 0)
                CALL(zmq_ctx_set, context, OPTIONS[i], VALUES[j]);
            CALL(zmq_ctx_get, context, OPTIONS[i]);
        }
    }
    CALL(zmq_ctx_set, context, ZMQ_THREAD_PRIORITY, -1);
    CALL(zmq_ctx_set, context, ZMQ_THREAD_SCHED_POLICY, -1);
    CALL(zmq_ctx_term, context);
}

static void null(void)
{
    CALL(zmq_ctx_get, NULL, ZMQ_IO_THREADS);
    CALL(zmq_ctx_set, NULL, ZMQ_IO_THREADS, 1);
    CALL(zmq_ctx_shutdown, NULL);
    CALL(zmq_ctx_term, NULL);
    CALL(zmq_ctx_destroy, NULL);
    CALL(zmq_term, NULL);
    POINTER(zmq_socket, NULL, ZMQ_PUB);
}

static void old_names(void)
{
    void *context = POINTER(zmq_init, 2);
    CALL(zmq_ctx_get, context, ZMQ_IO_THREADS);
    CALL(zmq_term, context);
    context = POINTER(zmq_init, 0);
    CALL(zmq_ctx_get, context, ZMQ_IO_THREADS);
    CALL(zmq_ctx_destroy, context);
    POINTER(zmq_init, -1);
}

static void limits(void)
{
    void *context = POINTER(zmq_ctx_new);
    CALL(zmq_ctx_set, context, ZMQ_MAX_SOCKETS, 1);
    POINTER(zmq_socket, context, -1);
    POINTER(zmq_socket, context, 99);
    void *socket = POINTER(zmq_socket, context, ZMQ_PUB);
    POINTER(zmq_socket, context, ZMQ_PUB);
    CALL(zmq_ctx_set, context, ZMQ_MAX_SOCKETS, 5); /* too late */
    POINTER(zmq_socket, context, ZMQ_PUB);
    CALL(zmq_close, socket);
    CALL(zmq_ctx_term, context);
}

static void shut_down(void)
{
    void *context = POINTER(zmq_ctx_new);
    void *socket = POINTER(zmq_socket, context, ZMQ_PULL);
    CALL(zmq_ctx_shutdown, context);
    CALL(zmq_ctx_shutdown, context);
    CALL(zmq_ctx_get, context, ZMQ_IO_THREADS);
    CALL(zmq_ctx_set, context, ZMQ_IPV6, 1);
    POINTER(zmq_socket, context, ZMQ_PULL);
    char buffer[1];
    int value = 0;
    size_t size = sizeof value;
    zmq_msg_t message;
    zmq_msg_init(&message);
    CALL(zmq_recv, socket, buffer, 1, 0);
    CALL(zmq_send, socket, buffer, 1, 0);
    CALL(zmq_msg_recv, &message, socket, 0);
    CALL(zmq_msg_send, &message, socket, 0);
    CALL(zmq_bind, socket, "inproc://late");
    CALL(zmq_connect, socket, "inproc://late");
    CALL(zmq_unbind, socket, "inproc://late");
    CALL(zmq_disconnect, socket, "inproc://late");
    CALL(zmq_setsockopt, socket, ZMQ_LINGER, &value, size);
    CALL(zmq_getsockopt, socket, ZMQ_LINGER, &value, &size);
    CALL(zmq_socket_monitor, socket, "inproc://events", ZMQ_EVENT_ALL);
    zmq_pollitem_t items[] = {{socket, 0, ZMQ_POLLIN, 0}};
    CALL(zmq_poll, items, 1, 0);
    CALL(zmq_proxy, socket, socket, NULL);
    CALL(zmq_close, socket);
    CALL(zmq_ctx_term, context);
}

static void interrupted(void)
{
    void *context = POINTER(zmq_ctx_new);
    void *socket = POINTER(zmq_socket, context, ZMQ_PULL);
    interrupt_after(100);
    CALL(zmq_ctx_term, context);
    POINTER(zmq_socket, context, ZMQ_PULL);
    CALL(zmq_ctx_get, context, ZMQ_IO_THREADS);
    CALL(zmq_ctx_shutdown, context);
    CALL(zmq_close, socket);
    CALL(zmq_ctx_term, context);
}

int main(void)
{
    options();
    null();
    old_names();
    limits();
    shut_down();
    interrupted();
    return 0;
}
