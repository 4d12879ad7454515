"""What imports what: these programs share nothing, since that would be imported, too."""

import sys

import zmqlite


def asked_by_python() -> None:
    with zmqlite.Context() as context, context.socket(zmqlite.PULL) as socket:
        assert not hasattr(socket, "__array__")
        assert not hasattr(context, "_repr_html_")
    assert not hasattr(zmqlite, "__wrapped__")
    assert "difflib" not in sys.modules


def hints_without_imports() -> None:
    before = set(sys.modules)
    sys.meta_path.clear()
    try:
        zmqlite.Context().socket(99)
    except zmqlite.ZMQError as error:
        assert "the types are" in str(error)  # noqa: PT017
    try:
        zmqlite.LINGER  # type: ignore[attr-defined]  # noqa: B018
    except AttributeError as error:
        assert "has no attribute 'LINGER'" in str(error)  # noqa: PT017
    assert set(sys.modules) == before


def imported_later() -> None:
    assert {"Actor", "Reactor"} <= set(dir(zmqlite)) - set(vars(zmqlite))
    names: dict[str, object] = {}
    exec("from zmqlite import *", names)
    assert names["Actor"] is zmqlite.Actor is vars(zmqlite)["Actor"]


def completed_at_a_prompt() -> None:
    import rlcompleter
    import types

    complete = rlcompleter.Completer({"zmqlite": zmqlite}).complete
    names = set[str]()
    while (found := complete("zmqlite.", len(names))) is not None:
        names.add(found.removeprefix("zmqlite.").rstrip("()"))
    assert {"Actor", "Context", "PUSH"} <= names, names
    internal = {name for name in names if isinstance(getattr(zmqlite, name), types.ModuleType)}
    assert not internal, internal


if __name__ == "__main__":
    globals()[sys.argv[1]]()
