/* What each program of calls prints: one line per call, the function's name and what came of it. */

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zmq.h>

#define NAME(code)                                                                                 \
    case code:                                                                                     \
        return #code

static const char *name_of(int code)
{
    switch (code) {
        NAME(0);
        NAME(EACCES);
        NAME(EADDRINUSE);
        NAME(EADDRNOTAVAIL);
        NAME(EAGAIN);
        NAME(EFAULT);
        NAME(EFSM);
        NAME(EHOSTUNREACH);
        NAME(EINTR);
        NAME(EINVAL);
        NAME(EMFILE);
        NAME(EMTHREAD);
        NAME(ENAMETOOLONG);
        NAME(ENOCOMPATPROTO);
        NAME(ENODEV);
        NAME(ENOENT);
        NAME(ENOMEM);
        NAME(ENOTSOCK);
        NAME(ENOTSUP);
        NAME(EPROTONOSUPPORT);
        NAME(ETERM);
    }
    static char number[16];
    snprintf(number, sizeof number, "%d", code);
    return number;
}

/* An int or another number; -1 is a failure. */
static inline long shown(const char *name, long rc)
{
    if (rc == -1)
        printf("%s -1 %s\n", name, name_of(zmq_errno()));
    else
        printf("%s %ld\n", name, rc);
    fflush(stdout);
    return rc;
}

/* A pointer; NULL is a failure. */
static inline void *pointed(const char *name, const void *p)
{
    if (p)
        printf("%s pointer\n", name);
    else
        printf("%s NULL %s\n", name, name_of(zmq_errno()));
    fflush(stdout);
    return (void *)p;
}

#define CALL(f, ...) (errno = 0, shown(#f, f(__VA_ARGS__)))
#define POINTER(f, ...) (errno = 0, pointed(#f, f(__VA_ARGS__)))
#define VOID(f, ...) (errno = 0, f(__VA_ARGS__), (void)shown(#f, errno ? -1 : 0))

static inline void number(const char *name, long value)
{
    printf("%s = %ld\n", name, value);
}

static inline void text(const char *name, const void *value, size_t size)
{
    printf("%s = '%.*s'\n", name, (int)size, value ? (const char *)value : "none");
}

/* The first byte, as a number with a sign. */
static inline int first(const char *memory)
{
    return (signed char)memory[0];
}

/* The event that the first frame of a monitor's message tells of. */
static inline int event_of(const char *head)
{
    uint16_t kind;
    memcpy(&kind, head, sizeof kind);
    return kind;
}

static inline void set_errno(int code)
{
    errno = code;
}

static inline void open_pipe(int pipes[2])
{
    if (pipe(pipes) == -1)
        abort();
}

/* Makes a pipe readable, and what was put there is taken out again. */
static inline void put(int pipe)
{
    if (write(pipe, "x", 1) != 1)
        abort();
}

static inline void take(int pipe)
{
    char byte;
    if (read(pipe, &byte, 1) != 1)
        abort();
}

static inline void on_alarm(int signal)
{
    (void)signal;
}

/* Interrupts whatever waits then. */
static inline void interrupt_after(int milliseconds)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval timer = {{0, 0}, {0, milliseconds * 1000}};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
}
