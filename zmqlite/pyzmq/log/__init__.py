"""Logging over PUB sockets."""
