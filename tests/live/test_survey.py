"""Questions after a talk, on a real Asterisk: asked once the agent has hung up, by key and by voice, and again after a crash."""

from __future__ import annotations

from deploy.telephones.callers import Caller
from deploy.telephones.handset import HandsetState
from deploy.telephones.phones import AnswerAfter
from tests.live.house import SOON_S, Agent, House, Json
from tests.live.told import hears, prompt, until_told
from tests.live.waiting import until, until_seen

WITHIN_S = 20.0


async def asked(house: House) -> tuple[Caller, Agent, float]:
    """A caller whose agent has hung up, and who has heard the question; and when, in seconds of what they heard."""
    await prompt(house, "how-was-it", "en")
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    caller = await house.caller("rated")
    await house.until_talking(caller, agent)
    await until(lambda: hears(caller).last(0.5).share_of(agent.tone_hz) > 0.9, "the caller hears the agent", SOON_S)
    await agent.phone.hang_up()
    return caller, agent, await until_told(house, caller, "how-was-it", "en")


async def test_a_caller_is_asked_after_the_talk_answers_by_key_and_says_why(house: House) -> None:
    caller, agent, _ = await asked(house)
    call = house.life(caller).call
    await house.until_event("Ended", call=call, by="agent")
    await agent.until("wrap_up")
    await caller.press("2")
    answered = await house.until_event("SurveyAnswered", WITHIN_S, call=call)
    assert answered.data["flow"] == "rated"
    told = {key: answered.data[key] for key in ("question", "answer", "queue", "agent")}
    assert told == {"question": "satisfaction", "answer": 2, "queue": "careful", "agent": "1001"}
    comment = await house.until_event("MessageLeft", WITHIN_S, call=call)
    assert (comment.data["kind"], comment.data["queue"], comment.data["agent"]) == ("comment", "careful", "1001")
    await caller.until(HandsetState.IDLE, SOON_S)

    async def both() -> list[Json] | None:
        found = [each for each in (await house.get("/api/v1/recordings?agent=1001"))["items"] if each["call"] == call]
        return found if [each["state"] for each in found] == ["complete"] * 2 else None

    found = await until_seen(both, "talk and comment are in the catalogue", WITHIN_S)
    parts = {each["id"]: each for each in found}
    assert parts[comment.data["recording"]]["tags"]["satisfaction"] == "2"
    assert {each["outcome"] for each in found} == {"answered", "message"}


async def test_a_caller_whose_service_is_killed_in_a_survey_is_asked_again(house: House) -> None:
    caller, _, asked_s = await asked(house)
    call = house.life(caller).call
    house.service.kill()
    house.service.start()
    await house.service.until_ready()
    await until_told(house, caller, "how-was-it", "en", asked_s + 1.0)
    await caller.press("5")
    answered = await house.until_event("SurveyAnswered", WITHIN_S, call=call)
    assert (answered.data["answer"], answered.data["agent"]) == (5, "1001")
    await caller.until(HandsetState.IDLE, WITHIN_S)


async def test_a_caller_whose_talk_outlives_the_service_is_asked_after_it(house: House) -> None:
    await prompt(house, "how-was-it", "en")
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    caller = await house.caller("rated")
    await house.until_talking(caller, agent)
    call = house.life(caller).call
    house.service.kill()
    house.service.start()
    await house.service.until_ready()
    await agent.until("talking")
    await until(lambda: hears(caller).last(0.5).share_of(agent.tone_hz) > 0.9, "the caller hears the agent", SOON_S)
    await agent.phone.hang_up()
    await until_told(house, caller, "how-was-it", "en")
    await caller.press("4")
    answered = await house.until_event("SurveyAnswered", WITHIN_S, call=call)
    told = {key: answered.data[key] for key in ("answer", "queue", "agent")}
    assert told == {"answer": 4, "queue": "careful", "agent": "1001"}
    await caller.until(HandsetState.IDLE, SOON_S)


async def test_a_talk_that_ends_while_the_service_is_away_is_the_end_of_the_call(house: House) -> None:
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    caller = await house.caller("rated")
    await house.until_talking(caller, agent)
    house.service.kill()
    await agent.phone.hang_up()
    await caller.until(HandsetState.IDLE, SOON_S)
    house.service.start()
    await house.service.until_ready()
