"""What the centre's files may say, as pydantic forms, and the forms' way into the engine's records."""

from __future__ import annotations

from datetime import time
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from acd.errors import BadNeed
from acd.expressions import Expression
from acd.names import AgentId, PauseCounts, QueueId
from acd.negation import misplaced_negation
from acd.plans.plan import (
    USUAL,
    AfterOffer,
    AgentProfile,
    Announcing,
    CallerNeed,
    Choice,
    LineOrder,
    PlanStep,
    Preference,
    QueuePlan,
    StepBegins,
    Whom,
    WrapUpMode,
)
from common.time_zones import known_time_zone
from service.centre.dialling import DiallingRules
from service.centre.door import DoorRules
from service.centre.lookup import LookupTarget
from service.centre.offering import OfferRules


def _expression(text: str) -> str:
    try:
        Expression(text)
    except BadNeed as bad:
        raise ValueError(" ".join(str(bad).split())) from None  # the parser draws a picture of several lines
    if told := misplaced_negation(text):
        raise ValueError(told)
    return text


Cel = Annotated[str, AfterValidator(_expression)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
SkillName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
"""A name that a need can write as `skill.NAME`; the API takes the same."""
Key = Annotated[str, BeforeValidator(str), Field(pattern=r"^[0-9*#]$")]
"""Of a telephone; digits may be written without quotes."""
Number = Annotated[str, Field(pattern=r"^[0-9]{1,12}$")]
Seconds = Annotated[float, Field(ge=0, le=86_400)]
Level = Annotated[int, Field(ge=1, le=10)]


class ReturningCaller(StrEnum):
    """What becomes of a callback whose customer calls in themselves."""

    TAKES_PLACE = "takes_place"
    """They stand where it stood, and it is over."""
    KEEPS_CALLBACK = "keeps_callback"
    """They queue as anybody, and it stays."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Label(_Part):
    """A text people see, in both languages."""

    zh: str = Field(alias="zh-CN", min_length=1)
    en: str = Field(min_length=1)

    def by_language(self) -> dict[str, str]:
        """The text by language tag."""
        return {"zh-CN": self.zh, "en": self.en}


class PauseReason(_Part):
    """A reason for which agents pause; the code is dialled."""

    code: int = Field(ge=1, le=9)
    name: Name
    label: Label
    counts_as: PauseCounts = PauseCounts.ABSENCE


class RecordingRule(_Part):
    """Whether calls for which `when` (CEL over `queue` and `call.NAME`) holds are recorded; the first that holds decides."""

    when: Cel = "true"
    record: bool


class CallbackRules(_Part):
    """How customers are called back; which numbers may be, `dialling` says."""

    attempts: int = Field(3, ge=1, le=20)
    pause: Annotated[float, Field(ge=1, le=86_400)] = 600
    ring: Annotated[float, Field(ge=3, le=300)] = 30
    a_day: int = Field(3, ge=1, le=100)
    """Promises to one number a day."""
    between: tuple[time, time] = (time(9), time(21))
    """The time of day in which customers are called."""
    who_returns: ReturningCaller = ReturningCaller.TAKES_PLACE


class CentreFile(_Part):
    """switchboard.yaml."""

    time_zone: Annotated[str, AfterValidator(known_time_zone)]
    language: Literal["zh-CN", "en"] = "zh-CN"
    pause_reasons: list[PauseReason] = Field(min_length=1)
    recording: list[RecordingRule] = []
    remember_customers_days: int = Field(30, ge=1, le=366)
    """For how long it is kept with whom a customer talked last."""
    keep_recordings_days: int | None = Field(None, ge=1, le=36_500)
    """For how long recordings, messages and faxes are kept; None: for ever."""
    callback: CallbackRules | None = None
    dialling: DiallingRules | None = None
    skills: dict[SkillName, Label] = {}
    """What people call skills; others go by their names."""
    lookups: dict[Name, LookupTarget] = {}
    """The other systems that flows may ask, by the names they know them by."""


class PreferRule(_Part):
    """For whom callers are kept, and how many seconds of their wait."""

    whom: Whom
    agent: Number | None = None
    seconds: Annotated[float, Field(gt=0, le=86_400, alias="for")]


def _the_same_in_both(name: object) -> object:
    if isinstance(name, str):
        return {"zh-CN": name, "en": name}
    if isinstance(name, dict):
        return name
    raise ValueError(f"write one text, or one in each language as {{zh-CN: …, en: …}}, not {name!r}")


StepName = Annotated[Label, BeforeValidator(_the_same_in_both)]
"""In both languages, or one text for both."""


class StepRule(_Part):
    """One step of a queue's plan."""

    name: StepName
    after: Seconds = 0
    need: Cel | None = None
    caller_need: CallerNeed = CallerNeed.REQUIRED
    choose: list[Choice] = Field(list(USUAL), min_length=1)
    begins: StepBegins = StepBegins.AFTER
    adds_priority: int = Field(0, ge=0, le=100)
    divert: str | None = None


class NoAgent(_Part):
    """What a caller gets when nobody who could serve them is there."""

    say: Name | None = None
    divert: str | None = None


class Announce(_Part):
    """What callers in line are told, and when."""

    first_after: Annotated[float, Field(ge=1, le=86_400)]
    every: Annotated[float, Field(ge=5, le=86_400)] | None = None
    position: bool = False
    expected_wait: bool = False
    say: list[Name] = []

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.position or self.expected_wait or self.say):
            raise ValueError("nothing is announced: add `position: true`, `expected_wait: true` or `say: [PROMPT]`")
        return self


class QueueRules(_Part, DoorRules):
    """One queue."""

    name: Label
    answer_within: Seconds = 20
    short_abandon: Seconds = 5
    ring: Annotated[float, Field(ge=3, le=300)] = 20
    wrap_up: Seconds = 0
    wrap_up_mode: WrapUpMode = WrapUpMode.OPTIONAL
    after_no_answer: AfterOffer = AfterOffer.NOT_RESPONDING
    after_refused: AfterOffer = AfterOffer.NOT_RESPONDING
    after_busy: AfterOffer = AfterOffer.READY
    after_unreachable: AfterOffer = AfterOffer.NOT_RESPONDING
    retry_agent_after: Seconds = 30
    retry_busy_after: Seconds = 10
    music: Name = "default"
    announce: Announce | None = None
    keys: dict[Key, str] = {}
    no_agent: NoAgent = NoAgent()
    ageing: Annotated[float, Field(gt=0, le=86_400)] | None = None
    order: LineOrder = LineOrder.AGE
    weight: Annotated[float, Field(gt=0, le=100)] = 1.0
    prefer: list[PreferRule] = []
    grace: Seconds = 0
    number: Number | None = None
    transfer_adds_priority: int = Field(0, ge=0, le=100)
    offer: OfferRules = OfferRules()
    steps: list[StepRule] = Field(min_length=1)

    @property
    def diverts(self) -> set[str]:
        """The flow steps that the queue may send its callers to."""
        turned_away = (rule.divert for rule in self.treatments().values())
        named = (self.no_agent.divert, *self.keys.values(), *(step.divert for step in self.steps), *turned_away)
        return {divert for divert in named if divert is not None}


class QueuesFile(_Part):
    """queues.yaml."""

    queues: dict[Name, QueueRules] = Field(min_length=1)


class AgentRules(_Part):
    """One agent."""

    name: str = Field(min_length=1, max_length=80)
    skills: dict[SkillName, Level] = {}
    queues: list[Name] = Field(min_length=1)
    wrap_up: Seconds | None = None
    wrap_up_mode: WrapUpMode | None = None
    orders: dict[Name, Annotated[int, Field(ge=1, le=100)]] = {}
    """The agent's own order of single queues, 1 for the others; callers of a lower order go first."""


class AgentsFile(_Part):
    """agents.yaml."""

    agents: dict[Number, AgentRules]


def plan_of(queue: QueueId, rules: QueueRules) -> QueuePlan:
    """Return the plan that a queue's rules stand for."""
    return QueuePlan(
        queue=queue,
        name=rules.name.en,
        steps=tuple(_step(step) for step in rules.steps),
        ring_s=rules.ring,
        wrap_up_s=rules.wrap_up,
        wrap_up_mode=rules.wrap_up_mode,
        after_no_answer=rules.after_no_answer,
        after_refused=rules.after_refused,
        after_busy=rules.after_busy,
        after_unreachable=rules.after_unreachable,
        retry_agent_after_s=rules.retry_agent_after,
        retry_busy_after_s=rules.retry_busy_after,
        no_agent_say=rules.no_agent.say or "",
        no_agent_divert=rules.no_agent.divert or "",
        answer_within_s=rules.answer_within,
        short_abandon_s=rules.short_abandon,
        music=rules.music,
        announce=None if rules.announce is None else _announcing(rules.announce),
        keys=tuple(sorted(rules.keys.items())),
        ageing_s=rules.ageing,
        order=rules.order,
        weight=rules.weight,
        door=rules.door(),
        prefer=tuple(_preference(rule) for rule in rules.prefer),
        grace_s=rules.grace,
        number=rules.number or "",
        transfer_adds_priority=rules.transfer_adds_priority,
        offering=rules.offer.offering(),
    )


def _preference(rule: PreferRule) -> Preference:
    return Preference(rule.whom, rule.seconds, None if rule.agent is None else AgentId(rule.agent))


def _announcing(rules: Announce) -> Announcing:
    return Announcing(rules.first_after, rules.every, rules.position, rules.expected_wait, tuple(rules.say))


def _step(rules: StepRule) -> PlanStep:
    return PlanStep(
        rules.name.en,
        rules.after,
        rules.need or "",
        rules.caller_need,
        tuple(rules.choose),
        rules.begins,
        rules.adds_priority,
        rules.divert or "",
        tuple(sorted(rules.name.by_language().items())),
    )


def profile_of(agent: AgentId, rules: AgentRules) -> AgentProfile:
    """Return the profile that an agent's rules stand for."""
    return AgentProfile(
        agent=agent,
        name=rules.name,
        skills=tuple(sorted(rules.skills.items())),
        queues=tuple(QueueId(queue) for queue in rules.queues),
        wrap_up_s=rules.wrap_up,
        wrap_up_mode=rules.wrap_up_mode,
        orders=tuple(rules.orders.get(queue, 1) for queue in rules.queues),
    )
