/* The limit: the roles of roles.py over libzmq itself. What is said on the command line, on the
   input and on the output is described in worker.py. Every failure ends the process. */

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "types.h"

#include "errors.h"

#include "context.h"

#include "message.h"

#include "socket.h"

#include "options.h"

#include "poll.h"

#define MOST 16 /* roles of a process, endpoints of a cell */
#define SECOND 1000000000LL

static const int LIFE = 120;

static struct {
    const char *endpoints[MOST];
    int endpoint_count;
    size_t size;
    int number;
    int hwm;
    char *message;
    void *context;
} setting;

static char bound_endpoints[MOST][256];
static int bound_count;

struct role {
    const struct kind *kind;
    void **sockets; /* one or more */
    void *sender;   /* of the roles that have two */
    zmq_pollitem_t *items;
    int missing;
    /* Of a run. */
    long count;
    long timed;
    long long nanoseconds;
    long long *times;
    const char *extra_name; /* of what is not a time of the run */
    double extra;
};

struct kind {
    const char *name;
    void (*set_up)(struct role *role);
    void (*run)(struct role *role);
};

static void check(int good, const char *what)
{
    if (!good) {
        fprintf(stderr, "%s: %s\n", what, zmq_strerror(zmq_errno()));
        _exit(1);
    }
}

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * SECOND + time.tv_nsec;
}

/* Sockets */

static void *make(int type)
{
    void *socket;
    int zero = 0;
    do { /* until libzmq has got rid of enough of those that were closed */
        socket = zmq_socket(setting.context, type);
    } while (socket == NULL && zmq_errno() == EMFILE);
    check(socket != NULL, "zmq_socket");
    check(!zmq_setsockopt(socket, ZMQ_SNDHWM, &setting.hwm, sizeof setting.hwm), "SNDHWM");
    check(!zmq_setsockopt(socket, ZMQ_RCVHWM, &setting.hwm, sizeof setting.hwm), "RCVHWM");
    check(!zmq_setsockopt(socket, ZMQ_LINGER, &zero, sizeof zero), "LINGER");
    return socket;
}

static const char *endpoint(int index)
{
    return setting.endpoints[index < 0 ? setting.endpoint_count + index : index];
}

static void bind_to(void *socket, int index)
{
    char *name = bound_endpoints[bound_count++];
    size_t size = sizeof bound_endpoints[0];
    check(!zmq_bind(socket, endpoint(index)), "zmq_bind");
    check(!zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, name, &size), "LAST_ENDPOINT");
}

static void *bound(int type, int index)
{
    void *socket = make(type);
    bind_to(socket, index);
    return socket;
}

static void *connected(int type, int index)
{
    void *socket = make(type);
    check(!zmq_connect(socket, endpoint(index)), "zmq_connect");
    return socket;
}

static void **array(void *socket)
{
    void **sockets = malloc(sizeof *sockets);
    check(sockets != NULL, "malloc");
    *sockets = socket;
    return sockets;
}

/* Messages */

static void send_one(void *socket, int flags)
{
    zmq_msg_t message;
    check(!zmq_msg_init_size(&message, setting.size), "zmq_msg_init_size");
    memcpy(zmq_msg_data(&message), setting.message, setting.size);
    check(zmq_msg_send(&message, socket, flags) >= 0, "zmq_msg_send");
}

static void receive_one(void *socket)
{
    zmq_msg_t message;
    zmq_msg_init(&message);
    check(zmq_msg_recv(&message, socket, 0) >= 0, "zmq_msg_recv");
    zmq_msg_close(&message);
}

static void send_frames(void *socket)
{
    send_one(socket, ZMQ_SNDMORE);
    send_one(socket, ZMQ_SNDMORE);
    send_one(socket, 0);
}

/* A whole message, to nowhere or back to where it came from. */
static void receive_frames(void *socket, int back)
{
    int more;
    do {
        zmq_msg_t message;
        zmq_msg_init(&message);
        check(zmq_msg_recv(&message, socket, 0) >= 0, "zmq_msg_recv");
        more = zmq_msg_more(&message);
        if (back)
            check(zmq_msg_send(&message, socket, more ? ZMQ_SNDMORE : 0) >= 0, "zmq_msg_send");
        else
            zmq_msg_close(&message);
    } while (more);
}

/* Roles: first how each is set up, then what it does in a run. */

static void set_up_push(struct role *role)
{
    role->sockets = array(connected(ZMQ_PUSH, 0));
}

static void set_up_pull(struct role *role)
{
    role->sockets = array(bound(ZMQ_PULL, 0));
}

static void set_up_pull_proxied(struct role *role)
{
    role->sockets = array(connected(ZMQ_PULL, -1));
}

static void set_up_distribute(struct role *role)
{
    role->sockets = array(bound(ZMQ_PUSH, 0));
}

static void set_up_publish(struct role *role)
{
    int one = 1;
    void *socket = make(ZMQ_XPUB);
    check(!zmq_setsockopt(socket, ZMQ_XPUB_NODROP, &one, sizeof one), "XPUB_NODROP");
    check(!zmq_setsockopt(socket, ZMQ_XPUB_VERBOSE, &one, sizeof one), "XPUB_VERBOSE");
    bind_to(socket, 0);
    role->sockets = array(socket);
    role->missing = setting.number;
}

static void set_up_subscribe(struct role *role)
{
    void *socket = connected(ZMQ_SUB, 0);
    check(!zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0), "SUBSCRIBE");
    role->sockets = array(socket);
}

static void set_up_ask(struct role *role)
{
    role->sockets = array(connected(ZMQ_REQ, 0));
}

static void set_up_answer(struct role *role)
{
    role->sockets = array(bound(ZMQ_REP, 0));
}

static void set_up_deal(struct role *role)
{
    role->sockets = calloc(setting.number, sizeof *role->sockets);
    check(role->sockets != NULL, "calloc");
    for (int index = 0; index < setting.number; index++)
        role->sockets[index] = connected(ZMQ_DEALER, 0);
}

static void set_up_route(struct role *role)
{
    role->sockets = array(bound(ZMQ_ROUTER, 0));
}

static void set_up_poll(struct role *role)
{
    role->items = calloc(setting.number, sizeof *role->items);
    check(role->items != NULL, "calloc");
    for (int index = 0; index < setting.number; index++) {
        role->items[index].socket = connected(ZMQ_PULL, 0);
        role->items[index].events = ZMQ_POLLIN;
    }
}

static void set_up_alternate(struct role *role)
{
    role->sockets = array(bound(ZMQ_PULL, 0));
    role->sender = make(ZMQ_PUSH);
    check(!zmq_connect(role->sender, bound_endpoints[0]), "zmq_connect");
}

static void set_up_pull_back(struct role *role)
{
    role->sockets = array(bound(ZMQ_PULL, -1));
}

static void set_up_push_back(struct role *role)
{
    role->sockets = array(connected(ZMQ_PUSH, -1));
}

static void set_up_poll_ready(struct role *role)
{
    role->items = calloc(setting.number, sizeof *role->items);
    check(role->items != NULL, "calloc");
    for (int index = 0; index < setting.number; index++) {
        role->items[index].socket = index ? make(ZMQ_PULL) : bound(ZMQ_PULL, 0);
        role->items[index].events = ZMQ_POLLIN;
    }
    role->sender = make(ZMQ_PUSH);
    check(!zmq_connect(role->sender, bound_endpoints[0]), "zmq_connect");
    send_one(role->sender, 0);
}

static void set_up_subscribe_topics(struct role *role)
{
    void *socket = make(ZMQ_SUB);
    char topic[16] = {0};
    int zero = 0;
    long long start;
    /* A queue without limit, or libzmq drops the subscriptions that do not fit. */
    check(!zmq_setsockopt(socket, ZMQ_SNDHWM, &zero, sizeof zero), "SNDHWM");
    check(!zmq_connect(socket, endpoint(0)), "zmq_connect");
    start = now();
    for (int index = 0; index < setting.number; index++) {
        if (index)
            snprintf(topic, sizeof topic, "%08d", index);
        check(!zmq_setsockopt(socket, ZMQ_SUBSCRIBE, topic, 8), "SUBSCRIBE");
    }
    role->extra_name = "subscribe";
    role->extra = (now() - start) / 1e9 / setting.number;
    role->sockets = array(socket);
}

static void set_up_sockets(struct role *role)
{
    role->sockets = array(make(ZMQ_PUSH)); /* with it the threads start */
}

static void set_up_hold_messages(struct role *role)
{
    setting.hwm = 0;
    set_up_alternate(role);
}

static void *forward(void *arg)
{
    struct role *role = arg;
    zmq_proxy(role->sockets[0], role->sender, NULL);
    return NULL;
}

static void set_up_proxy(struct role *role)
{
    pthread_t thread;
    role->sockets = array(bound(ZMQ_PULL, 0));
    role->sender = bound(ZMQ_PUSH, -1);
    check(!pthread_create(&thread, NULL, forward, role), "pthread_create");
}

static void run_push(struct role *role)
{
    for (long left = role->count; left; left--)
        send_one(role->sockets[0], 0);
}

static void run_pull(struct role *role)
{
    receive_one(role->sockets[0]);
    role->timed = role->count - 1;
    long long start = now();
    for (long left = role->timed; left; left--)
        receive_one(role->sockets[0]);
    role->nanoseconds = now() - start;
}

static void run_push_frames(struct role *role)
{
    for (long left = role->count; left; left--)
        send_frames(role->sockets[0]);
}

static void run_pull_frames(struct role *role)
{
    receive_frames(role->sockets[0], 0);
    role->timed = role->count - 1;
    long long start = now();
    for (long left = role->timed; left; left--)
        receive_frames(role->sockets[0], 0);
    role->nanoseconds = now() - start;
}

static void run_publish(struct role *role)
{
    for (; role->missing; role->missing--)
        receive_one(role->sockets[0]);
    run_push(role);
}

static void run_ask(struct role *role)
{
    role->times = malloc(role->count * sizeof *role->times);
    check(role->times != NULL, "malloc");
    role->timed = role->count;
    for (long index = 0; index < role->count; index++) {
        long long start = now();
        send_one(role->sockets[0], 0);
        receive_one(role->sockets[0]);
        role->times[index] = now() - start;
        role->nanoseconds += role->times[index];
    }
}

static void run_route(struct role *role)
{
    for (long left = role->count; left; left--)
        receive_frames(role->sockets[0], 1);
}

static void run_deal(struct role *role)
{
    role->timed = role->count;
    long long start = now();
    for (long left = role->count / setting.number; left; left--) {
        for (int index = 0; index < setting.number; index++)
            send_one(role->sockets[index], 0);
        for (int index = 0; index < setting.number; index++)
            receive_one(role->sockets[index]);
    }
    role->nanoseconds = now() - start;
}

static void run_poll(struct role *role)
{
    role->timed = role->count;
    long long start = now();
    for (long left = role->count; left;) {
        check(zmq_poll(role->items, setting.number, -1) >= 0, "zmq_poll");
        for (int index = 0; index < setting.number; index++)
            if (role->items[index].revents) {
                receive_one(role->items[index].socket);
                left--;
            }
    }
    role->nanoseconds = now() - start;
}

static void run_proxy(struct role *role)
{
    (void)role; /* it runs all the time */
}

static void run_alternate(struct role *role)
{
    role->timed = role->count;
    long long start = now();
    for (long left = role->count; left; left--) {
        send_one(role->sender, 0);
        receive_one(role->sockets[0]);
    }
    role->nanoseconds = now() - start;
}

static void run_alternate_frames(struct role *role)
{
    role->timed = role->count;
    long long start = now();
    for (long left = role->count; left; left--) {
        send_frames(role->sender);
        receive_frames(role->sockets[0], 0);
    }
    role->nanoseconds = now() - start;
}

static void run_poll_ready(struct role *role)
{
    role->timed = role->count;
    long long start = now();
    for (long left = role->count; left; left--)
        check(zmq_poll(role->items, setting.number, -1) == 1, "zmq_poll");
    role->nanoseconds = now() - start;
}

static void run_make_sockets(struct role *role)
{
    role->timed = role->count;
    long long start = now();
    for (long left = role->count; left; left--)
        check(!zmq_close(make(ZMQ_PUSH)), "zmq_close");
    role->nanoseconds = now() - start;
}

static long resident(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    check(file != NULL && fscanf(file, "%*d %ld", &pages) == 1, "statm");
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

static void run_hold_sockets(struct role *role)
{
    long before = resident();
    role->timed = role->count;
    long long start = now();
    for (long left = role->count; left; left--)
        make(ZMQ_PUSH);
    role->nanoseconds = now() - start;
    role->extra_name = "bytes";
    role->extra = (double)(resident() - before) / role->count;
}

static void run_hold_messages(struct role *role)
{
    long before = resident();
    role->timed = role->count;
    long long start = now();
    for (long left = role->count; left; left--)
        send_one(role->sender, 0);
    role->nanoseconds = now() - start;
    role->extra_name = "bytes";
    role->extra = (double)(resident() - before) / role->count;
}

static const struct kind KINDS[] = {
    {"push", set_up_push, run_push},
    {"pull", set_up_pull, run_pull},
    {"pull-proxied", set_up_pull_proxied, run_pull},
    {"distribute", set_up_distribute, run_push},
    {"push-frames", set_up_push, run_push_frames},
    {"pull-frames", set_up_pull, run_pull_frames},
    {"publish", set_up_publish, run_publish},
    {"subscribe", set_up_subscribe, run_pull},
    {"ask", set_up_ask, run_ask},
    {"answer", set_up_answer, run_route},
    {"deal", set_up_deal, run_deal},
    {"route", set_up_route, run_route},
    {"poll", set_up_poll, run_poll},
    {"proxy", set_up_proxy, run_proxy},
    {"alternate", set_up_alternate, run_alternate},
    {"alternate-frames", set_up_alternate, run_alternate_frames},
    {"pull-back", set_up_pull_back, run_pull},
    {"push-back", set_up_push_back, run_push},
    {"poll-ready", set_up_poll_ready, run_poll_ready},
    {"subscribe-topics", set_up_subscribe_topics, run_pull},
    {"make-sockets", set_up_sockets, run_make_sockets},
    {"hold-sockets", set_up_sockets, run_hold_sockets},
    {"hold-messages", set_up_hold_messages, run_hold_messages},
};

/* The process */

static struct role roles[MOST];
static int role_count;

static void add_role(const char *name)
{
    for (size_t index = 0; index < sizeof KINDS / sizeof *KINDS; index++)
        if (!strcmp(KINDS[index].name, name)) {
            check(role_count < MOST, "too many roles");
            roles[role_count].kind = &KINDS[index];
            KINDS[index].set_up(&roles[role_count]);
            role_count++;
            return;
        }
    fprintf(stderr, "no role %s\n", name);
    _exit(1);
}

static void *run_thread(void *arg)
{
    struct role *role = arg;
    role->kind->run(role);
    return NULL;
}

static int earlier(const void *one, const void *other)
{
    long long first = *(const long long *)one, second = *(const long long *)other;
    return (first > second) - (first < second);
}

/* All roles at once; print what the slowest of them timed. */
static void run_all(long count)
{
    pthread_t threads[MOST];
    struct role *slowest = &roles[0];
    for (int index = 0; index < role_count; index++) {
        roles[index].count = count;
        roles[index].nanoseconds = 0;
        check(!pthread_create(&threads[index], NULL, run_thread, &roles[index]), "pthread_create");
    }
    for (int index = 0; index < role_count; index++) {
        pthread_join(threads[index], NULL);
        if (roles[index].nanoseconds > slowest->nanoseconds)
            slowest = &roles[index];
    }
    if (!slowest->nanoseconds) {
        printf("{}\n");
        return;
    }
    printf("{\"count\": %ld, \"seconds\": %.9f", slowest->timed, slowest->nanoseconds / 1e9);
    if (slowest->times) {
        qsort(slowest->times, count, sizeof *slowest->times, earlier);
        printf(", \"p50\": %.9f, \"p99\": %.9f", slowest->times[count / 2] / 1e9,
               slowest->times[count * 99 / 100] / 1e9);
        free(slowest->times);
        slowest->times = NULL;
    }
    if (slowest->extra_name)
        printf(", \"%s\": %.9f", slowest->extra_name, slowest->extra);
    printf("}\n");
}

static void print_usage(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"cpu\": %.6f, \"faults\": %ld}\n",
           usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
               (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
           usage.ru_minflt);
}

int main(int argc, char **argv)
{
    char line[64];
    if (argc != 6) {
        fprintf(stderr, "usage: peer ROLES ENDPOINTS SIZE NUMBER HWM\n");
        return 2;
    }
    alarm(LIFE);
    for (char *each = strtok(argv[2], " "); each; each = strtok(NULL, " ")) {
        check(setting.endpoint_count < MOST, "too many endpoints");
        setting.endpoints[setting.endpoint_count++] = each;
    }
    setting.size = strtoul(argv[3], NULL, 10);
    setting.number = atoi(argv[4]);
    setting.hwm = atoi(argv[5]);
    setting.message = calloc(1, setting.size + 1);
    setting.context = zmq_ctx_new();
    check(setting.message && setting.context, "set-up");
    for (char *each = strtok(argv[1], "+"); each; each = strtok(NULL, "+"))
        add_role(each);
    printf("{\"endpoints\": [");
    for (int index = 0; index < bound_count; index++)
        printf("%s\"%s\"", index ? ", " : "", bound_endpoints[index]);
    printf("]}\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        long count;
        if (sscanf(line, "run %ld", &count) == 1)
            run_all(count);
        else if (!strncmp(line, "usage", 5))
            print_usage();
        else
            return 2;
        fflush(stdout);
    }
    _exit(0); /* whatever is still in a queue */
}
