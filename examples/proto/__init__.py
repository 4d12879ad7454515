"""Typed messages: Protocol Buffers over ZeroMQ, with zmqlite.proto."""
