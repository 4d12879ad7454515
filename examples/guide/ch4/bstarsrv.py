"""Binary Star, the server: an echo service on two machines, of which one is active (ROUTER).

All in one loop, around the rules in bstar. The primary serves clients at once, also alone; the
backup only after it has seen the primary and lost it. See bstarsrv2 for the same on a reactor.

    python -m examples.guide.ch4.bstarsrv primary
    python -m examples.guide.ch4.bstarsrv backup
    python -m examples.guide.ch4.bstarcli
"""

import zmqlite as zmq

from ...program import run
from ..zhelpers import clock
from . import bstar

CLIENT_ENDPOINTS = {bstar.State.PRIMARY: "tcp://*:5001", bstar.State.BACKUP: "tcp://*:5002"}


class Server:
    """Three sockets: for the clients, for its own state and for its peer's."""

    def __init__(
        self, frontend: zmq.Socket, local: zmq.Socket, remote: zmq.Socket, machine: bstar.Machine
    ) -> None:
        self.frontend = frontend
        self.local = local
        self.remote = remote
        self.machine = machine

    def run(self, heartbeat: int) -> None:
        """Serve, and tell the peer each `heartbeat` milliseconds; SplitBrain if that must end."""
        poller = zmq.Poller()
        poller.register(self.frontend, zmq.POLLIN)
        poller.register(self.remote, zmq.POLLIN)
        tell_at = clock() + heartbeat
        while True:
            ready = dict(poller.poll(max(0, tell_at - clock())))
            before = self.machine.state
            if self.remote in ready:  # first of all, or a vote could be taken on old news
                self.hear(self.remote.recv_multipart())
            if self.frontend in ready:
                self.serve(self.frontend.recv_multipart())
            if self.machine.state is not before:
                print("now", self.machine.state.name.lower())
            if clock() >= tell_at:
                self.local.send(bstar.encode(self.machine.state))
                tell_at = clock() + heartbeat

    def hear(self, message: list[bytes]) -> None:
        """Take in what the peer says."""
        if state := bstar.decode(message):
            self.machine.hear(state, clock())
        else:
            print("malformed state:", message)

    def serve(self, request: list[bytes]) -> None:
        """Echo a request, or drop it if this server is not the one to ask."""
        if self.machine.accepts(clock()):
            self.frontend.send_multipart(request)


def main(
    role: str, bind: str = "", local: str = "", remote: str = "", heartbeat: int = 1000
) -> None:
    """Be the `primary` or the `backup`; endpoints that are not given are the usual ones of it."""
    state = bstar.role(role)
    usual_local, usual_remote = bstar.STATE_ENDPOINTS[state]
    with (
        zmq.Context() as context,
        context.socket(zmq.ROUTER, linger=0) as frontend,
        context.socket(zmq.PUB, linger=0) as publisher,
        context.socket(zmq.SUB) as subscriber,
    ):
        print("bound", frontend.bind(bind or CLIENT_ENDPOINTS[state]))
        publisher.bind(local or usual_local)
        subscriber.subscribe(b"")
        subscriber.connect(remote or usual_remote)
        machine = bstar.Machine(state, 2 * heartbeat, clock(), eager=True)
        try:
            Server(frontend, publisher, subscriber, machine).run(heartbeat)
        except bstar.SplitBrain as error:
            raise SystemExit(f"{error}, stopping") from None


if __name__ == "__main__":
    run(main)
