"""The floor: every agent, caller and plan as they stand. Only `evolve(event)` writes it, so the floor is its events' sum."""

from __future__ import annotations

from bisect import bisect_left, insort
from itertools import takewhile
from typing import assert_never

from acd.agents import IN_CONVERSATION, ON_CALLS, Agent, Wish, check_move, facts_of
from acd.call import Call, Dropped
from acd.callback import Callback
from acd.errors import UnknownAgent, UnknownCall, UnknownQueue
from acd.events import (
    Abandoned,
    AgentStateChanged,
    AgentWish,
    AskedToLeave,
    CallbackDialled,
    CallbackDue,
    CallbackEnded,
    CallbackPromised,
    CallbackRestored,
    CallbackTried,
    CallerReturned,
    Connected,
    Diverted,
    Ended,
    Event,
    NobodyThere,
    Offered,
    OfferWithdrawn,
    PhoneUseChanged,
    PlansLoaded,
    PreferenceEnded,
    PutOnHold,
    Queued,
    Restored,
    RoutingHeld,
    RoutingResumed,
    SentOn,
    SessionAttached,
    SessionDetached,
    SkillsChanged,
    StepWidened,
    StillWaiting,
    TakenOffHold,
    TakenOver,
    TurnedAway,
)
from acd.facts import (
    DialRefused,
    FarEndAnswered,
    FarEndGone,
    FaxReceived,
    HandedOver,
    MessageLeft,
    NumberDialled,
    StepPassed,
    SurveyAnswered,
)
from acd.line import Place, place_of
from acd.names import (
    NOT_THEIR_DOING,
    AgentId,
    AgentState,
    AttemptOutcome,
    CallId,
    CallState,
    CustomerKey,
    PauseCounts,
    PhoneId,
    PhoneUse,
    QueueId,
)
from acd.plan import QueuePlan, next_step_after, step_at
from acd.skills import Pool, Pools
from acd.timers import Deadlines, Reason

OFFER_MARGIN_S = 15.0
"""How much longer than it takes an offer may stay unreported (an announcement first, a slow wire) before it expires."""


class Floor:
    """All state of the engine. Read freely; written by `evolve` alone."""

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
        self.preferring: dict[AgentId, dict[CallId, None]] = {}
        """Callers who wait for one agent alone."""
        self.dropped: dict[QueueId, dict[CustomerKey, Dropped]] = {}
        """Customers who hung up while waiting, of queues with a grace time, the longest ago first."""
        self.callbacks: dict[tuple[QueueId, CustomerKey], CallId] = {}
        """Who is promised a callback from which queue, or is being called back."""
        self.config_order: dict[AgentId, int] = {}
        self._serial = 0
        self._offers = 0

    # ------------------------------------------------------------------------------------------------ reading

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

    # ------------------------------------------------------------------------------------------------ writing

    def evolve(self, event: Event, now: float) -> None:  # noqa: C901, PLR0912, PLR0915 - one arm for each event, and no more
        """Write what the event says. Deciding whether it may happen is over by now."""
        match event:
            case PlansLoaded():
                self._load(event, now)
            case Queued() | Restored():
                self._enter(event, now)
            case CallbackPromised() | CallbackRestored():
                self._promise(event, now)
            case CallbackDialled():
                call = self.calls[event.call]
                call.state, call.since = CallState.DIALLING, now
                self.deadlines.set(now + self.patience_s(call), Reason.OFFER, call.id)
            case CallbackTried():
                self._note_attempt(event, now)
            case CallbackDue():
                call = self.calls[event.call]
                if call.callback is not None:
                    call.callback.next_at = None
                call.state, call.since = CallState.WAITING, now
                self._line_up(call)
            case SessionAttached():
                self._attach(self.calls[event.call])
            case SessionDetached():
                self._detach(self.calls[event.call])
            case Offered():
                self._offer(event, now)
            case OfferWithdrawn():
                self._withdraw(event, now)
            case CallerReturned():
                call = self.calls[event.call]
                call.state, call.since = CallState.WAITING, now
                self._line_up(call)
            case Connected():
                self._connect(event, now)
            case PutOnHold():
                self._hold(event, now)
            case TakenOffHold():
                self._resume(event, now)
            case TakenOver():
                self._take_over(event, now)
            case Abandoned():
                self._keep_place(self.calls[event.call], now)
                self._leave(self.calls[event.call])
            case Ended() | Diverted() | CallbackEnded():
                self._leave(self.calls[event.call])
            case StepWidened():
                self._widen(event)
            case NobodyThere():
                self.calls[event.call].told_nobody = True
            case SentOn():
                self.calls[event.call].sent_on = True
            case PreferenceEnded():
                self._open_to_all(self.calls[event.call])
            case AgentStateChanged():
                self._move(event)
            case AgentWish():
                wants_nothing = event.state is AgentState.READY
                self.agents[event.agent].wish = None if wants_nothing else Wish(event.state, event.reason, event.who)
            case SkillsChanged():
                self._assign_skills(event)
            case PhoneUseChanged():
                if event.use is PhoneUse.IN_USE:
                    self.phones_in_use.add(event.phone)
                else:
                    self.phones_in_use.discard(event.phone)
            case RoutingHeld():
                self.held_until = event.until
                self.deadlines.set(event.until, Reason.HELD, "")
                if event.at_least_until is not None:
                    self.held_at_least_until = event.at_least_until
                    self.deadlines.set(event.at_least_until, Reason.HELD, "")
            case RoutingResumed():
                self.held_until = None
                self.newly_waiting.extend(call.id for call in self.calls.values() if call.matchable)
            case AskedToLeave():
                self.calls[event.call].leaving_for = event.to
            case StillWaiting() | TurnedAway():
                pass
            case StepPassed() | MessageLeft() | FaxReceived() | SurveyAnswered():
                pass
            case NumberDialled() | DialRefused() | HandedOver() | FarEndAnswered() | FarEndGone():
                pass
            case _:
                assert_never(event)

    def _load(self, event: PlansLoaded, now: float) -> None:
        waiting = [call for call in self.calls.values() if not call.in_conversation]
        for call in waiting:
            call.priority -= self._added(call.queue, call.step)
        self.plans = {plan.queue: plan for plan in event.queues}
        self.work_reasons = frozenset(event.work_reasons)
        kept = {profile.agent: profile for profile in event.agents}
        for gone in [agent for agent in self.agents if agent not in kept]:
            del self.agents[gone]
        for profile in event.agents:
            agent = self.agents.get(profile.agent)
            if agent is None:
                self.agents[profile.agent] = agent = Agent(profile.agent, profile, profile.skills)
            elif agent.skills == agent.profile.skills:
                agent.skills = profile.skills
            agent.profile = profile
            agent.orders = profile.queue_orders
            agent.facts = facts_of(agent.profile, agent.skills)
        self.config_order = {profile.agent: number for number, profile in enumerate(event.agents)}
        self.members = {
            queue: tuple(profile.agent for profile in event.agents if queue in profile.queues) for queue in self.plans
        }
        self.pools.clear()
        self.lines = {queue: [] for queue in self.plans}
        self.dropped = {queue: self.dropped.get(queue, {}) for queue, plan in self.plans.items() if plan.grace_s > 0}
        for call in waiting:
            call.pool = None
            call.step = step_at(self.plans[call.queue], now - call.joined_at)
            call.priority += self._added(call.queue, call.step)
            call.sent_on = call.callback is not None
            call.place = self._place(call.queue, call.priority, call.joined_at, call.serial, call.id)
            self._stand_in_line(call)
            self._line_up(call)

    def added_priority(self, call: Call) -> int:
        """What the plan's steps have added to the priority that the caller came with."""
        return self._added(call.queue, call.step)

    def _added(self, queue: QueueId, step: int) -> int:
        """What the plan's steps, as far as `step`, add to a caller's priority."""
        return sum(passed.adds_priority for passed in self.plans[queue].steps[: step + 1])

    def _place(self, queue: QueueId, priority: int, joined_at: float, serial: int, call: CallId) -> Place:
        return place_of(self.plans[queue], priority, joined_at, serial, call)

    def _enter(self, event: Queued | Restored, now: float) -> None:
        call = self._take_place(event, now)
        if isinstance(event, Restored):
            call.attached, call.told_nobody = False, True
            call.state, call.agent, call.since = event.state, event.agent, event.since
            call.talking_since = event.since
            if call.state is CallState.OFFERED and event.agent is not None:
                call.rung = call.offered = (event.agent, *event.others)
                self._arm_offer(call, now)
        if isinstance(event, Queued) and event.customer is not None:
            self.dropped.get(event.queue, {}).pop(event.customer, None)
        if isinstance(event, Queued) and event.sent_by is not None:
            self._try_later(call, event.sent_by, now + self.plans[event.queue].retry_agent_after_s)
        if isinstance(event, Queued) and event.prefer is not None and event.prefer_until is not None:
            call.prefer, call.prefer_until = event.prefer, event.prefer_until
            self.preferring.setdefault(event.prefer, {})[call.id] = None
            self.deadlines.set(event.prefer_until, Reason.PREFER, call.id)
        if not call.in_conversation:
            self._stand_in_line(call)
        self._line_up(call)

    def _promise(self, event: CallbackPromised | CallbackRestored, now: float) -> None:
        """Stand in line without a channel: nobody takes orders yet, and nothing can be said to anybody."""
        call = self._take_place(event, now)
        call.attached, call.told_nobody, call.sent_on = False, True, True
        call.callback = Callback(event.customer, event.terms)
        self.callbacks[event.queue, event.customer] = call.id
        if isinstance(event, CallbackRestored):
            call.callback.attempts = event.attempts
            if event.next_at is not None and event.next_at > now:
                self._put_off(call, event.next_at)
        self._stand_in_line(call)

    def _put_off(self, call: Call, until: float) -> None:
        if call.callback is not None:
            call.callback.next_at = until
        call.state = CallState.LATER
        self.deadlines.set(until, Reason.CALLBACK, call.id)

    def _note_attempt(self, event: CallbackTried, now: float) -> None:
        call = self.calls[event.call]
        if call.callback is not None:
            call.callback.attempts, call.callback.next_at = event.attempt, None
        if event.outcome is not AttemptOutcome.REACHED:
            call.state, call.agent, call.since = CallState.LATER, None, now
            call.rung = call.offered = ()
            if event.next_at is not None:
                self._put_off(call, event.next_at)

    def patience_s(self, call: Call) -> float:
        """How long an offer may go on without a word in the state it is in: ringing, what the agent is asked, and a margin."""
        if call.state is CallState.DIALLING and call.callback is not None:
            return call.callback.terms.ring_s + OFFER_MARGIN_S
        plan = self.plans[call.queue]
        return plan.ring_s + plan.offering.asking_s + OFFER_MARGIN_S

    def _take_place(self, event: Queued | Restored | CallbackPromised | CallbackRestored, now: float) -> Call:
        self._serial += 1
        step = step_at(self.plans[event.queue], now - event.joined_at)
        priority = event.priority + self._added(event.queue, step)
        call = Call(
            event.call,
            event.queue,
            priority,
            event.need,
            event.attributes,
            event.joined_at,
            self._serial,
            self._place(event.queue, priority, event.joined_at, self._serial, event.call),
            event.customer,
            since=now,
            step=step,
        )
        self.calls[call.id] = call
        return call

    def _stand_in_line(self, call: Call) -> None:
        call.pool = self.pool(call)
        insort(self.lines[call.queue], call.place)
        self._arm_step(call)

    def _line_up(self, call: Call) -> None:
        """Put a caller who can be offered into the pool's line, and have the matching look at them."""
        if call.matchable and call.pool is not None:
            insort(call.pool.line, call.place)
            self.newly_waiting.append(call.id)

    def _step_out(self, call: Call) -> None:
        """Take a caller who can be offered out of the pool's line."""
        if call.matchable and call.pool is not None:
            line = call.pool.line
            del line[bisect_left(line, call.place)]

    def _attach(self, call: Call) -> None:
        if not call.attached:
            call.attached = True
            self._line_up(call)

    def _detach(self, call: Call) -> None:
        self._step_out(call)
        call.attached = False

    def _offer(self, event: Offered, now: float) -> None:
        call = self.calls[event.call]
        self._step_out(call)
        call.state, call.agent, call.since = CallState.OFFERED, event.agent, now
        call.rung = call.offered = event.agents
        self._arm_offer(call, now)

    def _arm_offer(self, call: Call, now: float) -> None:
        self.deadlines.set(now + self.patience_s(call), Reason.OFFER, call.id)

    def _withdraw(self, event: OfferWithdrawn, now: float) -> None:
        call = self.calls[event.call]
        call.offered = tuple(agent for agent in call.offered if agent != event.agent)
        call.agent = next(iter(call.offered), None)
        if call.agent is None:
            call.state, call.since = CallState.RETURNING, now
        if call.callback is not None:
            self._arm_offer(call, now)  # its channel's end may be missed: it does not return by itself
        if event.why in NOT_THEIR_DOING:
            return
        self._try_later(call, event.agent, now + self.plans[call.queue].retry_agent_after_s)

    def _try_later(self, call: Call, agent: AgentId, until: float) -> None:
        call.tried[agent] = until
        self.deadlines.set(until, Reason.RETRY, call.id)

    def _connect(self, event: Connected, now: float) -> None:
        call = self.calls[event.call]
        self._step_out(call)
        self._unqueue(call)
        call.state, call.agent, call.since, call.pool = CallState.TALKING, event.agent, now, None
        call.rung = call.offered = ()
        call.talking_since = now

    def _hold(self, event: PutOnHold, now: float) -> None:
        call = self.calls[event.call]
        if not call.holders:
            call.state, call.since = CallState.ON_HOLD, now
        call.holders.add(event.by)

    def _resume(self, event: TakenOffHold, now: float) -> None:
        call = self.calls[event.call]
        call.holders.discard(event.by)
        if not call.holders:
            call.held_s = call.held_until(now)
            call.state, call.since = CallState.TALKING, now

    def _take_over(self, event: TakenOver, now: float) -> None:
        """A conversation of its own begins, with nobody on hold."""
        call = self.calls[event.call]
        call.state, call.agent, call.since = CallState.TALKING, event.agent, now
        call.talking_since, call.held_s = now, 0.0
        call.holders.clear()

    def _leave(self, call: Call) -> None:
        self._step_out(call)
        self._unqueue(call)
        self._prefer_nobody(call)
        if call.callback is not None:
            del self.callbacks[call.queue, call.callback.customer]
        del self.calls[call.id]

    def _keep_place(self, call: Call, now: float) -> None:
        """Remember the place of a customer who hung up, and forget those whose grace time is over."""
        places = self.dropped.get(call.queue)
        if places is None or call.customer is None:
            return
        for customer in [customer for customer, _ in takewhile(lambda kept: kept[1].until <= now, places.items())]:
            del places[customer]
        places.pop(call.customer, None)
        places[call.customer] = Dropped(call.id, call.joined_at, now + self.plans[call.queue].grace_s)

    def _unqueue(self, call: Call) -> None:
        if not call.in_conversation:
            line = self.lines[call.queue]
            del line[bisect_left(line, call.place)]

    def _widen(self, event: StepWidened) -> None:
        call = self.calls[event.call]
        self._step_out(call)
        passed = self.plans[call.queue].steps[call.step + 1 : event.step + 1]
        call.step = event.step
        if added := sum(step.adds_priority for step in passed):
            self._unqueue(call)
            call.priority += added
            call.place = self._place(call.queue, call.priority, call.joined_at, call.serial, call.id)
            insort(self.lines[call.queue], call.place)
        call.pool = None
        call.pool = self.pool(call)
        self._arm_step(call)
        self._line_up(call)

    def _open_to_all(self, call: Call) -> None:
        """The caller waits for one agent alone no longer."""
        self._step_out(call)
        self._prefer_nobody(call)
        call.pool = None
        call.pool = self.pool(call)
        self._line_up(call)

    def _prefer_nobody(self, call: Call) -> None:
        if call.prefer is not None:
            self.preferring.get(call.prefer, {}).pop(call.id, None)
            call.prefer = call.prefer_until = None

    def _arm_step(self, call: Call) -> None:
        following = next_step_after(self.plans[call.queue], call.step)
        if following is not None:
            self.deadlines.set(call.joined_at + following.after_s, Reason.STEP, call.id)

    def _move(self, event: AgentStateChanged) -> None:
        agent = self.agents[event.agent]
        check_move(agent.id, agent.state, event.after)
        self.pools.leave_state(agent)
        self._count_time(agent, event)
        if agent.phone is not None:
            self.phones.pop(agent.phone, None)
        agent.state, agent.reason, agent.since, agent.until = event.after, event.reason, event.since, event.until
        agent.phone, agent.call, agent.counts_as = event.phone, event.call, event.counts_as
        if agent.phone is not None:
            self.phones[agent.phone] = agent.id
        if event.after not in (*IN_CONVERSATION, AgentState.WRAP_UP):
            agent.wish = None
        if event.until is not None:
            self.deadlines.set(event.until, Reason.AGENT, agent.id)
        self.pools.enter_state(agent)
        if agent.state is AgentState.READY:
            self.newly_ready.append(agent.id)

    def _count_time(self, agent: Agent, event: AgentStateChanged) -> None:
        """Keep what choosing goes by: it may change only here, between two states."""
        spent_s = max(0.0, event.since - agent.since)
        if event.before in ON_CALLS or agent.counts_as is PauseCounts.WORK:
            agent.busy_s += spent_s
        elif event.before is AgentState.READY:
            agent.available_s += spent_s
        match event.after:
            case AgentState.READY:
                agent.draws += 1
                if event.before is not AgentState.OFFERED:
                    agent.idle_since = event.since
            case AgentState.OFFERED:
                self._offers += 1
                agent.last_offer = self._offers
            case AgentState.TALKING if event.before is not AgentState.ON_HOLD:
                agent.answered += 1
            case AgentState.SIGNED_OUT:
                agent.answered, agent.draws, agent.busy_s, agent.available_s = 0, 0, 0.0, 0.0
            case _:
                pass

    def _assign_skills(self, event: SkillsChanged) -> None:
        agent = self.agents[event.agent]
        changed = frozenset(name for name, _ in set(agent.skills) ^ set(event.skills))
        pools = self.pools.affected_by(agent, changed)
        were_in = self.pools.take_out(agent, pools)
        agent.skills = event.skills
        agent.facts = facts_of(agent.profile, agent.skills)
        self.pools.put_back(agent, pools, were_in, self.config_order)
        if agent.state is AgentState.READY:
            self.newly_ready.append(agent.id)
