/* Errors and versions: zmq_errno(3), zmq_strerror(3), zmq_version(3), zmq_has(3).

   libzmq's own error numbers start at ZMQ_HAUSNUMERO; all others are those of the system. */

#define ZMQ_HAUSNUMERO 156384712

#define EFSM 156384763
#define ENOCOMPATPROTO 156384764
#define ETERM 156384765
#define EMTHREAD 156384766

int zmq_errno(void);
const char *zmq_strerror(int errnum);
void zmq_version(int *major, int *minor, int *patch);

#define ZMQ_HAS_CAPABILITIES 1
#define ZMQ_DEFINED_STDINT 1

int zmq_has(const char *capability);
