"""A reload: all of it or nothing, waiting callers go on, and whoever asked is told what changed or what is wrong."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
from structlog.testing import capture_logs

from acd.desk import Desk
from acd.errors import StillNeeded
from acd.events import Event, Offered
from acd.names import AgentId, CallId, PhoneId, QueueId
from acd.requests import AgentReady, AgentSignedIn, CallerJoined, Configured, Request, SkillsAssigned
from common.clock import boot_seconds, unix_seconds
from common.tasks import spawn
from common.yaml_file import ConfigurationRefused
from recordings.disk.shelf import Shelf
from recordings.disk.sidecar import Sidecars
from recordings.tape import OfferedCall, Tape
from service.configuration.in_force import InForce
from service.configuration.plan import Plan
from service.configuration.reading import read_again
from service.configuration.reload import PromptsNotMade, Reloader, policy_of
from tests.unit.service_kit import AGENTS, CALENDARS, CENTRE, FLOW, QUEUES, SHOP, settings_in, spoil
from tests.unit.service_run import LOOK_EVERY_S, UNSPEAKABLE, Running, plan_alone, until_databases_rest

Seen = TypeVar("Seen")
SALES = QueueId("sales")
WANG, ANNA = AgentId("1001"), AgentId("1002")
CALLER = CallId("node1-1.1")
MADE_WITHIN_S = 10.0
WITH_VIP = """\
queues:
  vip:
    name: {zh-CN: 贵宾, en: VIP}
    steps: [{name: all}]
"""


class WatchedDesk(Desk):
    """Notes which prompts are there when it is given a configuration."""

    def __init__(self, prompts: Path) -> None:
        super().__init__(boot_seconds, unix_seconds, "a run")
        self.prompts = prompts
        self.there: set[str] = set()

    async def ask(self, request: Request) -> tuple[Event, ...]:
        """As any desk does."""
        if isinstance(request, Configured):
            self.there = {f"{file.parent.name}/{file.stem}" for file in self.prompts.rglob("*.wav")}
        return await super().ask(request)


class Site:
    """A centre at work, without a wire."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.config = folder / "config"
        self.in_force = InForce(plan)
        self.desk = WatchedDesk(folder / "prompts")
        shelf = Shelf(folder, plan.centre.zone)
        self.tape = Tape(shelf, Sidecars(shelf), policy_of(plan), _no_recordings)
        self.reloader = Reloader(self.in_force, self.desk, self.tape)

    async def waits(self) -> None:
        """A caller waits in sales."""
        await self.desk.ask(CallerJoined(CALLER, SALES))

    async def is_ready(self, agent: AgentId) -> None:
        """An agent takes calls."""
        await self.desk.ask(AgentSignedIn(agent, PhoneId(f"PJSIP/phone{agent}"), "test"))
        await self.desk.ask(AgentReady(agent, "test"))

    def heard(self, prompt: str) -> bytes:
        """What callers hear of a prompt."""
        return (self.desk.prompts / f"{prompt}.wav").read_bytes()


async def _no_recordings(_call: CallId) -> int:
    return 0


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    plan = plan_alone(tmp_path, monkeypatch)
    monkeypatch.setattr("service.configuration.reload.read_settings", lambda: plan.settings)
    return plan


@pytest.fixture
async def site(plan: Plan, tmp_path: Path) -> AsyncIterator[Site]:
    site = Site(plan, tmp_path)
    running = spawn(site.desk.run(), "desk")
    await site.desk.ask(plan.centre.configured)
    await plan.prompts.make(plan.flows.prompts)
    yield site
    running.cancel()
    await asyncio.wait([running])


@asynccontextmanager
async def nothing_changes(site: Site) -> AsyncIterator[None]:
    """Whatever the body does, the plan in force, the desk and the prompts are afterwards what they were."""
    plan, plans, agents, made = (
        site.in_force.plan,
        site.desk.floor.plans,
        dict(site.desk.floor.agents),
        site.heard("zh/topic"),
    )
    yield
    assert site.in_force.plan is plan
    assert site.desk.floor.plans is plans
    assert site.desk.floor.agents == agents
    assert site.heard("zh/topic") == made


# ---------------------------------------------------------------------------------------------------- what changes


async def test_a_waiting_caller_is_offered_at_once_to_whom_the_new_plan_admits(site: Site) -> None:
    spoil(site.config / QUEUES, "english >= 6", "english >= 10")
    await site.reloader.reload()
    await site.is_ready(WANG)
    await site.waits()
    joined_at = site.desk.floor.calls[CALLER].joined_at
    feed = site.desk.feed.subscribe("test")
    spoil(site.config / QUEUES, "english >= 10", "english >= 7")
    reloaded = await site.reloader.reload()
    assert [(one.event.call, one.event.agent) for one in feed.take() if isinstance(one.event, Offered)] == [
        (CALLER, WANG)
    ]
    assert site.desk.floor.calls[CALLER].joined_at == joined_at
    assert reloaded.queues.changed == ["sales"]


async def test_everything_that_changed_is_named_and_what_did_not_is_not(site: Site) -> None:
    assert (await site.reloader.reload()).briefly() == {}
    spoil(site.config / QUEUES, "queues:\n", WITH_VIP)
    spoil(site.config / AGENTS, "wrap_up: 10", "wrap_up: 20")
    spoil(site.config / AGENTS, "agents:\n", 'agents:\n  "1003": {name: Tom, queues: [vip]}\n')
    spoil(site.config / CENTRE, "name: break", "name: coffee")
    spoil(site.config / CENTRE, "language: zh-CN", "language: en")
    spoil(site.config / FLOW, "zh: 请选", "zh: 请选择")
    (site.config / CALENDARS).write_text(SHOP, encoding="utf-8")
    reloaded = await site.reloader.reload()
    assert reloaded.model_dump() == {
        "calendars": {"added": ["shop"], "changed": [], "removed": []},
        "queues": {"added": ["vip"], "changed": [], "removed": []},
        "agents": {"added": ["1003"], "changed": ["1002"], "removed": []},
        "flows": {"added": [], "changed": ["main"], "removed": []},
        "pause_reasons": {"added": ["coffee"], "changed": [], "removed": ["break"]},
        "centre": ["language"],
        "prompts": ["zh/topic"],
        "remarks": [],
        "needs_restart": [],
    }
    assert [reason.name for reason in site.in_force.centre.pause_reasons] == ["lunch", "coffee"]
    assert site.in_force.queue_name(QueueId("vip"))["en"] == "VIP"


async def test_a_changed_label_and_a_changed_recording_rule_count_too(site: Site) -> None:
    offered = OfferedCall(CALLER, SALES, {WANG: "王小明"}, "", 0.0, (), "chinese", ())
    assert await site.tape.load(offered) is not None
    spoil(site.config / QUEUES, "en: Sales", "en: Selling")
    spoil(site.config / CENTRE, "queue == 'sales'", "queue == 'service'")
    reloaded = await site.reloader.reload()
    assert (reloaded.queues.changed, reloaded.centre) == (["sales"], ["recording"])
    assert site.in_force.queue_name(SALES)["en"] == "Selling"
    assert await site.tape.load(offered) is None


async def test_new_prompts_are_there_before_the_desk_works_by_the_new_plan(site: Site) -> None:
    spoil(site.config / FLOW, "prompts:\n", "prompts:\n  hello: {zh: 您好, en: Hello}\n")
    spoil(site.config / FLOW, "say: leave-message", "say: hello")
    assert (await site.reloader.reload()).prompts == ["en/hello", "zh/hello"]
    assert {"en/hello", "zh/hello"} <= site.desk.there


async def test_skills_given_at_run_time_stay_and_configured_ones_follow_the_file(site: Site) -> None:
    await site.desk.ask(SkillsAssigned(WANG, (("english", 9),), "test"))
    spoil(site.config / AGENTS, "{english: 7}", "{english: 5}")
    spoil(site.config / AGENTS, "name: Anna,", "name: Anna, skills: {english: 4},")
    await site.reloader.reload()
    skills = {agent.id: dict(agent.skills) for agent in site.desk.floor.agents.values()}
    assert skills == {WANG: {"english": 9}, ANNA: {"english": 4}}


async def test_of_two_reloads_at_once_the_second_finds_what_the_first_did(site: Site) -> None:
    spoil(site.config / AGENTS, "wrap_up: 10", "wrap_up: 20")
    first, second = await asyncio.gather(site.reloader.reload(), site.reloader.reload())
    assert (first.agents.changed, second.agents.changed) == (["1002"], [])


async def test_settings_that_wait_for_a_restart_are_named(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = settings_in(tmp_path, api_port=1, agi_port=2)
    monkeypatch.setattr("service.configuration.reload.read_settings", lambda: others)
    assert (await site.reloader.reload()).needs_restart == ["SWITCHBOARD_AGI_PORT", "SWITCHBOARD_API_PORT"]


def test_a_queue_s_name_is_known_as_soon_as_the_desk_may_have_it_and_forgotten_where_it_refuses(
    plan: Plan, tmp_path: Path
) -> None:
    spoil(tmp_path / "config" / QUEUES, "queues:\n", WITH_VIP)
    after = read_again(plan)
    in_force = InForce(plan)

    def refuse() -> None:
        with in_force.followed_by(after):
            assert in_force.queue_name(QueueId("vip"))["en"] == "VIP"
            assert in_force.plan is plan
            raise StillNeeded(("somebody is at work",))

    with pytest.raises(StillNeeded):
        refuse()
    assert in_force.plan is plan
    with pytest.raises(KeyError):
        in_force.queue_name(QueueId("vip"))


# ---------------------------------------------------------------------------------------------------- what is refused


async def test_mistakes_in_all_files_are_told_at_once_and_nothing_changes(site: Site) -> None:
    spoil(site.config / FLOW, "zh: 请选", "zh: 请选择")
    spoil(site.config / FLOW, "queue: sales}", "queue: sale}")
    spoil(site.config / AGENTS, "queues: [sales]}", "queues: [sails]}")
    async with nothing_changes(site):
        with pytest.raises(ConfigurationRefused) as refused:
            await site.reloader.reload()
    assert [mistake.text for mistake in refused.value.mistakes] == [
        "unknown queue 'sails', did you mean 'sales'?",
        "unknown queue 'sale', did you mean 'sales'?",
    ]


async def test_a_queue_with_callers_and_an_agent_at_work_are_in_the_way_and_nothing_changes(site: Site) -> None:
    await site.waits()
    await site.is_ready(WANG)
    spoil(site.config / FLOW, "queue: sales}", "queue: service}")
    spoil(site.config / FLOW, "zh: 请选", "zh: 请选择")
    text = (site.config / QUEUES).read_text(encoding="utf-8")
    (site.config / QUEUES).write_text("queues:\n" + text[text.index("  service:") :], encoding="utf-8")
    (site.config / AGENTS).write_text('agents:\n  "1002": {name: Anna, queues: [service]}\n', encoding="utf-8")
    async with nothing_changes(site):
        with pytest.raises(StillNeeded) as refused:
            await site.reloader.reload()
    assert [reason.partition(":")[0] for reason in refused.value.reasons] == [
        "queue sales still has callers (1 waiting or talking)",
        "agent 1001 is offered",
    ]


async def test_another_time_zone_needs_a_restart(site: Site) -> None:
    spoil(site.config / CENTRE, "Asia/Shanghai", "Europe/Berlin")
    async with nothing_changes(site):
        with pytest.raises(ConfigurationRefused) as refused:
            await site.reloader.reload()
    [mistake] = refused.value.mistakes
    assert (mistake.line, mistake.column) == (1, 12)
    assert "restart it for another time zone" in mistake.text


async def test_a_new_prompt_that_cannot_be_spoken_is_in_the_way(site: Site) -> None:
    spoil(site.config / FLOW, "prompts:\n", f"prompts:\n  hello: {{zh: 您好, en: {UNSPEAKABLE}}}\n")
    spoil(site.config / FLOW, "say: leave-message", "say: hello")
    async with nothing_changes(site):
        with pytest.raises(PromptsNotMade, match=r"^en/hello: it cannot say that$"):
            await site.reloader.reload()


async def test_a_prompt_that_could_not_be_spoken_before_either_is_not(site: Site) -> None:
    spoil(site.config / FLOW, "zh: 请选", f"zh: {UNSPEAKABLE}")
    assert (await site.reloader.reload()).flows.changed == ["main"]


async def test_where_prompts_cannot_be_kept_nothing_changes(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(_prompts: object) -> None:
        raise OSError(28, "No space left on device")

    spoil(site.config / AGENTS, "wrap_up: 10", "wrap_up: 20")
    monkeypatch.setattr(site.in_force.plan.prompts, "put", full)
    async with nothing_changes(site):
        with pytest.raises(PromptsNotMade, match="No space left"):
            await site.reloader.reload()


# ---------------------------------------------------------------------------------------------------- the ways to ask


async def seen(look: Callable[[], Seen | None]) -> Seen:
    """Wait until there is something to see."""
    async with asyncio.timeout(MADE_WITHIN_S):
        while True:
            if (found := look()) is not None:
                return found
            await asyncio.sleep(LOOK_EVERY_S)


@pytest.fixture
async def running(plan: Plan) -> AsyncIterator[Running]:
    running = Running(plan)
    await running.until_up()
    yield running
    await running.stop()
    await until_databases_rest()


async def test_the_api_tells_what_changed_or_every_mistake(running: Running, tmp_path: Path) -> None:
    config = tmp_path / "config"
    async with httpx.AsyncClient(base_url=running.base, timeout=MADE_WITHIN_S) as http:
        before = (await http.get("/api/v1/centre")).json()
        spoil(config / CENTRE, "name: break", "name: coffee")
        spoil(config / FLOW, "zh: 请选", "zh: 请选择")
        answer = await http.post("/api/v1/reload")
        assert (answer.status_code, answer.json()["flows"]["changed"]) == (200, ["main"])
        centre = (await http.get("/api/v1/centre")).json()
        assert [reason["name"] for reason in centre["pause_reasons"]] == ["lunch", "coffee"]
        assert centre["flows"][0]["version"] != before["flows"][0]["version"]
        paused = await http.post("/api/v1/agents/1001/pause", json={"reason": "break"})
        assert paused.json()["known"] == ["lunch", "coffee"]

        spoil(config / QUEUES, "english >= 6", "english >=")
        refused = await http.post("/api/v1/reload")
        assert refused.status_code == 422
        problem = refused.json()
        assert problem["type"] == "urn:switchboard:problem:configuration-refused"
        [mistake] = problem["mistakes"]
        assert (Path(mistake["file"]).name, mistake["line"]) == (QUEUES, 7)
        assert problem["detail"].endswith("\nNothing was changed.")


async def test_the_api_says_who_is_in_the_way(running: Running, tmp_path: Path) -> None:
    async with httpx.AsyncClient(base_url=running.base, timeout=MADE_WITHIN_S) as http:
        await http.post("/api/v1/agents/1001/sign-in", json={"phone": "PJSIP/phone1"})
        file = tmp_path / "config" / AGENTS
        file.write_text('agents:\n  "1002": {name: Anna, queues: [sales, service]}\n', encoding="utf-8")
        refused = await http.post("/api/v1/reload")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:switchboard:problem:still-needed")
    assert refused.json()["reasons"] == ["agent 1001 is paused: they must sign out before they are removed"]


async def test_a_hang_up_signal_reloads_and_a_mistake_is_said_in_the_log(running: Running, tmp_path: Path) -> None:
    config = tmp_path / "config"
    async with httpx.AsyncClient(base_url=running.base) as http:

        async def reasons() -> list[str]:
            return [reason["name"] for reason in (await http.get("/api/v1/centre")).json()["pause_reasons"]]

        spoil(config / CENTRE, "name: break", "name: [break")
        with capture_logs() as logged:
            os.kill(os.getpid(), signal.SIGHUP)
            [mistake] = await seen(lambda: next((entry["mistakes"] for entry in logged if "mistakes" in entry), None))
        assert f"{CENTRE}:5:" in mistake
        assert await reasons() == ["lunch", "break"]

        spoil(config / CENTRE, "name: [break", "name: coffee")
        with capture_logs() as logged:
            os.kill(os.getpid(), signal.SIGHUP)
            done = await seen(
                lambda: next((each for each in logged if each["event"] == "configuration reloaded"), None)
            )
        assert done["pause_reasons"] == {"added": ["coffee"], "removed": ["break"]}
        assert await reasons() == ["lunch", "coffee"]


async def test_a_calendar_that_was_taken_out_still_answers_those_who_entered_before(site: Site) -> None:
    (site.config / CALENDARS).write_text(SHOP, encoding="utf-8")
    await site.reloader.reload()
    (site.config / CALENDARS).unlink()
    await site.reloader.reload()
    assert "shop" not in site.in_force.centre.calendars
    assert site.in_force.calendars["shop"].zone.key == "Asia/Shanghai"
