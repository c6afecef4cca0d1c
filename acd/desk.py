"""The single writer: an asyncio mailbox in front of the engine. Requests come in, one feed goes out.

Nothing else mutates the floor. The desk arms one timer, for the engine's next deadline.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from acd.decision import Decision
from acd.engine import Engine, EngineFault
from acd.errors import RequestRefused
from acd.events import Event, Stamped
from acd.facts import Fact, StepPassed
from acd.feed import Feed
from acd.floor import Floor
from acd.names import CallId
from acd.requests import CallerJoined, Noted, Request, SessionLost
from acd.waits.expected_wait import ExpectedWait
from acd.waits.forecast import Forecasts

_log = logging.getLogger("acd.desk")

BATCH = 256
"""How many requests are handled before others on the loop get a turn."""
GATHER_S = 0.25
"""Steps that callers pass are told together, those of so long: each by itself would wake everybody who hears of them."""

Answer = asyncio.Future[tuple[Event, ...]]


class Orders:
    """What happens to one call, for the session that carries it out."""

    def __init__(self, call: CallId) -> None:
        self.call = call
        self.arrived: Callable[[Event], None] = _not_awaited
        """Told of each event as it is handed over, for a session that is busy; it returns at once."""
        self._events: asyncio.Queue[Event] = asyncio.Queue()

    def put(self, event: Event) -> None:
        """Hand over an event of this call."""
        self._events.put_nowait(event)
        self.arrived(event)

    def ignore(self) -> None:
        """Tell nobody any more of what arrives."""
        self.arrived = _not_awaited

    async def next(self) -> Event:
        """The next event of this call."""
        return await self._events.get()


class Desk:
    """The engine's owner. `clock` and `wall` give seconds: the engine's clock (never jumps) and the Unix epoch's."""

    def __init__(self, clock: Callable[[], float], wall: Callable[[], float], run: str) -> None:
        self.feed = Feed()
        self.run_id = run
        self.handled = 0
        """Requests handled since the start."""
        self.faults = 0
        """Requests that ended in a mistake of ours."""
        self.decided: Callable[[float], None] = _nobody
        """Told how long the engine took over a request, in seconds of the desk's clock."""
        self.forecasts = Forecasts()
        """How long callers will wait, and how right that was."""
        self._clock, self._wall = clock, wall
        self._engine = Engine()
        self._mailbox: deque[tuple[Request, Answer | None]] = deque()
        self._wake = asyncio.Event()
        self._idle = False
        """The mailbox's task sleeps, and nothing is being decided."""
        self._armed_for: float | None = None
        """The deadline it will wake up for."""
        self._orders: dict[CallId, Orders] = {}
        self._untold: list[tuple[StepPassed, float]] = []
        """Steps passed that nobody was told of yet, each with its engine time."""
        self._telling: asyncio.TimerHandle | None = None
        """When they are told, unless something happens before."""
        self._seq = 0

    @property
    def floor(self) -> Floor:
        """The floor, to read."""
        return self._engine.floor

    @property
    def seq(self) -> int:
        """The number of the last event on the feed."""
        return self._seq

    def now(self) -> float:
        """The engine's time."""
        return self._clock()

    def wall(self, at: float) -> float:
        """Unix seconds of an engine time, by the system clock as it stands now."""
        return at + self._wall() - self._clock()

    def at(self, wall: float) -> float:
        """Engine time of Unix seconds."""
        return wall - self._wall() + self._clock()

    def post(self, request: Request) -> None:
        """Put a request into the mailbox; a refusal is noted in the log at debug level."""
        self._mailbox.append((request, None))
        self._wake.set()

    def note(self, fact: Fact) -> None:
        """Tell a fact on the feed, in its turn; at once where nothing else waits to be decided."""
        if self._is_free():
            with suppress(EngineFault):  # reported where it happened
                self._decide_in_between(Noted(fact))
        else:
            self.post(Noted(fact))

    def note_soon(self, passed: StepPassed) -> None:
        """Tell what nobody waits for and moves nothing on the floor: within `GATHER_S`, and before whatever happens after it."""
        self._untold.append((passed, self.now()))
        if self._telling is None:
            self._telling = asyncio.get_running_loop().call_later(GATHER_S, self._gathered)

    def tell_now(self) -> None:
        """Tell what `note_soon` has gathered."""
        untold, self._untold = self._untold, []
        for passed, at in untold:
            self._tell(passed, at, self.wall(at))

    async def ask(self, request: Request) -> tuple[Event, ...]:
        """Have a request handled, in its turn, and return the events it made. Raises RequestRefused; then nothing changed."""
        if self._is_free():
            return self._decide_in_between(request)
        answer: Answer = asyncio.get_running_loop().create_future()
        self._mailbox.append((request, answer))
        self._wake.set()
        return await answer

    @contextmanager
    def orders(self, call: CallId) -> Iterator[Orders]:
        """The events of one call, for as long as its session lives; a later session of the same call takes over."""
        orders = Orders(call)
        self._orders[call] = orders
        try:
            yield orders
        finally:
            if self._orders.get(call) is orders:
                del self._orders[call]

    def session_lost(self, call: CallId) -> bool:
        """Put SessionLost into the mailbox, unless a later session of this call has taken over its orders already.

        A caller who was taken out of a silent session may be back in another before the end of the first is noticed. Says
        whether it was the last one's end.
        """
        last = call not in self._orders
        if last:
            self.post(SessionLost(call))
        return last

    def explain(self, call: CallId) -> Decision:
        """How the call stands now. Raises UnknownCall."""
        return self._engine.explain(call, self.now())

    def expected_wait(self, call: CallId) -> ExpectedWait | None:
        """How much longer a caller on the floor will wait; None: not known, or they talk. Raises UnknownCall."""
        return self.forecasts.waiting(self.floor, self.floor.call(call), self.now())

    def expected_wait_of(self, joins: CallerJoined) -> ExpectedWait | None:
        """How long a caller would wait who joined now; None: not known. Raises UnknownQueue, BadNeed."""
        return self.forecasts.joining(self.floor, joins, self.now())

    async def run(self) -> None:
        """Handle requests and deadlines until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            for _ in range(min(BATCH, len(self._mailbox))):
                self._handle(*self._mailbox.popleft())
            for _ in range(BATCH):
                if not self._due():
                    break
                self._tick()
            if self._mailbox or self._due():
                await asyncio.sleep(0)
                continue
            self._armed_for = self._engine.next_deadline()
            timer = None
            if self._armed_for is not None:
                timer = loop.call_later(max(0.0, self._armed_for - self.now()), self._wake.set)
            self._idle = True
            try:
                await self._wake.wait()
            finally:
                self._idle = False
            self._wake.clear()
            if timer is not None:
                timer.cancel()

    def _due(self) -> bool:
        deadline = self._engine.next_deadline()
        return deadline is not None and deadline <= self.now()

    def _is_free(self) -> bool:
        """Whether a request's turn is now. To wake the mailbox's task and be woken by it would cost more than most decisions."""
        return self._idle and not self._mailbox and not self._due()

    def _decide_in_between(self, request: Request) -> tuple[Event, ...]:
        """Handle a request while the mailbox's task sleeps. Raises RequestRefused, EngineFault."""
        self._idle = False
        try:
            return self._decide(request)
        finally:
            self._idle = True
            deadline = self._engine.next_deadline()
            if deadline is not None and (self._armed_for is None or deadline < self._armed_for):
                self._wake.set()

    def _handle(self, request: Request, answer: Answer | None) -> None:
        try:
            events = self._decide(request)
        except (RequestRefused, EngineFault) as why:
            if answer is not None and not answer.done():
                answer.set_exception(why)
            elif answer is None and isinstance(why, RequestRefused):
                _log.debug("refused %s: %s", type(request).__name__, why)
            return
        if answer is not None and not answer.done():
            answer.set_result(events)

    def _decide(self, request: Request) -> tuple[Event, ...]:
        self.handled += 1
        began = self.now()
        try:
            events = self._engine.handle(request, began)
        except EngineFault as fault:
            self._report(fault, type(request).__name__)
            raise
        self.decided(self.now() - began)
        self._publish(events)
        return tuple(events)

    def _gathered(self) -> None:
        self._telling = None
        self.tell_now()

    def _tick(self) -> None:
        try:
            self._publish(self._engine.tick(self.now()))
        except EngineFault as fault:
            self._report(fault, "a deadline")

    def _report(self, fault: EngineFault, what: str) -> None:
        """A mistake of ours: say so loudly, and publish what did happen, so that feed and floor stay equal."""
        self.faults += 1
        _log.error("a mistake of ours in handling %s", what, exc_info=fault)
        self._publish(fault.events)

    def _foresee(self, events: list[Event], now: float) -> None:
        """Let the forecasts learn; a mistake in them costs nobody their call."""
        try:
            self.forecasts.take(events, self.floor, now)
        except Exception:  # noqa: BLE001 - whatever it is, the calls go on
            self.faults += 1
            _log.exception("a mistake of ours in forecasting waits")

    def _publish(self, events: list[Event]) -> None:
        if not events:
            return
        self.tell_now()
        now, wall = self.now(), self._wall()
        self._foresee(events, now)
        for event in events:
            self._tell(event, now, wall)
            call: CallId | None = getattr(event, "call", None)
            if call is not None and (orders := self._orders.get(call)) is not None:
                orders.put(event)

    def _tell(self, event: Event, at: float, wall: float) -> None:
        self._seq += 1
        self.feed.publish(Stamped(self._seq, self.run_id, at, wall, event))


def _not_awaited(_event: Event) -> None:
    """The session takes its orders in turn."""


def _nobody(_seconds: float) -> None:
    """Nobody listens yet."""
