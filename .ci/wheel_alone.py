"""What the bundled wheel must do where nothing but its requirements is installed."""

import importlib.util
from pathlib import Path

import zmqlite as zmq

assert importlib.util.find_spec("zmq") is None, "pyzmq is installed"
home = Path(zmq.__file__).parent
maps = Path("/proc/self/maps").read_text()
loaded = {Path(line.split()[-1]) for line in maps.splitlines() if "libzmq" in line}
assert {path.parent for path in loaded} == {home / "_libs"}, loaded

with zmq.Context() as context:
    public, secret = zmq.curve_keypair()
    server = context.socket(zmq.PULL, curve_server=True, curve_secretkey=secret)
    endpoint = server.bind("tcp://127.0.0.1:*")
    keys = dict(zip(("curve_publickey", "curve_secretkey"), zmq.curve_keypair(), strict=True))
    client = context.socket(zmq.PUSH, curve_serverkey=public, **keys)
    client.connect(endpoint)
    client.send(b"hello")
    assert server.recv(timeout=10_000) == b"hello"
print("libzmq", ".".join(map(str, zmq.zmq_version())), "from", *(path.name for path in loaded))
