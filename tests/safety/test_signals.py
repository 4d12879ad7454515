"""Signals in the middle of sending and receiving: nothing torn, lost or doubled."""

from __future__ import annotations

import pytest
from signal_storm import storm

HEAD = """head = {}
        armed = False
        got.append([bytes(head), *receiver.recv_multipart()])"""
"""Receive the first frame of a message under fire, the rest in peace."""


def test_handlers_that_return_tear_lose_and_double_nothing_in_either_direction() -> None:
    found = storm("""
sender, receiver = pair(zmq.PUSH, zmq.PULL)
got = []
def receive():
    while not got or got[-1] != [b"end"]:
        got.append(receiver.recv_multipart())
other = threading.Thread(target=receive)
other.start()
storm(returns)
start, sent = time.monotonic(), 0
while time.monotonic() - start < SECONDS:
    sender.send_multipart(message(sent))
    sent += 1
sender.send(b"end")
calm()
other.join()
there = got[:-1] == [message(number) for number in range(sent)]

# Now the storm is on the receiving side, since only the main thread gets signals here.
sender, receiver = pair(zmq.PUSH, zmq.PULL)
def send():
    for number in range(sent):
        sender.send_multipart(message(number))
    sender.send(b"end")
other = threading.Thread(target=send)
other.start()
storm(returns)
got = [receiver.recv_multipart()]
while got[-1] != [b"end"]:
    got.append(receiver.recv_multipart())
other.join()
found(sent=sent, there=there, back=got[:-1] == [message(number) for number in range(sent)])
""")
    assert found["sent"] > 100
    assert found["there"]
    assert found["back"]


@pytest.mark.parametrize(
    ("receive", "kind"),
    [
        ("got.append(receiver.recv_multipart())", "Interrupted"),
        ("got.append(receiver.recv_multipart(timeout=20_000))", "Interrupted"),
        ("got.append(receiver.recv_multipart(timeout=20_000))", "zmq.SocketBusy(16, 'mine')"),
        (HEAD.format("receiver.recv_message()"), "Interrupted"),
        (HEAD.format("receiver.recv()"), "Interrupted"),
    ],
    ids=["blocking", "with a timeout", "with an error of ours", "Message", "frame by frame"],
)
def test_a_handler_that_raises_out_of_a_receive_loses_and_doubles_nothing(
    receive: str, kind: str
) -> None:
    seconds = 2.0 if receive.endswith("multipart())") else 1.0
    found = storm(f"""
SECONDS = {seconds}
sender, receiver = pair(zmq.PUSH, zmq.PULL)
error = {kind}
stop = False
sent = 0
def send():
    global sent
    while not stop:
        sender.send_multipart(message(sent))
        sent += 1
    sender.send_multipart(message(-1))

other = threading.Thread(target=send)
other.start()
storm(raises)
got = []
start = time.monotonic()
while not got or got[-1][0] != b"-1":
    try:
        armed = True
        {receive}
        armed = False
    except (Interrupted, zmq.SocketBusy):
        pass
    if time.monotonic() - start > SECONDS:
        stop = True
calm()
other.join()
found(sent=sent, all=[int(frames[0]) for frames in got] == [*range(sent), -1],
      whole=all(map(whole, got)))
""")
    assert found["raised"] > 30
    assert found["all"]
    assert found["whole"]


@pytest.mark.parametrize("receive", ["recv_string()", "recv_many()", "recv_into(buffer)", "recv()"])
@pytest.mark.parametrize("length", [10, 100_000])
def test_a_handler_that_raises_loses_and_doubles_no_single_frame(receive: str, length: int) -> None:
    found = storm(f"""
SECONDS = 1.0
sender, receiver = pair(zmq.PUSH, zmq.PULL, hwm=1000, transport="inproc://storm")
buffer = bytearray({length} + 10)
stop = False
sent = 0
def send():
    global sent
    padding = bytes({length})
    while not stop:
        sender.send(b"%010d" % sent + padding)
        sent += 1
    sender.send(b"%010d" % -1)

def note(frame):
    "What was received, cut short."
    if isinstance(frame, int):
        frame = buffer
    if isinstance(frame, list):
        got.extend(each[:10] for each in frame)
    else:
        got.append(frame[:10])

other = threading.Thread(target=send)
other.start()
storm(raises)
got = []
start = time.monotonic()
while not got or int(got[-1]) != -1:
    try:
        armed = True
        new = receiver.{receive}
        armed = False
    except Interrupted:
        continue
    note(new)
    if time.monotonic() - start > SECONDS:
        stop = True
calm()
other.join()
found(sent=sent, all=[int(frame) for frame in got] == [*range(sent), -1])
""")
    assert found["raised"] > 30
    assert found["all"]


def test_a_handler_that_raises_out_of_a_send_tears_and_doubles_nothing() -> None:
    # Whether the interrupted message was sent nobody knows, as with any call; never a part of it.
    found = storm("""
sender, receiver = pair(zmq.PUSH, zmq.PULL)
got = []
def receive():
    while not got or got[-1] != [b"end"]:
        got.append(receiver.recv_multipart())
other = threading.Thread(target=receive)
other.start()
storm(raises)
start, number = time.monotonic(), 0
certain = set()
while time.monotonic() - start < SECONDS:
    try:
        armed = True
        sender.send_multipart(message(number))
        armed = False
        certain.add(number)
    except Interrupted:
        pass
    number += 1
calm()
sender.send(b"end")
other.join()
got.pop()
numbers = [int(frames[0]) for frames in got]
found(whole=all(map(whole, got)), order=numbers == sorted(set(numbers)),
      certain=certain <= set(numbers), sent=len(certain))
""")
    assert found["raised"] > 30
    assert found["whole"]
    assert found["order"]
    assert found["certain"]
    assert found["sent"] > 100


def test_a_handler_that_uses_the_socket_it_interrupted_is_refused_or_served() -> None:
    found = storm("""
sender, receiver = pair(zmq.PUSH, zmq.PULL)
served, refused = [], 0
def handler(*_):
    global signals, refused
    signals += 1
    try:
        served.append(receiver.recv_multipart(zmq.DONTWAIT))
    except zmq.SocketBusy:
        refused += 1
    except zmq.Again:
        pass
stop = False
sent = 0
def send():
    global sent
    while not stop:
        sender.send_multipart(message(sent))
        sent += 1
    sender.send_multipart(message(-1))
other = threading.Thread(target=send)
other.start()
storm(handler)
start = time.monotonic()
got = []
while not any(int(frames[0]) == -1 for frames in (*got[-1:], *served[-1:])):
    try:
        got.append(receiver.recv_multipart(timeout=100))
    except zmq.Timeout:
        pass
    if time.monotonic() - start > SECONDS:
        stop = True
calm()
other.join()
got += served
found(all=sorted(int(frames[0]) for frames in got) == list(range(-1, sent)),
      whole=all(map(whole, got)), served=len(served))
""")
    assert found["served"] > 0
    assert found["all"]
    assert found["whole"]


def test_a_message_of_many_frames_is_sent_and_received_whole() -> None:
    # So many that signals come in the middle of a message, on either side.
    found = storm("""
INTERVAL = 0.0001
FRAMES = [b"%d" % number for number in range(4_000)]
sender, receiver = pair(zmq.PUSH, zmq.PULL, transport="inproc://many")
storm(returns)
start = time.monotonic()
sent = broken = 0
while time.monotonic() - start < 2 * SECONDS:
    sender.send_multipart(FRAMES)
    broken += receiver.recv_multipart(timeout=10_000) != FRAMES
    sent += 1
found(sent=sent, broken=broken)
""")
    assert found["sent"] > 3
    assert found["broken"] == 0


@pytest.mark.parametrize(
    ("front", "back", "producer", "consumer"),
    [("PULL", "PUSH", "PUSH", "PULL"), ("DEALER", "XPUB", "DEALER", "SUB")],
    ids=["where libzmq knows of room", "where it does not"],
)
def test_a_proxy_in_a_storm_passes_every_message_whole_once_and_in_order(
    front: str, back: str, producer: str, consumer: str
) -> None:
    found = storm(f"""
SECONDS = 1.5
front = context.socket(zmq.{front}, rcvhwm=3)
back, capture = context.socket(zmq.{back}, sndhwm=3), context.socket(zmq.PUSH, sndhwm=3)
if back.type is zmq.XPUB:
    back.xpub_nodrop = True
entry = front.bind("tcp://127.0.0.1:*")
exit_, copies = back.bind("tcp://127.0.0.1:*"), capture.bind("tcp://127.0.0.1:*")
got, copied = [], []
END = [b"-1", b"", b""]

def produce():
    with zmq.Context() as own, own.socket(zmq.{producer}, sndhwm=3) as s:
        s.connect(entry)
        if s.type is zmq.DEALER:
            assert s.recv(timeout=10_000) == b"\\1"  # the subscription, that came through
        start, number = time.monotonic(), 0
        while time.monotonic() - start < SECONDS:
            s.send_multipart(message(number))
            number += 1
        s.send_multipart(END)

def consume(kind, endpoint, into):
    with zmq.Context() as own, own.socket(kind, rcvhwm=3, rcvbuf=4096) as s:
        if kind is zmq.SUB:
            s.subscribe(b"")
        s.connect(endpoint)
        while not into or into[-1] != END:
            into.append(s.recv_multipart())
            time.sleep(0.0005)  # slower than the producer

threads = [threading.Thread(target=produce),
           threading.Thread(target=consume, args=(zmq.{consumer}, exit_, got)),
           threading.Thread(target=consume, args=(zmq.PULL, copies, copied))]
for each in threads:
    each.start()
def finish():
    for each in threads:
        each.join()
    context.shutdown()
threading.Thread(target=finish).start()
storm(returns)
zmq.proxy(front, back, capture)
calm()
got.pop(), copied.pop()
found(passed=len(got), order=got == [message(number) for number in range(len(got))],
      copied=[each for each in copied if each != [b"\\1"]] == got)
""")
    assert found["passed"] > 100
    assert found["order"]
    assert found["copied"]
