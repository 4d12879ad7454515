"""What the tests of the command share."""

from cli_support import _end_of_peers, call

__all__ = ["_end_of_peers", "call"]
