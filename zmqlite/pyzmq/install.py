"""`import zmq` gives this package."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType
    from typing import Final

_PACKAGE: Final = __name__.rpartition(".")[0]


class _Finder(MetaPathFinder, Loader):
    """Finds `zmq.x` as the very module `zmqlite.pyzmq.x`."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] != "zmq":
            return None
        try:
            known = _ours(name) in sys.modules or importlib.util.find_spec(_ours(name))
        except ModuleNotFoundError:
            return None
        return ModuleSpec(name, self) if known else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(_ours(spec.name))
        spec.loader_state = (module.__spec__, module.__name__)
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has put the alias's spec there; reloading needs the module's own.
        assert module.__spec__ is not None
        module.__spec__ = module.__spec__.loader_state[0]


def _ours(name: str) -> str:
    return _PACKAGE + name.removeprefix("zmq")


def install() -> None:
    """Make `import zmq` in this process give zmqlite.pyzmq; again does nothing.

    Raises:
        RuntimeError: pyzmq is loaded already, or another module called zmq.
    """
    loaded = sys.modules.get("zmq")
    if loaded is not None and loaded is not sys.modules[_PACKAGE]:
        raise RuntimeError(
            f"zmq is loaded already, from {getattr(loaded, '__file__', 'elsewhere')}: call "
            "zmqlite.pyzmq.install() before anything imports it"
        )
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    importlib.import_module("zmq")
