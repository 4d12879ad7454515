"""Chat without a server: connect to every address of the network there could be (PUB and SUB).

Whatever this host's address x.y.z.n is, it listens to x.y.z.1 to x.y.z.254. ZeroMQ goes on trying
those where nobody is, so whoever starts later is heard, too. What is typed goes out to all who
listen, oneself among them: one line a message, with its newline, as the Guide's C program sends
it. The end of the input ends the program. XPUB is a PUB that hears of subscriptions, so it can tell
who comes and goes.

For two people on one host, in two terminals (`eth0` or the host's own address is for a network):

    python -m examples.guide.ch8.dechat 127.0.0.1 127.0.0.1 joe
    python -m examples.guide.ch8.dechat 127.0.0.1 127.0.0.2 bob
"""

import zmqlite as zmq

from ...program import run


def neighbours(address: str, port: int) -> list[str]:
    """Return the endpoints of the network that an IP address belongs to."""
    network, _, _ = address.rpartition(".")
    return [f"tcp://{network}.{host}:{port}" for host in range(1, 255)]


def main(address: str, interface: str, user: str, port: int = 9000) -> None:
    with (
        zmq.Context() as context,
        context.socket(zmq.XPUB, xpub_verboser=True) as speaker,
        context.socket(zmq.SUB) as listener,
        open(0, "rb", buffering=0, closefd=False) as keyboard,  # unbuffered, as it is polled
    ):
        port = int(speaker.bind(f"tcp://{interface}:{port or '*'}").rpartition(":")[2])
        print(f"bound port {port}")
        listener.subscribe(b"")
        for endpoint in neighbours(address, port):
            listener.connect(endpoint)

        poller = zmq.Poller()
        for each in (speaker, listener, keyboard):
            poller.register(each, zmq.POLLIN)
        while True:
            ready = dict(poller.poll())
            if speaker in ready:
                print("somebody", "joined" if speaker.recv().startswith(b"\1") else "left")
            if listener in ready:
                print(listener.recv().decode(errors="replace").removesuffix("\n"))
            if keyboard in ready:
                line = keyboard.readline()
                if not line:
                    break
                speaker.send(user.encode() + b": " + line)


if __name__ == "__main__":
    run(main)
