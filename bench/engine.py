"""How much the engine costs a request: a centre under full load, on virtual time. Last line: one JSON object.

2,000 agents, 200 skills, 50 queues, 10,000 callers waiting; then the same ten times as large. Every request is one that a
real centre makes in that proportion: callers join, agents answer, some let it ring, conversations end, wrap-ups end, a few
callers hang up, a few agents pause and come back, a few skills change. All of it is counted and timed, ticks included.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import json
import random
import sys
import time
from collections import deque
from dataclasses import dataclass

from acd.engine import Engine
from acd.events import Event, Offered
from acd.names import AgentId, AgentState, CallId, CallState, EndedBy, OfferFailure, PhoneId, QueueId
from acd.plans.plan import AgentProfile, PlanStep, QueuePlan
from acd.requests import (
    AgentPaused,
    AgentReady,
    AgentSignedIn,
    CallerGone,
    CallerJoined,
    Configured,
    ConversationEnded,
    ConversationStarted,
    OfferRefused,
    Request,
    SkillsAssigned,
)

SEED = 20261122
TALK_S = 180.0
WARM_UP = 50_000
"""Requests before the measured ones: every need has been met by then, as on any second day."""
LANGUAGES = ("chinese", "english", "cantonese", "japanese")


@dataclass(frozen=True, slots=True)
class Size:
    """How large the centre is."""

    agents: int
    skills: int
    queues: int
    waiting: int


USUAL = Size(2_000, 200, 50, 10_000)
TENFOLD = Size(20_000, 200, 50, 100_000)


class Centre:
    """A centre with all agents talking and its callers in line, that makes the requests of a busy hour."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.chance = random.Random(SEED)
        self.engine, self.now = Engine(), 1_000.0
        self.calls = 0
        self.waiting: deque[CallId] = deque()
        self.talking: deque[tuple[CallId, AgentId]] = deque()
        self.ringing: deque[tuple[CallId, AgentId]] = deque()
        self.paused: deque[AgentId] = deque()
        self.spent: list[int] = []
        self.happenings = ((0.05, self.hang_up), (0.02, self.pause), (0.02, self.come_back), (0.01, self.learn))
        """What else happens as each caller comes, and how often."""
        self._open()

    def _open(self) -> None:
        size, chance = self.size, self.chance
        queues = [
            QueuePlan(
                QueueId(f"q{n}"),
                f"Queue {n}",
                (
                    PlanStep("fluent", 0, f"skill.s{n} >= 5 && skill[call.language] >= 6"),
                    PlanStep("able", 60, f"skill.s{n} >= 3 && skill[call.language] >= 3"),
                    PlanStep("anyone", 300, f"skill.s{n} >= 1"),
                ),
                wrap_up_s=10.0,
            )
            for n in range(size.queues)
        ]
        profiles = []
        for number in range(size.agents):
            serves = chance.sample(range(size.queues), 3)
            skills = {f"s{n}": chance.randint(1, 10) for n in serves}
            skills |= {f"s{n}": chance.randint(1, 10) for n in chance.sample(range(size.queues, size.skills), 5)}
            skills |= {language: chance.randint(1, 10) for language in chance.sample(LANGUAGES, 2)}
            profiles.append(
                AgentProfile(
                    AgentId(str(number)),
                    f"Agent {number}",
                    tuple(sorted(skills.items())),
                    tuple(QueueId(f"q{n}") for n in serves),
                )
            )
        self.engine.handle(Configured(tuple(queues), tuple(profiles)), self.now)
        for profile in profiles:
            self.engine.handle(AgentSignedIn(profile.agent, PhoneId(f"PJSIP/p{profile.agent}"), "bench"), self.now)
            self.engine.handle(AgentReady(profile.agent, "bench"), self.now)
        while len(self.waiting) < size.waiting:
            self.now += 0.001
            self.do(self.new_caller(), counted=False)
            self.answer_all(counted=False)
        self.spent.clear()

    def new_caller(self) -> CallerJoined:
        """A caller dials in."""
        self.calls += 1
        call = CallId(f"node1-{self.calls}")
        self.waiting.append(call)
        return CallerJoined(
            call,
            QueueId(f"q{self.chance.randrange(self.size.queues)}"),
            priority=self.chance.choice((0, 0, 0, 1)),
            attributes=(("language", self.chance.choice(LANGUAGES)), ("menu_path", f"main/{self.calls % 7}")),
        )

    def do(self, request: Request | None, *, counted: bool = True) -> None:
        """Hand in a request (None: let time do its work), and note what it made and what it took."""
        began = time.thread_time_ns()
        events = self.engine.tick(self.now) if request is None else self.engine.handle(request, self.now)
        took = time.thread_time_ns() - began
        if counted:
            self.spent.append(took)
        self.note(events)

    def note(self, events: list[Event]) -> None:
        """Remember whose phone rings."""
        for event in events:
            if isinstance(event, Offered):
                self.ringing.append((event.call, event.agent))

    def answer_all(self, *, counted: bool = True) -> None:
        """Have every phone that rings answered, or let it ring out now and then."""
        while self.ringing:
            call, agent = self.ringing.popleft()
            if self.chance.random() < 0.03:
                self.do(OfferRefused(call, agent, OfferFailure.NO_ANSWER), counted=counted)
                self.do(AgentReady(agent, "bench"), counted=counted)
            else:
                self.do(ConversationStarted(call, agent), counted=counted)
                self.talking.append((call, agent))

    def work(self, requests: int) -> None:
        """Make so many requests, in a busy hour's proportions; about as many callers come as are served."""
        while len(self.spent) < requests:
            self.now += TALK_S / self.size.agents
            while (deadline := self.engine.next_deadline()) is not None and deadline <= self.now:
                self.do(None)
                self.answer_all()
            self.do(self.new_caller())
            if self.talking:
                call, agent = self.talking.popleft()
                self.do(ConversationEnded(call, agent, EndedBy.CALLER))
            self.answer_all()
            dice = self.chance.random()
            for share, happening in self.happenings:
                dice -= share
                if dice < 0:
                    happening()
                    self.answer_all()
                    break

    def hang_up(self) -> None:
        """A waiting caller gives up."""
        call = self.waiting.popleft()
        known = self.engine.floor.calls.get(call)
        if known is not None and known.state is CallState.WAITING:
            self.do(CallerGone(call))

    def pause(self) -> None:
        """An agent in wrap-up wants a break."""
        agent = self.somebody()
        if self.engine.floor.agents[agent].state is AgentState.WRAP_UP:
            self.do(AgentPaused(agent, "break", "bench"))
            self.paused.append(agent)

    def come_back(self) -> None:
        """A paused agent takes calls again."""
        if self.paused:
            agent = self.paused.popleft()
            if self.engine.floor.agents[agent].state is AgentState.PAUSED:
                self.do(AgentReady(agent, "bench"))

    def learn(self) -> None:
        """An agent's level in a skill changes."""
        agent = self.somebody()
        skills = dict(self.engine.floor.agents[agent].skills)
        skills[self.chance.choice(sorted(skills))] = self.chance.randint(1, 10)
        self.do(SkillsAssigned(agent, tuple(sorted(skills.items())), "bench"))

    def somebody(self) -> AgentId:
        """Any agent."""
        return AgentId(str(self.chance.randrange(self.size.agents)))


def measured(size: Size, requests: int) -> tuple[float, float]:
    """Requests a second, and the 99th percentile of one request's time in microseconds."""
    centre = Centre(size)
    centre.work(WARM_UP)
    centre.spent.clear()
    gc.collect()
    gc.freeze()
    centre.work(requests)
    gc.unfreeze()
    spent = sorted(centre.spent)
    waiting = sum(call.state is CallState.WAITING for call in centre.engine.floor.calls.values())
    print(f"{size}: {waiting} waiting at the end, {len(spent)} requests", file=sys.stderr)
    return len(spent) / (sum(spent) / 1e9), spent[int(len(spent) * 0.99)] / 1000


def main() -> None:
    """Measure, and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--profile", action="store_true", help="print where the time goes instead")
    options = parser.parse_args()
    if options.profile:
        centre = Centre(USUAL)
        centre.work(WARM_UP)
        centre.spent.clear()
        profiler = cProfile.Profile()
        profiler.runcall(centre.work, options.requests)
        profiler.print_stats("tottime")
        return
    per_s, p99_us = measured(USUAL, options.requests)
    tenfold_per_s, _ = measured(TENFOLD, options.requests)
    print(
        json.dumps(
            {"handled_per_s": round(per_s), "p99_us": round(p99_us, 1), "growth_10x": round(per_s / tenfold_per_s, 2)}
        )
    )


if __name__ == "__main__":
    main()
