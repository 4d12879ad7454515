"""Import what an example's protoc generates where there is no protoc."""

import importlib.util

importlib.util.find_spec = lambda name, package=None: None
import examples.proto.generated  # noqa: E402, F401
