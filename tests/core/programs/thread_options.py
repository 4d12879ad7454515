"""A context with options of its threads, which libzmq aborts on where they are not allowed."""

from __future__ import annotations

import os
import resource

from prelude import main, say

from zmqlite._zmq import lib
from zmqlite.context_options import check_thread_options
from zmqlite.errors import ZMQError


def start(policy: str, priority: str, privileged: str) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if privileged == "0" and os.getuid() == 0:
        os.setuid(65534)
    try:
        check_thread_options(int(policy), int(priority))
        say("allowed")
    except ZMQError as error:
        say("refused" if error.subject == "thread_sched_policy, thread_priority" else error)
    context = lib.zmq_ctx_new()
    for option, value in ((4, int(policy)), (3, int(priority))):
        if value != -1:
            assert lib.zmq_ctx_set(context, option, value) == 0
    lib.zmq_close(lib.zmq_socket(context, 0))
    lib.zmq_ctx_term(context)


if __name__ == "__main__":
    main(globals())
