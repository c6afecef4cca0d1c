"""The floor as it stands: every agent, caller and plan. It is written in `evolving`, by `Floor.evolve` alone."""

from __future__ import annotations

import math
from bisect import bisect_left

from acd.agents import Agent
from acd.call import Call, Dropped
from acd.errors import UnknownAgent, UnknownCall, UnknownQueue
from acd.line import Place, place_of
from acd.names import AgentId, CallId, CallState, CustomerKey, PauseCounts, PhoneId, QueueId
from acd.plans.plan import QueuePlan
from acd.skills import Pool, Pools
from acd.timers import Deadlines

OFFER_MARGIN_S = 15.0
"""How much longer than it takes an offer may stay unreported (an announcement first, a slow wire) before it expires."""


class FloorState:
    """All state of the engine, to be read."""

    def __init__(self) -> None:
        self.plans: dict[QueueId, QueuePlan] = {}
        self.work_reasons: frozenset[str] = frozenset()
        """Reasons for pauses that count as work."""
        self.agents: dict[AgentId, Agent] = {}
        self.calls: dict[CallId, Call] = {}
        self.lines: dict[QueueId, list[Place]] = {}
        """Per queue, the places of all callers not yet talking, first first."""
        self.members: dict[QueueId, tuple[AgentId, ...]] = {}
        """Who serves each queue, in the configuration's order."""
        self.phones: dict[PhoneId, AgentId] = {}
        """Who is signed in where."""
        self.phones_in_use: set[PhoneId] = set()
        """Phones used for something besides our offers."""
        self.pools = Pools()
        self.deadlines = Deadlines()
        self.held_until: float | None = None
        self.held_at_least_until: float = 0.0
        self.newly_ready: list[AgentId] = []
        self.newly_waiting: list[CallId] = []
        """Whom the matching has to look at after this turn."""
        self.kept_no_more: list[AgentId] = []
        """Agents whom it has to look at when it has been through those: they may have been kept for a caller just coming back."""
        self.expected_until: float = -math.inf
        """Until then at the longest a caller whose session broke off is expected back."""
        self.dropped: dict[QueueId, dict[CustomerKey, Dropped]] = {}
        """Customers who hung up while waiting, of queues with a grace time, the longest ago first."""
        self.callbacks: dict[tuple[QueueId, CustomerKey], CallId] = {}
        """Who is promised a callback from which queue, or is being called back."""
        self.config_order: dict[AgentId, int] = {}
        self.serial = 0
        """Callers who have come so far: who came first among equals."""
        self.offers_made = 0

    def keep_no_more(self, pool: Pool) -> None:
        """Have the matching look at the ready agents of this need, whom a caller without a session may have kept."""
        self.kept_no_more.extend(AgentId(str(standing[-1])) for standing in pool.ready)

    def agent(self, agent: AgentId) -> Agent:
        """The agent; raises UnknownAgent."""
        try:
            return self.agents[agent]
        except KeyError:
            raise UnknownAgent(f"no agent {agent!r} is configured") from None

    def call(self, call: CallId) -> Call:
        """The call; raises UnknownCall."""
        try:
            return self.calls[call]
        except KeyError:
            raise UnknownCall(f"call {call} is not on the floor: it never queued, or it is over") from None

    def plan(self, queue: QueueId) -> QueuePlan:
        """The queue's plan; raises UnknownQueue."""
        try:
            return self.plans[queue]
        except KeyError:
            raise UnknownQueue(f"no queue {queue!r} is configured") from None

    def place_kept(self, customer: CustomerKey | None, queue: QueueId, now: float) -> Dropped | None:
        """The place that this customer was dropped from, where it is still theirs."""
        if customer is None:
            return None
        dropped = self.dropped.get(queue, {}).get(customer)
        return dropped if dropped is not None and dropped.until > now else None

    def counts_as(self, reason: str) -> PauseCounts:
        """What a pause for this reason counts as."""
        return PauseCounts.WORK if reason in self.work_reasons else PauseCounts.ABSENCE

    def position(self, call: Call) -> int:
        """The caller's position in the queue's line, 1 for the first."""
        return bisect_left(self.lines[call.queue], call.place) + 1

    def pool(self, call: Call, step: int | None = None) -> Pool:
        """The pool of the call's need at `step`, by default the step in force."""
        if step is None and call.pool is not None:
            return call.pool
        plan = self.plans[call.queue]
        at = plan.steps[call.step if step is None else step]
        members = (self.agents[agent] for agent in self.members[call.queue])
        return self.pools.pool(call.queue, at, call.need, call.attributes, call.prefer, members)

    def added_priority(self, call: Call) -> int:
        """What the plan's steps have added to the priority that the caller came with."""
        return self.added(call.queue, call.step)

    def added(self, queue: QueueId, step: int) -> int:
        """What the plan's steps, as far as `step`, add to a caller's priority."""
        return sum(passed.adds_priority for passed in self.plans[queue].steps[: step + 1])

    def place_of(self, queue: QueueId, priority: int, joined_at: float, serial: int, call: CallId) -> Place:
        """The place in the queue's line of a caller who came then."""
        return place_of(self.plans[queue], priority, joined_at, serial, call)

    def patience_s(self, call: Call) -> float:
        """How long an offer may go on without a word in the state it is in: ringing, what the agent is asked, and a margin."""
        if call.state is CallState.DIALLING and call.callback is not None:
            return call.callback.terms.ring_s + OFFER_MARGIN_S
        plan = self.plans[call.queue]
        return plan.ring_s + plan.offering.asking_s + OFFER_MARGIN_S
