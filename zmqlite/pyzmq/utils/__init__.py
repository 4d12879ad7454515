"""pyzmq's small helpers."""
