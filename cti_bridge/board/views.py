"""What people and other software see of the live state: one set of models for REST, WebSocket and MQTT.

Times are Unix seconds, durations end in `_s`. Field names are public; dashboards and other software rely on them.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from acd.names import AgentState, CallState, Opening, PauseCounts

Texts = dict[str, str]
"""One text in each language, by its tag: `zh-CN`, `en`."""


class View(BaseModel):
    """A record to be read, never changed."""

    model_config = ConfigDict(frozen=True)


class AgentCounts(View):
    """How many of a queue's agents are in which state: a field for each of `acd.names.AgentState`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ready: int = 0
    offered: int = 0
    talking: int = 0
    on_hold: int = 0
    wrap_up: int = 0
    paused: int = 0
    not_responding: int = 0
    signed_out: int = 0
    busy_elsewhere: int = 0


class HoursView(View):
    """Whether a queue is open by its calendar, and what comes next."""

    calendar: str
    opening: Opening
    holiday: Texts | None = Field(description="The holiday's name by language tag, where it is one")
    opens_at: float | None = Field(
        description="When it opens next by its hours; null where it is open, closed by hand, or not known"
    )
    until: float | None = Field(description="Until when this holds by its hours; null: not known, or by hand")
    reason: str = Field(description="What was said when it was closed or opened by hand; empty where its hours hold")


class QueueView(View):
    """A queue now, and its figures of today."""

    id: str
    name: Texts
    waiting: int = Field(description="Callers not yet talking to an agent, those whose agent's phone rings included")
    callbacks: int = Field(description="Customers promised a call back, who are not on the line and not in `waiting`")
    longest_wait_since: float | None = Field(description="When the one who waits longest joined; null: nobody waits")
    offered: int
    answered: int
    abandoned: int = Field(description="Hung up while waiting, short ones included")
    short_abandoned: int
    diverted: int
    turned_away: int = Field(description="Not let in: closed, full, or nobody signed in; in no other figure")
    service_level: float | None = Field(
        description="Share of 0 to 1; a caller who still waits within T does not count yet; null before the first who does"
    )
    answer_within_s: float = Field(description="The service level's threshold T")
    average_wait_s: float | None = Field(description="ASA; null before the first answered call")
    agents: AgentCounts
    since: float = Field(description="From when on today's figures count")
    hours: HoursView | None = Field(default=None, description="Null: the queue has no calendar, and is always open")


class WishView(View):
    """A pause or sign-out that takes effect when the conversation is over."""

    state: AgentState
    reason: str


class AgentView(View):
    """An agent now."""

    id: str
    name: str
    state: AgentState
    reason: str = Field(
        description="Why paused or not responding; how a wrap-up ends: empty, `fixed` or `until_finished`"
    )
    counts_as: PauseCounts | None = Field(default=None, description="Of a pause: work or absence")
    since: float
    until: float | None = Field(description="When the state ends by itself")
    phone: str | None
    call: str | None
    skills: dict[str, int]
    queues: list[str]
    wish: WishView | None
    answered: int = Field(description="Calls answered today")


class WaitView(View):
    """How much longer a caller will wait, as a range, in seconds from when it was looked up: it is renewed as the line moves."""

    low_s: float
    likely_s: float
    high_s: float


class CallbackPart(View):
    """What is agreed of a callback."""

    attempts: int = Field(description="How often the customer was tried in vain")
    most_attempts: int
    next_at: float | None = Field(description="When the customer is tried again; null: whenever an agent is free")


class CallView(View):
    """A caller on the floor."""

    id: str
    queue: str
    state: CallState
    position: int | None = Field(description="Place in line from 1; null unless waiting")
    expected_wait: WaitView | None = Field(
        description="Eight of ten waits lie within it; null: not waiting, or not known"
    )
    joined_at: float
    since: float = Field(description="Since when the call is in this state")
    priority: int
    agent: str | None = Field(description="Who talks with the caller, or whose phone rings; of several the best")
    offered_to: list[str] = Field(description="All whose phones ring for the caller now")
    step: int = Field(description="The step of the queue's plan in force, from 0")
    step_name: str = Field(description="In English, where the plan names it in both languages")
    step_names: Texts
    attributes: dict[str, str | int | float | bool]
    kept_for: str | None = Field(
        default=None, description="The one agent the call is offered to for now; null: anybody"
    )
    kept_until: float | None = Field(default=None, description="Until when, at the longest")
    callback: CallbackPart | None = Field(default=None, description="Null: a caller on the line")
    why: Texts | None = Field(description="Why the caller waits, in one sentence; null unless waiting")


class LinkView(View):
    """A link of the service. While it is down, what it carries is unknown since `since`."""

    up: bool
    since: float


class LinksView(View):
    """All links: AMI by node; null where a link is not configured."""

    ami: dict[str, LinkView]
    redis: LinkView | None
    mqtt: LinkView | None


class EventView(View):
    """Something that happened, for the board's list of last events."""

    kind: str
    at: float
    call: str | None
    agent: str | None
    queue: str | None
    state: AgentState | None = Field(default=None, description="What state the agent is in now; null: not about that")
    reason: str = Field(default="", description="Why the agent is in that state, or the caller was turned away")
    holiday: Texts | None = Field(default=None, description="The holiday a caller was turned away for; null: none")


class Gone(View):
    """What is no longer there."""

    calls: list[str] = []
    agents: list[str] = []
    queues: list[str] = []


class Snapshot(View):
    """Everything, as the first message of a live stream."""

    type: Literal["snapshot"] = "snapshot"
    run: str = Field(description="Names this run of the service; numbers are comparable within one run only")
    seq: int
    at: float
    queues: list[QueueView]
    agents: list[AgentView]
    calls: list[CallView]
    links: LinksView


class Delta(View):
    """What changed since the message numbered one less."""

    type: Literal["delta"] = "delta"
    seq: int
    at: float
    queues: list[QueueView] = []
    agents: list[AgentView] = []
    calls: list[CallView] = []
    gone: Gone = Gone()
    links: LinksView | None = None
    events: list[EventView] = []


class Beat(View):
    """Nothing changed, and the stream is alive; `seq` is the last delta's."""

    type: Literal["beat"] = "beat"
    seq: int
    at: float
