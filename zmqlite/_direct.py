"""Load native/python.c, the second module of the compiled file, in the place of this one.

The import system finds a module by the name of its file, and this file has the name of _zmq.
"""

import sys
from importlib.machinery import ExtensionFileLoader, ModuleSpec

from ._zmq import __file__ as _file

_spec = ModuleSpec(__name__, ExtensionFileLoader(__name__, _file), origin=_file)
_module = _spec.loader.create_module(_spec)
_module.__spec__ = _spec
_module.__loader__ = _spec.loader
_spec.loader.exec_module(_module)
sys.modules[__name__] = _module
