"""Leaving the line by key: what the queue's keys do, and when."""

from __future__ import annotations

import pytest

from acd.errors import UnknownCall
from acd.events import AskedToLeave, Diverted, SessionAttached
from acd.requests import CallerJoined, CallerLeft, KeyPressed, SessionLost
from tests.unit.acd_kit import SALES, Centre, agent, call_id, only, plan

KEYS = plan(keys=(("1", "callback"), ("9", "voicemail")))


def test_a_key_of_the_queue_asks_to_leave_for_its_step() -> None:
    centre = Centre(agent("1"), plans=(KEYS,))
    centre.call(1)
    assert centre.ask(KeyPressed(call_id(1), "9")) == [AskedToLeave(call_id(1), SALES, "voicemail")]
    assert only(Diverted, centre.ask(CallerLeft(call_id(1), "voicemail")))


def test_any_other_key_does_nothing() -> None:
    centre = Centre(agent("1"), plans=(KEYS,))
    centre.call(1)
    assert centre.ask(KeyPressed(call_id(1), "5")) == []


def test_a_key_while_a_phone_rings_is_told_the_session_and_the_offer_stands() -> None:
    centre = Centre(agent("1"), plans=(KEYS,))
    centre.ready("1")
    centre.call(1)
    assert centre.ask(KeyPressed(call_id(1), "1")) == [AskedToLeave(call_id(1), SALES, "callback")]
    centre.answers("1", 1)
    assert centre.ask(KeyPressed(call_id(1), "1")) == [], "keys of a conversation are the conversation's own"


def test_a_key_pressed_while_no_session_was_there_is_not_lost() -> None:
    centre = Centre(agent("1"), plans=(KEYS,))
    centre.call(1)
    centre.ask(SessionLost(call_id(1)))
    centre.ask(KeyPressed(call_id(1), "1"))
    back = centre.ask(CallerJoined(call_id(1), SALES))
    assert back[:2] == [SessionAttached(call_id(1)), AskedToLeave(call_id(1), SALES, "callback")]


def test_who_is_not_in_line_has_no_keys() -> None:
    with pytest.raises(UnknownCall):
        Centre(agent("1"), plans=(KEYS,)).ask(KeyPressed(call_id(1), "1"))
