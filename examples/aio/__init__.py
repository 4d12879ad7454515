"""Programs with zmqlite.aio, and the scenarios in which they run together."""
