"""The system clock is set by an hour, forward and back: the service's, then Asterisk's; and what Redis makes of it.

Redis does not run with libfaketime (its allocator asks for the time before libfaketime is ready, and it hangs): what setting its
clock does to what we keep there is brought about by itself. A claim on the site lapses at once, or stays for hours.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from common.clock import unix_seconds
from deploy.containers import Mount
from deploy.stack import Part, Stack, engine_options, mounts, owner_of_parts
from deploy.telephones.phones import AnswerAfter, NeverAnswer
from tests.chaos.extent import Extent, full_only
from tests.chaos.wired import Wired
from tests.live.hearing import AUDIBLE
from tests.live.house import Happened, House
from tests.live.pairs import talking_pair
from tests.live.service import Service
from tests.live.told import MADE_WITHIN_S, hears
from tests.live.waiting import until, until_seen

LIBRARY = "usr/lib/*/faketime/libfaketimeMT.so.1"
HOUR_S = 3600.0
SOON_S = 10.0
FREED_WITHIN_S = 25.0
"""Who is stuck in the dialplan: two looks of four seconds each after the service is back, on a busy machine."""
WAIT_LIMIT_S = 120.0
"""Nobody in the test waits so long; an hour is far from it."""
RINGS_S = 10.0
"""Of the queue `crowd`."""
PROMPTS_MADE = "prompts made"
"""What the service logs then, at each start."""
IN_ASTERISK = "/clock"
CLAIM_S = 15.0


def faketime() -> Path:
    """The library that sets a process's clock."""
    library = next(Path("/").glob(LIBRARY), None)
    if library is None:
        pytest.skip("setting a clock needs Debian's package libfaketime")
    return library


def preloaded(library: Path, ahead: Path) -> dict[str, str]:
    """The environment of a process whose clock is so many seconds ahead as the file says."""
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(ahead),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


@pytest.fixture
def set_asterisks_clock(
    stack: Stack, service: Service, tmp_path: Path, extent: Extent
) -> Iterator[Callable[[float], None]]:
    """The same for Asterisk, which is another one for this test: of the same site, in a container with the library."""
    full_only(extent)
    library, folder = faketime(), tmp_path / "clock"
    folder.mkdir()
    folder.chmod(0o755)  # Asterisk reads it as another user

    def put(seconds: float) -> None:
        (folder / "ahead").write_text(f"{seconds:+.0f}\n", encoding="ascii")

    put(0)
    there = preloaded(Path(IN_ASTERISK, "lib", library.name), Path(IN_ASTERISK, "set", "ahead"))
    words = [word for name, value in there.items() for word in ("--env", f"{name}={value}")]
    service.stop()
    try:
        run_asterisk(stack, (Mount(library.parent, f"{IN_ASTERISK}/lib"), Mount(folder, f"{IN_ASTERISK}/set")), words)
        yield put
        service.stop()
    finally:
        service.stop()
        run_asterisk(stack)


def run_asterisk(stack: Stack, further: Sequence[Mount] = (), words: Sequence[str] = ()) -> None:
    """Run the site's Asterisk anew, in a container with this beside what it has."""
    name, site = stack.name(Part.ASTERISK), stack.site
    stack.engine.remove([name])
    stack.engine.run(
        name,
        Part.ASTERISK.image,
        site=site.name,
        mounts=(*mounts(site, Part.ASTERISK), *further),
        options=(*engine_options(stack.engine, owner_of_parts()), *words),
    )
    stack.restart(Part.ASTERISK)  # which waits until it serves


async def until_prompts_are_made(service: Service) -> None:
    """Have the service make what prompts it has to. With libfaketime it must start no process: one that it forks may hang.

    The library's `pthread_cond_init` takes a lock, which another thread may hold at the fork: then nobody ever releases it.
    """
    if not service.runs:
        service.start()
    await until(lambda: PROMPTS_MADE in service.last_words(), "prompts are made", MADE_WITHIN_S)


@pytest.fixture
async def set_clock(service: Service, tmp_path: Path, extent: Extent) -> AsyncIterator[Callable[[float], None]]:
    """Set the service's system clock so many seconds ahead of the machine's; clocks that never jump are left alone."""
    full_only(extent)
    library = faketime()
    ahead = tmp_path / "ahead"

    def put(seconds: float) -> None:
        ahead.write_text(f"{seconds:+.0f}\n", encoding="ascii")

    usual = service.environment
    put(0)
    service.stop()
    await until_prompts_are_made(service)
    service.stop()
    service.environment = usual | preloaded(library, ahead)
    try:
        yield put
        service.stop()
    finally:
        service.stop()
        service.environment = usual


async def seen(house: House) -> tuple[list[tuple[str, str]], float]:
    """The callers in line in their order, and how long at most one of them has waited, by the service's own account."""
    answer: dict[str, Any] = await house.get("/api/v1/calls")
    waited_s = max(answer["at"] - call["joined_at"] for call in answer["items"])
    return [(call["id"], call["state"]) for call in answer["items"]], waited_s


async def test_no_order_changes_and_nothing_expires_when_the_system_clock_is_set(
    set_clock: Callable[[float], None], house: House
) -> None:
    pausing = await house.paused_agent("1002", AnswerAfter(0.1))
    callers = [await house.waiting_caller("crowd") for _ in range(3)]
    before, _ = await seen(house)
    for ahead_s in (HOUR_S, -HOUR_S):
        set_clock(ahead_s)

        async def moved(ahead_s: float = ahead_s) -> bool:
            at: float = (await house.get("/api/v1/calls"))["at"]
            return abs(at - unix_seconds() - ahead_s) < HOUR_S / 2

        await until_seen(moved, "the service's clock is set", SOON_S)
        now, waited_s = await seen(house)
        assert now == before
        assert 0 <= waited_s < WAIT_LIMIT_S
        assert (await pausing.now())["state"] == "paused"
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    for caller in callers:
        await house.until_talking(caller, agent, SOON_S)
        await caller.hang_up()
    assert [len(house.life(caller).offers) for caller in callers] == [1, 1, 1]
    # Recorded times follow the clock; how long something lasted does not.

    async def connected() -> list[Happened] | None:
        found = [event for event in await house.events() if event.kind == "Connected"]
        return found if len(found) == len(callers) else None

    events = await until_seen(connected, "all conversations are written", SOON_S)
    assert all(0 <= event.data["waited_s"] < WAIT_LIMIT_S for event in events)


def turns(house: House) -> Counter[str]:
    """How many turns each caller has waited in the dialplan, without the service."""
    waits = (e for e in house.observer.events if (e["Event"], e.get("Application")) == ("Newexten", "Wait"))
    return Counter(event["Uniqueid"] for event in waits if event["Context"] == "switchboard")


def sessions(house: House) -> Counter[str]:
    """How often the dialplan has begun to hand each caller over."""
    begun = (e for e in house.observer.events if (e["Event"], e.get("Application")) == ("Newexten", "AGI"))
    return Counter(event["Uniqueid"] for event in begun if event["Context"] == "switchboard")


def tickets(house: House) -> Counter[str]:
    """How often sessions have put a ticket on each caller: those who wait are given one as soon as they are in a session."""
    put = (e for e in house.observer.events if (e["Event"], e.get("Variable")) == ("VarSet", "SWITCHBOARD_TICKET"))
    return Counter(event["Uniqueid"] for event in put)


async def asterisk_is_up_s(stack: Stack) -> float:
    """How long Asterisk believes to be up, by its system clock; 0 where that is before its start, of which it says nothing."""
    said = await asyncio.to_thread(
        stack.engine.exec, stack.name(Part.ASTERISK), ["asterisk", "-rx", "core show uptime seconds"]
    )
    _, _, up = said.partition("System uptime:")
    return float(up.split()[0]) if up else 0.0


async def until_set(stack: Stack, put: Callable[[float], None], ahead_s: float) -> None:
    """Set Asterisk's clock so far ahead of the machine's, by at least half an hour from what it was, and wait until it is."""
    up_s = await asterisk_is_up_s(stack)
    put(ahead_s)

    async def moved() -> bool:
        return abs(await asterisk_is_up_s(stack) - up_s) > HOUR_S / 2

    await until_seen(moved, "Asterisk's clock is set", SOON_S)


async def test_who_waits_in_the_dialplan_when_asterisks_clock_is_set_is_back_in_line_in_their_order(
    set_asterisks_clock: Callable[[float], None], house: House, stack: Stack
) -> None:
    pair = await talking_pair(house, "1001")
    callers = [await house.waiting_caller("crowd") for _ in range(3)]
    calls = [house.life(caller).call for caller in callers]
    heard_s, began = pair.heard_s(), house.observer.now()
    for ahead_s in (HOUR_S, -HOUR_S):
        before = turns(house)
        house.service.kill()
        await house.observer.until(
            lambda before=before: all(turns(house)[call] > before[call] for call in calls),  # type: ignore[misc] # mypy cannot infer lambdas with defaults
            "all wait in the dialplan",
            SOON_S,
        )
        await until_set(stack, set_asterisks_clock, ahead_s)
        before = sessions(house)
        house.service.start()
        await house.service.until_ready()

        async def in_line() -> bool:
            return [call["id"] for call in await house.calls() if call["state"] == "waiting"] == calls

        # Set back, a second's wait of Asterisk's lasts for hours.
        await house.observer.until(
            lambda before=before: all(sessions(house)[call] > before[call] for call in calls),  # type: ignore[misc] # mypy cannot infer lambdas with defaults
            "all are handed over again",
            FREED_WITHIN_S,
        )
        await until_seen(in_line, "all are in line in their order", SOON_S)
    assert pair.missed_since(heard_s, house.observer.now() - began) == []
    await pair.caller.hang_up()
    for caller in callers:
        await house.until_talking(caller, pair.agent, SOON_S)
        await caller.hang_up()
    assert [house.life(caller).failsafe_at for caller in callers] == [None] * len(callers)


async def test_who_waits_in_the_dialplan_beside_a_service_that_ami_reaches_is_not_stuck_when_asterisks_clock_is_set_back(
    set_asterisks_clock: Callable[[float], None], wired: Wired, stack: Stack, figures: list[str]
) -> None:
    house = wired.house
    await until_set(stack, set_asterisks_clock, HOUR_S)
    callers = [await house.waiting_caller("crowd") for _ in range(3)]
    calls, logins = [house.life(caller).call for caller in callers], wired.ami.connections
    wired.agi.refuse()
    await house.observer.until(lambda: all(turns(house)[call] for call in calls), "all wait in the dialplan", SOON_S)
    await until_set(stack, set_asterisks_clock, 0)
    before, began = turns(house), house.observer.now()
    await house.observer.until(
        lambda: all(turns(house)[call] > before[call] for call in calls), "all take turns again", FREED_WITHIN_S
    )
    figures.append(f"Asterisk's clock set back: turns in the dialplan again after {house.observer.now() - began:.1f} s")
    for caller in callers:
        await until(lambda caller=caller: hears(caller).last(0.5).level > AUDIBLE, "music goes on", SOON_S)  # type: ignore[misc] # mypy cannot infer lambdas with defaults
    before = tickets(house)
    wired.agi.flow()
    await house.observer.until(
        lambda: all(tickets(house)[call] > before[call] for call in calls), "all are in sessions again", SOON_S
    )
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    for caller in callers:
        await house.until_talking(caller, agent, SOON_S)
        await caller.hang_up()
    assert wired.ami.connections == logins, "the service's link to AMI was up all along"
    assert [house.life(caller).failsafe_at for caller in callers] == [None] * len(callers)


async def test_a_phone_that_rings_when_asterisks_clock_is_set_back_rings_hardly_longer(
    set_asterisks_clock: Callable[[float], None], house: House, stack: Stack, figures: list[str]
) -> None:
    house.rewrite("switchboard.yaml", "dialling:\n", f"dialling:\n  ring: {RINGS_S:.0f}\n")
    await house.reload()
    await until_set(stack, set_asterisks_clock, HOUR_S)
    await house.agent("1003", NeverAnswer())  # number 3 outside
    await house.ready_agent("1001", NeverAnswer())
    waiting, handed_on = await house.caller("crowd"), await house.caller("handed")
    lives = [house.life(caller) for caller in (waiting, handed_on)]
    await house.observer.until(lambda: all(len(life.offers) == 1 for life in lives), "both phones ring", SOON_S)
    rings = [life.offers[0] for life in lives]
    await until_set(stack, set_asterisks_clock, 0)
    assert [ringing.ended_at for ringing in rings] == [None, None], "they ring while the clock is set"
    await house.observer.until(
        lambda: all(ringing.ended_at is not None for ringing in rings), "nothing rings", RINGS_S + FREED_WITHIN_S
    )
    rang_s = [ringing.ended_at - ringing.began_at for ringing in rings if ringing.ended_at is not None]
    figures.append(f"Asterisk's clock set back: phones that ring {RINGS_S:.0f} s rang {max(rang_s):.1f} s")
    assert min(rang_s) > RINGS_S
    await house.until_event("HandedOver", call=lives[1].call, to="number", end="no_answer")
    other = await house.ready_agent("1002", AnswerAfter(0.1))
    await house.until_talking(waiting, other, SOON_S)
    assert [house.life(caller).failsafe_at for caller in (waiting, handed_on)] == [None, None]


async def test_a_claim_that_lapses_at_once_or_stays_for_hours_disturbs_nobody(house: House) -> None:
    claim = f"switchboard:{house.site.name}:service"
    caller = await house.waiting_caller("crowd")
    before, _ = await seen(house)

    async def renewed() -> bool:
        return 0 < await house.redis.pttl(claim) <= CLAIM_S * 1000

    await house.redis.delete(claim)
    await until_seen(renewed, "the claim is made anew", SOON_S)
    await house.redis.pexpire(claim, int(2 * HOUR_S * 1000))
    await until_seen(renewed, "the claim lasts as long as ever", SOON_S)
    house.service.kill()
    await house.redis.pexpire(claim, int(2 * HOUR_S * 1000))
    house.service.start()
    await house.service.until_ready()

    async def in_line() -> bool:
        return (await seen(house))[0] == before if await house.calls() else False

    await until_seen(in_line, "the caller is in line", SOON_S)
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    await house.until_talking(caller, agent)
    assert len(house.life(caller).offers) == 1
