"""Hello World, a server that sees what REP hides: the routing id and the empty frame (ROUTER).

The id says whom the reply is for, so it goes back in front of it. It is bytes, not text: one that
the ROUTER made up for a client without a name begins with 0. A message without the empty frame is
no request of a REQ socket, and is discarded.

    python -m examples.guide.ch1.hwserver3
    python -m examples.guide.ch1.hwclient3
"""

import time

import zmqlite as zmq

from ...program import run
from ..zhelpers import shown


def main(bind: str = "tcp://*:5555", delay: int = 1000) -> None:
    with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
        socket.bind(bind)
        while True:
            client, *frames = socket.recv_multipart()
            print("id:", shown(client))
            match frames:
                case [b"", request]:
                    print("empty frame")
                    print("request:", shown(request))
                    time.sleep(delay / 1000)  # the work
                    socket.send_multipart([client, b"", b"World"])
                case [first, *_]:
                    print(f"no empty frame but one of {len(first)} bytes: discarded")


if __name__ == "__main__":
    run(main)
