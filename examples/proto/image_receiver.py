"""Receive images: the array is a view of what libzmq received, and not a copy.

python -m examples.proto.image_sender
python -m examples.proto.image_receiver
"""

import numpy

import zmqlite as zmq
from zmqlite import proto

from ..program import run
from .generated.image_pb2 import Header


def main(connect: str = "tcp://127.0.0.1:5557") -> None:
    with zmq.Context() as context, context.socket(zmq.PULL) as socket:
        images = proto.TypedSocket(socket, proto.Bare(Header, attachments=1))
        socket.connect(connect)
        count, last = 0, False
        while not last:
            image = images.recv_envelope()
            header = image.message
            # Both raise ValueError if the header lies about the frame.
            pixels = numpy.frombuffer(image.attachments[0], header.dtype).reshape(header.shape)
            count, last = count + 1, header.last
            print(f"image {header.number}: {pixels.shape}, mean {pixels.mean():.1f}")
        print(f"received {count} images")


if __name__ == "__main__":
    run(main)
