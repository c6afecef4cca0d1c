"""The API over HTTP: what is shown, what is moved, and that a refused request changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from http import HTTPStatus
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import FastAPI

from acd.names import AgentId, AgentState, CallId, DialRule, NodeId, PhoneId, QueueId
from acd.requests import AgentRestored, CallerGone, CallerJoined, Configured, ConversationStarted
from common import problem
from common.tasks import spawn
from cti_bridge.ami.protocol import ActionRefused, AmiError, LinkLost
from cti_bridge.api import health, routes
from cti_bridge.api.parts import Parts
from cti_bridge.board.board import Board
from cti_bridge.board.decisions import Decisions
from cti_bridge.board.figures import DayFigures
from cti_bridge.board.live import LiveBoard
from cti_bridge.board.viewer import Viewer
from cti_bridge.links import MQTT, REDIS, Links, ami_link
from tests.unit.cti_kit import CALL, LI, MIDDAY, SALES, WANG, House, soon

Bad = tuple[str, str, object, int, str]
"""A request that must fail: method, path, body; its status, and a part of what it says."""
PROBLEM = "application/problem+json"
NODE = ami_link(NodeId("node1"))


class Saving:
    """Stands in for the agents' store: notes who was saved."""

    def __init__(self) -> None:
        self.saved: list[AgentId] = []
        self.redis_has_it = True

    async def save(self, agent: AgentId) -> bool:
        """Note it."""
        self.saved.append(agent)
        return self.redis_has_it


class Bounded(httpx.ASGITransport):
    """Requests to the application in this process; one that hangs fails."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer within the bound."""
        return await soon(super().handle_async_request(request))


class Served:
    """The API over a house whose desk is running."""

    def __init__(self) -> None:
        self.house = House()
        desk = self.house.desk
        self.sent_on: list[tuple[CallId, str]] = []
        self.asked: list[tuple[CallId, AgentId | None, str]] = []
        self.rule: DialRule | None = None
        self.asterisk_says: AmiError | None = None
        self.links = Links(lambda: self.house.clocks.wall)
        figures = DayFigures(ZoneInfo("Asia/Shanghai"), desk.floor.plans.get, MIDDAY)
        board = Board(
            desk,
            figures,
            Viewer(desk, figures, self.links, lambda queue: {"en": queue}, lambda call: {"en": f"{call} waits"}),
        )
        self.live, self.store, self.decisions = LiveBoard(board, "run1"), Saving(), Decisions()
        parts = Parts(
            desk,
            self.live,
            self.store,
            self.decisions,
            lambda decision: {"en": decision.step_name},
            desk.explain,
            lambda: ("lunch", "break"),
            lambda: ("english", "chinese", "sales"),
            self.send_on,
            self.refused_to,
        )
        app = FastAPI()
        problem.install(app)
        app.include_router(routes.router(parts))
        app.include_router(health.router(self.links, lambda: b"switchboard_up 1\n"))
        self.app = app

    def refused_to(self, call: CallId, agent: AgentId | None, number: str) -> DialRule | None:
        """Answer what was put down."""
        self.asked.append((call, agent, number))
        return self.rule

    async def send_on(self, call: CallId, to: str) -> None:
        """Be an Asterisk that sends callers on, or says what it was told to say."""
        if self.asterisk_says is not None:
            raise self.asterisk_says
        self.sent_on.append((call, to))

    async def talks(self, number: int) -> CallId:
        """A caller talks with Wang, and there is a second queue."""
        sales = self.house.desk.floor.plans[SALES]
        profiles = tuple(agent.profile for agent in self.house.desk.floor.agents.values())
        self.house.tell(Configured((sales, replace(sales, queue=QueueId("service"))), profiles))
        self.house.ready(WANG)
        call = await self.joins(number)
        await self.house.desk.ask(ConversationStarted(call, WANG))
        return call

    async def joins(self, number: int) -> CallId:
        """A caller joins."""
        call = CallId(f"node1-{number}")
        await self.house.desk.ask(CallerJoined(call, SALES))
        return call


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """A house, its desk running."""
    served = Served()
    task = spawn(served.house.desk.run(), "desk under test")
    yield served
    task.cancel()
    await asyncio.wait([task])


@pytest.fixture
async def client(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API."""
    transport = Bounded(served.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_an_agents_shift(served: Served, client: httpx.AsyncClient) -> None:
    agent = "/api/v1/agents/1001"
    steps: list[tuple[str, object, str, str]] = [
        ("sign-in", {"phone": "PJSIP/phone1"}, "paused", "sign_in"),
        ("ready", None, "ready", ""),
        ("pause", {"reason": "lunch"}, "paused", "lunch"),
        ("sign-out", None, "signed_out", ""),
    ]
    for action, body, state, reason in steps:
        answer = await client.post(f"{agent}/{action}", json=body)
        assert answer.status_code == 200, answer.text
        assert (answer.json()["state"], answer.json()["reason"]) == (state, reason)
    assert served.store.saved == [WANG] * 4


async def test_a_move_that_redis_does_not_have_yet_is_done_and_told_as_such(
    served: Served, client: httpx.AsyncClient
) -> None:
    served.store.redis_has_it = False
    answer = await client.post("/api/v1/agents/1001/sign-in", json={"phone": "PJSIP/phone1"})
    assert (answer.status_code, answer.json()["state"]) == (202, "paused")
    answer = await client.put("/api/v1/agents/1001/skills", json={"english": 5})
    assert (answer.status_code, answer.json()["skills"]) == (202, {"english": 5})
    served.store.redis_has_it = True
    assert (await client.post("/api/v1/agents/1001/ready")).status_code == 200


async def test_a_fixed_wrap_up_is_not_ended_early(served: Served, client: httpx.AsyncClient) -> None:
    desk = served.house.desk
    until, phone = desk.now() + 60, PhoneId("PJSIP/phone1")
    await desk.ask(AgentRestored(WANG, phone, AgentState.WRAP_UP, "fixed", desk.now(), until, None))
    answer = await client.post("/api/v1/agents/1001/ready")
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (409, "wrap-up-fixed")
    assert (await client.get("/api/v1/agents/1001")).json()["state"] == "wrap_up"


async def test_skills_are_given_whole_and_at_once(client: httpx.AsyncClient) -> None:
    answer = await client.put("/api/v1/agents/1001/skills", json={"english": 2, "sales": 9})
    assert answer.json()["skills"] == {"english": 2, "sales": 9}
    assert (await client.get("/api/v1/agents/1001")).json()["skills"] == {"english": 2, "sales": 9}


BAD: list[Bad] = [
    ("POST", "agents/1O01/ready", None, 404, "did you mean '1001'?"),
    ("POST", "agents/1001/ready", None, 409, "sign in on a phone first"),
    ("POST", "agents/1001/sign-in", {"phone": "PJSIP/trunk/sip:0900@x"}, 422, "phone"),
    ("POST", "agents/1001/sign-in", {"phone": "Local/900@from-phones"}, 422, "phone"),
    ("POST", "agents/1001/sign-in", {"phone": "PJSIP/phone1", "as": "boss"}, 422, "as"),
    ("POST", "agents/1001/sign-in", None, 422, "Nothing was changed"),
    ("POST", "agents/1001/pause", {"reason": ""}, 422, "reason"),
    ("POST", "agents/1001/pause", {"reason": "luch"}, 422, "no pause reason 'luch', did you mean 'lunch'?"),
    ("POST", "agents/1001/pause", {"reason": "yoga"}, 422, "no pause reason 'yoga'. There are: lunch, break."),
    ("POST", "agents/1O01/pause", {"reason": "yoga"}, 404, "did you mean '1001'?"),
    ("POST", "agents/1001/pause", {"reason": "a\r\nb"}, 422, "reason"),
    ("PUT", "agents/1001/skills", {"english": 11}, 422, "english"),
    ("PUT", "agents/1001/skills", {"bad name": 1}, 422, "bad name"),
    ("PUT", "agents/1001/skills", {"englisch": 5}, 422, "There is no skill 'englisch', did you mean 'english'?"),
    ("PUT", "agents/1001/skills", {"sales": 5, "yoga": 5}, 422, "There is no skill 'yoga'. Skills are those"),
    ("PUT", "agents/1O01/skills", {"yoga": 5}, 404, "did you mean '1001'?"),
    ("PUT", "agents/1001/skills", ["english"], 422, "Nothing was changed"),
    ("GET", "queues/sale", None, 404, "did you mean 'sales'?"),
    ("GET", "calls/node1-1", None, 404, "there is no call"),
    ("GET", "calls/node1-1/decisions", None, 404, "there is no call"),
    ("GET", "queues?limit=0", None, 422, "limit"),
    ("GET", "agents?cursor=nonsense", None, 422, "cursor"),
    ("DELETE", "agents/1001", None, 405, ""),
]


@pytest.mark.parametrize("bad", BAD)
async def test_a_bad_request_is_a_problem_and_changes_nothing(
    served: Served, client: httpx.AsyncClient, bad: Bad
) -> None:
    method, path, body, status, says = bad
    before, seq = served.live.snapshot(), served.house.desk.seq
    answer = await client.request(method, f"/api/v1/{path}", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert set(answer.json()) >= {"type", "title", "status", "detail", "instance"}
    assert says in answer.text
    assert served.house.desk.seq == seq
    assert served.live.snapshot() == before


async def test_a_phone_that_is_taken_is_a_conflict(client: httpx.AsyncClient) -> None:
    await client.post("/api/v1/agents/1001/sign-in", json={"phone": "PJSIP/phone1"})
    answer = await client.post("/api/v1/agents/1002/sign-in", json={"phone": "PJSIP/phone1"})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:switchboard:problem:phone-taken")


async def test_lists_are_paged_without_gaps_while_callers_come_and_go(
    served: Served, client: httpx.AsyncClient
) -> None:
    for number in range(5):
        await served.joins(number)
        served.house.clocks.passes(1)
    first = (await client.get("/api/v1/calls?limit=2")).json()
    assert [call["id"] for call in first["items"]] == ["node1-0", "node1-1"]
    assert first["items"][0]["why"] == {"en": "node1-0 waits"}
    served.house.tell(CallerGone(CallId("node1-1")))
    second = (await client.get("/api/v1/calls", params={"limit": 2, "cursor": first["next"]})).json()
    third = (await client.get("/api/v1/calls", params={"limit": 2, "cursor": second["next"]})).json()
    assert [call["id"] for call in second["items"] + third["items"]] == ["node1-2", "node1-3", "node1-4"]
    assert third["next"] is None


async def test_queues_and_agents_with_the_clock_and_number_of_the_stream(
    served: Served, client: httpx.AsyncClient
) -> None:
    queues = (await client.get("/api/v1/queues")).json()
    assert (queues["seq"], queues["at"]) == (served.live.seq, MIDDAY)
    assert [queue["id"] for queue in queues["items"]] == [SALES]
    assert (await client.get("/api/v1/queues/sales")).json() == queues["items"][0]
    agents = (await client.get("/api/v1/agents")).json()
    assert [agent["name"] for agent in agents["items"]] == ["王小明", "Li"]


async def test_why_a_call_waits_and_who_was_considered(served: Served, client: httpx.AsyncClient) -> None:
    for stamped in served.house.joins(CALL):
        served.decisions.take(stamped)
    answer = (await client.get(f"/api/v1/calls/{CALL}/decisions")).json()
    assert answer["now"]["chosen"] is None
    assert {(each["agent"], each["verdict"]) for each in answer["now"]["candidates"]} == {
        (WANG, "signed_out"),
        (LI, "signed_out"),
    }
    assert answer["now"]["at"] == MIDDAY
    assert answer["now"]["in_words"] == {"en": "all"}
    assert len(answer["items"]) >= 1
    assert (await client.get(f"/api/v1/calls/{CALL}")).json()["why"] == {"en": f"{CALL} waits"}


async def test_decisions_are_told_a_while_after_the_call_ended(served: Served, client: httpx.AsyncClient) -> None:
    served.house.ready(WANG)
    for stamped in served.house.joins(CALL):
        served.decisions.take(stamped)
    served.house.tell(CallerGone(CALL))
    answer = (await client.get(f"/api/v1/calls/{CALL}/decisions")).json()
    assert answer["now"] is None
    assert answer["items"][0]["chosen"] == WANG


async def test_ready_means_that_an_asterisk_is_linked_whatever_else_is_away(
    served: Served, client: httpx.AsyncClient
) -> None:
    for link in (NODE, REDIS, MQTT):
        served.links.expect(link)
    assert (await client.get("/healthz")).json() == {"status": "alive"}
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    served.links.up(NODE)
    answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "parts": {"ami:node1": True, "mqtt": False, "redis": False}}


async def test_metrics_are_text_for_prometheus(client: httpx.AsyncClient) -> None:
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert answer.text == "switchboard_up 1\n"


async def test_openapi_names_every_route_and_what_it_may_answer(served: Served) -> None:
    described = served.app.openapi()
    said = {
        f"{method.upper()} {path.removeprefix('/api/v1')}": " ".join(sorted(told["responses"]))
        for path, methods in described["paths"].items()
        for method, told in methods.items()
        if path.startswith("/api/")
    }
    assert said == {
        "GET /agents": "200 422",
        "GET /agents/{agent}": "200 404 422",
        "POST /agents/{agent}/pause": "200 202 404 409 422",
        "POST /agents/{agent}/ready": "200 202 404 409 422",
        "POST /agents/{agent}/sign-in": "200 202 404 409 422",
        "POST /agents/{agent}/sign-out": "200 202 404 409 422",
        "PUT /agents/{agent}/skills": "200 202 404 409 422",
        "GET /callbacks": "200 422",
        "POST /callbacks/{callback}/cancel": "200 404 409 422",
        "GET /calls": "200 422",
        "GET /calls/{call}": "200 404 422",
        "GET /calls/{call}/decisions": "200 404 422",
        "POST /calls/{call}/transfer": "202 403 404 409 422 502",
        "GET /queues": "200 422",
        "GET /queues/{queue}": "200 404 422",
    }
    responses = described["paths"]["/api/v1/agents/{agent}/pause"]["post"]["responses"]
    assert all(PROBLEM in responses[status]["content"] for status in ("404", "409", "422"))


async def test_why_a_caller_was_turned_away_is_told_although_they_were_never_in_line(
    served: Served, client: httpx.AsyncClient
) -> None:
    for stamped in served.house.turned_away(CALL):
        served.decisions.take(stamped)
    answer = (await client.get(f"/api/v1/calls/{CALL}/decisions")).json()
    assert (answer["now"], answer["items"]) == (None, [])
    (refused,) = answer["turned_away"]
    assert (refused["queue"], refused["why"], refused["at"]) == (SALES, "none_signed_in", MIDDAY)
    assert set(refused["in_words"]) == {"zh-CN", "en"}


# ---------------------------------------------------------------------------------------------------- transfers


async def test_a_caller_who_talks_is_sent_on(served: Served, client: httpx.AsyncClient) -> None:
    call = await served.talks(1)
    answer = await client.post(f"/api/v1/calls/{call}/transfer", json={"to": "service"})
    assert (answer.status_code, answer.json()) == (HTTPStatus.ACCEPTED, {"call": call, "to": "service"})
    assert served.sent_on == [(call, "service")]


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (ActionRefused("Redirect: Channel does not exist"), HTTPStatus.CONFLICT, "asterisk-refused"),
        (LinkLost("Redirect was not sent"), HTTPStatus.BAD_GATEWAY, "asterisk-away"),
    ],
)
async def test_an_asterisk_that_does_not_do_it_is_a_problem(
    served: Served, client: httpx.AsyncClient, error: AmiError, status: HTTPStatus, kind: str
) -> None:
    call = await served.talks(1)
    served.asterisk_says = error
    answer = await client.post(f"/api/v1/calls/{call}/transfer", json={"to": "service"})
    assert answer.status_code == status
    assert answer.json()["type"].endswith(kind)


async def test_who_waits_is_sent_nowhere_nor_anybody_to_the_queue_they_are_in(
    served: Served, client: httpx.AsyncClient
) -> None:
    talking, waiting = await served.talks(1), await served.joins(2)
    answers = [
        await client.post(f"/api/v1/calls/{waiting}/transfer", json={"to": "service"}),
        await client.post(f"/api/v1/calls/{talking}/transfer", json={"to": "sales"}),
        await client.post(f"/api/v1/calls/{talking}/transfer", json={"to": "servce"}),
    ]
    refused = [HTTPStatus.CONFLICT, HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND]
    assert [answer.status_code for answer in answers] == refused
    assert served.sent_on == []


async def test_a_caller_who_talks_is_sent_on_to_a_number_that_the_policy_permits(
    served: Served, client: httpx.AsyncClient
) -> None:
    call = await served.talks(1)
    answer = await client.post(f"/api/v1/calls/{call}/transfer", json={"to": "13900001111"})
    assert answer.status_code == HTTPStatus.ACCEPTED
    assert (served.asked, served.sent_on) == ([(call, WANG, "13900001111")], [(call, "13900001111")])


@pytest.mark.parametrize("rule", DialRule)
async def test_a_number_that_the_policy_forbids_is_refused_with_its_rule_and_nobody_is_sent_on(
    served: Served, client: httpx.AsyncClient, rule: DialRule
) -> None:
    call, served.rule = await served.talks(1), rule
    answer = await client.post(f"/api/v1/calls/{call}/transfer", json={"to": "Local/0085290001111@from-phones"})
    assert (answer.status_code, answer.json()["rule"]) == (HTTPStatus.FORBIDDEN, rule.value)
    assert "0085290001111" not in answer.text
    assert served.sent_on == []
