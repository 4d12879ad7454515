"""Some programs of the Guide's chapter 3 in C's own steps."""
