"""calendars.yaml and the doors of queues.yaml: what they mean, and every mistake with its place."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from acd.names import TurnedAwayFor
from acd.plans.door import Door, Treatment
from common.yaml_file import ConfigurationRefused
from ivr.calendars.hours import Holiday, MakeUpDay, Span, SpecialDay
from service.centre.files import load_centre
from tests.unit.service_kit import CALENDARS, QUEUES, SHOP, centre_in, spoil

MISTAKES = [
    ("mon-fri", "^mon-fir", "no weekday 'fir', did you mean 'fri'?"),
    ("mon-fri", "^fri-mon", "'fri-mon' runs backwards"),
    ('"13:30-18:00"', '^"11:30-18:00"', "'11:30-18:00' overlaps with '09:00-12:00'"),
    ('"13:30-18:00"', '^"13:30-25:00"', "'13:30-25:00' is no span of hours"),
    ('"13:30-18:00"', '^"18:00-18:00"', 'for the whole day write "00:00-24:00"'),
    ('sat: ["22:00-02:00"]', '^fri: ["20:00-22:00"]', "fri is in 'mon-fri' already"),
    ('sat: ["22:00-02:00"]', '^sat: ["22:00-10:00"]\n      sun: ["09:00-12:00"]', "run over midnight into sun's"),
    ("from: 2026-10-01, to: 2026-10-07", "date: ^2026-02-30", "day value is outside expected range"),
    ("from: 2026-10-01, to: 2026-10-07", "from: 2026-10-07, to: 2026-10-01", "in order"),
    ("from: 2026-10-01, to: 2026-10-07", "from: 2026-10-07", "needs a date, or from and to"),
    ("date: 2026-10-10", "date: ^2026-10-07", "2026-10-07 is the holiday National Day already"),
    ("like: mon", "like: ^monday", "no weekday 'monday', did you mean 'mon'?"),
    ("date: 2026-12-24", "date: ^2026-10-10", "2026-10-10 is a make-up day already: it cannot be a special day too"),
    ("    week:", "    time_zone: ^Asia/Shangai\n    week:", "did you mean 'Asia/Shanghai'?"),
    ("    week:", "    by_phone: {code: 1, agents: [^'1009']}\n    week:", "unknown agent '1009', did you mean"),
    ("    week:", "    by_phone: {code: 1, agents: ['1001']}\n    week:", "calendar 'shop' has the code 1 already"),
    ("holidays:", "^holiday:", "unknown key 'holiday', did you mean 'holidays'?"),
]
"""What is right, what is written instead (the mistake's place marked by ^ where it is not the whole entry), what is said."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = centre_in(tmp_path)
    (folder / CALENDARS).write_text(SHOP, encoding="utf-8")
    return folder


def refused(folder: Path) -> list[tuple[str, int, int, str]]:
    with pytest.raises(ConfigurationRefused) as refused:
        load_centre(folder)
    return [(Path(m.file).name, m.line, m.column, m.text) for m in refused.value.mistakes]


def test_a_calendar_is_what_its_file_says(folder: Path) -> None:
    shop = load_centre(folder).calendars["shop"]
    office = (Span(540, 720), Span(810, 1080))
    assert shop.zone.key == "Asia/Shanghai"  # the site's
    assert shop.week == (*(office,) * 5, (Span(1320, 1560),), ())
    assert shop.days[date(2026, 10, 7)] == Holiday({"zh-CN": "国庆节", "en": "National Day"})
    assert shop.days[date(2026, 10, 10)] == MakeUpDay(0)
    assert shop.days[date(2026, 12, 24)] == SpecialDay({"zh-CN": "平安夜", "en": "Christmas Eve"}, (Span(540, 720),))
    assert len(shop.days) == 9


def test_a_centre_without_the_file_has_no_calendars(folder: Path) -> None:
    (folder / CALENDARS).unlink()
    assert load_centre(folder).calendars == {}


@pytest.mark.parametrize(("right", "wrong", "says"), MISTAKES)
def test_a_mistake_in_a_calendar_is_named_with_its_place(folder: Path, right: str, wrong: str, says: str) -> None:
    spoil(folder / CALENDARS, right, wrong)
    if "code 1 already" in says:
        other = '  office: {by_phone: {code: 1, agents: ["1002"]}, week: {mon: ["09:00-10:00"]}}\n'
        (folder / CALENDARS).write_text((folder / CALENDARS).read_text(encoding="utf-8") + other, encoding="utf-8")
    text = (folder / CALENDARS).read_text(encoding="utf-8")
    before, marked, _ = text.partition("^")
    if marked:
        spoil(folder / CALENDARS, "^", "")
    found = [one for one in refused(folder) if says in one[3]]
    assert found, refused(folder)
    if marked:
        assert found[0][:3] == (CALENDARS, before.count("\n") + 1, len(before) - before.rfind("\n"))


def door_of(folder: Path, rules: str) -> Door:
    spoil(folder / QUEUES, "    ring: 15\n", f"    ring: 15\n    {rules}\n")
    return next(plan.door for plan in load_centre(folder).configured.queues if plan.queue == "sales")


def test_a_queue_s_door_is_what_its_rules_say(folder: Path) -> None:
    rules = (
        "hours: shop",
        "closed: {say: a, divert: b}",
        "holiday: {say: c}",
        "none_signed_in: {divert: d}",
        "full: {most: 7, say: e}",
        "too_long: {expected_wait_above: 600, say: f}",
    )
    door = door_of(folder, "\n    ".join(rules))
    assert (door.hours, door.most, door.expected_wait_above_s) == ("shop", 7, 600)
    treatments = {why: door.treatment(why) for why in TurnedAwayFor}
    assert treatments == {
        TurnedAwayFor.CLOSED: Treatment("a", "b"),
        TurnedAwayFor.EMERGENCY: Treatment("a", "b"),
        TurnedAwayFor.HOLIDAY: Treatment("c", ""),
        TurnedAwayFor.NONE_SIGNED_IN: Treatment("", "d"),
        TurnedAwayFor.FULL: Treatment("e", ""),
        TurnedAwayFor.TOO_LONG: Treatment("f", ""),
    }


def test_an_unknown_calendar_and_treatments_without_hours_are_mistakes(folder: Path) -> None:
    with pytest.raises(ConfigurationRefused, match="unknown calendar 'shp', did you mean 'shop'"):
        door_of(folder, "hours: shp")
    spoil(folder / QUEUES, "hours: shp", "holiday: {say: nobody-here}")
    [(file, line, column, text)] = refused(folder)
    assert (file, line, column) == (QUEUES, 5, 5)
    assert text.startswith("'holiday' is never so without hours")


def test_a_queue_for_nobody_is_a_mistake(folder: Path) -> None:
    with pytest.raises(ConfigurationRefused, match="greater than or equal to 1"):
        door_of(folder, "full: {most: 0}")
