"""Subscriptions by type beside those by prefix, counted."""

from __future__ import annotations

from zmqlite.proto.subscriptions import Subscriptions


def test_only_a_subscription_by_type_makes_it_look() -> None:
    subscriptions = Subscriptions()
    subscriptions.add(b"zoo")
    assert not subscriptions.exact
    subscriptions.add_type(b"zoo.Cat")
    assert subscriptions.exact
    subscriptions.remove_type(b"zoo.Cat")
    assert not subscriptions.exact


def test_as_many_are_to_be_taken_back_as_were_made() -> None:
    subscriptions = Subscriptions()
    for _ in range(2):
        subscriptions.add_type(b"zoo.Cat")
        subscriptions.add_type(b"zoo.Dog")
        subscriptions.add(b"a")
    subscriptions.remove_type(b"zoo.Cat")
    subscriptions.remove(b"a")
    subscriptions.remove(b"never made")
    assert subscriptions.match(b"zoo.Cat")
    assert subscriptions.match(b"abc")
    subscriptions.remove_type(b"zoo.Cat")
    subscriptions.remove(b"a")
    assert not subscriptions.match(b"zoo.Cat")
    assert not subscriptions.match(b"abc")
