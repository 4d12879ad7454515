"""zmqlite.pyzmq beside pyzmq."""
