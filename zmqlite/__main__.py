"""The same command line as the script `zmqlite`; without arguments, its report."""

import sys

from ._cli import main

sys.exit(main(sys.argv[1:] or ["report"]))
