"""ZAP authenticators and CURVE certificates under pyzmq's names.

New programs have more in `zmqlite.auth`: closed by default, hashed passwords, networks, revocation,
and directories that are read again by themselves.
"""

from .base import CURVE_ALLOW_ANY, Authenticator
from .certs import create_certificates, load_certificate, load_certificates

__all__ = [
    "CURVE_ALLOW_ANY",
    "Authenticator",
    "create_certificates",
    "load_certificate",
    "load_certificates",
]
