"""Watching what happens: who connects, who is refused and why, who leaves."""
