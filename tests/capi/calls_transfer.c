/* Sending and receiving plain memory: sizes, flags, states, types, what has room. */

#include "harness.h"

static void *context;

static void set(void *socket, int option, int value)
{
    CALL(zmq_setsockopt, socket, option, &value, sizeof value);
}

static void *bound(int type, const char *endpoint)
{
    void *socket = POINTER(zmq_socket, context, type);
    CALL(zmq_bind, socket, endpoint);
    return socket;
}

static void *connected(int type, const char *endpoint)
{
    void *socket = POINTER(zmq_socket, context, type);
    CALL(zmq_connect, socket, endpoint);
    return socket;
}

static void sizes(void)
{
    char buffer[16];
    void *a = bound(ZMQ_PAIR, "inproc://sizes");
    void *b = connected(ZMQ_PAIR, "inproc://sizes");
    CALL(zmq_send, a, "Hello", 5, 0);
    memset(buffer, '.', sizeof buffer);
    CALL(zmq_recv, b, buffer, 16, 0);
    text("buffer", buffer, 8);
    CALL(zmq_send, a, "Hello, world", 12, 0);
    memset(buffer, '.', sizeof buffer);
    CALL(zmq_recv, b, buffer, 5, 0); /* the rest is lost */
    text("buffer", buffer, 8);
    CALL(zmq_send, a, "Hello", 3, 0);
    CALL(zmq_recv, b, buffer, 16, 0);
    text("buffer", buffer, 3);
    CALL(zmq_send, a, "Hello", 0, 0);
    CALL(zmq_send, a, NULL, 0, 0);
    CALL(zmq_recv, b, buffer, 16, 0);
    CALL(zmq_recv, b, NULL, 0, 0);
    CALL(zmq_send, a, "lost", 4, 0);
    CALL(zmq_recv, b, NULL, 0, 0);
    CALL(zmq_send_const, a, "constant", 8, 0);
    CALL(zmq_recv, b, buffer, 16, 0);
    text("buffer", buffer, 8);
    CALL(zmq_send_const, a, NULL, 0, 0);
    CALL(zmq_recv, b, buffer, 16, 0);
    static char long_text[100000];
    memset(long_text, 'x', sizeof long_text);
    CALL(zmq_send, a, long_text, sizeof long_text, 0);
    CALL(zmq_recv, b, long_text, 10, 0);
    CALL(zmq_close, a);
    CALL(zmq_close, b);
}

static void parts(void)
{
    char buffer[16];
    int more = 0;
    size_t size = sizeof more;
    void *a = bound(ZMQ_PUSH, "inproc://parts");
    void *b = connected(ZMQ_PULL, "inproc://parts");
    CALL(zmq_send, a, "one", 3, ZMQ_SNDMORE);
    CALL(zmq_recv, b, buffer, 16, ZMQ_DONTWAIT);
    CALL(zmq_send, a, "two", 3, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    CALL(zmq_send, a, "three", 5, 0);
    for (int i = 0; i < 3; i++) {
        CALL(zmq_recv, b, buffer, 16, 0);
        CALL(zmq_getsockopt, b, ZMQ_RCVMORE, &more, &size);
        number("more", more);
    }
    CALL(zmq_send, a, "flag", 4, 64);
    CALL(zmq_recv, b, buffer, 16, 64);
    CALL(zmq_close, a);
    CALL(zmq_close, b);
}

static void directions(void)
{
    static const int types[] = {ZMQ_PUB, ZMQ_SUB, ZMQ_PUSH, ZMQ_PULL, ZMQ_REQ,
                                ZMQ_REP, ZMQ_XPUB, ZMQ_XSUB, ZMQ_DEALER, ZMQ_ROUTER,
                                ZMQ_STREAM, ZMQ_PAIR};
    char buffer[16];
    for (int i = 0; i < 12; i++) {
        void *socket = POINTER(zmq_socket, context, types[i]);
        number("type", types[i]);
        set(socket, ZMQ_LINGER, 0);
        CALL(zmq_send, socket, "", 0, ZMQ_DONTWAIT);
        CALL(zmq_send, socket, "more", 4, ZMQ_DONTWAIT | ZMQ_SNDMORE);
        CALL(zmq_send_const, socket, "same", 4, ZMQ_DONTWAIT);
        CALL(zmq_recv, socket, buffer, 16, ZMQ_DONTWAIT);
        CALL(zmq_close, socket);
    }
}

static void states(void)
{
    char buffer[16];
    void *rep = bound(ZMQ_REP, "inproc://states");
    void *req = connected(ZMQ_REQ, "inproc://states");
    CALL(zmq_recv, req, buffer, 16, 0);
    CALL(zmq_send, rep, "early", 5, 0);
    CALL(zmq_send, req, "question", 8, 0);
    CALL(zmq_send, req, "question", 8, 0);
    CALL(zmq_recv, rep, buffer, 16, 0);
    CALL(zmq_recv, rep, buffer, 16, 0);
    CALL(zmq_send, rep, "answer", 6, 0);
    CALL(zmq_recv, req, buffer, 16, 0);
    CALL(zmq_recv, req, buffer, 16, 0);
    CALL(zmq_close, rep);
    CALL(zmq_close, req);
}

static void room(void)
{
    void *push = POINTER(zmq_socket, context, ZMQ_PUSH);
    char buffer[16];
    set(push, ZMQ_LINGER, 0);
    CALL(zmq_send, push, "x", 1, ZMQ_DONTWAIT);
    set(push, ZMQ_SNDTIMEO, 20);
    CALL(zmq_send, push, "x", 1, 0);
    set(push, ZMQ_SNDTIMEO, 0);
    CALL(zmq_send, push, "x", 1, 0);
    CALL(zmq_close, push);
    push = POINTER(zmq_socket, context, ZMQ_PUSH);
    void *pull = POINTER(zmq_socket, context, ZMQ_PULL);
    set(push, ZMQ_SNDHWM, 1);
    set(pull, ZMQ_RCVHWM, 1);
    CALL(zmq_bind, pull, "inproc://room");
    CALL(zmq_connect, push, "inproc://room");
    for (int i = 0; i < 4; i++)
        CALL(zmq_send, push, "x", 1, ZMQ_DONTWAIT);
    for (int i = 0; i < 3; i++)
        CALL(zmq_recv, pull, buffer, 16, ZMQ_DONTWAIT);
    set(pull, ZMQ_RCVTIMEO, 20);
    CALL(zmq_recv, pull, buffer, 16, 0);
    set(pull, ZMQ_RCVTIMEO, -1);
    interrupt_after(50);
    CALL(zmq_recv, pull, buffer, 16, 0);
    CALL(zmq_close, push);
    CALL(zmq_close, pull);
}

static void interrupted(void)
{
    void *push = POINTER(zmq_socket, context, ZMQ_PUSH);
    interrupt_after(50);
    CALL(zmq_send, push, "x", 1, 0);
    interrupt_after(50);
    CALL(zmq_send_const, push, "x", 1, 0);
    zmq_msg_t message;
    zmq_msg_init(&message);
    interrupt_after(50);
    CALL(zmq_msg_send, &message, push, 0);
    CALL(zmq_close, push);
    void *pull = POINTER(zmq_socket, context, ZMQ_PULL);
    interrupt_after(50);
    CALL(zmq_msg_recv, &message, pull, 0);
    struct iovec piece[1];
    size_t count = 1;
    interrupt_after(50);
    CALL(zmq_recviov, pull, piece, &count, 0);
    number("count", count);
    CALL(zmq_close, pull);
}

static void routing(void)
{
    char buffer[16];
    void *router = bound(ZMQ_ROUTER, "inproc://routing");
    void *dealer = connected(ZMQ_DEALER, "inproc://routing");
    CALL(zmq_send, router, "nobody", 6, ZMQ_SNDMORE);
    CALL(zmq_send, router, "dropped", 7, 0);
    set(router, ZMQ_ROUTER_MANDATORY, 1);
    CALL(zmq_send, router, "nobody", 6, ZMQ_SNDMORE);
    CALL(zmq_send, dealer, "hello", 5, 0);
    CALL(zmq_recv, router, buffer, 16, 0);
    number("first byte", buffer[0]);
    CALL(zmq_send, router, buffer, 5, ZMQ_SNDMORE);
    CALL(zmq_send, router, "back", 4, 0);
    CALL(zmq_recv, dealer, buffer, 16, 0);
    CALL(zmq_close, router);
    CALL(zmq_close, dealer);
}

static void vectors(void)
{
    char buffer[16];
    size_t count = 0;
    void *a = bound(ZMQ_PAIR, "inproc://vectors");
    void *b = connected(ZMQ_PAIR, "inproc://vectors");
    struct iovec out[] = {{"one", 3}, {"two", 2}, {NULL, 0}, {"three", 5}};
    struct iovec into[4];
    CALL(zmq_sendiov, a, out, 4, ZMQ_SNDMORE);
    for (int i = 0; i < 4; i++)
        number("part", CALL(zmq_recv, b, buffer, 16, ZMQ_DONTWAIT));
    CALL(zmq_sendiov, a, out, 2, 0);
    CALL(zmq_sendiov, a, out, 0, 0);
    CALL(zmq_sendiov, a, NULL, 2, 0);
    CALL(zmq_sendiov, NULL, out, 2, 0);
    for (int i = 0; i < 2; i++) {
        count = 4;
        CALL(zmq_recviov, b, into, &count, 0);
        number("count", count);
        text("part", into[0].iov_base, into[0].iov_len);
    }
    CALL(zmq_sendiov, a, out, 4, ZMQ_SNDMORE);
    count = 3;
    CALL(zmq_recviov, b, into, &count, 0);
    number("count", count);
    for (int i = 0; i < 3; i++)
        text("part", into[i].iov_base, into[i].iov_len);
    count = 4;
    CALL(zmq_recviov, b, into, &count, 0);
    text("part", into[0].iov_base, into[0].iov_len);
    count = 4;
    CALL(zmq_recviov, b, into, &count, ZMQ_DONTWAIT);
    number("count", count);
    count = 0;
    CALL(zmq_recviov, b, into, &count, ZMQ_DONTWAIT);
    CALL(zmq_recviov, b, into, NULL, ZMQ_DONTWAIT);
    count = 1;
    CALL(zmq_recviov, b, NULL, &count, ZMQ_DONTWAIT);
    CALL(zmq_recviov, NULL, into, &count, 0);
    CALL(zmq_close, a);
    CALL(zmq_close, b);
    void *pull = POINTER(zmq_socket, context, ZMQ_PULL);
    CALL(zmq_sendiov, pull, out, 1, 0);
    CALL(zmq_close, pull);
}

static void no_socket(void)
{
    char buffer[1];
    zmq_msg_t message;
    zmq_msg_init(&message);
    CALL(zmq_send, NULL, buffer, 1, 0);
    CALL(zmq_send_const, NULL, buffer, 1, 0);
    CALL(zmq_recv, NULL, buffer, 1, 0);
    CALL(zmq_msg_send, &message, NULL, 0);
    CALL(zmq_msg_recv, &message, NULL, 0);
    CALL(zmq_sendmsg, NULL, &message, 0);
    CALL(zmq_recvmsg, NULL, &message, 0);
}

int main(void)
{
    context = POINTER(zmq_ctx_new);
    sizes();
    parts();
    directions();
    states();
    room();
    interrupted();
    routing();
    vectors();
    no_socket();
    CALL(zmq_ctx_term, context);
    return 0;
}
