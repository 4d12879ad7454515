"""Calls beside another thread of the same process: `python -m benchmarks contended`.

rows       what is measured, and the bars
rates      a loop of calls beside a thread that computes in Python
lateness   a thread that sleeps, beside loops of calls and hostile peers
worker     one process, which measures one library
report     the tables, and whether the bars are met
command    all of it, as alternating.Command wants it
"""
