"""Chapter 2 of the Guide: sockets and patterns."""
