"""The house under test: agents at real phones, real callers, the service's API and event stream, and the ledger beside it all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import redis.asyncio

from cti_bridge.kept.event_stream import GATHER_S
from deploy.sites import LOOPBACK
from deploy.stack import Stack
from deploy.telephones.baresip import Sound
from deploy.telephones.callers import Caller
from deploy.telephones.handset import Exchange, HandsetState
from deploy.telephones.phones import AnswerPolicy, Phone, tone_of
from tests.live.lives import Life
from tests.live.observer import Observer
from tests.live.promises import CouldServe, everybody
from tests.live.service import Service
from tests.live.sites import AGENTS, NUMBERS, RING_TOGETHER, as_it_was
from tests.live.stack_kit import console
from tests.live.waiting import until_seen

SOON_S = 5.0
RELOADED_WITHIN_S = 20.0
QUIET_WITHIN_S = 15.0
"""How long a crowd's hanging up may take on a busy machine."""
OUTSIDE_PHONE = "PJSIP/phone3"
"""What the site dials for a number outside (3)."""
EVENT_TYPE = "switchboard.v1."
FIRST_CALLER_TONE_HZ = 1300
CALLER_TONE_STEP_HZ = 90
CALLER_TONES = 24
"""Tones stay below 3,400 Hz, inside the telephone band."""

_numbers = count(5_550_001)
"""Callers' numbers: nobody calls from the same number in two scenarios, unless meant to be known."""

Json = dict[str, Any]
"""What the API answers, as it is."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of the service, as the Redis stream has it."""

    kind: str
    at: str
    data: Json


class AgentDesk:
    """An agent as the API shows and moves them."""

    def __init__(self, number: str, api: httpx.AsyncClient) -> None:
        self.number = number
        self._api = api

    async def does(self, action: str, **words: str) -> Json:
        """Do this by API (`ready`, `pause`, …) and return the agent; raises AssertionError when refused."""
        answer = await self._api.post(f"/api/v1/agents/{self.number}/{action}", json=words or None)
        assert answer.is_success, answer.text
        agent: Json = answer.json()
        return agent

    async def now(self) -> Json:
        """The agent as the API shows them."""
        agent: Json = (await self._api.get(f"/api/v1/agents/{self.number}")).json()
        return agent

    async def until(self, state: str, within_s: float = SOON_S) -> Json:
        """Wait until the API shows them in this state."""

        async def there() -> Json | None:
            return now if (now := await self.now())["state"] == state else None

        return await until_seen(there, f"agent {self.number} is {state}", within_s)

    async def skilled(self, **levels: int) -> None:
        """Give them these skills and no others."""
        answer = await self._api.put(f"/api/v1/agents/{self.number}/skills", json=levels)
        assert answer.is_success, answer.text


class Agent(AgentDesk):
    """An agent at their own phone. What they do goes through the API unless their phone dials a code."""

    def __init__(self, number: str, api: httpx.AsyncClient, phone: Phone) -> None:
        super().__init__(number, api)
        self.phone = phone

    @property
    def tone_hz(self) -> int:
        """What their phone says."""
        return self.phone.sound.tone_hz

    async def sign_in(self) -> Json:
        """Begin the shift at their phone; they begin paused."""
        return await self.does("sign-in", phone=f"PJSIP/{self.phone.name}")


class House:
    """Everything a scenario needs; people who come are gone again at its end."""

    def __init__(
        self, stack: Stack, service: Service, observer: Observer, folder: Path, people: AsyncExitStack
    ) -> None:
        self.site = site = stack.site
        self.service = service
        self.observer = observer
        self.folder = folder
        self.could_serve: CouldServe = everybody
        """Who could serve whom, for the ledger's judgement."""
        self.api = httpx.AsyncClient(base_url=service.url, headers={"Authorization": f"Bearer {service.token}"})
        self.redis = redis.asyncio.Redis(
            host=LOOPBACK, port=site.ports.redis, password=site.secrets.redis_password, decode_responses=True
        )
        self._stack = stack
        self._people = people
        self.exchange = Exchange(LOOPBACK, site.ports.sip)
        self._stream = f"switchboard:{site.name}:events"
        self._since = "0"
        self._callers = count(1)

    # ------------------------------------------------------------------ people

    async def agent(self, number: str, answer: AnswerPolicy) -> Agent:
        """Let an agent take their seat: phone on and registered, not signed in yet."""
        seat = list(AGENTS).index(number) + 1
        phone = Phone(
            f"phone{seat}",
            self.site.secrets.of_phone(f"phone{seat}"),
            self.exchange,
            Sound(tone_of(seat), keep_heard=True),
            parent=self.folder,
            answer=answer,
        )
        await self._people.enter_async_context(phone)
        await phone.until_registered(SOON_S)
        return Agent(number, self.api, phone)

    async def ready_agent(self, number: str, answer: AnswerPolicy) -> Agent:
        """An agent who takes calls."""
        agent = await self.paused_agent(number, answer)
        await agent.does("ready")
        return agent

    async def paused_agent(self, number: str, answer: AnswerPolicy) -> Agent:
        """An agent who has signed in, and not more."""
        agent = await self.agent(number, answer)
        await agent.sign_in()
        return agent

    async def caller(self, flow: str) -> Caller:
        """Let somebody call; returns when the house has picked up."""
        return await self._caller(flow, wideband=False)

    async def wideband_caller(self, flow: str) -> Caller:
        """The same from a telephone that speaks and hears 16,000 samples a second (G.722)."""
        return await self._caller(flow, wideband=True)

    async def telephone(self) -> Caller:
        """Somebody outside who has not dialled yet."""
        return await self._telephone(wideband=False)

    async def _telephone(self, *, wideband: bool) -> Caller:
        tone_hz = FIRST_CALLER_TONE_HZ + CALLER_TONE_STEP_HZ * (next(self._callers) % CALLER_TONES)
        sound = Sound(tone_hz, keep_heard=True, wideband=wideband)
        caller = Caller(str(next(_numbers)), self.exchange, sound, parent=self.folder)
        await self._people.enter_async_context(caller)
        return caller

    async def _caller(self, flow: str, *, wideband: bool) -> Caller:
        caller = await self._telephone(wideband=wideband)
        await caller.call(NUMBERS[flow])
        await self.observer.until(lambda: self.observer.ledger.knows(caller.name), f"{caller.name} is there", SOON_S)
        return caller

    async def calls_again(self, caller: Caller, flow: str) -> None:
        """Let somebody who hung up call once more, from the same number, and wait until they are in line."""
        before = self.life(caller).call
        await caller.until(HandsetState.IDLE, SOON_S)
        await caller.call(NUMBERS[flow])
        await self.observer.until(
            lambda: self.life(caller).call != before and bool(self.life(caller).places),
            f"{caller.name} is in line again",
            SOON_S,
        )

    async def waiting_caller(self, flow: str) -> Caller:
        """A caller who is in line."""
        caller = await self.caller(flow)
        await self.observer.until(lambda: bool(self.life(caller).places), f"{caller.name} is in line", SOON_S)
        await self.until_known(caller)
        return caller

    def life(self, caller: Caller) -> Life:
        """What the ledger knows of this caller."""
        return self.observer.ledger.by_number(caller.name)

    async def until_talking(self, caller: Caller, agent: Agent, within_s: float = SOON_S) -> None:
        """Wait until these two are joined, by Asterisk's word and by the service's."""
        phone = f"PJSIP/{agent.phone.name}"

        def joined() -> bool:
            talks = self.life(caller).talks
            return bool(talks) and talks[-1].phone == phone and talks[-1].ended_at is None

        await self.observer.until(joined, f"{caller.name} talks with {agent.number}", within_s)
        await agent.phone.until(HandsetState.ESTABLISHED, within_s)
        await agent.until("talking", within_s)

    # ------------------------------------------------------------------ what the service says

    async def get(self, path: str) -> Json:
        """Ask the API; raises AssertionError where it refuses."""
        answer = await self.api.get(path)
        assert answer.status_code == httpx.codes.OK, answer.text
        found: Json = answer.json()
        return found

    async def calls(self) -> list[Json]:
        """The callers on the floor, in the order in which they joined."""
        items: list[Json] = (await self.get("/api/v1/calls"))["items"]
        return items

    async def queue(self, name: str) -> Json:
        """One queue."""
        return await self.get(f"/api/v1/queues/{name}")

    async def call_of(self, caller: Caller) -> Json:
        """The call as the API shows it."""
        return await self.get(f"/api/v1/calls/{self.life(caller).call}")

    async def until_known(self, caller: Caller) -> Json:
        """Wait until the API lists the caller."""

        async def listed() -> Json | None:
            call = self.life(caller).call
            return next((item for item in await self.calls() if item["id"] == call), None)

        return await until_seen(listed, f"{caller.name} is listed", SOON_S)

    async def until_floor_is_empty(self, within_s: float = QUIET_WITHIN_S) -> None:
        """Wait until the service knows of no caller."""

        async def empty() -> bool:
            return not await self.calls()

        await until_seen(empty, "no caller on the floor", within_s)

    async def events(self) -> list[Happened]:
        """Every event since the scenario began, from the Redis stream; the service writes a few at a time (`GATHER_S`)."""
        # redis-py's types allow for every protocol at once; this is the shape of ours
        entries: Any = await self.redis.xrange(self._stream, f"({self._since}")
        settled = False
        while not settled:
            # Nothing says that no more is under way: the service gathers for `GATHER_S`, so two of these without anything new.
            await asyncio.sleep(2 * GATHER_S)
            more: Any = await self.redis.xrange(self._stream, f"({self._since}")
            settled, entries = len(more) == len(entries), more
        envelopes = [json.loads(fields["event"]) for _, fields in entries]
        return [Happened(e["type"].removeprefix(EVENT_TYPE), e["time"], e["data"]) for e in envelopes]

    async def until_event(self, kind: str, within_s: float = SOON_S, **data: object) -> Happened:
        """Wait for an event with these fields; returns the first such."""

        async def happened() -> Happened | None:
            return next((e for e in await self.events() if e.kind == kind and data.items() <= e.data.items()), None)

        return await until_seen(happened, f"{kind} {data}", within_s)

    async def until_recorded(self, call: str, is_so: Callable[[Json], bool]) -> Json:
        """Wait until there is such a recording of the call."""

        async def found() -> Json | None:
            of_it = [each for each in (await self.get("/api/v1/recordings"))["items"] if each["call"] == call]
            return next((each for each in of_it if is_so(each)), None)

        return await until_seen(found, "the recording is as it should be", 3 * SOON_S)

    async def tell_asterisk(self, command: str) -> str:
        """Give Asterisk a command of its console; returns what it answers."""
        return await asyncio.to_thread(console, self._stack, command)

    # ------------------------------------------------------------------ the configuration

    def rewrite(self, file: str, old: str, new: str) -> None:
        """Put another text in the place of one that is in the file once; the scenario's end puts it back."""
        path = self.site.config / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    async def reload(self) -> Json:
        """Have the service work by what the files say now; raises AssertionError where it refuses."""
        answer = await self.api.post("/api/v1/reload", timeout=RELOADED_WITHIN_S)
        assert answer.status_code == httpx.codes.OK, answer.text
        changed: Json = answer.json()
        return changed

    async def dials_for(self, what: str, seconds: int) -> None:
        """Have a number outside `ring`, or be talked with (`talk`), for so long; the ledger knows then what to expect."""
        self.rewrite("switchboard.yaml", "\ndialling:\n", f"\ndialling:\n  {what}: {seconds}\n")
        await self.reload()
        if what == "talk":
            self.observer.ledger.longest_s[OUTSIDE_PHONE] = seconds

    # ------------------------------------------------------------------ between scenarios

    async def clear(self) -> None:
        """Make the floor clean: nobody on the line, everybody signed out, with the skills of the configuration."""
        if await self.calls():
            # left by a scenario that failed
            await self.tell_asterisk("channel request hangup all")
        for callback in (await self.get("/api/v1/callbacks"))["items"]:
            await self.api.post(f"/api/v1/callbacks/{callback['id']}/cancel")
        await self.until_floor_is_empty()
        before, leaving = await self._newest(), set[str]()
        for number, skills in AGENTS.items():
            agent = AgentDesk(number, self.api)
            await agent.skilled(**skills)
            state = (await agent.now())["state"]
            if state == "wrap_up":
                # To sign out, they would finish up first: for as long as a scenario that failed has them. Some may not be ready.
                await self.api.post(f"/api/v1/agents/{number}/ready")
            if state != "signed_out":
                await agent.does("sign-out")
                leaving.add(number)
            await agent.until("signed_out")
        await self._until_told(leaving, before)
        self._since = await self._newest()
        self.observer.begin()

    async def _newest(self) -> str:
        """The id of the stream's newest event."""
        newest: Any = await self.redis.xrevrange(self._stream, count=1)
        return str(newest[0][0]) if newest else "0"

    async def _until_told(self, leaving: set[str], before: str) -> None:
        """Wait until the stream tells that these have signed out: what it tells later would be taken for the scenario's."""

        async def told() -> bool:
            entries: Any = await self.redis.xrange(self._stream, f"({before}")
            changed = [
                json.loads(fields["event"])["data"] for _, fields in entries if fields["type"] == "AgentStateChanged"
            ]
            return leaving <= {change["agent"] for change in changed if change["after"] == "signed_out"}

        await until_seen(told, f"the stream tells that {leaving} have signed out", SOON_S)

    async def close(self) -> None:
        """Close what was opened to look at the service."""
        await self.api.aclose()
        await self.redis.aclose()


@asynccontextmanager
async def scenario(stack: Stack, service: Service, observer: Observer, folder: Path) -> AsyncIterator[House]:
    """A clean house for one scenario; afterwards everybody hangs up, and the ledger judges."""
    async with AsyncExitStack() as people:
        house = House(stack, service, observer, folder, people)
        try:
            if not service.runs:
                service.start()
            await service.until_ready()
            await house.clear()
            yield house
            await people.aclose()
            await observer.until_nobody_is_on_the_line(QUIET_WITHIN_S)
            broken = observer.ledger.breaches(house.could_serve, RING_TOGETHER)
            assert not broken, "\n".join(f"{breach.promise}: {breach.text} {breach.callers}" for breach in broken)
        finally:
            if as_it_was(house.site) and service.runs:
                await house.reload()
            await house.close()
