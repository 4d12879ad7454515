"""Send images: a typed header, and the pixels of a numpy array in a frame of their own.

In a `bytes` field they would be copied twice on each side, and parsed with the rest.

    python -m examples.proto.image_sender
    python -m examples.proto.image_receiver
"""

import numpy

import zmqlite as zmq
from zmqlite import proto

from ..program import run
from .generated.image_pb2 import Header


def main(bind: str = "tcp://127.0.0.1:5557", count: int = 5) -> None:
    with zmq.Context() as context, context.socket(zmq.PUSH) as socket:
        images = proto.TypedSocket(socket, proto.Bare(Header, attachments=1))
        print("bound", socket.bind(bind))
        for number in range(1, count + 1):
            pixels = numpy.full((480, 640, 3), number, dtype=numpy.uint8)
            header = Header(
                shape=pixels.shape,
                dtype=str(pixels.dtype),
                number=number,
                last=number == count,
            )
            # A Message lends the array, which must not change any more; it is not copied.
            images.send_envelope(proto.Envelope(header, attachments=[zmq.Message(pixels.data)]))
        print(f"sent {count} images")


if __name__ == "__main__":
    run(main)
