"""Customers' keys: the same for the same number, and nobody's number."""

from __future__ import annotations

from ivr.customers import Pseudonyms

NUMBER = "13800138000"


def test_a_number_has_one_key_in_one_house_and_another_in_another() -> None:
    house, other = Pseudonyms(b"a key for tests, not for a house"), Pseudonyms(b"the key of another house")
    assert house.of(NUMBER) == house.of(NUMBER)
    assert house.of(NUMBER) != house.of("13800138001")
    assert house.of(NUMBER) != other.of(NUMBER)


def test_the_key_does_not_hold_the_number() -> None:
    key = Pseudonyms(b"a key for tests, not for a house").of(NUMBER)
    assert key is not None
    assert len(key) == 16
    assert NUMBER not in key


def test_a_withheld_number_has_none() -> None:
    assert Pseudonyms(b"a key for tests, not for a house").of("") is None
