"""CURVE keys, and Z85, the text form of keys and other binary data."""

from __future__ import annotations

from ._zmq import ffi, lib
from .arguments import KEY_LENGTH, curve_key, flat
from .errors import check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._zmq import CData
    from .arguments import Buffer


_UNSET = (b"", b"0" * KEY_LENGTH)  # what the options of a socket without keys read as


def curve_keypair() -> tuple[bytes, bytes]:
    """Return a new CURVE key pair (public, secret), each as 40 bytes of Z85.

    The secret stays in memory for as long as Python keeps the bytes.

    Raises:
        NotSupported: libzmq was built without CURVE; see has().

    C: zmq_curve_keypair(3)
    """
    with _Scratch(KEY_LENGTH + 1) as public, _Scratch(KEY_LENGTH + 1) as secret:
        check(lib.zmq_curve_keypair(public, secret), "zmq_curve_keypair")
        return ffi.buffer(public, KEY_LENGTH)[:], ffi.buffer(secret, KEY_LENGTH)[:]


def curve_public(secret: bytes) -> bytes:
    """Return the public key that belongs to a secret one, both as 40 bytes of Z85.

    Raises:
        NotSupported: libzmq was built without CURVE; see has().
        ValueError: the secret is not 40 bytes long or not Z85.

    C: zmq_curve_public(3)
    """
    secret = curve_key(secret, "the secret key")
    with _Scratch(KEY_LENGTH + 1) as public:
        check(lib.zmq_curve_public(public, secret), "zmq_curve_public")
        return ffi.buffer(public, KEY_LENGTH)[:]


def z85_encode(data: Buffer) -> bytes:
    """Return binary data as printable text: five characters for each four bytes.

    Raises:
        ValueError: the size is not a multiple of 4.

    C: zmq_z85_encode(3)
    """
    raw = flat(data, "z85_encode()")
    size, rest = divmod(len(raw), 4)
    if rest:
        raise ValueError(f"Z85 encodes a multiple of 4 bytes, not {len(raw)}")
    with _Scratch(5 * size + 1) as encoded:
        source = ffi.from_buffer("uint8_t[]", raw)
        check(lib.zmq_z85_encode(encoded, source, len(raw)), "zmq_z85_encode")
        return ffi.buffer(encoded, 5 * size)[:]


def z85_decode(encoded: bytes | str) -> bytes:
    """Return the binary data of a Z85 text: four bytes for each five characters.

    Raises:
        ValueError: the length is not a multiple of 5, or the text is not Z85.

    C: zmq_z85_decode(3)
    """
    if isinstance(encoded, str):
        encoded = encoded.encode()
    characters = bytes(flat(encoded, "z85_decode()"))
    size, rest = divmod(len(characters), 5)
    if rest:
        raise ValueError(f"Z85 text is a multiple of 5 characters, not {len(characters)}")
    if b"\0" in characters:
        raise ValueError("Z85 text contains a NUL character")
    if not characters:
        return b""  # the counterpart of z85_encode(b""), which libzmq refuses
    with _Scratch(4 * size) as raw:
        check(lib.zmq_z85_decode(ffi.cast("uint8_t *", raw), characters), "zmq_z85_decode")
        return ffi.buffer(raw, 4 * size)[:]


def public_text(raw: bytes) -> bytes:
    """Return a public key of 32 bytes as 40 bytes of Z85; faster, as there is nothing to wipe."""
    text = ffi.new("char[]", KEY_LENGTH + 1)
    check(lib.zmq_z85_encode(text, raw, len(raw)), "zmq_z85_encode")
    return ffi.buffer(text, KEY_LENGTH)[:]


class _Scratch:
    """A buffer for C that may hold a secret, and is overwritten with zeros at the end."""

    def __init__(self, size: int) -> None:
        self._buffer = ffi.new("char[]", size)

    def __enter__(self) -> CData:
        return self._buffer

    def __exit__(self, *_: object) -> None:
        size = len(self._buffer)
        ffi.memmove(self._buffer, bytes(size), size)


def key_mistake(server: bool, public: bytes, secret: bytes, server_key: bytes) -> str:
    """Return what is wrong with the keys of a socket, "" if nothing is."""
    if secret in _UNSET:
        if server:
            return "this CURVE server has no curve_secretkey"
        return "this CURVE client has no keys of its own: set curve_publickey and curve_secretkey"
    if public in _UNSET and not server:  # a server does not need it
        return "this CURVE client has no curve_publickey"
    if public not in _UNSET and curve_public(secret) != public:
        return "curve_publickey and curve_secretkey are no pair; they may be swapped"
    if not server and server_key in _UNSET:
        return "this CURVE client has no curve_serverkey, the public key of its server"
    if not server and server_key == public:
        return "curve_serverkey is the own curve_publickey; it is the public key of the server"
    return ""
