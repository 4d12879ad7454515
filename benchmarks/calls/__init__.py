"""Every form of a call, side by side: `python -m benchmarks calls`.

rows       which calls are measured, and the bars that they have to meet
sockets    a connected pair for each library, and how its queue is filled and emptied
worker     one process, which runs the loops of one library
report     the table, and whether the bars are met
command    all of it, as alternating.Command wants it
"""
