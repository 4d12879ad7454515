/* Sockets: types, endpoints, options. */

#include "harness.h"

static void *context;

static void types(void)
{
    for (int type = ZMQ_PAIR; type < ZMQ_STREAM + 1; type++) {
        void *socket = POINTER(zmq_socket, context, type);
        int value = 0;
        size_t size = sizeof value;
        CALL(zmq_getsockopt, socket, ZMQ_TYPE, &value, &size);
        number("type", value);
        CALL(zmq_close, socket);
    }
}

static const char *const ENDPOINTS[] = {
    "inproc://name",
    "inproc://name",
    "inproc://",
    "nowhere",
    "tcp:",
    "tcp://",
    "tcp://127.0.0.1",
    "tcp://192.0.2.1:5555",
    "tcp://127.0.0.1:port",
    "foo://bar",
    "udp://127.0.0.1:5555",
    "ipc://",
    "ipc:///nonexistent/folder/socket",
    "ipc:///aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "",
};

static void endpoints(void)
{
    void *socket = POINTER(zmq_socket, context, ZMQ_ROUTER);
    for (int i = 0; i < 15; i++) {
        text("endpoint", ENDPOINTS[i], strlen(ENDPOINTS[i]));
        CALL(zmq_bind, socket, ENDPOINTS[i]);
    }
    for (int i = 0; i < 15; i++) {
        text("endpoint", ENDPOINTS[i], strlen(ENDPOINTS[i]));
        CALL(zmq_unbind, socket, ENDPOINTS[i]);
    }
    for (int i = 0; i < 15; i++) {
        text("endpoint", ENDPOINTS[i], strlen(ENDPOINTS[i]));
        if (strcmp(ENDPOINTS[i], "tcp://127.0.0.1:port") != 0)
            CALL(zmq_connect, socket, ENDPOINTS[i]);
        CALL(zmq_disconnect, socket, ENDPOINTS[i]);
    }
    CALL(zmq_unbind, socket, NULL);
    CALL(zmq_disconnect, socket, NULL);
    CALL(zmq_close, socket);
}

static void real_endpoints(void)
{
    void *server = POINTER(zmq_socket, context, ZMQ_PULL);
    void *client = POINTER(zmq_socket, context, ZMQ_PUSH);
    char endpoint[256];
    size_t size = sizeof endpoint;
    CALL(zmq_getsockopt, server, ZMQ_LAST_ENDPOINT, endpoint, &size);
    number("size", size);
    CALL(zmq_bind, server, "tcp://127.0.0.1:*");
    size = sizeof endpoint;
    CALL(zmq_getsockopt, server, ZMQ_LAST_ENDPOINT, endpoint, &size);
    text("endpoint", endpoint, 16);
    CALL(zmq_bind, client, endpoint);
    CALL(zmq_connect, client, endpoint);
    CALL(zmq_connect, client, endpoint);
    CALL(zmq_disconnect, client, endpoint);
    CALL(zmq_disconnect, client, endpoint);
    CALL(zmq_disconnect, client, endpoint);
    CALL(zmq_unbind, server, "tcp://127.0.0.1:1");
    CALL(zmq_unbind, server, endpoint);
    CALL(zmq_unbind, server, endpoint);
    CALL(zmq_close, client);
    CALL(zmq_close, server);
}

static void no_threads(void)
{
    void *idle = POINTER(zmq_init, 0);
    void *socket = POINTER(zmq_socket, idle, ZMQ_PUB);
    CALL(zmq_bind, socket, "tcp://127.0.0.1:*");
    CALL(zmq_connect, socket, "tcp://127.0.0.1:5555");
    CALL(zmq_bind, socket, "inproc://idle");
    CALL(zmq_close, socket);
    CALL(zmq_ctx_term, idle);
}

static const int ROOMS[] = {0, 1, 4, 16, 64, 256};
static const int VALUES[] = {-1, 0, 1, 70000};

/* Every option that has an int or a text, on one type of socket: read, written, read again. */
static void options(int type)
{
    void *socket = POINTER(zmq_socket, context, type);
    for (int option = 0; option < 93; option++) {
        if (option == ZMQ_FD || option == ZMQ_USE_FD || option == ZMQ_BINDTODEVICE)
            continue;
        number("option", option);
        char memory[256];
        for (int i = 0; i < 6; i++) {
            size_t size = ROOMS[i];
            memset(memory, 0, sizeof memory);
            if (CALL(zmq_getsockopt, socket, option, memory, &size) == 0) {
                number("size", size);
                number("first", first(memory));
            }
        }
        for (int i = 0; i < 4; i++) {
            int value = VALUES[i];
            CALL(zmq_setsockopt, socket, option, &value, sizeof value);
        }
        int64_t wide = 1;
        CALL(zmq_setsockopt, socket, option, &wide, 8);
        if (option != ZMQ_CONNECT_ROUTING_ID)
            CALL(zmq_setsockopt, socket, option, "a-text", 6);
        CALL(zmq_setsockopt, socket, option, "", 0);
        CALL(zmq_setsockopt, socket, option, NULL, 0);
    }
    CALL(zmq_close, socket);
}

static void kinds_of_options(void)
{
    void *socket = POINTER(zmq_socket, context, ZMQ_DEALER);
    int linger = 250;
    size_t size = sizeof linger;
    CALL(zmq_setsockopt, socket, ZMQ_LINGER, &linger, size);
    linger = 0;
    CALL(zmq_getsockopt, socket, ZMQ_LINGER, &linger, &size);
    number("linger", linger);
    int64_t most = 1 << 20;
    size = sizeof most;
    CALL(zmq_setsockopt, socket, ZMQ_MAXMSGSIZE, &most, size);
    most = 0;
    CALL(zmq_getsockopt, socket, ZMQ_MAXMSGSIZE, &most, &size);
    number("maxmsgsize", most);
    uint64_t affinity = 3;
    size = sizeof affinity;
    CALL(zmq_setsockopt, socket, ZMQ_AFFINITY, &affinity, size);
    affinity = 0;
    CALL(zmq_getsockopt, socket, ZMQ_AFFINITY, &affinity, &size);
    number("affinity", affinity);
    char name[255];
    size = sizeof name;
    CALL(zmq_setsockopt, socket, ZMQ_ROUTING_ID, "me\0too", 6);
    CALL(zmq_getsockopt, socket, ZMQ_ROUTING_ID, name, &size);
    number("size", size);
    text("name", name, size);
    size = 5;
    CALL(zmq_getsockopt, socket, ZMQ_ROUTING_ID, name, &size);
    int fd = -1;
    size = sizeof fd;
    CALL(zmq_getsockopt, socket, ZMQ_FD, &fd, &size);
    number("fd", fd > 2);
    int events = -1;
    CALL(zmq_getsockopt, socket, ZMQ_EVENTS, &events, &size);
    number("events", events);
    CALL(zmq_close, socket);
}

static void no_socket(void *closed)
{
    int value = 0;
    size_t size = sizeof value;
    CALL(zmq_bind, closed, "inproc://closed");
    CALL(zmq_connect, closed, "inproc://closed");
    CALL(zmq_unbind, closed, "inproc://closed");
    CALL(zmq_disconnect, closed, "inproc://closed");
    CALL(zmq_setsockopt, closed, ZMQ_LINGER, &value, size);
    CALL(zmq_getsockopt, closed, ZMQ_LINGER, &value, &size);
    CALL(zmq_socket_monitor, closed, "inproc://events", ZMQ_EVENT_ALL);
    CALL(zmq_close, closed);
}

int main(void)
{
    context = POINTER(zmq_ctx_new);
    types();
    endpoints();
    real_endpoints();
    no_threads();
    options(ZMQ_DEALER);
    options(ZMQ_XPUB);
    kinds_of_options();
    no_socket(NULL);
    void *socket = POINTER(zmq_socket, context, ZMQ_PUB);
    CALL(zmq_close, socket);
    socket = NULL; /* what is left of it says nothing */
    no_socket(socket);
    CALL(zmq_ctx_term, context);
    return 0;
}
