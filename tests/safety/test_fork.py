"""A child process made by fork(): what it inherits is refused, what it makes works."""

from __future__ import annotations

from pathlib import Path

import pytest
from safety_support import Program, run

INHERITED = """
# Python 3.12 warns of fork() where there are threads, which a context's are.
warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
context = zmq.Context(linger=1000)
receiver = context.socket(zmq.PULL)
endpoint = receiver.bind("tcp://127.0.0.1:*")
sender = context.socket(zmq.PUSH)
sender.connect(endpoint)
sender.send(b"before")
assert receiver.recv(timeout=5000) == b"before"

def fork(work):
    "Run something in a child process; its exit code."
    child = os.fork()
    if child == 0:
        code = 70
        try:
            work()
            code = 0
        except BaseException as error:
            say("child:", repr(error))
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def check(count=100):
    "The parent is unharmed: what it sends now is all that arrives."
    for number in range(count):
        sender.send_multipart([b"%d" % number, b"after"])
    for number in range(count):
        assert receiver.recv_multipart(timeout=5000) == [b"%d" % number, b"after"]
    assert receiver.poll(50) == 0
    say("parent works")
"""
"""What the parent has, how it forks, and how it finds out whether it still works."""

CALLS = {
    "send": 'sender.send(b"x")',
    "send a long one": "sender.send(bytes(100_000))",
    "send_multipart": 'sender.send_multipart([b"x", b"y"])',
    "send_many": 'sender.send_many([b"x"])',
    "recv": "receiver.recv()",
    "recv with a timeout": "receiver.recv(timeout=100)",
    "recv_multipart": "receiver.recv_multipart(zmq.DONTWAIT)",
    "recv_many": "receiver.recv_many()",
    "recv_message": "receiver.recv_message()",
    "recv_into": "receiver.recv_into(bytearray(9))",
    "iteration": "next(iter(receiver))",
    "poll": "receiver.poll()",
    "Poller.poll": "poller.poll()",
    "bind": 'receiver.bind("inproc://child")',
    "connect": 'sender.connect("inproc://child")',
    "connect by tcp": "sender.connect(endpoint)",
    "unbind": "receiver.unbind(endpoint)",
    "disconnect": "sender.disconnect(endpoint)",
    "read an option": "receiver.events",
    "set an option": "receiver.rcvhwm = 1",
    "subscribe": 'receiver.subscribe(b"")',
    "monitor": "receiver.monitor()",
    "Monitor.recv": "monitor.recv()",
    "proxy": "zmq.proxy(receiver, sender)",
    "Context.socket": "context.socket(zmq.PUSH)",
    "read an option of the context": "context.io_threads",
    "set an option of the context": "context.max_sockets = 5",
}

ENDS = {
    "os._exit": "os._exit(0)",
    "sys.exit": "sys.exit(0)",
    "the end of the program": "",
    "close and term": """
for each in (monitor, sender, receiver):
    each.close()
sender.close(linger=0)
context.term()
context.shutdown()
os._exit(0)
""",
    "garbage": """
del monitor, poller, sender, receiver, context
gc.collect()
os._exit(0)
""",
    "a with block": "sys.exit(0)",
}

MORE = """
monitor = sender.monitor()
poller = zmq.Poller()
poller.register(receiver, zmq.POLLIN)
"""


def test_every_call_with_an_inherited_object_is_refused_and_the_parent_is_unharmed() -> None:
    lines = "\n    ".join(f"refused({name!r}, {call!r})" for name, call in CALLS.items())
    source = f"""
def refused(name, call):
    start = time.monotonic()
    try:
        exec(call)
    except zmq.ForkedProcess as error:
        assert "after fork" in str(error)
    else:
        say(name, "was not refused")
    if time.monotonic() - start > 0.5:
        say(name, "took long")

def calls():
    {lines}
assert fork(calls) == 0
check()
"""
    assert run(INHERITED + MORE + source).succeeded() == "parent works\n"


@pytest.mark.parametrize("end", ENDS)
def test_the_end_of_a_child_does_no_harm_to_the_parent(end: str) -> None:
    body = ENDS[end]
    if end == "a with block":
        body = "with context, sender, receiver, monitor:\n    pass\n" + body
    indented = "".join(f"    {line}\n" for line in body.splitlines()) or "    pass\n"
    source = f"""
child = os.fork()
if child == 0:
{indented}
    sys.exit(0)
start = time.monotonic()
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert time.monotonic() - start < 1
check()
"""
    strict = "import warnings\nwarnings.simplefilter('error')\n"
    assert run(strict + INHERITED + MORE + source).succeeded() == "parent works\n"


@pytest.mark.parametrize("start_method", ["fork", "forkserver", "spawn"])
def test_multiprocessing_children_talk_to_the_parent_with_their_own_context(
    start_method: str, tmp_path: Path
) -> None:
    (tmp_path / "child.py").write_text(
        "import zmqlite as zmq\n"
        "def work(endpoint, number):\n"
        "    with zmq.Context() as context, context.socket(zmq.PUSH) as socket:\n"
        "        socket.connect(endpoint)\n"
        "        socket.send_multipart([b'%d' % number, bytes(100_000)])\n"
    )
    source = f"""
import multiprocessing
sys.path.insert(0, {str(tmp_path)!r})
import child
processes = multiprocessing.get_context({start_method!r})
workers = [processes.Process(target=child.work, args=(endpoint, n)) for n in range(3)]
for worker in workers:
    worker.start()
got = [receiver.recv_multipart(timeout=10000) for _ in workers]
for worker in workers:
    worker.join(10)
    assert worker.exitcode == 0
assert sorted(number for number, data in got) == [b"0", b"1", b"2"]
assert all(data == bytes(100_000) for number, data in got)
check()
"""
    assert run(INHERITED + source).succeeded() == "parent works\n"


@pytest.mark.parametrize("start_method", ["fork", "forkserver", "spawn"])
def test_messages_of_a_child_of_multiprocessing_arrive_even_if_it_ends_nothing(
    start_method: str, tmp_path: Path
) -> None:
    # Such a child ends by os._exit, in which atexit has no part.
    (tmp_path / "child.py").write_text(
        "import zmqlite as zmq\n"
        "def work(endpoint):\n"
        "    global context, socket\n"
        "    context = zmq.Context()\n"
        "    socket = context.socket(zmq.PUSH)\n"
        "    socket.connect(endpoint)\n"
        "    for number in range(1000):\n"
        "        socket.send(b'%d' % number)\n"
    )
    source = f"""
import multiprocessing
sys.path.insert(0, {str(tmp_path)!r})
import child
worker = multiprocessing.get_context({start_method!r}).Process(target=child.work, args=(endpoint,))
worker.start()
for number in range(1000):
    assert receiver.recv(timeout=10_000) == b"%d" % number
worker.join(10)
assert worker.exitcode == 0
check()
"""
    assert run(INHERITED + source).succeeded() == "parent works\n"


def test_a_child_makes_its_own_context_and_talks_to_the_parent() -> None:
    source = """
def talk():
    own = zmq.Context()
    s = own.socket(zmq.REQ)
    s.connect(replies)
    s.send(b"from the child")
    say(s.recv(timeout=5000).decode())
    own.term()

server = context.socket(zmq.REP)
replies = server.bind("tcp://127.0.0.1:*")
answered = []
def answer():
    answered.append(server.recv(timeout=5000))
    server.send(b"from the parent")
thread = threading.Thread(target=answer)
thread.start()
assert fork(talk) == 0
thread.join()
assert answered == [b"from the child"]
check()
"""
    assert run(INHERITED + source).succeeded() == "from the parent\nparent works\n"


def test_messages_of_a_child_that_just_ends_arrive() -> None:
    source = """
child = os.fork()
if child == 0:
    own = zmq.Context()
    s = own.socket(zmq.PUSH)
    s.connect(endpoint)
    for number in range(1000):
        s.send(b"%d" % number)
    sys.exit(0)
for number in range(1000):
    assert receiver.recv(timeout=5000) == b"%d" % number
os.waitpid(child, 0)
check()
"""
    assert run(INHERITED + source).succeeded() == "parent works\n"


def test_a_message_object_made_before_the_fork_is_sent_by_both() -> None:
    source = """
message = zmq.Message(b"both" * 10_000)
def send():
    own = zmq.Context()
    s = own.socket(zmq.PUSH)
    s.connect(endpoint)
    s.send(message)
    own.term()
assert fork(send) == 0
assert receiver.recv(timeout=5000) == b"both" * 10_000
sender.send(message)
assert receiver.recv(timeout=5000) == b"both" * 10_000
check()
"""
    assert run(INHERITED + source).succeeded() == "parent works\n"


def test_a_fork_while_threads_are_inside_sockets_leaves_the_child_able_to_end() -> None:
    source = """
waiting = context.socket(zmq.PULL)
def wait():
    try:
        waiting.recv()
    except zmq.ContextTerminated:
        pass
threading.Thread(target=wait, daemon=True).start()
eventually(lambda: inside(waiting))
busy = []
def flood():
    own = zmq.Context(linger=0)
    a, b = own.socket(zmq.PUSH), own.socket(zmq.PULL)
    a.bind("inproc://flood")
    b.connect("inproc://flood")
    while not busy:
        a.send(bytes(70_000))
        b.recv()
        own.socket(zmq.PAIR).close()
flooding = threading.Thread(target=flood)
flooding.start()

def end():
    for call in (waiting.recv, lambda: context.socket(zmq.PUSH)):
        try:
            call()
        except zmq.ForkedProcess:
            pass
        else:
            raise AssertionError("not refused")
    waiting.close()
    context.term()
    with zmq.Context(linger=0) as own:
        a, b = own.socket(zmq.PUSH), own.socket(zmq.PULL)
        a.bind("inproc://flood")
        b.connect("inproc://flood")
        a.send(bytes(70_000))
        assert len(b.recv(timeout=1000)) == 70_000

for _ in range(20):
    assert fork(end) == 0
busy.append(True)
flooding.join()
check()
"""
    assert run(INHERITED + source).succeeded() == "parent works\n"


def test_a_child_inherits_refusal_through_generations() -> None:
    source = """
def child():
    own = zmq.Context()
    mine = own.socket(zmq.PULL)
    def grandchild():
        for each in (mine, receiver):
            try:
                each.recv()
            except zmq.ForkedProcess:
                say("refused")
        zmq.Context().term()
    assert fork(grandchild) == 0
    own.term()
assert fork(child) == 0
check()
"""
    assert run(INHERITED + source).succeeded() == "refused\nrefused\nparent works\n"


def test_a_child_killed_in_the_middle_does_no_harm_to_the_parent() -> None:
    source = """
child = os.fork()
if child == 0:
    say(os.getpid())
    time.sleep(60)
check()
os.kill(child, signal.SIGKILL)
os.waitpid(child, 0)
check()
"""
    with Program(INHERITED + source) as program:
        assert program.line().isdigit()
        assert program.end().succeeded() == "parent works\nparent works\n"
