"""How fast each queue's line moves, learned from events; what is long past counts less and less.

How long a call keeps an agent, how soon phones are answered, how many callers give up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from acd.agents import ON_CALLS
from acd.events import Abandoned, AgentStateChanged, Connected, Diverted, Event, Offered
from acd.names import AgentId, QueueId

LEARNED = (Offered, Connected, Abandoned, Diverted, AgentStateChanged)
"""The kinds of events from which anything is learned."""
MEMORY = 200
"""So many of a queue's last calls its pace is made of: each one that comes makes those before count a little less."""
HALF_LIFE_S = 1800.0
"""After so long a call counts half as much in how busy queues are beside each other."""
LEAST_HANDLED = 5.0
"""Of so many calls something must be known before anything is said."""

_KEPT = 1.0 - 1.0 / MEMORY


@dataclass(slots=True)
class Pace:
    """One queue's pace. All sums forget alike, so that their quotients are means of what was lately."""

    handled: float = 0.0
    """Calls that kept an agent and are over."""
    handling_s: float = 0.0
    """Seconds that agents spent on them, ringing in vain and wrapping up included."""
    connected: float = 0.0
    ringing_s: float = 0.0
    """Seconds from offer to answer of those connected."""
    gave_up: float = 0.0
    """Callers who left the line by themselves."""
    waited_s: float = 0.0
    """Seconds waited by all who left the line, in whatever way."""
    _busy: float = 0.0
    _busy_at: float = 0.0

    @property
    def answer_s(self) -> float:
        """From the offer to the answer, in the mean."""
        return self.ringing_s / self.connected if self.connected else 0.0

    @property
    def impatience(self) -> float:
        """How many of those who wait give up in a second of waiting."""
        return self.gave_up / self.waited_s if self.waited_s else 0.0

    def busy(self, now: float) -> float:
        """How many calls the queue lately had, for holding it against others."""
        return float(self._busy * 0.5 ** ((now - self._busy_at) / HALF_LIFE_S))

    def note_handled(self, spent_s: float, now: float) -> None:
        """A call has kept an agent for so long."""
        self.handled = self.handled * _KEPT + 1.0
        self.handling_s = self.handling_s * _KEPT + spent_s
        self._busy, self._busy_at = self.busy(now) + 1.0, now

    def note_in_vain(self, spent_s: float) -> None:
        """An offer that came to nothing has kept an agent for so long: each call handled costs a little more."""
        self.handling_s += spent_s

    def note_connected(self, rang_s: float) -> None:
        """A caller was answered after so much ringing."""
        self.connected = self.connected * _KEPT + 1.0
        self.ringing_s = self.ringing_s * _KEPT + rang_s

    def add(self, earlier: Pace, now: float) -> None:
        """Count in what was learned of this queue before."""
        self._busy, self._busy_at = self.busy(now) + earlier.busy(now), now
        self.handled += earlier.handled
        self.handling_s += earlier.handling_s
        self.connected += earlier.connected
        self.ringing_s += earlier.ringing_s
        self.gave_up += earlier.gave_up
        self.waited_s += earlier.waited_s

    def note_left(self, waited_s: float, gave_up: float) -> None:
        """A caller left the line; `gave_up` is 1 where they did so by themselves, else 0."""
        self.waited_s = self.waited_s * _KEPT + waited_s
        self.gave_up = self.gave_up * _KEPT + gave_up


@dataclass(slots=True)
class _OnCall:
    """What an agent is busy with. `answered` is None until somebody talks."""

    queue: QueueId
    since: float
    answered: float | None = None


@dataclass(slots=True)
class Paces:
    """The pace of every queue."""

    of: dict[QueueId, Pace] = field(default_factory=dict)
    _on_call: dict[AgentId, _OnCall] = field(default_factory=dict)

    def queue(self, queue: QueueId) -> Pace:
        """The queue's pace, a blank one where nothing is known."""
        pace = self.of.get(queue)
        if pace is None:
            pace = self.of[queue] = Pace()
        return pace

    def take(self, event: Event, now: float) -> None:
        """Learn from one event; events come in their order."""
        match event:
            case Offered():
                self._on_call[event.agent] = _OnCall(event.queue, now)
            case Connected():
                self._connect(event, now)
            case Abandoned():
                self.queue(event.queue).note_left(event.waited_s, gave_up=1.0)
            case Diverted():
                self.queue(event.queue).note_left(event.waited_s, gave_up=1.0)
            case AgentStateChanged() if event.before in ON_CALLS and event.after not in ON_CALLS:
                self._free(event.agent, now)
            case _:
                pass

    def add(self, earlier: Paces, now: float) -> None:
        """Count in what was learned before these began to learn; who is on which call is for the newer ones to know."""
        for queue, pace in earlier.of.items():
            self.queue(queue).add(pace, now)

    def _connect(self, event: Connected, now: float) -> None:
        pace, on_call = self.queue(event.queue), self._on_call.get(event.agent)
        pace.note_left(event.waited_s, gave_up=0.0)
        if on_call is None:
            on_call = self._on_call[event.agent] = _OnCall(event.queue, now)
        on_call.answered = now
        pace.note_connected(now - on_call.since)

    def _free(self, agent: AgentId, now: float) -> None:
        on_call = self._on_call.pop(agent, None)
        if on_call is None:
            return
        pace = self.queue(on_call.queue)
        if on_call.answered is None:
            pace.note_in_vain(now - on_call.since)
        else:
            pace.note_handled(now - on_call.since, now)


def handling_s(paces: Mapping[QueueId, Pace], shares: Mapping[QueueId, float], now: float) -> float | None:
    """How long a call keeps one of some agents, of whom the share `shares[queue]` serves each queue; None: not known yet."""
    calls = spent_s = known = 0.0
    for queue, share in shares.items():
        pace = paces.get(queue)
        if pace is not None and pace.handled:
            weight = share * pace.busy(now)
            known += share * pace.handled
            calls += weight
            spent_s += weight * pace.handling_s / pace.handled
    return spent_s / calls if known >= LEAST_HANDLED and calls else None
