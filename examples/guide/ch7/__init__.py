"""Chapter 7 of the Guide: file transfer."""
