"""The policy of dialled numbers: listed as a whole, in its hours, so often an hour and a day; nothing else gets through."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from acd.names import CallId, DialDoor, DialRule, Opening
from ivr.dialling.policy import Caps, DialRules, Listed, Permit, Tally, Wish, ends_in, judge

NOON = datetime(2026, 11, 25, 12, 10, tzinfo=UTC)
EVERY_DOOR = frozenset(DialDoor)
RULES = DialRules(
    dial="PJSIP/{number}@trunk",
    lists=(
        Listed("mobile", (re.compile("1[3-9][0-9]{9}"),), EVERY_DOOR),
        Listed("branches", (re.compile("021[0-9]{8}"), re.compile(r"\+8621[0-9]{8}")), frozenset({DialDoor.AGENT})),
    ),
    shows="4008001234",
    ring_s=25.0,
    caps=Caps(user_hour=2, user_day=3, site_hour=4, site_day=5),
)
MOBILE = "13900001111"


def ruling(
    number: str = MOBILE,
    *,
    door: DialDoor = DialDoor.FLOW,
    rules: DialRules | None = RULES,
    opening: Opening = Opening.OPEN,
    dialled: tuple[tuple[str, datetime], ...] = (),
    user: str = "customer:a",
) -> str:
    """The list that lets the number through, or the rule that does not; `dialled`: by whom and when before."""
    tally = Tally()
    for who, at in dialled:
        tally = tally.with_one(who, at)
    judged = judge(Wish(CallId("node1-1"), number, door, user), rules, opening, tally, NOON)
    return judged.allowed_by if isinstance(judged, Permit) else judged.value


def test_a_listed_number_is_dialled_as_the_centre_says() -> None:
    wish = Wish(CallId("node1-1"), MOBILE, DialDoor.FLOW, "customer:a")
    permit = judge(wish, RULES, Opening.OPEN, Tally(), NOON)
    assert permit == Permit(f"PJSIP/{MOBILE}@trunk", 25.0, "4008001234", "mobile", 7200.0)


def test_a_callback_is_not_cut_short() -> None:
    permit = judge(Wish(CallId("node1-1"), MOBILE, DialDoor.CALLBACK, "customer:a"), RULES, Opening.OPEN, Tally(), NOON)
    assert isinstance(permit, Permit)
    assert permit.talk_s is None


@pytest.mark.parametrize(
    "number", ["0085290001111", "+8613900001111", "16812345678901", "1390000111", "110", "0", "00"]
)
def test_a_number_on_no_list_is_refused(number: str) -> None:
    assert ruling(number) == "not_allowed"


@pytest.mark.parametrize(
    "number",
    [
        "",
        "+",
        "13900001111@elsewhere",
        "13900001111;user=phone",
        "13900001111&PJSIP/0085290001111@trunk",
        "13900001111,30,g",
        "13900001111/n",
        "Local/0085290001111@from-phones",
        "PJSIP/phone1",
        "1390000１１１１",
        "١٣٩٠٠٠٠١١١١",
        "13900001111\n",
        "\n13900001111",
        "13900001111\r\nAction: Originate",
        "139 0000 1111",
        "13900001111#",
        "*1113900001111",
        "${EXTEN}",
        "1" * 40,
    ],
)
def test_what_is_no_number_is_refused_before_any_list_is_looked_at(number: str) -> None:
    anything = replace(RULES, lists=(Listed("anything", (re.compile(r"(?s).*"),), EVERY_DOOR),))
    assert ruling(number, rules=anything) == "not_a_number"


def test_each_door_has_its_own_lists() -> None:
    assert ruling("02155556666", door=DialDoor.AGENT) == "branches"
    assert ruling("+862155556666", door=DialDoor.AGENT) == "branches"
    assert ruling("02155556666", door=DialDoor.CALLBACK) == "not_allowed"


def test_a_list_has_to_match_the_whole_number() -> None:
    short = replace(RULES, lists=(Listed("short", (re.compile("^139"),), EVERY_DOOR),))
    assert ruling(rules=short) == "not_allowed"


def test_without_a_word_of_dialling_in_the_configuration_nothing_is_dialled() -> None:
    assert ruling(rules=None) == "no_dialling"


@pytest.mark.parametrize("opening", [Opening.CLOSED, Opening.HOLIDAY, Opening.EMERGENCY])
def test_nothing_is_dialled_outside_the_hours(opening: Opening) -> None:
    assert ruling(opening=opening) == "closed"


HOUR_AGO, YESTERDAY = NOON - timedelta(hours=1), NOON - timedelta(days=1)


@pytest.mark.parametrize(
    ("dialled", "expected"),
    [
        ((("customer:a", NOON),), "mobile"),
        ((("customer:a", NOON),) * 2, "user_hour"),
        ((("customer:b", NOON),) * 2, "mobile"),
        ((("customer:a", HOUR_AGO),) * 2, "mobile"),
        ((("customer:a", HOUR_AGO),) * 3, "user_day"),
        ((("customer:a", YESTERDAY),) * 9, "mobile"),
        ((("customer:b", NOON),) * 4, "site_hour"),
        ((("customer:b", HOUR_AGO),) * 5, "site_day"),
    ],
)
def test_a_user_and_the_site_dial_so_often_an_hour_and_a_day(
    dialled: tuple[tuple[str, datetime], ...], expected: str
) -> None:
    assert ruling(dialled=dialled) == expected


@pytest.mark.parametrize(
    ("number", "told"), [(MOBILE, "11"), ("110", ""), ("", ""), ("+12", ""), ("Local/0085290001111@x", "11")]
)
def test_of_a_number_two_digits_are_told_at_the_most(number: str, told: str) -> None:
    assert ends_in(number) == told


def test_every_rule_that_can_be_broken_is_named_by_one_of_these_tests() -> None:
    """`stopped` is the office's (test_service_dialling)."""
    assert {rule.value for rule in DialRule} == {
        *("no_dialling", "not_a_number", "not_allowed", "closed", "stopped"),
        *("user_hour", "user_day", "site_hour", "site_day"),
    }
