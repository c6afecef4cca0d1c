"""Whose turn it is, on a real Asterisk with real phones: weights and urgency of queues, how agents are chosen, preferences."""

from __future__ import annotations

from deploy.telephones.callers import Caller
from deploy.telephones.phones import AnswerAfter
from tests.live.house import SOON_S, Agent, House
from tests.live.waiting import until_seen

OUTWEIGHS = 20
"""How many times as much a second in the crowd's line counts, where the test says so."""
PATIENCE_S = 3.0


async def two_lines(house: House) -> tuple[Caller, Caller]:
    """Two callers in two lines: the second came later, and has the stronger claim by now."""
    house.could_serve = lambda _, life: life.places[0].queue != "patient"  # the ledger holds by age alone
    first = await house.waiting_caller("patient")
    second = await house.waiting_caller("crowd")

    async def due() -> bool:
        page = await house.get("/api/v1/calls")
        waited = {call["queue"]: page["at"] - call["joined_at"] for call in page["items"]}
        return bool(OUTWEIGHS * waited["crowd"] > 2 * waited["patient"])

    await until_seen(due, "the later caller's claim is the stronger", SOON_S)
    return first, second


async def are_served(house: House, callers: list[Caller]) -> None:
    """An agent of both lines takes these in turn."""
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    for caller in callers:
        await house.until_talking(caller, agent)
        await caller.hang_up()
    assert [talk.caller for talk in house.observer.ledger.talks] == [house.life(caller).call for caller in callers]


async def test_a_queue_that_weighs_more_has_the_shared_agent_before_who_came_earlier(house: House) -> None:
    house.rewrite("queues.yaml", "en: Crowd}\n", f"en: Crowd}}\n    weight: {OUTWEIGHS}\n")
    await house.reload()
    first, second = await two_lines(house)
    await are_served(house, [second, first])


async def test_by_urgency_a_short_service_level_goes_before_a_longer_wait(house: House) -> None:
    for name, answer_within in {"Patient": 10 * OUTWEIGHS, "Crowd": 10}.items():
        house.rewrite(
            "queues.yaml", f"en: {name}}}\n", f"en: {name}}}\n    order: urgency\n    answer_within: {answer_within}\n"
        )
    await house.reload()
    first, second = await two_lines(house)
    await are_served(house, [second, first])


async def choosing(house: House, *criteria: str) -> None:
    """The crowd's agents are chosen so from now on."""
    said = "en: Crowd}\n    ring: 10\n    steps:\n      - {name: anyone"
    house.rewrite("queues.yaml", said, f"{said}, choose: [{', '.join(criteria)}]")
    await house.reload()


async def takes_one(house: House, agent: Agent) -> None:
    """A caller comes, and this agent has them."""
    caller = await house.caller("crowd")
    await house.until_talking(caller, agent)
    await caller.hang_up()
    await agent.until("ready")


async def alone(house: House, agent: Agent, other: Agent) -> None:
    """A caller comes while the other one is away, who is back before it is over, and has been idle for longer then."""
    await other.does("pause", reason="lunch")
    caller = await house.caller("crowd")
    await house.until_talking(caller, agent)
    await other.does("ready")
    await caller.hang_up()
    await agent.until("ready")


async def test_the_least_skilled_who_suffices_is_rung_though_another_is_better_and_idle_for_longer(
    house: House,
) -> None:
    said = 'need: "skill.english >= 7"'
    house.rewrite("queues.yaml", said, f"{said}, choose: [least_skill, longest_idle]")
    await house.reload()
    best = await house.ready_agent("1002", AnswerAfter(0.1))
    await best.skilled(english=10)
    enough = await house.ready_agent("1001", AnswerAfter(0.1))
    caller = await house.caller("expert")
    await house.until_talking(caller, enough)
    assert (await best.now())["state"] == "ready"


async def test_who_had_the_fewest_calls_is_rung_though_another_is_idle_for_longer(house: House) -> None:
    await choosing(house, "fewest_calls")
    one, other = [await house.ready_agent(number, AnswerAfter(0.1)) for number in ("1001", "1002")]
    for _ in range(2):
        await alone(house, one, other)
    await alone(house, other, one)
    await takes_one(house, other)


async def test_agents_take_turns_though_who_had_the_last_one_is_idle_for_longer(house: House) -> None:
    await choosing(house, "round_robin")
    one, other = [await house.ready_agent(number, AnswerAfter(0.1)) for number in ("1001", "1002")]
    await alone(house, one, other)
    await other.does("pause", reason="lunch")
    await other.does("ready")  # idle for a moment only, and it is their turn all the same
    await takes_one(house, other)


async def kept(house: House, whom: str) -> None:
    """The queue of regulars keeps its callers for somebody, for a short time."""
    old = "prefer: [{whom: last_agent, for: 4}]"
    house.rewrite("queues.yaml", old, f"prefer: [{{{whom}, for: {PATIENCE_S:.0f}}}]")
    await house.reload()


async def test_the_owner_of_an_account_has_their_customer_though_another_is_idle_for_longer(house: House) -> None:
    house.rewrite("flows/regulars.yaml", "start: line", "start: known")
    known = 'steps:\n  known: {do: set, vars: {owner: "1002"}, then: line}\n'
    house.rewrite("flows/regulars.yaml", "steps:\n", known)
    await kept(house, "whom: owner")
    other, owner = [await house.ready_agent(number, AnswerAfter(0.1)) for number in ("1001", "1002")]
    customer = await house.caller("regulars")
    await house.until_talking(customer, owner)
    assert (await other.now())["state"] == "ready"


async def test_a_named_agent_who_talks_has_the_caller_when_free_and_anyone_when_patience_is_over(house: House) -> None:
    await kept(house, 'whom: agent, agent: "1002"')
    named = await house.ready_agent("1002", AnswerAfter(0.1))
    before = await house.caller("regulars")
    await house.until_talking(before, named)
    other = await house.ready_agent("1001", AnswerAfter(0.1))
    customer = await house.waiting_caller("regulars")
    assert (await house.call_of(customer))["kept_for"] == "1002"
    await before.hang_up()
    await house.until_talking(customer, named)
    late = await house.caller("regulars")
    await house.until_talking(late, other, PATIENCE_S + SOON_S)
    ended = await house.until_event("PreferenceEnded", call=house.life(late).call)
    assert (ended.data["agent"], ended.data["why"]) == ("1002", "patience")
