"""A floor on virtual time, for tests that read as a day in a contact centre."""

from __future__ import annotations

from typing import TypeVar

from acd.engine import Engine
from acd.events import Event
from acd.names import AgentId, AgentState, CallId, EndedBy, OfferFailure, PhoneId, QueueId
from acd.plans.plan import AgentProfile, PlanStep, QueuePlan
from acd.requests import (
    AgentPaused,
    AgentReady,
    AgentSignedIn,
    CallerJoined,
    Configured,
    ConversationEnded,
    ConversationStarted,
    OfferRefused,
    Request,
)

SALES = QueueId("sales")
OPEN_TO_ALL = (PlanStep("all", 0),)
Kind = TypeVar("Kind", bound=Event)


def plan(**changes: object) -> QueuePlan:
    """The queue `sales`: one step that admits everybody, 10 s of ringing, no wrap-up."""
    rules: dict[str, object] = {"queue": SALES, "name": "Sales", "steps": OPEN_TO_ALL, "ring_s": 10.0}
    return QueuePlan(**(rules | changes))  # type: ignore[arg-type]  # the fields are QueuePlan's own


def agent(number: str, *queues: str, wrap_up_s: float | None = None, **skills: int) -> AgentProfile:
    """An agent of these queues (by default `sales`) with these skills."""
    serves = tuple(QueueId(queue) for queue in queues) or (SALES,)
    return AgentProfile(AgentId(number), f"Agent {number}", tuple(sorted(skills.items())), serves, wrap_up_s)


class Centre:
    """The engine with a clock that moves only when told."""

    def __init__(self, *profiles: AgentProfile, plans: tuple[QueuePlan, ...] = ()) -> None:
        self.engine, self.now = Engine(), 1000.0
        self.past: list[Event] = []
        self.ask(Configured(plans or (plan(),), profiles))

    def ask(self, request: Request) -> list[Event]:
        """Hand in a request; raises what the engine raises."""
        events = self.engine.handle(request, self.now)
        self.past += events
        return events

    def passes(self, seconds: float) -> list[Event]:
        """Let time pass, waking the engine exactly when it wants to be."""
        until, events = self.now + seconds, list[Event]()
        while (deadline := self.engine.next_deadline()) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            events += self.engine.tick(self.now)
        self.now = until
        self.past += events
        return events

    def ready(self, *numbers: str) -> list[Event]:
        """Sign these agents in, each on a phone of their own, and make them ready."""
        events: list[Event] = []
        for number in numbers:
            self.ask(AgentSignedIn(AgentId(number), PhoneId(f"PJSIP/phone{number}"), "test"))
            events += self.ask(AgentReady(AgentId(number), "test"))
        return events

    def pause(self, number: str, reason: str = "lunch") -> list[Event]:
        """Pause an agent."""
        return self.ask(AgentPaused(AgentId(number), reason, "test"))

    def call(
        self, number: int, queue: str = "sales", priority: int = 0, need: str = "", **facts: str | int
    ) -> list[Event]:
        """A caller joins."""
        attributes = tuple(sorted(facts.items()))
        return self.ask(CallerJoined(call_id(number), QueueId(queue), priority, need, attributes))

    def answers(self, number: str, call: int) -> list[Event]:
        """The agent picks up."""
        return self.ask(ConversationStarted(call_id(call), AgentId(number)))

    def refuses(self, number: str, call: int, why: OfferFailure = OfferFailure.NO_ANSWER) -> list[Event]:
        """The dial ends without a conversation."""
        return self.ask(OfferRefused(call_id(call), AgentId(number), why))

    def ends(self, number: str, call: int) -> list[Event]:
        """The caller hangs up on the agent."""
        return self.ask(ConversationEnded(call_id(call), AgentId(number), EndedBy.CALLER))

    def state(self, number: str) -> AgentState:
        """Where an agent stands."""
        return self.engine.floor.agents[AgentId(number)].state


def call_id(number: int) -> CallId:
    """A call on the first node."""
    return CallId(f"node1-{number}")


def only(kind: type[Kind], events: list[Event]) -> list[Kind]:
    """The events of one kind."""
    return [event for event in events if isinstance(event, kind)]
