"""Chapter 5 of the Guide: advanced publish-subscribe."""
