"""Typed services, with zmqlite.rpc."""
