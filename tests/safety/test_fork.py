"""A child process made by fork(): what it inherits is refused, what it makes works."""

from __future__ import annotations

import pytest
from program_support import said
from support import slow

WORKS = "parent works\n"


def test_every_call_with_an_inherited_object_is_refused_and_the_parent_is_unharmed() -> None:
    assert said("safety/forks", "calls") == WORKS


@pytest.mark.parametrize(
    "end",
    [
        *map(slow, ["os._exit", "sys.exit", "close and term", "garbage", "a with block"]),
        "the end of the program",
    ],
)
def test_the_end_of_a_child_does_no_harm_to_the_parent(end: str) -> None:
    assert said("safety/forks", "end_of_a_child", end) == WORKS


METHODS = pytest.mark.parametrize("start_method", ["fork", "forkserver", "spawn"])


@pytest.mark.slow
@METHODS
def test_multiprocessing_children_talk_to_the_parent_with_their_own_context(
    start_method: str,
) -> None:
    assert said("safety/forks", "children_that_end_well", start_method) == WORKS


@pytest.mark.slow
@METHODS
def test_messages_of_a_child_of_multiprocessing_arrive_even_if_it_ends_nothing(
    start_method: str,
) -> None:
    # Such a child ends by os._exit, in which atexit has no part.
    assert said("safety/forks", "child_that_ends_nothing", start_method) == WORKS


@pytest.mark.slow
def test_messages_of_a_child_that_just_ends_arrive() -> None:
    assert said("safety/forks", "child_that_just_ends") == WORKS


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("child_that_talks", "from the parent\n"),
        slow("message_of_both", ""),
        slow("threads_inside", ""),
        slow("generations", ""),
        slow("child_that_is_killed", WORKS),
    ],
)
def test_parent_and_child_go_on_each_with_its_own(program: str, words: str) -> None:
    assert said("safety/forks", program) == words + WORKS
