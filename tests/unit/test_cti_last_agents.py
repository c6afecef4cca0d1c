"""Whom a customer talked with last: what is remembered while Redis is away (tests/live/test_returning.py has the rest)."""

from __future__ import annotations

from acd.callback import Terms
from acd.names import AgentId, CustomerKey, callback_of
from acd.plans.plan import Preference, Whom
from acd.requests import CallbackWanted, CallerJoined, CarrierReady, ConversationStarted, CustomerDialled
from cti_bridge.kept.last_agents import LastAgents
from cti_bridge.kept.link import RedisLink, connect
from cti_bridge.links import Links
from tests.unit.cti_kit import CALL, LI, SALES, WANG, House

CUSTOMER = CustomerKey("k1")
KEEP_S = 3600.0
LAST = Preference(Whom.LAST_AGENT, 30)


class Memory:
    """A floor, and what is remembered of its callers."""

    def __init__(self, *prefer: Preference) -> None:
        self.house = House(prefer=prefer)
        link = RedisLink(connect("redis://127.0.0.1:1/0"), Links(lambda: 0.0))  # not up, so never asked
        self.last_agents = LastAgents(link, "main", self.house.desk, lambda: KEEP_S)

    def talks(self, agent: AgentId, customer: CustomerKey | None = CUSTOMER) -> None:
        """The customer calls, and this agent answers."""
        self.house.ready(agent)
        self.house.tell(CallerJoined(CALL, SALES, customer=customer))
        self.house.tell(ConversationStarted(CALL, agent))
        for stamped in self.house.said:
            self.last_agents.take(stamped)


async def test_the_agent_a_customer_talked_with_is_remembered_for_a_time() -> None:
    memory = Memory(LAST)
    memory.talks(LI)
    assert await memory.last_agents.of(CUSTOMER) == LI
    assert await memory.last_agents.of(CustomerKey("k2")) is None
    memory.house.clocks.passes(KEEP_S + 1)
    assert await memory.last_agents.of(CUSTOMER) is None


async def test_the_agent_who_called_a_customer_back_is_remembered() -> None:
    memory = Memory(LAST)
    callback = callback_of(CALL)
    memory.house.ready(LI)
    for request in (
        CallbackWanted(callback, CUSTOMER, SALES, Terms(2, 60.0, 20.0)),
        CarrierReady(callback),
        CustomerDialled(callback, LI),
        ConversationStarted(callback, LI),
    ):
        memory.house.tell(request)
    for stamped in memory.house.said:
        memory.last_agents.take(stamped)
    assert await memory.last_agents.of(CUSTOMER) == LI


async def test_nothing_is_kept_where_no_queue_asks_for_it() -> None:
    memory = Memory(Preference(Whom.OWNER, 30))
    memory.talks(WANG)
    assert await memory.last_agents.of(CUSTOMER) is None


async def test_a_missed_stretch_of_events_is_made_good_from_the_floor() -> None:
    memory = Memory(LAST)
    memory.house.tell(CallerJoined(CALL, SALES, customer=CUSTOMER))
    memory.last_agents.resume()
    for stamped in (*memory.house.ready(WANG), *memory.house.tell(ConversationStarted(CALL, WANG))):
        memory.last_agents.take(stamped)
    assert await memory.last_agents.of(CUSTOMER) == WANG
