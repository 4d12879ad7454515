"""Chapter 3 of the Guide: advanced request-reply."""
