"""Who may connect: certificates, policies, and the authenticator that asks them.

    from zmqlite import auth

    certificate = auth.Certificate.load("server.key")
    auth.curve_server(publisher, certificate, allow="clients")
    publisher.bind("tcp://*:5555")

docs/howto/security.md is the page to begin with. The modules, each of which imports only from the
lines above it:

    zap                          the messages of ZAP as objects
    certificate                  key pairs in files
    passwords                    hashes of passwords
    rules, policy                who may connect
    domains                      the policies of a context
    handler                      from questions to answers, without sockets and threads
    pool, authenticator          its driver in a thread
    sockets                      sockets set up in one call
    aio                          its driver on an event loop
"""

from .authenticator import Authenticator
from .certificate import Certificate
from .handler import Statistics
from .passwords import hash_password
from .policy import Policy
from .rules import ANYONE
from .sockets import connect, curve_client, curve_server, null_server, plain_client, plain_server

__all__ = [
    "ANYONE",
    "Authenticator",
    "Certificate",
    "Policy",
    "Statistics",
    "connect",
    "curve_client",
    "curve_server",
    "hash_password",
    "null_server",
    "plain_client",
    "plain_server",
]

for _name in __all__:
    if getattr(globals()[_name], "__module__", "").startswith(__name__ + "."):
        globals()[_name].__module__ = __name__
del _name
