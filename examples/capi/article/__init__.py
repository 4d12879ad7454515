"""The programs of the article in C's own steps; examples.article has them in Python's."""
