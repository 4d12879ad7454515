"""The patterns of ZeroMQ, one idea per program; each runs by itself, or under the launcher."""
