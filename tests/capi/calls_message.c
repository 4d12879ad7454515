/* Messages: made, sent, received, moved, copied, asked, closed. */

#include "harness.h"

static void *context;

static void show(zmq_msg_t *message)
{
    CALL(zmq_msg_size, message);
    text("data", zmq_msg_data(message), zmq_msg_size(message));
    CALL(zmq_msg_more, message);
    CALL(zmq_msg_get, message, ZMQ_MORE);
    CALL(zmq_msg_get, message, ZMQ_SHARED);
    CALL(zmq_msg_get, message, ZMQ_SRCFD);
}

static void on_free(void *data, void *hint)
{
    text("freed", data, 4);
    text("hint", hint, 4);
}

static char long_text[] = "a text that is too long to lie in the struct itself";

static void life(void)
{
    zmq_msg_t message;
    CALL(zmq_msg_init, &message);
    show(&message);
    CALL(zmq_msg_close, &message);
    CALL(zmq_msg_close, &message);
    CALL(zmq_msg_init_size, &message, 5);
    memcpy(zmq_msg_data(&message), "Hello", 5);
    show(&message);
    CALL(zmq_msg_close, &message);
    CALL(zmq_msg_init_size, &message, 0);
    show(&message);
    CALL(zmq_msg_close, &message);
    CALL(zmq_msg_init_size, &message, 1UL << 62);
    CALL(zmq_msg_init_data, &message, long_text, strlen(long_text), on_free, "hint");
    show(&message);
    CALL(zmq_msg_close, &message);
    CALL(zmq_msg_init_data, &message, long_text, 4, NULL, NULL);
    show(&message);
    CALL(zmq_msg_close, &message);
    CALL(zmq_msg_init_data, &message, NULL, 0, NULL, NULL);
    CALL(zmq_msg_size, &message);
    CALL(zmq_msg_close, &message);
}

static void properties(void)
{
    zmq_msg_t message;
    zmq_msg_init(&message);
    CALL(zmq_msg_get, &message, 99);
    CALL(zmq_msg_set, &message, ZMQ_MORE, 1);
    CALL(zmq_msg_set, &message, 99, 1);
    POINTER(zmq_msg_gets, &message, "Peer-Address");
    POINTER(zmq_msg_gets, &message, "");
    CALL(zmq_msg_close, &message);
}

static void moving(size_t size)
{
    zmq_msg_t one, two, closed;
    zmq_msg_init(&closed);
    zmq_msg_close(&closed);
    CALL(zmq_msg_init_size, &one, size);
    memset(zmq_msg_data(&one), 'x', size);
    CALL(zmq_msg_init, &two);
    CALL(zmq_msg_copy, &two, &one);
    show(&one);
    show(&two);
    CALL(zmq_msg_move, &two, &one);
    show(&one);
    show(&two);
    CALL(zmq_msg_copy, &closed, &two);
    CALL(zmq_msg_move, &closed, &two);
    CALL(zmq_msg_copy, &two, &closed);
    CALL(zmq_msg_move, &two, &closed);
    show(&two);
    CALL(zmq_msg_move, &two, &two);
    show(&two);
    CALL(zmq_msg_close, &one);
    CALL(zmq_msg_close, &two);
}

static void exchange(const char *endpoint)
{
    void *push = POINTER(zmq_socket, context, ZMQ_PUSH);
    void *pull = POINTER(zmq_socket, context, ZMQ_PULL);
    char address[256];
    size_t size = sizeof address;
    CALL(zmq_bind, pull, endpoint);
    zmq_getsockopt(pull, ZMQ_LAST_ENDPOINT, address, &size);
    CALL(zmq_connect, push, address);
    zmq_msg_t message, answer;
    CALL(zmq_msg_init_size, &message, 3);
    memcpy(zmq_msg_data(&message), "one", 3);
    CALL(zmq_msg_send, &message, push, ZMQ_SNDMORE);
    show(&message);
    CALL(zmq_msg_send, &message, push, ZMQ_SNDMORE);
    CALL(zmq_msg_init_size, &message, 100);
    memset(zmq_msg_data(&message), 'x', 100);
    CALL(zmq_msg_send, &message, push, 0);
    CALL(zmq_msg_close, &message);
    CALL(zmq_msg_init, &answer);
    for (int i = 0; i < 3; i++) {
        CALL(zmq_msg_recv, &answer, pull, 0);
        CALL(zmq_msg_size, &answer);
        CALL(zmq_msg_more, &answer);
        POINTER(zmq_msg_gets, &answer, "Socket-Type");
    }
    text("type", zmq_msg_gets(&answer, "Socket-Type"), 4);
    CALL(zmq_msg_recv, &answer, pull, ZMQ_DONTWAIT);
    CALL(zmq_msg_size, &answer); /* as it was */
    CALL(zmq_msg_recv, &answer, push, 0);
    CALL(zmq_msg_send, &answer, pull, 0);
    CALL(zmq_msg_size, &answer);
    CALL(zmq_msg_close, &answer);
    CALL(zmq_msg_recv, &answer, pull, 0);
    CALL(zmq_recvmsg, pull, &answer, 0);
    CALL(zmq_msg_init, &answer);
    CALL(zmq_sendmsg, push, &answer, ZMQ_SNDMORE);
    CALL(zmq_sendmsg, push, &answer, 0);
    CALL(zmq_recvmsg, pull, &answer, 0);
    CALL(zmq_msg_more, &answer);
    CALL(zmq_msg_close, &answer);
    CALL(zmq_msg_more, &answer); /* also once it is closed */
    CALL(zmq_msg_init, &answer);
    CALL(zmq_recvmsg, pull, &answer, 0);
    CALL(zmq_msg_more, &answer);
    CALL(zmq_msg_init_data, &message, long_text, 30, on_free, "hint");
    CALL(zmq_msg_send, &message, pull, 0);
    CALL(zmq_msg_close, &message);
    CALL(zmq_msg_close, &answer);
    CALL(zmq_close, push);
    CALL(zmq_close, pull);
}

static void no_room(void)
{
    void *push = POINTER(zmq_socket, context, ZMQ_PUSH);
    void *req = POINTER(zmq_socket, context, ZMQ_REQ);
    zmq_msg_t message;
    CALL(zmq_msg_init_size, &message, 5);
    memcpy(zmq_msg_data(&message), "Hello", 5);
    CALL(zmq_msg_send, &message, push, ZMQ_DONTWAIT);
    CALL(zmq_sendmsg, push, &message, ZMQ_DONTWAIT);
    CALL(zmq_msg_recv, &message, req, 0);
    show(&message);
    CALL(zmq_msg_close, &message);
    CALL(zmq_close, push);
    CALL(zmq_close, req);
    void *pub = POINTER(zmq_socket, context, ZMQ_PUB);
    CALL(zmq_msg_init_data, &message, long_text, 30, on_free, "hint");
    CALL(zmq_msg_send, &message, pub, 0); /* nobody subscribed, so it is freed here */
    CALL(zmq_msg_close, &message);
    CALL(zmq_close, pub);
}

int main(void)
{
    context = POINTER(zmq_ctx_new);
    life();
    properties();
    moving(5);
    moving(100);
    exchange("inproc://exchange");
    exchange("tcp://127.0.0.1:*");
    no_room();
    CALL(zmq_ctx_term, context);
    return 0;
}
