"""What the tests of the command share."""

from cli_support import call

__all__ = ["call"]
