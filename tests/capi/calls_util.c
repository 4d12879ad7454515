/* Versions, texts, keys, counters, timers, stopwatches, threads. */

#include "harness.h"

static void facts(void)
{
    static const int codes[] = {0,         EAGAIN, EFSM,         ENOCOMPATPROTO, ETERM, EMTHREAD,
                                ENOTSOCK,  EFAULT, EHOSTUNREACH, ENOTSUP,        -1,    99999,
                                EADDRINUSE};
    static const char *const names[] = {"ipc",  "pgm",    "tipc",  "norm", "curve", "gssapi", "vmci",
                                        "draft", "tcp",   "inproc", "WS",  "ws",    "IPC",    ""};
    int major = -1, minor = -1, patch = -1;
    VOID(zmq_version, &major, &minor, &patch);
    number("major", major);
    number("minor", minor);
    number("patch", patch);
    for (int i = 0; i < 13; i++) {
        const char *meaning = POINTER(zmq_strerror, codes[i]);
        text("meaning", meaning, strlen(meaning));
    }
    for (int i = 0; i < 14; i++)
        CALL(zmq_has, names[i]);
    set_errno(EFSM);
    number("zmq_errno", zmq_errno());
}

static void keys(void)
{
    char public[41], secret[41], derived[41];
    CALL(zmq_curve_keypair, public, secret);
    number("length", strlen(public));
    number("length", strlen(secret));
    CALL(zmq_curve_public, derived, secret);
    number("equal", strcmp(public, derived) == 0);
    CALL(zmq_curve_public, derived, "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7");
    text("public", derived, 40);
    CALL(zmq_curve_public, derived, "too short");
    CALL(zmq_curve_public, derived, "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf~");
    CALL(zmq_curve_public, derived, "");
}

static void z85(void)
{
    static const uint8_t data[] = {0x86, 0x4F, 0xD2, 0x6F, 0xB5, 0x59, 0xF7, 0x5B};
    char encoded[41];
    uint8_t decoded[32];
    POINTER(zmq_z85_encode, encoded, data, 8);
    text("encoded", encoded, 11);
    POINTER(zmq_z85_encode, encoded, data, 0);
    text("encoded", encoded, 1);
    POINTER(zmq_z85_encode, encoded, data, 3);
    POINTER(zmq_z85_encode, encoded, data, 5);
    memset(decoded, 0, sizeof decoded);
    POINTER(zmq_z85_decode, decoded, "HelloWorld");
    number("equal", memcmp(decoded, data, 8) == 0);
    POINTER(zmq_z85_decode, decoded, "Hello");
    POINTER(zmq_z85_decode, decoded, "Hell");
    POINTER(zmq_z85_decode, decoded, "HelloW");
    POINTER(zmq_z85_decode, decoded, "");
    POINTER(zmq_z85_decode, decoded, "Hell~");
    POINTER(zmq_z85_decode, decoded, "Hell\x01");
    POINTER(zmq_z85_decode, decoded, "#####");
    POINTER(zmq_z85_decode, decoded, "Hell\xFF");
}

static void counters(void)
{
    void *counter = POINTER(zmq_atomic_counter_new);
    CALL(zmq_atomic_counter_value, counter);
    CALL(zmq_atomic_counter_inc, counter);
    CALL(zmq_atomic_counter_inc, counter);
    CALL(zmq_atomic_counter_value, counter);
    CALL(zmq_atomic_counter_dec, counter);
    CALL(zmq_atomic_counter_dec, counter);
    CALL(zmq_atomic_counter_value, counter);
    VOID(zmq_atomic_counter_set, counter, 41);
    CALL(zmq_atomic_counter_inc, counter);
    CALL(zmq_atomic_counter_value, counter);
    VOID(zmq_atomic_counter_set, counter, 2147483647);
    CALL(zmq_atomic_counter_value, counter);
    VOID(zmq_atomic_counter_set, counter, -2);
    CALL(zmq_atomic_counter_value, counter);
    VOID(zmq_atomic_counter_destroy, &counter);
    number("null", counter == NULL);
}

static void *timers;
static int calls;

static void on_timer(int id, void *arg)
{
    number("timer", id);
    text("arg", arg, 3);
}

static void on_restless(int id, void *arg)
{
    (void)arg;
    calls += 1;
    if (calls == 3)
        CALL(zmq_timers_cancel, timers, id);
}

static void on_adding(int id, void *arg)
{
    CALL(zmq_timers_cancel, timers, id);
    CALL(zmq_timers_cancel, timers, id);
    CALL(zmq_timers_add, timers, 1000000, on_timer, arg);
}

static void on_cancelling(int id, void *arg)
{
    number("timer", id);
    (void)arg;
    CALL(zmq_timers_cancel, timers, id + 1);
}

static void timing(void)
{
    timers = POINTER(zmq_timers_new);
    CALL(zmq_timers_timeout, timers);
    CALL(zmq_timers_execute, timers);
    int first = CALL(zmq_timers_add, timers, 20, on_timer, "one");
    int second = CALL(zmq_timers_add, timers, 1000000, on_timer, "two");
    CALL(zmq_timers_add, timers, 10, NULL, NULL);
    number("soon", zmq_timers_timeout(timers) <= 20);
    CALL(zmq_timers_execute, timers);
    usleep(30000);
    CALL(zmq_timers_timeout, timers);
    CALL(zmq_timers_execute, timers);
    number("again", zmq_timers_timeout(timers) <= 20);
    CALL(zmq_timers_set_interval, timers, first, 2000000);
    CALL(zmq_timers_set_interval, timers, 99, 10);
    number("later", zmq_timers_timeout(timers) > 900000);
    CALL(zmq_timers_reset, timers, second);
    CALL(zmq_timers_reset, timers, 99);
    CALL(zmq_timers_cancel, timers, 99);
    CALL(zmq_timers_cancel, timers, first);
    CALL(zmq_timers_cancel, timers, first);
    CALL(zmq_timers_set_interval, timers, second, 10);
    usleep(20000);
    CALL(zmq_timers_execute, timers);
    CALL(zmq_timers_cancel, timers, second);
    CALL(zmq_timers_timeout, timers);
    CALL(zmq_timers_add, timers, 0, on_restless, NULL);
    CALL(zmq_timers_execute, timers);
    number("calls", calls);
    CALL(zmq_timers_add, timers, 1, on_adding, "new");
    usleep(5000);
    CALL(zmq_timers_execute, timers);
    number("later", zmq_timers_timeout(timers) > 900000);
    CALL(zmq_timers_add, timers, 1, on_cancelling, NULL);
    CALL(zmq_timers_add, timers, 2, on_timer, "not");
    usleep(5000);
    CALL(zmq_timers_execute, timers);
    int third = CALL(zmq_timers_add, timers, 10, on_timer, "3rd");
    CALL(zmq_timers_add, timers, 10, on_timer, "4th");
    usleep(50000);
    CALL(zmq_timers_execute, timers);
    CALL(zmq_timers_cancel, timers, third);
    CALL(zmq_timers_reset, timers, third);
    CALL(zmq_timers_set_interval, timers, third, 1);
    usleep(5000);
    number("soon", zmq_timers_timeout(timers) <= 10);
    CALL(zmq_timers_reset, timers, third);
    CALL(zmq_timers_set_interval, timers, third, 1);
    CALL(zmq_timers_cancel, timers, third);
    void *gone = timers;
    CALL(zmq_timers_destroy, &gone);
    number("null", gone == NULL);
    CALL(zmq_timers_destroy, &gone);
    CALL(zmq_timers_add, NULL, 10, on_timer, NULL);
    CALL(zmq_timers_cancel, NULL, 1);
    CALL(zmq_timers_set_interval, NULL, 1, 10);
    CALL(zmq_timers_reset, NULL, 1);
    CALL(zmq_timers_timeout, NULL);
    CALL(zmq_timers_execute, NULL);
}

static void watches(void)
{
    void *watch = POINTER(zmq_stopwatch_start);
    usleep(20000);
    unsigned long before = zmq_stopwatch_intermediate(watch);
    unsigned long after = zmq_stopwatch_stop(watch);
    number("microseconds", before >= 20000 && before < 10000000);
    number("more", after >= before);
    VOID(zmq_sleep, 0);
    interrupt_after(50);
    VOID(zmq_sleep, 5);
}

static void in_thread(void *counter)
{
    zmq_atomic_counter_inc(counter);
}

static void threads(void)
{
    void *counter = POINTER(zmq_atomic_counter_new);
    for (int i = 0; i < 3; i++) {
        void *thread = POINTER(zmq_threadstart, in_thread, counter);
        VOID(zmq_threadclose, thread);
    }
    CALL(zmq_atomic_counter_value, counter);
    VOID(zmq_atomic_counter_destroy, &counter);
}

int main(void)
{
    facts();
    keys();
    z85();
    counters();
    timing();
    watches();
    threads();
    return 0;
}
