"""A house for callers in unit tests: the real desk and engine on virtual time, real flows and tickets, no wire, no sound."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from acd.desk import Desk
from acd.events import Offered
from acd.names import AgentId, Attributes, CallId, CustomerKey, DialDoor, PhoneId, QueueId
from acd.plans.plan import AgentProfile, PlanStep, QueuePlan
from acd.requests import AgentReady, AgentSignedIn, Configured
from common.tasks import spawn
from ivr.calendars.hours import Calendar, Holiday, Span
from ivr.calendars.switches import Calendars
from ivr.caller import FaxCame
from ivr.dialling.policy import Caps, DialRules, Listed
from ivr.flows.checks import Known
from ivr.flows.files import Flows, load_flows
from ivr.house import Errand, FaxOrder, House, MessageOrder, Promise
from ivr.lookups.port import Asked, Learned, NotLearned
from ivr.phone_codes import PhoneDesk
from ivr.tickets.ticket import Place, Ticket, TicketOffice
from service.offices.dialling import DialOffice

Happened = TypeVar("Happened")

KEY = b"a key for tests, not for a house"
FLOW = """
start: welcome
languages: {chinese: zh, english: en}
language: chinese
prompts:
  welcome: {zh: 您好, en: Welcome}
  choose-language: {zh: 请按, en: Press}
  choose-topic: {zh: 请选, en: Choose}
  wrong-key: {zh: 错, en: Wrong}
  nobody-here: {zh: 没人, en: Nobody}
  leave-message: {zh: 留言, en: Speak}
  goodbye: {zh: 再见, en: Bye}
steps:
  welcome: {do: say, say: welcome, then: language}
  language: {do: menu, say: choose-language, keys: {1: topic, 2: english}, no_input: topic, tries: 2}
  english: {do: language, language: english, then: topic}
  topic: {do: menu, say: choose-topic, keys: {1: sales, 2: service}, wrong_say: wrong-key, no_input: message, tries: 2}
  sales: {do: set, vars: {topic: sales}, then: sales-queue}
  sales-queue: {do: queue, queue: sales, need: "skill[call.language] >= 3", priority: 2}
  service: {do: queue, queue: service, nobody: message}
  message: {do: message, say: leave-message, then: goodbye}
  goodbye: {do: hang_up, say: goodbye}
"""


class Clock:
    """Virtual time, in seconds."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        """Read it."""
        return self.now


class NumberedCustomers:
    """Customers whose key is their number, and whom they talked with last."""

    def __init__(self) -> None:
        self.last_agents: dict[str, AgentId] = {}

    def known_by(self, number: str) -> CustomerKey | None:
        """Return the number itself: nothing here is personal."""
        return CustomerKey(number) if number else None

    async def last_agent(self, customer: CustomerKey) -> AgentId | None:
        """Return what was put down."""
        return self.last_agents.get(customer)


WEDNESDAY_NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC).timestamp()


def calendars() -> dict[str, Calendar]:
    """Return one calendar, `shop`: Monday to Friday from nine to five in UTC, and Christmas; 1001 closes it by *157."""
    week = ((Span(9 * 60, 17 * 60),),) * 5 + ((), ())
    christmas = {date(2026, 12, 25): Holiday({"zh-CN": "圣诞节", "en": "Christmas"})}
    return {"shop": Calendar("shop", ZoneInfo("UTC"), week, christmas, "7", frozenset({AgentId("1001")}))}


class NotedCallbacks:
    """Callbacks to numbers that begin with 13; what is promised is noted."""

    def __init__(self) -> None:
        self.answer = Promise.MADE
        self.promised: list[tuple[str, Place]] = []
        self.replaced_waited_s = 0.0
        """What a returning customer's callback has waited."""
        self.back: list[tuple[CustomerKey, QueueId]] = []
        self.errands: dict[CallId, Errand] = {}
        self.refusals: list[str] = []

    def may_call(self, number: str) -> bool:
        """Say whether it begins with 13."""
        return number.startswith("13")

    def refused(self, call: CallId, number: str) -> None:  # noqa: ARG002 - the port has it
        """Note it."""
        self.refusals.append(number)

    async def promise(self, call: CallId, number: str, place: Place) -> Promise:  # noqa: ARG002 - the port has it
        """Note it."""
        self.promised.append((number, place))
        return self.answer

    def waited_s(self, customer: CustomerKey, queue: QueueId) -> float:  # noqa: ARG002 - the port has it
        """Return what was put down."""
        return self.replaced_waited_s

    async def came_back(self, customer: CustomerKey, queue: QueueId) -> None:
        """Note it."""
        self.back.append((customer, queue))

    def errand(self, call: CallId) -> Errand | None:
        """Return what was put down."""
        return self.errands.get(call)


DIAL_RULES = DialRules(
    dial="PJSIP/{number}@trunk",
    lists=(Listed("mobile", (re.compile("1[3-9][0-9]{2,9}"),), frozenset(DialDoor)),),
    shows="4008001234",
    ring_s=25.0,
    calendar="shop",
    caps=Caps(user_hour=2, user_day=3, site_hour=5, site_day=6),
    code="9",
    stopped_by=frozenset({AgentId("1001")}),
)
"""Numbers that begin with 13 to 19, in the shop's hours."""


class NotedLookups:
    """Other systems that answer what was put down, or when its future says; what they are asked is noted."""

    def __init__(self) -> None:
        self.answer: Learned | NotLearned | asyncio.Future[Learned | NotLearned] = Learned(())
        self.asked: list[Asked] = []

    async def ask(self, asked: Asked) -> Learned | NotLearned:
        """Note it."""
        self.asked.append(asked)
        return await self.answer if isinstance(self.answer, asyncio.Future) else self.answer


class NotedMessages:
    """Messages that say what was put down, in turn, then something; what becomes of them is noted."""

    def __init__(self) -> None:
        self.speech_s: list[float] = []
        self.orders: list[MessageOrder] = []
        self.kept: list[str] = []
        self.dropped: list[str] = []
        self.refuses = False
        """Whether none can be kept."""

    async def begin(self, order: MessageOrder) -> str:
        """Number it."""
        self.orders.append(order)
        return f"{order.call}-{len(self.orders)}"

    def file(self, recording: str) -> str:
        """Return a path."""
        return f"/messages/{recording}.wav"

    def sound(self, recording: str) -> str:
        """Return the same without its ending."""
        return f"/messages/{recording}"

    async def says_something(self, recording: str, least_s: float) -> bool:
        """Look at what was put down for it."""
        number = int(recording.rpartition("-")[2]) - 1
        return (self.speech_s[number] if number < len(self.speech_s) else 60.0) >= least_s

    async def keep(self, recording: str, least_s: float) -> bool:
        """Note it."""
        if self.refuses or not await self.says_something(recording, least_s):
            return False
        self.kept.append(recording)
        return True

    async def drop(self, recording: str) -> None:
        """Note it."""
        self.dropped.append(recording)


class NotedFaxes:
    """Faxes of as many pages as was put down; what becomes of them is noted."""

    def __init__(self) -> None:
        self.pages = 1
        self.orders: list[FaxOrder] = []
        self.kept: list[FaxCame | None] = []
        self.left: list[CallId] = []

    async def begin(self, order: FaxOrder) -> str:
        """Name a file."""
        self.orders.append(order)
        return f"/messages/{order.call}.tiff"

    async def keep(self, call: CallId, came: FaxCame | None) -> int:  # noqa: ARG002 - one caller a test
        """Note it."""
        self.kept.append(came)
        return self.pages

    def leave(self, call: CallId) -> None:
        """Note it."""
        self.left.append(call)


class NamedSounds:
    """Prompts that are all there."""

    def lasts(self, sound: str) -> None:
        """Nobody knows."""

    def sound(self, prompt: str, language: str) -> str:
        """Return the prompt's name in its language."""
        return f"{language}/{prompt}"


def flows_of(text: str, folder: Path) -> Flows:
    """Load one flow called main."""
    (folder / "main.yaml").write_text(text, encoding="utf-8")
    return load_flows(folder, Known({"sales", "service"}, {"shop"}, lookups={"crm"}, calls_back=True))


def plans() -> tuple[QueuePlan, ...]:
    """Return two queues: `sales` tells callers for whom nobody is there, `service` sends them on."""
    step = (PlanStep("anyone", 0.0),)
    return (
        QueuePlan(QueueId("sales"), "Sales", step, no_agent_say="nobody-here", music="waltz"),
        QueuePlan(QueueId("service"), "Service", step, no_agent_say="nobody-here"),
    )


def profiles() -> tuple[AgentProfile, ...]:
    """Return two agents who speak everything and serve every queue."""
    queues = (QueueId("sales"), QueueId("service"))
    skills = (("chinese", 9), ("english", 9))
    return tuple(AgentProfile(AgentId(name), name, skills, queues) for name in ("1001", "1002"))


class TestHouse:
    """The house and what happened in it."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.wall = Clock(WEDNESDAY_NOON)
        self.desk = Desk(self.clock, self.clock, "a run")
        self.feed = self.desk.feed.subscribe("test")
        self.tickets = TicketOffice(KEY, "this boot", self.clock, self.clock)
        self.tape_file: str | OSError | None = "/recordings/1.raw"
        self.taped: list[tuple[Offered, Attributes, float]] = []
        self.flows = flows_of(FLOW, folder)
        self.customers = NumberedCustomers()
        self.calendars = Calendars(calendars, self.wall)
        self.muted: list[str] = []
        self.hushed: list[CallId] = []
        self.handed_in: list[CallId] = []
        self.ringing_ended: list[CallId] = []
        self.dials_over: set[CallId] = set()
        """The callers for whom Asterisk dials nobody any more, as it would say."""
        self.asked_of_dials = asyncio.Semaphore(0)
        self.callbacks = NotedCallbacks()
        self.messages = NotedMessages()
        self.faxes = NotedFaxes()
        self.dial_rules: DialRules | None = DIAL_RULES
        self.dialling = DialOffice(
            desk=self.desk,
            rules=lambda: self.dial_rules,
            zone=ZoneInfo("UTC"),
            calendars=self.calendars,
            wall=self.wall,
        )
        self.lookups = NotedLookups()
        self.house = House(
            self.desk,
            lambda: self.flows,
            NamedSounds(),
            self.tickets,
            self.calendars,
            self._tape,
            self.messages,
            self.faxes,
            self.customers,
            self.hushed.append,
            self._unrecorded,
            self.handed_in.append,
            self._dial_is_over,
            self.ringing_ended.append,
            self.callbacks,
            self.dialling,
            self.lookups,
            lambda: "zh",
        )

    def phones(self, language: str, reasons: Mapping[str, str]) -> PhoneDesk:
        """Return what dialling codes work with, speaking this language."""
        return PhoneDesk(
            self.desk,
            NamedSounds(),
            lambda: language,
            lambda: reasons,
            self.calendars,
            calendars,
            self.dialling,
            self.house.dial_is_over,
            self.house.end_ringing,
        )

    async def agent_is_ready(self, agent: str = "1001") -> None:
        """Sign an agent in and make them ready."""
        await self.desk.ask(AgentSignedIn(AgentId(agent), PhoneId(f"PJSIP/phone{agent[-1]}"), "test"))
        await self.desk.ask(AgentReady(AgentId(agent), "test"))

    def events(self, kind: type[Happened]) -> list[Happened]:
        """Return what happened of one kind since the last look."""
        return [stamped.event for stamped in self.feed.take() if isinstance(stamped.event, kind)]

    def ticket(self, text: str, call: str = "node1-1700000000.1") -> Ticket:
        """Read a ticket."""
        return self.tickets.read(text, call)  # type: ignore[arg-type]  # ids are strings in tests

    async def _dial_is_over(self, call: CallId) -> bool:
        self.asked_of_dials.release()
        return call in self.dials_over

    @asynccontextmanager
    async def _unrecorded(self, call: CallId) -> AsyncIterator[None]:
        self.muted.append(f"muted {call}")
        yield
        self.muted.append(f"unmuted {call}")

    async def _tape(self, offered: Offered, attributes: Attributes, waited_s: float) -> str | None:
        self.taped.append((offered, attributes, waited_s))
        if isinstance(self.tape_file, OSError):
            raise self.tape_file
        return self.tape_file


@asynccontextmanager
async def open_house(folder: Path) -> AsyncIterator[TestHouse]:
    """Run a house: its desk handles what it is asked."""
    house = TestHouse(folder)
    running = spawn(house.desk.run(), "desk")
    try:
        await house.desk.ask(Configured(plans(), profiles()))
        house.feed.take()
        yield house
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def settle() -> None:
    """Let everything that can happen without time passing happen."""
    for _ in range(200):
        await asyncio.sleep(0)
