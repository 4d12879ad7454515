/* The types and values of types.cdef, for C. The first part of the header of a bundled build.

   The version is that of the pinned libzmq (../README.md). */

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define ZMQ_VERSION_MAJOR 4
#define ZMQ_VERSION_MINOR 3
#define ZMQ_VERSION_PATCH 5
#define ZMQ_MAKE_VERSION(major, minor, patch) ((major) * 10000 + (minor) * 100 + (patch))
#define ZMQ_VERSION ZMQ_MAKE_VERSION(ZMQ_VERSION_MAJOR, ZMQ_VERSION_MINOR, ZMQ_VERSION_PATCH)

#define ZMQ_HAVE_TIMERS

typedef int zmq_fd_t;

/* 64 bytes, aligned like a pointer. */
typedef struct zmq_msg_t {
    void *opaque[64 / sizeof(void *)];
} zmq_msg_t;

typedef struct zmq_pollitem_t {
    void *socket;
    zmq_fd_t fd;
    short events;
    short revents;
} zmq_pollitem_t;
