"""What calendars.yaml may say: its forms, the mistakes no form can name, and the way into `hours.py`'s records."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from acd.names import AgentId
from common.suggest import did_you_mean
from common.time_zones import known_time_zone
from common.yaml_file import Located, Mistake, Place
from ivr.calendars.hours import DAY_MIN, Calendar, Day, Holiday, MakeUpDay, Span, SpecialDay, Week

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_HOLIDAY_DAYS = 92
_SPAN = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*(?:([01]?\d|2[0-3]):([0-5]\d)|24:00)")


def _span(text: str) -> str:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError(f'\'{text}\' is no span of hours: write "09:00-18:00", over midnight "22:00-02:00"')
    if (found[1], found[2]) == (found[3], found[4]):
        raise ValueError(f"'{text}' begins where it ends: for the whole day write \"00:00-24:00\"")
    return text


def _weekdays(text: str) -> str:
    first, to, last = text.partition("-")
    for day in (first, last) if to else (first,):
        if day not in WEEKDAYS:
            raise ValueError(f"no weekday '{day}'{did_you_mean(day, WEEKDAYS)} (there are {', '.join(WEEKDAYS)})")
    if to and WEEKDAYS.index(first) >= WEEKDAYS.index(last):
        raise ValueError(f"'{text}' runs backwards: the week begins with mon")
    return text


SpanText = Annotated[str, AfterValidator(_span)]
Weekdays = Annotated[str, AfterValidator(_weekdays)]
CalendarName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class DayName(_Form):
    """What people call the day, in both languages."""

    zh: str = Field(alias="zh-CN", min_length=1, max_length=80)
    en: str = Field(min_length=1, max_length=80)

    def by_language(self) -> dict[str, str]:
        """The name by language tag."""
        return {"zh-CN": self.zh, "en": self.en}


class HolidayForm(_Form):
    """One day (`date`), or several (`from`, `to`, both included)."""

    name: DayName
    day: date | None = Field(None, alias="date")
    first: date | None = Field(None, alias="from")
    last: date | None = Field(None, alias="to")

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if self.day is not None:
            if self.first is not None or self.last is not None:
                raise ValueError("a holiday has either a date, or from and to")
        elif self.first is None or self.last is None:
            raise ValueError("a holiday needs a date, or from and to")
        elif not self.first <= self.last <= self.first + timedelta(days=LONGEST_HOLIDAY_DAYS):
            raise ValueError(f"from and to have to be in order, at most {LONGEST_HOLIDAY_DAYS} days apart")
        return self

    def days(self) -> list[date]:
        """Every day of it."""
        first, last = self.day or self.first, self.day or self.last
        if first is None or last is None:
            raise AssertionError("a holiday without days passed its check")
        return [first + timedelta(days=number) for number in range((last - first).days + 1)]


class MakeUpForm(_Form):
    """A day that works like another weekday (调休)."""

    day: date = Field(alias="date")
    like: Annotated[str, AfterValidator(_weekdays), Field(max_length=3)]


class SpecialForm(_Form):
    """A day with hours of its own."""

    day: date = Field(alias="date")
    name: DayName
    hours: Annotated[list[SpanText], Field(min_length=1)]


class PhoneForm(_Form):
    """Whose phones throw the emergency switch, and by which code behind *15 and *16."""

    code: Annotated[int, Field(ge=1, le=99)]
    agents: Annotated[list[Annotated[str, Field(pattern=r"^[0-9]{1,12}$")]], Field(min_length=1)]


class CalendarForm(_Form):
    """One calendar."""

    time_zone: Annotated[str, AfterValidator(known_time_zone)] | None = None
    by_phone: PhoneForm | None = None
    week: dict[Weekdays, list[SpanText]]
    holidays: list[HolidayForm] = []
    make_up_days: list[MakeUpForm] = []
    special_days: list[SpecialForm] = []

    def calendar(self, name: str, zone: ZoneInfo) -> Calendar:
        """The calendar; `zone` holds where it names none."""
        days: dict[date, Day] = {}
        for holiday in self.holidays:
            days |= dict.fromkeys(holiday.days(), Holiday(holiday.name.by_language()))
        for made_up in self.make_up_days:
            days[made_up.day] = MakeUpDay(WEEKDAYS.index(made_up.like))
        for special in self.special_days:
            days[special.day] = SpecialDay(special.name.by_language(), _spans(special.hours))
        zone = ZoneInfo(self.time_zone) if self.time_zone else zone
        if self.by_phone is None:
            return Calendar(name, zone, self._week(), days)
        agents = frozenset(map(AgentId, self.by_phone.agents))
        return Calendar(name, zone, self._week(), days, str(self.by_phone.code), agents)

    def _week(self) -> Week:
        hours: dict[int, tuple[Span, ...]] = {}
        for days, spans in self.week.items():
            hours |= dict.fromkeys(weekdays_of(days), _spans(spans))
        return tuple(hours.get(day, ()) for day in range(7))


class CalendarsFile(_Form):
    """calendars.yaml."""

    calendars: dict[CalendarName, CalendarForm] = {}

    def by_name(self, zone: ZoneInfo) -> dict[str, Calendar]:
        """The calendars; `zone` is the site's."""
        return {name: form.calendar(name, zone) for name, form in self.calendars.items()}


def weekdays_of(text: str) -> range:
    """The weekdays (0 Monday) that `mon-fri`, or `sat`, names."""
    first, _, last = text.partition("-")
    return range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1)


def span_of(text: str) -> Span:
    """The span that `22:00-02:00` names."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise AssertionError(f"the span {text!r} passed its check")
    opens = int(found[1]) * 60 + int(found[2])
    closes = DAY_MIN if found[3] is None else int(found[3]) * 60 + int(found[4])
    return Span(opens, closes if closes > opens else closes + DAY_MIN)


def _spans(texts: list[str]) -> tuple[Span, ...]:
    return tuple(sorted(map(span_of, texts)))


# ------------------------------------------------------------------------------------------------- mistakes


def unknown_agents(located: Located[CalendarsFile], known: Collection[str]) -> Iterator[Mistake]:
    """Yield agents who may close a calendar by phone and are not configured."""
    for name, form in located.value.calendars.items():
        for number, agent in enumerate(form.by_phone.agents if form.by_phone is not None else ()):
            if agent not in known:
                place = ("calendars", name, "by_phone", "agents", number)
                yield located.mistake(place, f"unknown agent '{agent}'{did_you_mean(agent, known)}")


def mistakes_in(located: Located[CalendarsFile]) -> Iterator[Mistake]:
    """Yield what is well-formed and cannot be meant: days named twice, hours that overlap, codes given twice."""
    codes: dict[int, str] = {}
    for name, form in located.value.calendars.items():
        at = ("calendars", name)
        if form.by_phone is not None and codes.setdefault(form.by_phone.code, name) != name:
            code = form.by_phone.code
            yield located.mistake((*at, "by_phone", "code"), f"calendar '{codes[code]}' has the code {code} already")
        yield from _weekdays_twice(located, at, form)
        yield from _days_twice(located, at, form)
        if not any(form.week.values()) and not form.special_days:
            yield located.mistake_in_key((*at, "week"), f"calendar '{name}' is never open: give it hours")


def _weekdays_twice(located: Located[CalendarsFile], at: Place, form: CalendarForm) -> Iterator[Mistake]:
    named: dict[int, str] = {}
    for days, texts in form.week.items():
        yield from _overlaps(located, (*at, "week", days), texts)
        for day in weekdays_of(days):
            if named.setdefault(day, days) != days:
                text = f"{WEEKDAYS[day]} is in '{named[day]}' already: give its hours once"
                yield located.mistake_in_key((*at, "week", days), text)
                break
    week = form.calendar("", ZoneInfo("UTC")).week
    for day, following in pairwise((*range(7), 0)):
        last = max((span.closes_min for span in week[day]), default=0)
        first = min((span.opens_min for span in week[following]), default=DAY_MIN)
        if last > first + DAY_MIN and day in named and following in named:
            text = f"{WEEKDAYS[day]}'s hours run over midnight into {WEEKDAYS[following]}'s: end them before"
            yield located.mistake_in_key((*at, "week", named[day]), text)


def _overlaps(located: Located[CalendarsFile], place: Place, texts: list[str]) -> Iterator[Mistake]:
    spans = sorted((span_of(text), number) for number, text in enumerate(texts))
    for (before, one), (after, other) in pairwise(spans):
        if after.opens_min < before.closes_min:
            text = f"'{texts[other]}' overlaps with '{texts[one]}'"
            yield located.mistake((*place, max(one, other)), text)


def _days_twice(located: Located[CalendarsFile], at: Place, form: CalendarForm) -> Iterator[Mistake]:
    named: dict[date, str] = {}
    days: list[tuple[Place, str, list[date]]] = []
    for number, holiday in enumerate(form.holidays):
        days.append(((*at, "holidays", number), f"the holiday {holiday.name.en}", holiday.days()))
    for number, made_up in enumerate(form.make_up_days):
        days.append(((*at, "make_up_days", number, "date"), "a make-up day", [made_up.day]))
    for number, special in enumerate(form.special_days):
        days.append(((*at, "special_days", number, "date"), "a special day", [special.day]))
        yield from _overlaps(located, (*at, "special_days", number, "hours"), special.hours)
    for place, what, dates in days:
        for day in dates:
            if day in named:
                yield located.mistake(place, f"{day} is {named[day]} already: it cannot be {what} too")
                break
            named[day] = what
