"""The dialling of the site: the policy as configured now, what was dialled so far, the emergency stop, and word of both.

Counts and stop are kept in Redis as small texts, so a restart forgets neither.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from pydantic import TypeAdapter, ValidationError

from acd.desk import Desk
from acd.facts import DialRefused, NumberDialled
from acd.names import AgentId, CallId, DialDoor, DialRule, Opening
from cti_bridge.kept.texts import KeptTexts
from ivr.calendars.switches import Calendars
from ivr.dialling.policy import DialRules, Permit, Tally, Wish, agent_user, closed_to_all, ends_in, judge, listed

_log = structlog.get_logger("dialling")

LOOKS_EVERY_S = 1.0
"""How often it is looked, while dialling is stopped, whether an agent talks outside whose caller is gone."""
STOP, TALLY = "stop", "tally"
"""The names under which the emergency stop and the counts are kept."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The emergency stop as somebody left it. `since` in Unix seconds; 0: nobody ever threw it."""

    stopped: bool = False
    reason: str = ""
    who: str = ""
    since: float = 0.0


NOT_READ = Stop(stopped=True, reason="what Redis keeps of dialling is not read yet")
"""How the stop stands until it is known how somebody left it: who stopped dialling is not overruled by a restart."""
UNREADABLE = Stop(stopped=True, reason="what Redis keeps of dialling cannot be read")
_STOP, _TALLY = TypeAdapter(Stop), TypeAdapter(Tally)


class DialOffice:
    """One site's. `rules` and `zone` are as configured now, `wall` the present in Unix seconds."""

    def __init__(
        self,
        *,
        desk: Desk,
        rules: Callable[[], DialRules | None],
        zone: ZoneInfo,
        calendars: Calendars,
        wall: Callable[[], float],
    ) -> None:
        self._desk, self._rules, self._zone, self._calendars, self._wall = desk, rules, zone, calendars, wall
        self._tally = Tally()
        self._kept: KeptTexts | None = None
        self.stop = Stop()
        """The emergency stop as it stands."""

    @property
    def rules(self) -> DialRules | None:
        """The rules as configured now; None: nothing is dialled."""
        return self._rules()

    @property
    def tally(self) -> Tally:
        """What was dialled in this hour and on this day."""
        return self._tally.at(self._now())

    def ask(self, wish: Wish) -> Permit | DialRule:
        """Permit this and count it, or name the rule that forbids it; either is told on the feed."""
        ruling = self.would(wish)
        if isinstance(ruling, DialRule):
            self.refused(wish, ruling)
            return ruling
        self._tally = self._tally.with_one(wish.user, self._now())
        self._keep(TALLY, _TALLY.dump_json(self._tally))
        told = NumberDialled(wish.call, wish.door, ruling.allowed_by, ends_in(wish.number), wish.agent)
        self._desk.note(told)
        return ruling

    def would(self, wish: Wish) -> Permit | DialRule:
        """What `ask` would answer; nothing is counted or told."""
        if self.stop.stopped:
            return DialRule.STOPPED
        return judge(wish, self.rules, self._opening(), self._tally, self._now())

    def refused(self, wish: Wish, rule: DialRule) -> None:
        """Tell of a number that was asked for in vain."""
        _log.warning("a number is not dialled", call=wish.call, door=wish.door.value, rule=rule.value)
        self._desk.note(DialRefused(wish.call, wish.door, rule, ends_in(wish.number), wish.agent))

    def refused_to(self, call: CallId, agent: AgentId | None, number: str) -> DialRule | None:
        """The rule by which this agent cannot send a caller on to the number now, which is told; None: they can."""
        wish = Wish(call, number, DialDoor.AGENT, agent_user(agent), agent)
        ruling = self.would(wish)
        if isinstance(ruling, Permit):
            return None
        self.refused(wish, ruling)
        return ruling

    def never(self, number: str, door: DialDoor) -> DialRule | None:
        """The rule by which this door may have the number dialled at no time; None: it may, in its hours and caps."""
        names = listed(number, door, self.rules)
        return names if isinstance(names, DialRule) else None

    def open(self) -> bool:
        """Say whether anything may be dialled now."""
        return not self.stop.stopped and closed_to_all(self.rules, self._opening(), self._tally, self._now()) is None

    def stop_all(self, reason: str, who: str) -> Stop:
        """Have nothing dialled any more, until `resume`. Who talks already talks on; without a caller agents do not."""
        _log.warning("dialling out was stopped by hand", who=who)
        return self._throw(Stop(stopped=True, reason=reason, who=who, since=self._wall()))

    async def keep_stopped(self, end_lines_of_nobody: Callable[[], None]) -> None:
        """While the stop is thrown, have lines end that agents ask on for no caller any more. Until cancelled."""
        while True:
            if self.stop.stopped and self.stop is not NOT_READ:
                end_lines_of_nobody()
            await asyncio.sleep(LOOKS_EVERY_S)

    def resume(self, who: str) -> Stop:
        """Let numbers be dialled again, as the rules say."""
        _log.warning("dialling out goes on", who=who)
        return self._throw(Stop(stopped=False, who=who, since=self._wall()))

    def _throw(self, stop: Stop) -> Stop:
        self.stop = stop
        self._keep(STOP, _STOP.dump_json(stop))
        return stop

    def keep(self, kept: KeptTexts) -> None:
        """Have stop and counts kept from now on, and those that were kept read back."""
        self._kept = kept
        self.stop = NOT_READ
        kept.read_back = self._read_back

    def _read_back(self, texts: Mapping[str, str]) -> None:
        try:
            stop = _STOP.validate_json(texts[STOP]) if STOP in texts else Stop()
            self._tally = _TALLY.validate_json(texts[TALLY]) if TALLY in texts else self._tally
        except ValidationError:
            # Whoever wrote it meant something by it: dialling stays shut until somebody has looked.
            stop = UNREADABLE
            _log.error("what Redis keeps of dialling cannot be read: nothing is dialled until it is resumed by hand")
        if self.stop is NOT_READ:
            self.stop = stop

    def _keep(self, name: str, text: bytes) -> None:
        if self._kept is not None:
            self._kept.put(name, text.decode())

    def _opening(self) -> Opening:
        rules = self.rules
        return self._calendars.standing(rules.calendar).opening if rules and rules.calendar else Opening.OPEN

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._wall(), self._zone)
