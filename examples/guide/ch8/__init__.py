"""Chapter 8 of the Guide: finding peers."""
