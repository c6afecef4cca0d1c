"""Customers who come back, on a real Asterisk with real phones: for whom they are kept, and which place they get."""

from __future__ import annotations

from deploy.telephones.callers import Caller
from deploy.telephones.phones import AnswerAfter
from tests.live.house import SOON_S, Agent, House, Json
from tests.live.waiting import until_seen

GRACE_S = 30.0
"""How long the queue held keeps the place of a caller who was dropped."""
PATIENCE_S = 4.0
"""How long the queue regulars keeps a caller for the agent they talked with last."""

SAME_S = 0.5
"""A joining time that went through the ticket and a second run's clock is the same to within this."""


async def acquainted(house: House) -> tuple[Caller, Agent, Agent]:
    """A customer and the agent who talked with them, and one who is there as well and has not."""
    known = await house.ready_agent("1001", AnswerAfter(0.1))
    customer = await house.caller("regulars")
    await house.until_talking(customer, known)
    await customer.hang_up()
    other = await house.ready_agent("1002", AnswerAfter(0.1))
    await known.until("ready")
    return customer, known, other


async def busy_with_another(house: House, agent: Agent, other: Agent) -> Caller:
    """Somebody with whom this agent, and not the other, talks now."""
    await other.does("pause", reason="lunch")
    somebody = await house.caller("regulars")
    await house.until_talking(somebody, agent)
    await other.does("ready")
    return somebody


async def kept_call(house: House, customer: Caller) -> Json:
    """The customer's call, once it waits."""

    async def waits() -> Json | None:
        return next((call for call in await house.calls() if call["id"] == house.life(customer).call), None)

    return await until_seen(waits, "the call waits", SOON_S)


async def test_a_customer_waits_for_the_agent_they_talked_with_and_gets_them(house: House) -> None:
    customer, known, other = await acquainted(house)
    somebody = await busy_with_another(house, known, other)
    await house.calls_again(customer, "regulars")
    call = await kept_call(house, customer)
    assert call["kept_for"] == "1001"
    assert call["why"]["en"].startswith("Kept for 王小明 until ")
    await somebody.hang_up()
    await house.until_talking(customer, known)
    assert [offer.phone for offer in house.life(customer).offers] == ["PJSIP/phone1"]
    assert (await other.now())["state"] == "ready"


async def test_after_the_patience_whoever_is_there_gets_the_call(house: House) -> None:
    customer, known, other = await acquainted(house)
    await busy_with_another(house, known, other)
    await house.calls_again(customer, "regulars")
    await house.until_talking(customer, other, PATIENCE_S + SOON_S)
    ended = await house.until_event("PreferenceEnded", call=house.life(customer).call)
    assert (ended.data["agent"], ended.data["why"]) == ("1001", "patience")


async def test_whom_a_customer_talked_with_is_known_after_the_service_was_killed(house: House) -> None:
    customer, _known, _other = await acquainted(house)

    async def kept() -> bool:
        return any([key async for key in house.redis.scan_iter(f"switchboard:{house.site.name}:customer:*")])

    await until_seen(kept, "Redis has it", SOON_S)
    house.service.kill()
    house.service.start()
    await house.service.until_ready()
    await house.calls_again(customer, "regulars")
    queued = await house.until_event("Queued", call=house.life(customer).call)
    assert queued.data["prefer"] == "1001"
    assert customer.name not in queued.data["customer"]


# ---------------------------------------------------------------------------------------------------- grace time


async def dropped_and_back(house: House) -> tuple[Caller, Caller]:
    """A caller who hung up while waiting and is back, and one who has come behind them meanwhile."""
    house.observer.ledger.grace_s["held"] = GRACE_S
    dropped = await house.waiting_caller("held")
    behind = await house.waiting_caller("held")
    await dropped.hang_up()
    await house.until_event("Abandoned", call=house.life(dropped).call)
    await house.calls_again(dropped, "held")
    await house.until_known(dropped)
    return dropped, behind


async def test_a_dropped_caller_who_calls_back_stands_where_they_stood_and_counts_once(house: House) -> None:
    before = await house.queue("held")
    dropped, behind = await dropped_and_back(house)
    positions = {call["id"]: call["position"] for call in await house.calls()}
    assert positions == {house.life(dropped).call: 1, house.life(behind).call: 2}
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    await house.until_talking(dropped, agent)
    await house.until_event("Connected", call=house.life(dropped).call)  # the figures have it then, too
    queue = await house.queue("held")
    counted = {key: queue[key] - before[key] for key in ("offered", "answered", "abandoned", "short_abandoned")}
    assert counted == {"offered": 2, "answered": 1, "abandoned": 0, "short_abandoned": 0}


async def test_the_place_of_a_caller_who_is_back_outlives_the_service(house: House) -> None:
    dropped, behind = await dropped_and_back(house)
    joined_at = (await house.call_of(dropped))["joined_at"]
    house.service.kill()
    house.service.start()
    await house.service.until_ready()
    again = await house.until_known(dropped)
    assert abs(again["joined_at"] - joined_at) < SAME_S
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    await house.until_talking(dropped, agent)
    assert house.life(behind).offers == []
