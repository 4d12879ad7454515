"""The programs of the Guide's chapter 1 in C's own steps."""
