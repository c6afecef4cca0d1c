"""One request being carried out: its events, each written to the floor as it happens."""

from __future__ import annotations

from dataclasses import dataclass, field

from acd.agents import Agent
from acd.call import Call
from acd.events import AgentStateChanged, Event
from acd.floor import Floor
from acd.names import AgentState, PhoneId


@dataclass(slots=True)
class Turn:
    """One request's events, each written to the floor as it happens."""

    floor: Floor
    now: float
    events: list[Event] = field(default_factory=list)

    def happen(self, event: Event) -> None:
        """Let the event be a fact."""
        self.floor.evolve(event, self.now)
        self.events.append(event)

    def move(
        self,
        agent: Agent,
        after: AgentState,
        *,
        who: str,
        reason: str = "",
        until: float | None = None,
        since: float | None = None,
        phone: PhoneId | None = None,
        call: Call | None = None,
    ) -> None:
        """Move an agent to another state; they stay on their phone unless they sign out or another is given."""
        stays_on = None if after is AgentState.SIGNED_OUT else phone or agent.phone
        since = self.now if since is None else since
        about = None if call is None else call.id
        counts_as = self.floor.counts_as(reason) if after is AgentState.PAUSED else None
        self.happen(
            AgentStateChanged(agent.id, agent.state, after, stays_on, reason, who, since, until, about, counts_as)
        )
