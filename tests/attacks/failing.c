/* Preloaded by no_memory.py: the allocations that one thread makes from a range of code fail, from
   the n-th on or only that one. What libzmq allocates by itself goes on, since it aborts otherwise;
   its initialisers of messages, which report ENOMEM, fail where our code calls them. */

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

typedef void release(void *data, void *hint);

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);

static uintptr_t first, last; /* the range of code */
static __thread long left = -1; /* allocations that still succeed; -1: all */
static __thread int always, failed;

static int (*init_size)(void *, size_t);
static int (*init_data)(void *, void *, size_t, release *, void *);

/* Says whose allocations may fail, and where the libzmq lies that this process has loaded. */
void failing_range(uintptr_t from, uintptr_t to, const char *libzmq)
{
    void *library = dlopen(libzmq, RTLD_LAZY | RTLD_NOLOAD);
    *(void **)&init_size = dlsym(library, "zmq_msg_init_size");
    *(void **)&init_data = dlsym(library, "zmq_msg_init_data");
    first = from;
    last = to;
}

void failing_start(long allocations, int from_there_on)
{
    always = from_there_on;
    failed = 0;
    left = allocations;
}

/* How many allocations failed. */
int failing_stop(void)
{
    left = -1;
    return failed;
}

static int fails(void *caller)
{
    uintptr_t at = (uintptr_t)caller;
    if (left < 0 || at < first || at >= last || left-- > 0)
        return 0;
    left = always ? 0 : -1;
    failed++;
    errno = ENOMEM;
    return 1;
}

#define FAILS fails(__builtin_return_address(0))

void *malloc(size_t size)
{
    return FAILS ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return FAILS ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return FAILS ? NULL : __libc_realloc(memory, size);
}

int zmq_msg_init_size(void *msg, size_t size)
{
    return FAILS ? -1 : init_size(msg, size);
}

int zmq_msg_init_data(void *msg, void *data, size_t size, release *ffn, void *hint)
{
    return FAILS ? -1 : init_data(msg, data, size, ffn, hint);
}
