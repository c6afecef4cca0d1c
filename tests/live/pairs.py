"""A caller and an agent who talk, and what either did not hear of the other while something was broken."""

from __future__ import annotations

from deploy.telephones.callers import Caller
from deploy.telephones.phones import AnswerAfter, Phone
from tests.live.hearing import Heard, heard_in
from tests.live.house import SOON_S, Agent, House
from tests.live.waiting import until

ON_ITS_WAY_S = 0.3
"""How much sound may be missing at the end of a stretch: what is on its way when we look."""
LATE_SHARE = 0.05
"""How much less than real time a phone's own tone may come on a machine that is short of processors."""


class Pair:
    """A caller and an agent who talk: each hears the other's tone."""

    def __init__(self, caller: Caller, agent: Agent) -> None:
        self.caller = caller
        self.agent = agent

    async def until_heard(self) -> None:
        """Wait until both hear each other."""
        for side, tone_hz in self._sides():
            await until(
                lambda side=side, tone_hz=tone_hz: _heard(side).last(0.5).share_of(tone_hz) > 0.9,  # type: ignore[misc] # mypy cannot infer lambdas with defaults
                "they hear each other",
                SOON_S,
            )

    def heard_s(self) -> list[float]:
        """How much each side has heard so far, in seconds."""
        return [_heard(side).duration_s for side, _ in self._sides()]

    def missed_since(self, before_s: list[float], lasted_s: float) -> list[str]:
        """What each side did not hear of the other in the last `lasted_s` seconds; empty where nothing is missing."""
        missed = []
        for start_s, (side, tone_hz) in zip(before_s, self._sides(), strict=True):
            heard = _heard(side)
            since = heard.between(start_s, heard.duration_s)
            if since.duration_s < lasted_s * (1 - LATE_SHARE) - ON_ITS_WAY_S:
                missed.append(f"{side.name} heard {since.duration_s:.2f} s of {lasted_s:.2f} s")
            quiet = sum(part.share_of(tone_hz) < 0.9 for part in since.parts(0.1))
            if quiet:
                missed.append(f"{side.name} heard something else for {quiet / 10:.1f} s")
        return missed

    def _sides(self) -> list[tuple[Caller | Phone, int]]:
        return [(self.caller, self.agent.tone_hz), (self.agent.phone, self.caller.sound.tone_hz)]


def _heard(side: Caller | Phone) -> Heard:
    return heard_in(side.heard_files()[-1])


async def talking_pair(house: House, number: str) -> Pair:
    """An agent and a caller who have heard each other for a moment."""
    agent = await house.ready_agent(number, AnswerAfter(0.1))
    caller = await house.caller("crowd")
    await house.until_talking(caller, agent)
    pair = Pair(caller, agent)
    await pair.until_heard()
    return pair
