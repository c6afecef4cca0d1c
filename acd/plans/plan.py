"""A queue's plan: steps that widen with the time waited; and what configuration says of an agent."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from acd.errors import UnknownQueue
from acd.expressions import Expression
from acd.names import AgentId, NameByLanguage, OfferFailure, QueueId, Skills
from acd.plans.door import OPEN_DOOR, Door
from acd.plans.offering import PLAIN, Offering


class WrapUpMode(StrEnum):
    """Who ends a wrap-up."""

    OPTIONAL = "optional"
    """Its time, or the agent earlier."""
    FIXED = "fixed"
    """Its time alone."""
    UNTIL_FINISHED = "until_finished"
    """The agent alone."""


@dataclass(frozen=True, slots=True)
class AgentProfile:
    """What configuration says of an agent."""

    agent: AgentId
    name: str
    skills: Skills
    queues: tuple[QueueId, ...]
    wrap_up_s: float | None = None
    """The agent's own wrap-up; the longer of this and the queue's holds."""
    wrap_up_mode: WrapUpMode | None = None
    """The agent's own; None: the queue's."""
    orders: tuple[int, ...] = ()
    """The agent's own order of each of `queues`, 1 where none is given; callers of a lower order go first."""

    @property
    def queue_orders(self) -> dict[QueueId, int]:
        """The queues served with the agent's order of each."""
        orders = self.orders or (1,) * len(self.queues)
        return dict(zip(self.queues, orders, strict=True))


class Choice(StrEnum):
    """A criterion for choosing among the agents who satisfy a need."""

    BEST_SKILL = "best_skill"
    """The highest sum of levels in the skills that the need names."""
    LEAST_SKILL = "least_skill"
    """The lowest sum that suffices: the best are kept for those who need them."""
    LONGEST_IDLE = "longest_idle"
    FEWEST_CALLS = "fewest_calls"
    """Fewest calls answered since signing in."""
    LOWEST_OCCUPANCY = "lowest_occupancy"
    """The smallest share of the time since signing in spent on calls, as it was when the agent became ready."""
    ROUND_ROBIN = "round_robin"
    """Whoever was offered a call least recently."""
    WEIGHTED_RANDOM = "weighted_random"
    """By lot, weighted by score; the same seed and history draw the same lots."""


USUAL = (Choice.BEST_SKILL, Choice.LONGEST_IDLE)
"""How agents are chosen where a plan does not say."""


class CallerNeed(StrEnum):
    """Whether a plan's step asks for the caller's own need too."""

    REQUIRED = "required"
    IGNORED = "ignored"


class AfterOffer(StrEnum):
    """What becomes of an agent who did not take an offer."""

    NOT_RESPONDING = "not_responding"
    PAUSED = "paused"
    """Paused, with the offer's outcome as the reason."""
    READY = "ready"
    """Ready for other callers; one whose phone was busy, after a moment (`QueuePlan.retry_busy_after_s`)."""


class LineOrder(StrEnum):
    """By what callers of equal priority are held against each other when queues share an agent."""

    AGE = "age"
    URGENCY = "urgency"


class StepBegins(StrEnum):
    """When a plan's step begins."""

    AFTER = "after"
    """When the caller has waited `after_s`."""
    NOBODY = "nobody"
    """Then, or at once where nobody signed in satisfies the step before."""


class Whom(StrEnum):
    """Whom a queue keeps a caller for."""

    LAST_AGENT = "last_agent"
    """Whoever talked with this customer last."""
    OWNER = "owner"
    """The agent whom the flow noted as `call.owner`."""
    AGENT = "agent"
    """The agent named in the plan."""


@dataclass(frozen=True, slots=True)
class Preference:
    """For whom a caller is kept, and for how many seconds of waiting."""

    whom: Whom
    for_s: float
    agent: AgentId | None = None
    """Of AGENT: who."""


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step of a queue's plan: who may serve a caller who has waited `after_s` seconds."""

    name: str
    after_s: float
    need: str = ""
    caller_need: CallerNeed = CallerNeed.REQUIRED
    choose: tuple[Choice, ...] = USUAL
    begins: StepBegins = StepBegins.AFTER
    adds_priority: int = 0
    """Added to the caller's priority when the step begins."""
    divert: str = ""
    """Flow step to which a caller whom this step finds no agent for is sent on at once."""
    names: NameByLanguage = ()
    """What people call the step; none: as `name`, whatever their language."""


@dataclass(frozen=True, slots=True)
class Announcing:
    """What callers in line are told, and when."""

    first_after_s: float
    """Seconds waited."""
    every_s: float | None = None
    """None: it is told once."""
    place: bool = False
    """Their place in line."""
    expected_wait: bool = False
    """How long it may take, as a range, where that is known."""
    say: tuple[str, ...] = ()
    """Prompts, one after the other."""


@dataclass(frozen=True, slots=True)
class QueuePlan:
    """A queue and the rules of its waiting callers."""

    queue: QueueId
    name: str
    steps: tuple[PlanStep, ...]
    ring_s: float = 20.0
    wrap_up_s: float = 0.0
    wrap_up_mode: WrapUpMode = WrapUpMode.OPTIONAL
    after_no_answer: AfterOffer = AfterOffer.NOT_RESPONDING
    after_refused: AfterOffer = AfterOffer.NOT_RESPONDING
    after_busy: AfterOffer = AfterOffer.READY
    after_unreachable: AfterOffer = AfterOffer.NOT_RESPONDING
    """Also where the offer failed for reasons that nobody knows."""
    retry_agent_after_s: float = 30.0
    """How long the same agent is not tried again for the same call."""
    retry_busy_after_s: float = 10.0
    """How long an agent who stays ready is tried for nobody after a busy phone, or an offer whose end nobody reported."""
    no_agent_say: str = ""
    """Prompt said once when nobody who could serve the caller is signed in and unpaused; empty says nothing."""
    no_agent_divert: str = ""
    """Flow step such a caller is sent to; empty lets them wait."""
    answer_within_s: float = 20.0
    """The service level's threshold T."""
    short_abandon_s: float = 5.0
    music: str = "default"
    announce: Announcing | None = None
    keys: tuple[tuple[str, str], ...] = ()
    """Flow step by the key (`0`-`9`, `*`, `#`) with which a waiting caller leaves the line for it."""
    ageing_s: float | None = None
    """So many seconds of waiting count as one level of priority; None: a higher priority always goes first."""
    order: LineOrder = LineOrder.AGE
    weight: float = 1.0
    """How strongly the queue's callers claim agents whom it shares with other queues."""
    prefer: tuple[Preference, ...] = ()
    """For whom callers are kept: the first of these whose agent is there."""
    grace_s: float = 0.0
    """Whoever hangs up while waiting and calls again within so many seconds has their place back; 0: never."""
    door: Door = OPEN_DOOR
    """Whom the queue lets in."""
    number: str = ""
    """What agents' phones dial to send a caller on to this queue; its name always does."""
    transfer_adds_priority: int = 0
    """Added to the priority of callers whom an agent of another queue sent on."""
    offering: Offering = PLAIN

    def after(self, failure: OfferFailure) -> AfterOffer:
        """What becomes of the agent of an offer that failed so; one who had no part in its end stays ready."""
        match failure:
            case OfferFailure.NO_ANSWER:
                return self.after_no_answer
            case OfferFailure.REFUSED:
                return self.after_refused
            case OfferFailure.BUSY:
                return self.after_busy
            case OfferFailure.UNREACHABLE | OfferFailure.ERROR:
                return self.after_unreachable
            case (
                OfferFailure.AGENT_PAUSED
                | OfferFailure.AGENT_SIGNED_OUT
                | OfferFailure.CALLER_GONE
                | OfferFailure.SESSION_LOST
                | OfferFailure.ANSWERED_ELSEWHERE
                | OfferFailure.EXPIRED
            ):
                return AfterOffer.READY
            case _:
                assert_never(failure)


def step_at(plan: QueuePlan, waited_s: float) -> int:
    """The index of the step in force for a caller who has waited this long."""
    index = 0
    for number, step in enumerate(plan.steps):
        if step.after_s <= waited_s:
            index = number
    return index


def next_step_after(plan: QueuePlan, step: int) -> PlanStep | None:
    """The step that follows, if any."""
    return plan.steps[step + 1] if step + 1 < len(plan.steps) else None


def check_plans(queues: tuple[QueuePlan, ...], agents: tuple[AgentProfile, ...]) -> None:
    """Raise a RequestRefused where plans and agents do not fit together; files are checked with line numbers before."""
    names = {plan.queue for plan in queues}
    for plan in queues:
        if not plan.steps or plan.steps[0].after_s != 0:
            raise UnknownQueue(f"queue {plan.queue} has no step that begins at 0 s: add one, or nobody is ever chosen")
        if any(a.after_s >= b.after_s for a, b in zip(plan.steps, plan.steps[1:], strict=False)):
            raise UnknownQueue(f"queue {plan.queue}: its steps must begin one after the other; order them by after_s")
        for step in plan.steps:
            if step.need:
                Expression(step.need)
    for profile in agents:
        for queue in profile.queues:
            if queue not in names:
                raise UnknownQueue(f"agent {profile.agent} serves queue {queue}, which is not configured")
