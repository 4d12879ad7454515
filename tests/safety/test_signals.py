"""Signals in the middle of any call: nothing torn, lost, doubled, late or left behind.

What handlers do that raise out of a call, or receive in the middle of one, is in tests/attacks.
"""

from __future__ import annotations

from typing import Any

import pytest
from program_support import said
from signal_storm import outcome

# Each is a program that runs for half a second and more.
pytestmark = pytest.mark.slow


def storm(name: str, *arguments: object) -> dict[str, Any]:
    """Run a program in a storm of signals; what it found."""
    return outcome(said("safety/storms", name, *arguments, deadline=30))


def test_handlers_that_return_tear_lose_and_double_nothing_in_either_direction() -> None:
    found = storm("both_directions")
    assert found["sent"] > 100
    assert found["there"]
    assert found["back"]


def test_a_message_of_many_frames_is_sent_and_received_whole() -> None:
    # So many that signals come in the middle of a message, on either side.
    found = storm("many_frames")
    assert found["sent"] > 3
    assert found["broken"] == 0


@pytest.mark.parametrize(
    "kinds",
    [["PULL", "PUSH", "PUSH", "PULL"], ["DEALER", "XPUB", "DEALER", "SUB"]],
    ids=["where libzmq knows of room", "where it does not"],
)
def test_a_proxy_in_a_storm_passes_every_message_whole_once_and_in_order(kinds: list[str]) -> None:
    found = storm("proxy", *kinds)
    assert found["passed"] > 100
    assert found["order"]
    assert found["copied"]


def test_signals_do_not_stretch_a_timeout_nor_shorten_it() -> None:
    took = storm("timeouts")["took"]
    assert len(took) == 7
    assert not {name: time for name, time in took.items() if not 0.149 <= time < 0.35}


def test_bind_connect_and_monitor_do_not_fail_in_a_storm() -> None:
    assert storm("bind_connect_and_monitor")["rounds"] > 100


def test_what_a_handler_does_with_zmqlite_does_not_change_what_it_interrupts() -> None:
    found = storm("handler_that_uses_another_socket")
    assert found["closed"]
    assert 0.35 < found["took"] < 1.4


def test_a_context_ends_well_wherever_a_handler_raises() -> None:
    found = storm("ends_of_contexts")
    assert found["raised"] > 30
    assert found["stuck"] == 0


def test_a_signal_while_borrowed_memory_is_let_go_still_raises() -> None:
    found = storm("memory_let_go")
    assert found["raised"] > 30
    assert found["lost"] == []
