"""Which numbers may be dialled, by which door, how often and when: one policy for callbacks, transfers and flows.

Pure: `now` is passed in, with its time zone. A number is let through only where a list names it as a whole, so whatever is
no number (a phone's name, an option, another channel) is refused before anything else is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from acd.names import AgentId, CallId, CustomerKey, DialDoor, DialRule, Opening

_NUMBER = re.compile(r"\+?[0-9]{1,32}", re.ASCII)
_TOLD_DIGITS = 2


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of numbers that some doors may have dialled."""

    name: str
    patterns: tuple[re.Pattern[str], ...]
    """One of them has to match the number as a whole."""
    doors: frozenset[DialDoor]


@dataclass(frozen=True, slots=True)
class Caps:
    """How many numbers may be dialled: for one user (an agent, or a customer), and for all, in an hour and on a day."""

    user_hour: int = 10
    user_day: int = 30
    site_hour: int = 100
    site_day: int = 500


@dataclass(frozen=True, slots=True)
class DialRules:
    """What the centre says of dialling out."""

    dial: str
    """How Asterisk dials a number, which `{number}` stands for."""
    lists: tuple[Listed, ...]
    shows: str = ""
    """The number that people outside see; empty: the network's own choice."""
    ring_s: float = 30.0
    talk_s: float = 7200.0
    """So long is talked with a number at the most that a caller is handed on to, or that an agent asks."""
    calendar: str = ""
    """While it is not open nothing is dialled; empty: at any time."""
    caps: Caps = field(default_factory=Caps)
    code: str = ""
    """What phones dial for the emergency stop; empty: no phone throws it."""
    stopped_by: frozenset[AgentId] = frozenset()
    """Whose phone may throw it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A number that is to be dialled. `number` is personal and never to be logged."""

    call: CallId
    number: str
    door: DialDoor
    user: str
    """Whose caps count: `agent:1001`, `customer:KEY`."""
    agent: AgentId | None = None


@dataclass(frozen=True, slots=True)
class Permit:
    """It may be dialled, so."""

    dial: str
    """Asterisk's dial string, with the number: never to be logged."""
    ring_s: float
    shows: str
    allowed_by: str
    """The list that names the number."""
    talk_s: float | None = None
    """So long after they have picked up they are hung up, whoever talks with them; None: never."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How often was dialled in the present hour and on the present day, by user; only what is of now counts."""

    hour: str = ""
    in_hour: Mapping[str, int] = field(default_factory=dict)
    day: str = ""
    on_day: Mapping[str, int] = field(default_factory=dict)

    def at(self, now: datetime) -> Tally:
        """The tally of this moment: an hour or a day that is over is forgotten."""
        day, hour = now.date().isoformat(), now.strftime("%Y-%m-%d %H %z")
        return Tally(hour, self.in_hour if hour == self.hour else {}, day, self.on_day if day == self.day else {})

    def with_one(self, user: str, now: datetime) -> Tally:
        """One more, of this user."""
        current = self.at(now)
        return replace(
            current,
            in_hour={**current.in_hour, user: current.in_hour.get(user, 0) + 1},
            on_day={**current.on_day, user: current.on_day.get(user, 0) + 1},
        )


def listed(number: str, door: DialDoor, rules: DialRules | None) -> Listed | DialRule:
    """The list by which this door may have the number dialled, or the rule that forbids it at any time."""
    if rules is None:
        return DialRule.NO_DIALLING
    if _NUMBER.fullmatch(number) is None:
        return DialRule.NOT_A_NUMBER
    for names in rules.lists:
        if door in names.doors and any(pattern.fullmatch(number) is not None for pattern in names.patterns):
            return names
    return DialRule.NOT_ALLOWED


def closed_to_all(rules: DialRules | None, opening: Opening, tally: Tally, now: datetime) -> DialRule | None:
    """The rule by which nobody may have anything dialled now; None: there is none. The emergency stop is no rule of ours."""
    if rules is None:
        return DialRule.NO_DIALLING
    if opening is not Opening.OPEN:
        return DialRule.CLOSED
    current, caps = tally.at(now), rules.caps
    if sum(current.in_hour.values()) >= caps.site_hour:
        return DialRule.SITE_HOUR
    if sum(current.on_day.values()) >= caps.site_day:
        return DialRule.SITE_DAY
    return None


def judge(wish: Wish, rules: DialRules | None, opening: Opening, tally: Tally, now: datetime) -> Permit | DialRule:
    """Permit the wish, or name the rule that forbids it: first what the number is, then the hour, then how many there were."""
    names = listed(wish.number, wish.door, rules)
    if isinstance(names, DialRule) or rules is None:
        return names if isinstance(names, DialRule) else DialRule.NO_DIALLING
    if (closed := closed_to_all(rules, opening, tally, now)) is not None:
        return closed
    current = tally.at(now)
    if current.in_hour.get(wish.user, 0) >= rules.caps.user_hour:
        return DialRule.USER_HOUR
    if current.on_day.get(wish.user, 0) >= rules.caps.user_day:
        return DialRule.USER_DAY
    # A callback is an agent's own talk with a customer, which the floor sees: nobody cuts it short.
    talk_s = None if wish.door is DialDoor.CALLBACK else rules.talk_s
    return Permit(rules.dial.replace("{number}", wish.number), rules.ring_s, rules.shows, names.name, talk_s)


def ends_in(number: str) -> str:
    """What is told of a number: its last two digits, and nothing of one that is shorter than four."""
    digits = "".join(sign for sign in number if "0" <= sign <= "9")
    return digits[-_TOLD_DIGITS:] if len(digits) >= 2 * _TOLD_DIGITS else ""


def agent_user(agent: AgentId | None) -> str:
    """Whose caps count where an agent asks; of several who may have had the caller, nobody may know which."""
    return f"agent:{agent or '?'}"


def customer_user(customer: CustomerKey | None) -> str:
    """Whose caps count where a caller asks; callers with a withheld number are one."""
    return f"customer:{customer or '?'}"
