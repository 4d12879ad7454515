"""The programs of the ZeroMQ Guide, by chapter."""
