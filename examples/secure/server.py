"""Answer those whose certificate is in the folder `clients`, for as long as it is there.

    python -m examples.secure.server

libzmq asks who may connect once, when a client connects. A client that is connected stays so when
its key is revoked, so the server asks again for each request.
"""

import zmqlite as zmq
from zmqlite import auth

from ..program import run


def main(bind: str = "tcp://127.0.0.1:5590") -> None:
    with zmq.Context() as context, context.socket(zmq.ROUTER, **zmq.FACING_STRANGERS) as server:
        certificate = auth.Certificate.load("server.key")
        authenticator = auth.curve_server(server, certificate, allow="clients")
        print("bound", server.bind(bind))
        while True:
            route = server.recv()
            request = server.recv_parts(limit=2)  # an empty frame, and what the client asks
            first = request[0]
            user = first.metadata("User-Id") if isinstance(first, zmq.Message) else None
            allowed = authenticator.allowed(user)
            print("answers" if allowed else "refuses", bytes(request[-1]).decode())
            server.send_multipart([route, b"", b"yes" if allowed else b"revoked"])


if __name__ == "__main__":
    run(main)
