"""Random days of requests: whatever comes in whatever order, the floor keeps its promises."""

from __future__ import annotations

import copy
import math
from dataclasses import fields, is_dataclass, replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from acd.agents import IN_CONVERSATION, Agent
from acd.call import Call
from acd.callback import Terms
from acd.claims import tried
from acd.engine import Engine
from acd.errors import RequestRefused
from acd.events import (
    Abandoned,
    Diverted,
    Ended,
    Event,
    Offered,
    Queued,
    Restored,
    SessionDetached,
    TakenOver,
    TurnedAway,
)
from acd.names import (
    AgentId,
    AgentState,
    AttemptOutcome,
    CallbackEnd,
    CallId,
    CallState,
    CustomerKey,
    EndedBy,
    NodeId,
    OfferFailure,
    Opening,
    PauseCounts,
    PhoneId,
    QueueId,
    Side,
    callback_of,
)
from acd.plans.door import Door, Treatment
from acd.plans.offering import MOST_AT_ONCE, AcceptByKey, Offering
from acd.plans.plan import AfterOffer, AgentProfile, Choice, LineOrder, PlanStep, QueuePlan, StepBegins, WrapUpMode
from acd.ranking import standing
from acd.requests import (
    AgentPaused,
    AgentReady,
    AgentRestored,
    AgentSignedIn,
    AgentSignedOut,
    CallbackDropped,
    CallbackReadBack,
    CallbackWanted,
    CallerGone,
    CallerJoined,
    CallerLeft,
    CallHeld,
    CallResumed,
    CarrierGone,
    CarrierReady,
    Configured,
    ConversationEnded,
    ConversationStarted,
    ConversationTakenOver,
    CustomerDialled,
    CustomerMissed,
    OfferRefused,
    OneOfSeveralRefused,
    PhoneFree,
    PhoneInUse,
    Request,
    SeenCall,
    SeenCallback,
    SessionLost,
    SkillsAssigned,
    StoodStill,
    WorldSeen,
)

QUEUES = ("sales", "service", "orders")
AGENTS = ("1", "2", "3", "4")
CALLS = tuple(f"node1-{n}" for n in range(6))
CALLBACKS = tuple(callback_of(CallId(call)) for call in CALLS[:3])
TERMS = Terms(most_attempts=2, pause_s=10, ring_s=5)
PLANS = (
    QueuePlan(
        QueueId("sales"),
        "Sales",
        (PlanStep("fluent", 0, "skill.english >= 5"), PlanStep("any", 10, "")),
        ring_s=5,
        wrap_up_s=3,
        no_agent_say="nobody-here",
        grace_s=20.0,
        door=Door("shop", Treatment("closed"), full=Treatment("full", "voicemail"), most=2),
        offering=Offering(at_once=2, accept=AcceptByKey("1", 5.0)),
    ),
    QueuePlan(
        QueueId("service"),
        "Service",
        (PlanStep("topic", 0, "skill[call.topic] >= 3"), PlanStep("any", 20, "skill.english >= 1")),
        ring_s=5,
        after_no_answer=AfterOffer.READY,
        retry_agent_after_s=15,
        offering=Offering(at_once=MOST_AT_ONCE),
        ageing_s=5.0,
        order=LineOrder.URGENCY,
        weight=2.0,
    ),
    QueuePlan(
        QueueId("orders"),
        "Orders",
        (
            PlanStep("best", 0, "skill.english >= 8", choose=(Choice.ROUND_ROBIN, Choice.LOWEST_OCCUPANCY)),
            PlanStep(
                "more", 15, "skill.tv >= 1", choose=(Choice.FEWEST_CALLS,), begins=StepBegins.NOBODY, adds_priority=1
            ),
            PlanStep("all", 25, "", choose=(Choice.WEIGHTED_RANDOM,), divert="message"),
        ),
        ring_s=5,
        wrap_up_s=1,
        wrap_up_mode=WrapUpMode.FIXED,
        after_refused=AfterOffer.PAUSED,
        after_busy=AfterOffer.NOT_RESPONDING,
        after_unreachable=AfterOffer.READY,
        door=Door(none_signed_in=Treatment("nobody"), too_long=Treatment("later"), expected_wait_above_s=60.0),
    ),
)
PROFILES = (
    AgentProfile(
        AgentId("1"),
        "A",
        (("english", 7),),
        (QueueId("sales"), QueueId("service"), QueueId("orders")),
        orders=(1, 2, 1),
    ),
    AgentProfile(AgentId("2"), "B", (("english", 3), ("tv", 5)), (QueueId("service"), QueueId("orders"))),
    AgentProfile(AgentId("3"), "C", (("english", 9), ("tv", 2)), (QueueId("sales"), QueueId("service")), wrap_up_s=6),
    AgentProfile(AgentId("4"), "D", (), (QueueId("sales"),), wrap_up_mode=WrapUpMode.UNTIL_FINISHED),
)

CUSTOMERS = (CustomerKey("k1"), CustomerKey("k2"))
callers, agents = st.sampled_from(CALLS).map(CallId), st.sampled_from(AGENTS).map(AgentId)
callbacks = st.sampled_from(CALLBACKS)
calls = st.one_of(callers, callbacks)
customers, queues = st.sampled_from(CUSTOMERS), st.sampled_from(QUEUES).map(QueueId)
wishes = st.one_of(
    st.builds(
        CallerJoined,
        calls,
        st.sampled_from(QUEUES).map(QueueId),
        st.integers(0, 2),
        st.sampled_from(["", "skill.english >= 6"]),
        st.sampled_from([(), (("topic", "tv"),), (("topic", "radio"),)]),
        st.one_of(st.none(), st.floats(0, 50)),
        st.one_of(st.none(), agents),
        st.sampled_from([0.0, 60.0, 120.0]),
        st.sampled_from([None, *CUSTOMERS]),
        st.sampled_from([Opening.OPEN, Opening.OPEN, *Opening]),
        st.one_of(st.none(), agents),
        st.sampled_from([None, 60.0, 61.0]),
    ),
    st.builds(SessionLost, calls),
    st.builds(CallerGone, calls),
    st.builds(CallerLeft, calls, st.just("voicemail")),
    st.builds(OfferRefused, calls, agents, st.sampled_from(OfferFailure)),
    st.builds(OneOfSeveralRefused, calls, agents, st.sampled_from(OfferFailure)),
    st.builds(ConversationStarted, calls, agents),
    st.builds(ConversationEnded, calls, agents, st.sampled_from(EndedBy)),
    st.builds(ConversationTakenOver, calls, agents, st.one_of(st.none(), agents)),
    st.builds(
        CallbackWanted,
        callbacks,
        customers,
        queues,
        st.just(TERMS),
        st.integers(0, 2),
        st.just(""),
        st.just(()),
        st.one_of(st.none(), st.floats(0, 50)),
        st.one_of(st.none(), agents),
        st.sampled_from([0.0, 60.0, 120.0]),
    ),
    st.builds(
        CallbackReadBack,
        callbacks,
        customers,
        queues,
        st.just(TERMS),
        st.just(0),
        st.just(""),
        st.just(()),
        st.floats(0, 50),
        st.integers(0, 1),
        st.one_of(st.none(), st.floats(0, 300)),
        st.one_of(st.none(), agents),
        st.one_of(st.none(), st.floats(0, 300)),
    ),
    st.builds(CarrierReady, calls),
    st.builds(CarrierGone, calls, st.booleans(), st.booleans()),
    st.builds(CustomerDialled, calls, agents),
    st.builds(CustomerMissed, calls, agents, st.sampled_from(AttemptOutcome)),
    st.builds(CallbackDropped, calls, st.sampled_from(CallbackEnd)),
    st.builds(CallHeld, calls, st.sampled_from(Side)),
    st.builds(CallResumed, calls, st.sampled_from(Side)),
    st.builds(AgentSignedIn, agents, st.sampled_from(["P1", "P2", "P3"]).map(PhoneId), st.just("test")),
    st.builds(AgentSignedOut, agents, st.just("test")),
    st.builds(AgentReady, agents, st.just("test")),
    st.builds(AgentPaused, agents, st.sampled_from(["lunch", "break"]), st.just("test")),
    st.builds(
        SkillsAssigned, agents, st.sampled_from([(), (("english", 9),), (("english", 1), ("tv", 9))]), st.just("test")
    ),
    st.builds(
        AgentRestored,
        agents,
        st.sampled_from(["P1", "P2"]).map(PhoneId),
        st.sampled_from([AgentState.PAUSED, AgentState.READY, AgentState.WRAP_UP]),
        st.sampled_from(["lunch", "fixed"]),
        st.just(0.0),
        st.one_of(st.none(), st.floats(0, 100)),
        st.none(),
    ),
    st.builds(PhoneInUse, st.sampled_from(["P1", "P2", "P3"]).map(PhoneId)),
    st.builds(PhoneFree, st.sampled_from(["P1", "P2", "P3"]).map(PhoneId)),
    st.builds(StoodStill),
    st.builds(
        lambda seen, used, carried: WorldSeen(
            NodeId("node1"), tuple({call.call: call for call in seen}.values()), used, carried
        ),
        st.lists(
            st.builds(
                SeenCall,
                callers,
                st.sampled_from(["sales", "service", "closed"]).map(QueueId),
                st.integers(0, 2),
                st.just(""),
                st.just(()),
                st.floats(0, 50),
                st.sampled_from([CallState.WAITING, CallState.OFFERED, CallState.TALKING]),
                st.one_of(st.none(), agents),
                st.floats(0, 50),
                st.just(PhoneId("P3")),
                holders=st.sampled_from([(), (Side.AGENT,), (Side.CALLER, Side.AGENT)]),
                others=st.lists(agents, max_size=2).map(tuple),
            ),
            max_size=4,
        ),
        st.sampled_from([(), (PhoneId("P1"),)]),
        st.one_of(
            st.just(()),
            st.tuples(
                st.builds(
                    SeenCallback,
                    callbacks,
                    st.sampled_from(["P1", "P2"]).map(PhoneId),
                    st.sampled_from([CallState.OFFERED, CallState.DIALLING, CallState.TALKING]),
                )
            ),
        ),
    ),
)


def frozen(thing: object) -> object:
    """A comparable picture of a floor, deep enough to see every change; what is only remembered (`compare=False`) is none."""
    if is_dataclass(thing) and not isinstance(thing, type):
        return {f.name: frozen(getattr(thing, f.name)) for f in fields(thing) if f.compare}
    if isinstance(thing, dict):
        return [(frozen(key), frozen(value)) for key, value in thing.items()]
    if isinstance(thing, list | tuple):
        return [frozen(each) for each in thing]
    return copy.copy(thing)


def picture(engine: Engine) -> object:
    floor = engine.floor
    return frozen(
        [floor.agents, floor.calls, floor.lines, floor.phones, floor.held_until, floor.dropped, floor.callbacks]
    )


class Day(RuleBasedStateMachine):
    """Requests of any kind, and time that passes."""

    requests = Bundle("requests")

    @initialize()
    def open(self) -> None:
        self.engine, self.now = Engine(), 100.0
        self.log: list[tuple[float, Request | None]] = []
        self.events: list[Event] = []
        self.customers: dict[CallId, Queued] = {}
        self.dropped: dict[tuple[CustomerKey, QueueId], tuple[float, Queued]] = {}
        self.back_by: dict[CallId, float] = {}
        self.perform(Configured(PLANS, PROFILES, ("break",)))

    def perform(self, request: Request | None) -> None:
        self.log.append((self.now, request))
        before = picture(self.engine)
        try:
            made = self.engine.tick(self.now) if request is None else self.engine.handle(request, self.now)
        except RequestRefused:
            assert picture(self.engine) == before, f"{request} was refused and changed something"
            return
        self.events += made
        if isinstance(request, CallerJoined):
            self.the_door_was_kept(request, made)
        for event in made:
            self.note_who_is_expected(event)
            if isinstance(event, Offered):
                for agent in event.agents:
                    self.first_in_line_was_served(event, agent)
            if isinstance(event, Queued | Abandoned):
                self.a_dropped_place_is_had_back_once_and_in_time(event)
            if isinstance(event, Restored | Ended | Diverted):
                self.customers.pop(event.call, None)

    @rule(request=wishes)
    def ask(self, request: Request) -> None:
        self.perform(request)

    @rule(call=calls, agent=agents)
    def sign_in_and_take_calls(self, call: CallId, agent: AgentId) -> None:
        self.perform(AgentSignedIn(agent, PhoneId(f"P{agent}"), "test"))
        self.perform(AgentReady(agent, "test"))
        self.perform(CallerJoined(call, QueueId("sales")))

    @rule(callback=callbacks, agent=agents, customer=customers, prefer=st.one_of(st.none(), agents))
    def promise_and_take_calls(
        self, callback: CallId, agent: AgentId, customer: CustomerKey, prefer: AgentId | None
    ) -> None:
        wanted = CallbackWanted(callback, customer, QueueId("sales"), TERMS)
        self.perform(replace(wanted, prefer=prefer, prefer_s=60.0))
        self.perform(CarrierReady(callback))
        self.perform(AgentSignedIn(agent, PhoneId(f"P{agent}"), "test"))
        self.perform(AgentReady(agent, "test"))

    @precondition(lambda self: any(c.callback is not None and c.agent for c in self.engine.floor.calls.values()))
    @rule(outcome=st.sampled_from(AttemptOutcome))
    def try_the_customer(self, outcome: AttemptOutcome) -> None:
        call = next(c for c in self.engine.floor.calls.values() if c.callback is not None and c.agent)
        assert call.agent is not None
        agent = call.agent
        self.perform(CustomerDialled(call.id, agent))
        if outcome is AttemptOutcome.REACHED:
            self.perform(ConversationStarted(call.id, agent))
        else:
            self.perform(CustomerMissed(call.id, agent, outcome))

    @precondition(lambda self: any(c.matchable for c in self.engine.floor.calls.values()))
    @rule(data=st.data(), agent=agents)
    def cut_the_line_for_a_moment(self, data: st.DataObject, agent: AgentId) -> None:
        """All who wait lose their sessions, an agent takes calls meanwhile, and callers come back in any order."""
        waiting = [call for call in self.engine.floor.calls.values() if call.matchable and call.callback is None]
        for call in waiting:
            self.perform(SessionLost(call.id))
        self.perform(AgentSignedIn(agent, PhoneId(f"P{agent}"), "test"))
        self.perform(AgentReady(agent, "test"))
        for call in data.draw(st.permutations(waiting)):
            if call.id in self.engine.floor.calls:
                self.let_time_pass(data.draw(st.sampled_from([0.0, 0.3, 1.0])))
                self.perform(CallerJoined(call.id, call.queue, joined_at=call.joined_at))

    @precondition(lambda self: any(c.in_conversation and not c.callback for c in self.engine.floor.calls.values()))
    @rule(queue=st.sampled_from(QUEUES).map(QueueId))
    def send_a_caller_on(self, queue: QueueId) -> None:
        call = next(c for c in self.engine.floor.calls.values() if c.in_conversation and not c.callback)
        before, since, agent = call.queue, len(self.events), call.agent
        self.perform(CallerJoined(call.id, queue, sent_by=agent))
        ended, queued = [e for e in self.events[since:] if isinstance(e, Ended | Queued | TurnedAway)]
        assert isinstance(ended, Ended)
        if isinstance(queued, TurnedAway):
            return
        assert isinstance(queued, Queued)
        assert (ended.queue, ended.by) == (before, EndedBy.UNKNOWN if queue == before else EndedBy.TRANSFER)
        assert (queued.queue, queued.joined_at) == (queue, self.now)
        offers = [e for e in self.events[since:] if isinstance(e, Offered) and e.call == call.id]
        assert all(agent not in offer.agents for offer in offers), "the caller came back to who sent them on"

    @precondition(lambda self: any(c.state is CallState.OFFERED for c in self.engine.floor.calls.values()))
    @rule(outcome=st.one_of(st.none(), st.sampled_from(OfferFailure)))
    def end_an_offer(self, outcome: OfferFailure | None) -> None:
        call = next(c for c in self.engine.floor.calls.values() if c.state is CallState.OFFERED)
        agent = call.offered[-1]
        if outcome is None:
            self.perform(ConversationStarted(call.id, agent))
        else:
            self.perform(OfferRefused(call.id, agent, outcome))

    @precondition(lambda self: any(c.in_conversation for c in self.engine.floor.calls.values()))
    @rule(data=st.data(), by=st.sampled_from(Side))
    def hold_or_resume_or_end(self, data: st.DataObject, by: Side) -> None:
        call = next(c for c in self.engine.floor.calls.values() if c.in_conversation)
        assert call.agent is not None
        ended = ConversationEnded(call.id, call.agent, EndedBy(by.value))
        may_happen: list[Request] = [CallHeld(call.id, by), CallResumed(call.id, by), ended]
        self.perform(data.draw(st.sampled_from(may_happen)))

    @precondition(lambda self: any(c.in_conversation for c in self.engine.floor.calls.values()))
    @rule(to=st.one_of(st.none(), agents))
    def hand_a_caller_over(self, to: AgentId | None) -> None:
        call = next(c for c in self.engine.floor.calls.values() if c.in_conversation)
        before, talked_s = call.agent, self.now - call.talking_since
        assert before is not None
        known = None if to is None else self.engine.floor.agents[to]
        takes = known is not None and known.phone is not None and known.state not in IN_CONVERSATION
        since = len(self.events)
        self.perform(ConversationTakenOver(call.id, before, to))
        (over,) = [e for e in self.events[since:] if isinstance(e, Ended | TakenOver) and e.call == call.id]
        assert (over.talked_s, isinstance(over, TakenOver)) == (talked_s, takes), "one conversation over, and told so"
        if takes:
            assert (call.agent, call.state, call.talking_since) == (to, CallState.TALKING, self.now)
        else:
            assert call.id not in self.engine.floor.calls
        assert self.engine.floor.agents[before].state not in IN_CONVERSATION

    @rule(seconds=st.sampled_from([0.1, 1.0, 3.0, 10.0, 40.0]))
    def let_time_pass(self, seconds: float) -> None:
        until = self.now + seconds
        while (deadline := self.engine.next_deadline()) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            self.perform(None)
            following = self.engine.next_deadline()
            if following is None or following > self.now:  # of several due at one moment, all have to be over
                self.promises()
        self.now = until

    def note_who_is_expected(self, event: Event) -> None:
        """Whose session broke off is expected back for two seconds; so again when it was quiet for ten."""
        if isinstance(event, Abandoned | Ended | Diverted):
            self.back_by.pop(event.call, None)
        if isinstance(event, SessionDetached | Restored) and self.now >= self.back_by.get(event.call, -math.inf) + 10:
            self.back_by[event.call] = self.now + 2

    def just_coming_back(self, call: Call) -> bool:
        waits_without_session = call.state is CallState.WAITING and not call.attached and call.callback is None
        return waits_without_session and self.now < self.back_by.get(call.id, -math.inf)

    def the_door_was_kept(self, joined: CallerJoined, made: list[Event]) -> None:
        """Nobody with a place was turned away, no newcomer got past a rule, and who was turned away is not in line."""
        door, floor = self.engine.floor.plans[joined.queue].door, self.engine.floor
        turned_away = [event for event in made if isinstance(event, TurnedAway)]
        entered = [event for event in made if isinstance(event, Queued)]
        assert not turned_away or (joined.joined_at is None and joined.call not in floor.calls and not entered)
        if joined.joined_at is None and joined.sent_by is None and entered and entered[0].returns is None:
            assert joined.opening is Opening.OPEN
            assert door.too_long is None or joined.expected_wait_s != 61.0
            assert door.full is None or len(floor.lines[joined.queue]) <= door.most
            states = {floor.agents[agent].state for agent in floor.members[joined.queue]}
            assert door.none_signed_in is None or states != {AgentState.SIGNED_OUT}

    def first_in_line_was_served(self, offered: Offered, agent: AgentId) -> None:
        """Nobody whom this agent could serve as well was overtaken, nor anybody whose line was cut a moment ago."""
        floor = self.engine.floor
        served = floor.calls[offered.call]
        for other in floor.calls.values():
            if (other.matchable or self.just_coming_back(other)) and agent in floor.pool(other).eligible:
                claims = [self.claim(call, floor.agents[agent]) for call in (served, other)]
                assert claims[0] < claims[1] or tried(other, agent, self.now), f"{other.id} was overtaken"

    def a_dropped_place_is_had_back_once_and_in_time(self, event: Queued | Abandoned) -> None:
        """Whoever hung up while waiting and is back within the grace time stands where they stood, and nobody else does."""
        if isinstance(event, Abandoned):
            queued = self.customers.pop(event.call, None)
            if queued is not None and queued.customer is not None:
                self.dropped[queued.customer, queued.queue] = (self.now, queued)
            return
        self.customers[event.call] = event
        before = None if event.customer is None else self.dropped.get((event.customer, event.queue))
        grace_s = self.engine.floor.plans[event.queue].grace_s
        if before is not None and event.customer is not None and self.now < before[0] + grace_s:
            assert event.returns == before[1].call
            assert event.joined_at <= before[1].joined_at
            del self.dropped[event.customer, event.queue]
        else:
            assert event.returns is None

    def claim(self, call: Call, agent: Agent) -> tuple[float, ...]:
        """What the plans promise, said once more: the agent's order of queues, priority, urgency, who came first."""
        plan = self.engine.floor.plans[call.queue]
        waited_s = self.now - call.joined_at + (0 if plan.ageing_s is None else call.priority * plan.ageing_s)
        urgency = plan.weight * waited_s / (plan.answer_within_s if plan.order is LineOrder.URGENCY else 20.0)
        priority = call.priority if plan.ageing_s is None else 0
        return (agent.orders[call.queue], -priority, -round(urgency, 6), call.serial)

    @invariant()
    def promises(self) -> None:
        if not hasattr(self, "engine"):
            return
        self.work_is_conserved()
        self.agents_and_calls_agree()
        self.pools_are_true()
        self.callbacks_keep_their_terms()

    def callbacks_keep_their_terms(self) -> None:
        """One a customer and queue; nobody is called more often, or sooner, than was agreed."""
        floor = self.engine.floor
        promised = [call for call in floor.calls.values() if call.callback is not None]
        assert sorted(floor.callbacks.values()) == sorted(call.id for call in promised)
        for call in promised:
            assert call.callback is not None
            assert floor.callbacks[call.queue, call.callback.customer] == call.id
            assert call.in_conversation or call.callback.attempts < call.callback.terms.most_attempts
            if call.state is CallState.LATER:
                assert call.callback.next_at is not None, "put off for ever"
                assert call.agent is None
        assert all(call.callback is not None for call in floor.calls.values() if call.state is CallState.DIALLING)

    def work_is_conserved(self) -> None:
        floor = self.engine.floor
        if floor.held_until is not None:
            return
        for call in floor.calls.values():
            for agent in floor.agents.values():
                idle_and_able = agent.state is AgentState.READY and agent.id in floor.pool(call).eligible
                served = not (call.matchable and idle_and_able) or tried(call, agent.id, self.now)
                assert served or self.kept_for_somebody(agent), f"{agent.id} is idle, and {call.id} waits"

    def kept_for_somebody(self, agent: Agent) -> bool:
        """Whether a caller is just coming back whom this agent could serve."""
        floor = self.engine.floor
        coming = [call for call in floor.calls.values() if self.just_coming_back(call)]
        return any(agent.id in floor.pool(call).eligible and not tried(call, agent.id, self.now) for call in coming)

    def agents_and_calls_agree(self) -> None:
        floor = self.engine.floor
        for call in floor.calls.values():
            assert (call.state in (CallState.OFFERED, CallState.DIALLING)) == bool(call.offered)
            assert set(call.offered) <= set(call.rung)
            assert len(set(call.offered)) == len(call.offered)
            assert call.callback is None or len(call.offered) <= 1, "one agent calls a customer back"
            for offered in call.offered:
                assert floor.agents[offered].call == call.id
                assert floor.agents[offered].state is AgentState.OFFERED
            talking = [a.id for a in floor.agents.values() if a.state in IN_CONVERSATION and a.call == call.id]
            assert talking == ([call.agent] if call.in_conversation else []), "never two, never none"
            in_line = call.place in floor.lines[call.queue]
            assert in_line == (not call.in_conversation)
            assert bool(call.holders) == (call.state is CallState.ON_HOLD)
            assert 0 <= call.held_until(self.now) <= max(0.0, self.now - call.talking_since)
        for agent in floor.agents.values():
            if agent.state is AgentState.OFFERED:
                assert agent.call is not None
                assert agent.id in floor.calls[agent.call].offered
            if agent.state in IN_CONVERSATION:
                assert agent.call is not None
                on_hold = floor.calls[agent.call].state is CallState.ON_HOLD
                assert on_hold == (agent.state is AgentState.ON_HOLD)
            at_work = PauseCounts.WORK if agent.reason == "break" else PauseCounts.ABSENCE
            assert agent.counts_as is (at_work if agent.state is AgentState.PAUSED else None)
            if agent.state is AgentState.WRAP_UP:
                assert (agent.until is None) == (agent.reason == WrapUpMode.UNTIL_FINISHED)
            if agent.state is not AgentState.SIGNED_OUT and agent.phone is not None:
                assert floor.phones[agent.phone] == agent.id
            elsewhere = agent.phone in floor.phones_in_use
            assert agent.state is not AgentState.READY or not elsewhere, "a phone in use would be rung"
            left_alone = agent.until is not None and agent.until >= self.now
            assert agent.state is not AgentState.BUSY_ELSEWHERE or elsewhere or left_alone
        assert len(floor.phones) == sum(agent.phone is not None for agent in floor.agents.values())

    def pools_are_true(self) -> None:
        floor = self.engine.floor
        for pool in floor.pools.all():
            ready = [a for a in floor.agents.values() if a.state is AgentState.READY and a.id in pool.eligible]
            stands = {a.id: standing(a, pool.key.choose, pool.key.queue, pool.eligible[a.id]) for a in ready}
            assert pool.standings == stands
            assert pool.ready == sorted(stands.values())
            lined_up = [call.place for call in floor.calls.values() if call.matchable and floor.pool(call) is pool]
            assert pool.line == sorted(lined_up)
            lost = [c for c in floor.calls.values() if c.state is CallState.WAITING and not (c.attached or c.callback)]
            assert pool.lost == sorted(call.place for call in lost if floor.pool(call) is pool)

    def teardown(self) -> None:
        if not hasattr(self, "engine"):
            return
        again = Engine()
        repeated: list[Event] = []
        for now, request in self.log:
            try:
                repeated += again.tick(now) if request is None else again.handle(request, now)
            except RequestRefused:
                continue
        assert repeated == self.events, "the same log made other events"
        assert picture(again) == picture(self.engine), "the same log made another floor"


TestDay = Day.TestCase
TestDay.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
