"""What the C ports share does what it says."""

# ruff: noqa: F403, F405

from examples.capi.zhelpers import *
from zmqlite.capi import *

context = zmq_ctx_new()
here, there = zmq_socket(context, ZMQ_PAIR), zmq_socket(context, ZMQ_PAIR)
assert zmq_bind(here, "inproc://pair") == 0
assert zmq_connect(there, "inproc://pair") == 0

assert s_sendmore(here, "text") == 4
assert s_sendmore(here, "") == 0
assert s_send(here, "\xe9") == 2
s_dump(there)

zmq_send(here, b"\0\xff\x80", 3, 0)
strange = s_recv(there)
assert strange is not None
s_send(there, strange)
buffer = bytearray(3)
assert zmq_recv(here, buffer, 3, 0) == 3
assert buffer == b"\0\xff\x80"

s_send(here, "x" * 300)
assert s_recv(there) == "x" * 300

s_set_id(here)
identity, size = c_char_buffer(255), c_size_t(255)
assert zmq_getsockopt(here, ZMQ_ROUTING_ID, identity, size) == 0
print(identity.value.decode())

assert {randof(3) for _ in range(200)} == {0, 1, 2}
start = s_clock()
s_sleep(20)
assert s_clock() - start >= 19
s_console("at that time")

zmq_ctx_shutdown(context)
assert s_recv(here) is None
assert zmq_errno() == ETERM
