"""The programs of the Guide's chapter 2 in C's own steps."""
