"""Chapter 4 of the Guide: reliable request-reply."""
