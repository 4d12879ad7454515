"""What C allocated outlives everybody who may still use it, also in a cycle of garbage."""

from __future__ import annotations

import pytest
from program_support import said
from support import slow


# In processes of their own, in which nothing else is garbage.
@pytest.mark.parametrize(
    "owner", ["socket_and_message", slow("context_and_socket"), slow("variables_of_c")]
)
def test_a_finalizer_in_a_cycle_finds_its_socket_and_message_usable(owner: str) -> None:
    assert said("safety/ownership", owner) == ""


@pytest.mark.slow
def test_an_error_does_not_keep_its_socket_alive() -> None:
    assert said("safety/ownership", "errors") == ""
