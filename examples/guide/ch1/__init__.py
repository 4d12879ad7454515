"""Chapter 1 of the Guide: the three basic patterns."""
