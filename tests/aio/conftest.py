"""What runs the coroutine tests of this folder."""

from loops import drive, pytest_pycollect_makeitem, pytest_pyfunc_call

__all__ = ["drive", "pytest_pycollect_makeitem", "pytest_pyfunc_call"]
