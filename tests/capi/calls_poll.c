/* Polling, proxies, monitors. */

#include "harness.h"

static void *context;

static void show_revents(const zmq_pollitem_t *items)
{
    for (int i = 0; i < 6; i++)
        number("revents", items[i].revents);
}

static void polling(void)
{
    void *push = POINTER(zmq_socket, context, ZMQ_PUSH);
    void *pull = POINTER(zmq_socket, context, ZMQ_PULL);
    int pipes[2];
    open_pipe(pipes);
    CALL(zmq_bind, pull, "inproc://polling");
    CALL(zmq_connect, push, "inproc://polling");
    zmq_pollitem_t items[] = {{pull, 0, ZMQ_POLLIN, 7},
                              {push, 0, ZMQ_POLLIN | ZMQ_POLLOUT, 7},
                              {NULL, pipes[0], ZMQ_POLLIN, 7},
                              {NULL, pipes[1], ZMQ_POLLOUT, 7},
                              {push, 0, 0, 7},
                              {push, 0, ZMQ_POLLIN, 7}};
    CALL(zmq_poll, items, 3, 0);
    show_revents(items);
    CALL(zmq_poll, items, 1, 20);
    CALL(zmq_poll, items, 6, 0);
    show_revents(items);
    CALL(zmq_send, push, "x", 1, 0);
    put(pipes[1]);
    CALL(zmq_poll, items, 6, -1);
    show_revents(items);
    CALL(zmq_poll, items, 2, 1000);
    CALL(zmq_poll, items, 0, 0);
    CALL(zmq_poll, items, 0, 10);
    CALL(zmq_poll, items, -1, 10);
    CALL(zmq_poll, NULL, 0, 10);
    CALL(zmq_poll, NULL, 1, 10);
    zmq_pollitem_t single = {pull, 0, ZMQ_POLLIN, 0};
    CALL(zmq_poll, &single, 1, 0);
    number("revents", single.revents);
    char buffer[1];
    CALL(zmq_recv, pull, buffer, 1, 0);
    interrupt_after(50);
    CALL(zmq_poll, &single, 1, -1);
    interrupt_after(50);
    CALL(zmq_poll, &single, 1, 1000);
    interrupt_after(50);
    CALL(zmq_poll, NULL, 0, 1000);
    close(pipes[1]);
    CALL(zmq_poll, &items[2], 1, 0);
    number("revents", items[2].revents);
    take(pipes[0]);
    CALL(zmq_poll, &items[2], 1, 0);
    number("revents", items[2].revents);
    close(pipes[0]);
    CALL(zmq_close, push);
    CALL(zmq_close, pull);
}

static void proxies(void)
{
    void *pull = POINTER(zmq_socket, context, ZMQ_PULL);
    void *push = POINTER(zmq_socket, context, ZMQ_PUSH);
    void *control = POINTER(zmq_socket, context, ZMQ_PAIR);
    void *steer = POINTER(zmq_socket, context, ZMQ_PAIR);
    void *into = POINTER(zmq_socket, context, ZMQ_PUSH);
    void *out = POINTER(zmq_socket, context, ZMQ_PULL);
    void *capture = POINTER(zmq_socket, context, ZMQ_PUSH);
    void *captured = POINTER(zmq_socket, context, ZMQ_PULL);
    CALL(zmq_bind, pull, "inproc://front");
    CALL(zmq_bind, push, "inproc://back");
    CALL(zmq_bind, control, "inproc://control");
    CALL(zmq_bind, capture, "inproc://capture");
    CALL(zmq_connect, into, "inproc://front");
    CALL(zmq_connect, out, "inproc://back");
    CALL(zmq_connect, steer, "inproc://control");
    CALL(zmq_connect, captured, "inproc://capture");
    CALL(zmq_proxy, NULL, push, NULL);
    CALL(zmq_proxy, pull, NULL, NULL);
    CALL(zmq_proxy_steerable, NULL, push, NULL, control);
    CALL(zmq_proxy_steerable, pull, NULL, NULL, control);
    interrupt_after(50);
    CALL(zmq_proxy, pull, push, NULL);
    interrupt_after(50);
    CALL(zmq_device, ZMQ_QUEUE, pull, push);
    interrupt_after(50);
    CALL(zmq_proxy_steerable, pull, push, NULL, NULL);
    CALL(zmq_send, into, "message", 7, 0);
    interrupt_after(50);
    CALL(zmq_proxy, pull, push, capture);
    char buffer[16];
    CALL(zmq_recv, out, buffer, 16, 0);
    text("buffer", buffer, 7);
    CALL(zmq_recv, captured, buffer, 16, 0);
    text("buffer", buffer, 7);
    CALL(zmq_send, steer, "STATISTICS", 10, 0);
    CALL(zmq_send, steer, "TERMINATE", 9, 0);
    CALL(zmq_proxy_steerable, pull, push, NULL, control);
    interrupt_after(50);
    CALL(zmq_proxy, push, push, NULL);
    void *all[] = {pull, push, control, steer, into, out, capture, captured};
    for (int i = 0; i < 8; i++)
        CALL(zmq_close, all[i]);
}

static void event(void *monitor)
{
    char head[6], endpoint[256];
    if (CALL(zmq_recv, monitor, head, sizeof head, 0) == -1)
        return;
    number("event", event_of(head));
    memset(endpoint, 0, sizeof endpoint);
    zmq_recv(monitor, endpoint, 6, 0);
    text("endpoint", endpoint, 6);
}

static void monitors(void)
{
    void *socket = POINTER(zmq_socket, context, ZMQ_PULL);
    void *monitor = POINTER(zmq_socket, context, ZMQ_PAIR);
    CALL(zmq_socket_monitor, socket, "tcp://127.0.0.1:*", ZMQ_EVENT_ALL);
    CALL(zmq_socket_monitor, socket, "nothing", ZMQ_EVENT_ALL);
    CALL(zmq_socket_monitor, socket, "inproc://", ZMQ_EVENT_ALL);
    CALL(zmq_socket_monitor, socket, "inproc://events", 0x10000);
    CALL(zmq_socket_monitor, socket, NULL, 0);
    CALL(zmq_socket_monitor, socket, "inproc://events", ZMQ_EVENT_ALL);
    CALL(zmq_connect, monitor, "inproc://events");
    CALL(zmq_bind, socket, "tcp://127.0.0.1:*");
    event(monitor);
    char endpoint[256];
    size_t size = sizeof endpoint;
    zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint, &size);
    CALL(zmq_unbind, socket, endpoint);
    event(monitor);
    CALL(zmq_socket_monitor, socket, NULL, 0);
    event(monitor);
    CALL(zmq_recv, monitor, endpoint, 256, ZMQ_DONTWAIT);
    CALL(zmq_bind, monitor, "inproc://taken");
    CALL(zmq_socket_monitor, socket, "inproc://taken", ZMQ_EVENT_ALL);
    CALL(zmq_close, monitor);
    CALL(zmq_close, socket);
}

static void no_socket(void)
{
    zmq_pollitem_t items[] = {{NULL, -1, ZMQ_POLLIN, 0}};
    CALL(zmq_poll, items, 1, 0);
    CALL(zmq_socket_monitor, NULL, "inproc://x", ZMQ_EVENT_ALL);
    CALL(zmq_socket_monitor, NULL, NULL, 0);
}

int main(void)
{
    context = POINTER(zmq_ctx_new);
    polling();
    proxies();
    monitors();
    no_socket();
    CALL(zmq_ctx_term, context);
    return 0;
}
