"""A program without zmqlite: CURVE and PLAIN with pyzmq, its certificates and its authenticator.

peer.py write PATH                        makes a certificate; PATH ends with .key
peer.py client OWN SERVER ENDPOINT        sends one message to the server with that certificate
peer.py server OWN DIRECTORY ENDPOINT     lets in who has a certificate in the directory
peer.py plain-client NAME WORD ENDPOINT   sends one message
peer.py plain-server NAME WORD ENDPOINT   lets in who has that name and password

A server prints where it is bound, and what it received from whom.
"""

import sys
from pathlib import Path

import zmq
import zmq.auth
from zmq.auth.thread import ThreadAuthenticator


def write(path: str) -> None:
    zmq.auth.create_certificates(Path(path).parent, Path(path).stem)


def keys(path: str) -> tuple[bytes, bytes]:
    public, secret = zmq.auth.load_certificate(path + "_secret")
    assert secret is not None
    return public, secret


def send(socket: "zmq.Socket[bytes]", endpoint: str) -> None:
    socket.linger = 2000
    socket.connect(endpoint)
    socket.send(b"from pyzmq")


def receive(socket: "zmq.Socket[bytes]", endpoint: str) -> None:
    socket.rcvtimeo = 20_000
    socket.bind(endpoint)
    print("bound", socket.getsockopt_string(zmq.LAST_ENDPOINT), flush=True)
    frame = socket.recv(copy=False)
    print("received", frame.bytes.decode(), "of", frame["User-Id"], flush=True)


def main(role: str, *given: str) -> None:
    if role == "write":
        write(*given)
        return
    first, second, endpoint = given
    with zmq.Context() as context:
        authenticator = ThreadAuthenticator(context)
        if role.endswith("server"):
            authenticator.start()
        with context.socket(zmq.PULL if role.endswith("server") else zmq.PUSH) as socket:
            if "plain" in role:
                socket.plain_username, socket.plain_password = first.encode(), second.encode()
            else:
                socket.curve_publickey, socket.curve_secretkey = keys(first)
            if role == "client":
                socket.curve_serverkey = zmq.auth.load_certificate(second)[0]
            elif role == "server":
                authenticator.configure_curve(domain="*", location=second)
                socket.curve_server = True
            elif role == "plain-server":
                authenticator.configure_plain(domain="*", passwords={first: second})
                socket.plain_server = True
            (receive if role.endswith("server") else send)(socket, endpoint)
        if role.endswith("server"):
            authenticator.stop()


main(*sys.argv[1:])
