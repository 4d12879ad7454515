"""Import zmqlite.proto where there is no protobuf, and print what that says."""

import sys

sys.modules["google.protobuf"] = None  # type: ignore[assignment]  # as if it were not installed
try:
    import zmqlite.proto  # noqa: F401
except ImportError as error:
    print(error)
