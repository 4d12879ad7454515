"""Binary Star, the server on a reactor: the same echo service, with the class of bstar (ROUTER).

Unlike bstarsrv the primary serves clients only after it has seen the backup, or has waited for it
for two heartbeats: so it does not answer while the backup is still active.

    python -m examples.guide.ch4.bstarsrv2 primary
    python -m examples.guide.ch4.bstarsrv2 backup
    python -m examples.guide.ch4.bstarcli
"""

import zmqlite as zmq

from ...program import run
from . import bstar
from .bstarsrv import CLIENT_ENDPOINTS


def echo(socket: zmq.Socket) -> None:
    """Give a request back."""
    socket.send_multipart(socket.recv_multipart())


def main(
    role: str, bind: str = "", local: str = "", remote: str = "", heartbeat: int = 1000
) -> None:
    """Be the `primary` or the `backup`; endpoints that are not given are the usual ones of it."""
    state = bstar.role(role)
    usual_local, usual_remote = bstar.STATE_ENDPOINTS[state]
    reactor = zmq.Reactor()
    with zmq.Context() as context:
        star = bstar.BinaryStar(
            context, reactor, state, local or usual_local, remote or usual_remote, heartbeat
        )
        star.voter(bind or CLIENT_ENDPOINTS[state], zmq.ROUTER, echo)
        try:
            reactor.run()
        except bstar.SplitBrain as error:
            raise SystemExit(f"{error}, stopping") from None


if __name__ == "__main__":
    run(main)
