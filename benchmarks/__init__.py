"""Speed, measured as ratios in one run: `python -m benchmarks`.

cells      what is measured: patterns, transports, sizes
bars       what has to hold
peers      the implementations: a module each, with the same loops for every role; peer.c is C's
roles      what one side of a cell does: push, pull, req, rep ...
worker     a process that plays one or more roles
children   processes as the runner sees them
processors a processor of its own for each of two
runner     rounds in which the implementations alternate
ratios     medians, spreads, noise
report     the tables and the JSON
publish    README's section
sections   how a section of a page is replaced
plots      the curves
calls      every form of a call: `python -m benchmarks calls`
contended  calls beside another thread: `python -m benchmarks contended`
alternating  what these two commands share
"""
