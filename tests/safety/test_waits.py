"""Signals in the middle of waiting, connecting, ending and letting go of memory."""

from __future__ import annotations

from signal_storm import storm

TRIES = 3
"""How often a time is measured; the machine may have been busy with something else."""

WAITS = {
    "recv": "s.recv(timeout=500)",
    "recv_multipart with rcvtimeo": "s.recv_multipart()",
    "send_multipart": "full.send_multipart([b'x', b'y'], timeout=500)",
    "send with sndtimeo": "full.send(b'x')",
    "poll": "s.poll(500)",
    "Poller.poll": "poller.poll(500)",
    "an empty Poller": "zmq.Poller().poll(500)",
}


def test_signals_do_not_stretch_a_timeout_nor_shorten_it() -> None:
    calls = ", ".join(f"{name!r}: lambda: {call}" for name, call in WAITS.items())
    found = storm(f"""
s = context.socket(zmq.PULL, rcvtimeo=500)
full = context.socket(zmq.PUSH, sndtimeo=500)
poller = zmq.Poller()
poller.register(s, zmq.POLLIN)
took = {{}}
storm(returns)
for name, call in {{{calls}}}.items():
    for _ in range({TRIES}):
        start = time.monotonic()
        try:
            call()
        except zmq.Timeout:
            pass
        took[name] = time.monotonic() - start
        if took[name] < 0.7:
            break
found(took=took)
""")
    late = {name: took for name, took in found["took"].items() if not 0.499 <= took < 0.7}
    assert not late


def test_bind_connect_and_monitor_do_not_fail_in_a_storm() -> None:
    found = storm("""
INTERVAL = 0.0001
storm(returns)
start = time.monotonic()
rounds = broken = 0
while time.monotonic() - start < SECONDS:
    with context.socket(zmq.PULL) as a, context.socket(zmq.PUSH) as b, a.monitor() as monitor:
        endpoint = a.bind("tcp://127.0.0.1:*")
        b.connect(endpoint)
        b.send(b"x")
        assert a.recv(timeout=10_000) == b"x"
        b.disconnect(endpoint)
        a.unbind(endpoint)
        while monitor.socket.poll(0):
            monitor.recv(zmq.DONTWAIT)
        rounds += 1
found(rounds=rounds)
""")
    assert found["rounds"] > 100


def test_what_a_handler_does_with_zmqlite_does_not_change_what_it_interrupts() -> None:
    found = storm("""
other = context.socket(zmq.PULL)
def handler(*_):
    global signals
    signals += 1
    try:
        other.recv(zmq.DONTWAIT)
    except zmq.Again:
        pass
ending = zmq.Context(linger=1000)
s = ending.socket(zmq.PUSH)
s.connect(nowhere())
s.send(b"undeliverable")
storm(handler)
start = time.monotonic()
ending.term()
found(took=time.monotonic() - start, closed=ending.closed)
""")
    assert found["closed"]
    assert 0.9 < found["took"] < 2


def test_a_context_ends_well_wherever_a_handler_raises() -> None:
    found = storm("""
stuck = 0
signal.signal(signal.SIGALRM, raises)
sys.unraisablehook = lambda _: None  # what a handler raises inside a finaliser
for number in range(1500):
    ending = zmq.Context(linger=0)
    signal.setitimer(signal.ITIMER_REAL, 0.00005 + number % 400 * 0.000002)
    try:
        armed = True
        s = ending.socket(zmq.PUSH)
        s.send(b"x", zmq.DONTWAIT)
    except zmq.Again:
        pass
    except Interrupted:
        pass
    try:
        ending.term()
        armed = False
    except Interrupted:
        pass
    armed = False
    start = time.monotonic()
    ending.term()
    stuck += time.monotonic() - start > 1 or not ending.closed
found(stuck=stuck)
""")
    assert found["raised"] > 30
    assert found["stuck"] == 0


def test_a_signal_while_borrowed_memory_is_let_go_still_raises() -> None:
    found = storm("""
sender, receiver = pair(zmq.PUSH, zmq.PULL, hwm=10, transport="inproc://memory")
lost = []
sys.unraisablehook = lambda what: lost.append(repr(what.exc_value))
long = bytes(70_000)
storm(raises)
start = time.monotonic()
while time.monotonic() - start < SECONDS:
    try:
        armed = True
        sender.send(long)
        len(receiver.recv_message().data)
        armed = False
    except Interrupted:
        while receiver.poll(0):
            receiver.recv()
found(lost=lost[:3])
""")
    assert found["raised"] > 30
    assert found["lost"] == []
