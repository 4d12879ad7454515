"""Owners in a process, its child and its grandchild."""

from __future__ import annotations

from prelude import fork, main

from zmqlite import ForkedProcess
from zmqlite.owner import ForkAware, Owner


def generations() -> None:
    made = Owner()
    assert not made.forked

    def child() -> None:
        assert made.forked
        own = ForkAware()
        assert not own.forked

        def grandchild() -> None:
            assert made.forked
            assert own.forked

        try:
            made.locked("zmq_ctx_get")
        except ForkedProcess:
            assert fork(grandchild) == 0
        else:
            raise AssertionError("was not refused")

    assert fork(child) == 0
    assert not made.forked
    made.terminate()


if __name__ == "__main__":
    main(globals())
