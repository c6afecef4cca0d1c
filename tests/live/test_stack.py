"""The stack on real containers: callers in the re-entry loop and the fail-safe, dialling codes, rights, crashes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis

from common.clock import boot_seconds
from deploy import probes, stack
from deploy.containers import Engine, detect
from deploy.ports import free_ports
from deploy.secrets import secrets_of
from deploy.sites import REPOSITORY, FailSafe, Keys, Site
from deploy.stack import AlreadyRunning, Part, PortTaken, Stack
from deploy.telephones.baresip import Sound
from deploy.telephones.caller_stream import CallerOutcome, CallPlan, Key, caller_stream
from deploy.telephones.callers import Caller
from deploy.telephones.handset import Exchange, HandsetState
from deploy.telephones.phones import AnswerAfter, Phone
from deploy.telephones.scenarios import Sound as Wire
from deploy.telephones.scenarios import sound_of_this_process
from deploy.telephones.voice import write_voice
from tests.live.key_tones import key_tones
from tests.live.stack_kit import (
    SOON_S,
    TURN_S,
    Observer,
    StandIn,
    exchange_of,
    ledger,
    observing,
    until,
    until_nobody_is_left,
)

WAITERS = 20
FIRST_LOSS_S = 6
ENTRIES = (("4001", "waits"), ("4002", "listens"), ("4003", "talks"), ("4004", "is-done"), ("4005", "loses"))


@pytest.fixture(scope="module")
def engine() -> Engine:
    return detect(REPOSITORY)


def make_site(folder: Path, what: str, patience_s: int = 20, keys: Keys = Keys.SIGNALS) -> Site:
    return Site(
        name=f"live-{os.getpid()}-{what}",
        folder=folder,
        secrets=secrets_of(folder),
        ports=free_ports(),
        phones=3,
        entries=ENTRIES,
        keys=keys,
        fail_safe=FailSafe(patience_s=patience_s, ring_s=4, message_s=5),
        observers=("ledger",),
    )


@pytest.fixture(scope="module")
def running(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(engine, make_site(tmp_path_factory.mktemp("stack"), "stack"))
    began = boot_seconds()
    running.start()
    try:
        assert boot_seconds() - began < 5.0, "a start with the images there takes at most five seconds"
        yield running
    finally:
        running.stop()
        assert not engine.containers(running.site.name)


@pytest.fixture(scope="module")
def hasty(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that soon gives its callers to the fail-safe, and listens for tones."""
    hasty = Stack(engine, make_site(tmp_path_factory.mktemp("hasty"), "hasty", patience_s=8, keys=Keys.SOUND))
    hasty.start()
    yield hasty
    hasty.stop()


@pytest.fixture
async def observer(running: Stack) -> AsyncIterator[Observer]:
    async with ledger(running) as observer:
        yield observer


@pytest.fixture
async def service(running: Stack) -> AsyncIterator[StandIn]:
    service = StandIn(running.site.ports.agi)
    await service.start()
    try:
        yield service
    finally:
        await service.kill()
        await until_nobody_is_left(running)


@pytest.fixture
def exchange(running: Stack) -> Exchange:
    return exchange_of(running)


@contextlib.asynccontextmanager
async def phone(running: Stack, number: int, parent: Path, answer_after_s: float = 0.2) -> AsyncIterator[Phone]:
    """A registered phone."""
    password = running.site.secrets.of_phone(f"phone{number}")
    policy = AnswerAfter(answer_after_s)
    async with Phone(
        f"phone{number}", password, exchange_of(running), Sound(600), parent=parent, answer=policy
    ) as phone:
        await phone.until_registered(SOON_S)
        yield phone


def waiters(count: int) -> list[CallPlan]:
    return [CallPlan(f"1390000{place:04}", (), patience_s=120) for place in range(count)]


# ------------------------------------------------------------------------------------------------ keys


@pytest.mark.parametrize("wire", [None, Wire.PLAIN, Wire.RAW], ids=["tones in the sound", "SIP INFO", "RFC 4733"])
async def test_keys_are_heard_however_the_trunk_sends_them(hasty: Stack, tmp_path: Path, wire: Wire | None) -> None:
    if wire is Wire.RAW and sound_of_this_process() is not Wire.RAW:
        pytest.skip("SIPp sends RFC 4733 through raw sockets, which this process may not open")
    spoken = tmp_path / "tones.pcap"
    key_tones(tmp_path / "tones.wav", "258#")
    write_voice(tmp_path / "tones.wav", spoken, lasting_s=2.0)
    keys = () if wire is None else tuple(Key(digit, 0.5) for digit in "258#")
    voice = spoken if wire is None else None
    service = StandIn(hasty.site.ports.agi)
    await service.start()
    try:
        async with (
            ledger(hasty) as observer,
            caller_stream(
                exchange_of(hasty),
                "4001",
                [CallPlan("13900001111", keys, patience_s=60)],
                parent=tmp_path,
                voice=voice,
                sound=wire or Wire.PLAIN,
            ),
        ):
            await until(lambda: observer.keys_pressed() == "258#")
    finally:
        await service.kill()


# ------------------------------------------------------------------------------------------------ the re-entry loop


async def test_a_caller_is_hung_up_when_the_service_says_it_is_done(
    exchange: Exchange, service: StandIn, tmp_path: Path
) -> None:
    async with Caller("alice", exchange, Sound(440), parent=tmp_path) as alice:
        await alice.dial("4004")
        await alice.until_true(lambda: alice.history[-1].kind == "CALL_CLOSED", "hung up", SOON_S)
        assert any(event.kind == "CALL_ESTABLISHED" for event in alice.history)
    assert len(service.sessions) == 1


async def test_any_number_enters_at_main_and_a_mapped_one_at_its_entry(
    running: Stack, exchange: Exchange, service: StandIn, tmp_path: Path
) -> None:
    async with Caller("alice", exchange, Sound(440), parent=tmp_path) as alice:
        for number in ("95512345", "hotline", "+8621123", "4001"):
            await alice.dial(number)
            await until(lambda: bool(service.sessions))
            await alice.hang_up()
            await alice.until(HandsetState.IDLE, SOON_S)
            handed = service.sessions.pop()
            entry = "waits" if number == "4001" else "main"
            assert handed.words == [entry, "Up", "", ""], "the entry, the channel's state, no ticket yet, no transfer"
            assert handed.call.startswith(f"{running.site.node}-"), "a call id names its node"


@pytest.mark.parametrize("number", ["4001", "4002"], ids=["while music plays", "in the middle of a command"])
async def test_callers_of_a_killed_service_are_handed_in_again_with_their_ticket(
    number: str, exchange: Exchange, service: StandIn, observer: Observer, tmp_path: Path
) -> None:
    async with caller_stream(exchange, number, waiters(WAITERS), parent=tmp_path) as callers:
        await callers.until_answered(WAITERS, SOON_S)
        await until(lambda: len(service.sessions) == WAITERS and (number != "4001" or observer.in_music() == WAITERS))
        first = service.calls()
        await service.kill()
        service.sessions.clear()
        await until(lambda: all(observer.turns_without_the_service()[call] > 1 for call in first))
        await service.start()
        await until(lambda: len(service.sessions) == WAITERS)
        assert service.calls() == first
        assert callers.outcomes() == [CallerOutcome.ANSWERED] * WAITERS
        assert not observer.in_fail_safe()
        if number == "4001":
            assert all(session.ticket == f"ticket-of-{session.call}" for session in service.sessions)


async def test_a_conversation_outlives_the_service_and_its_caller_is_handed_in_once_when_it_is_over(
    running: Stack, exchange: Exchange, service: StandIn, observer: Observer, tmp_path: Path
) -> None:
    async with phone(running, 1, tmp_path) as agent, Caller("alice", exchange, Sound(440), parent=tmp_path) as alice:
        await alice.call("4003")
        await agent.until(HandsetState.ESTABLISHED, SOON_S)
        await service.kill()
        call = service.sessions.pop().call
        await service.start()
        # That nothing comes cannot be waited for. A turn of the loop is half a second of music: whoever was in it would have been
        # handed in again by now.
        await asyncio.sleep(2)
        assert agent.state is alice.state is HandsetState.ESTABLISHED
        assert not service.sessions
        await agent.hang_up()
        await alice.until(HandsetState.IDLE, SOON_S)
        await until(lambda: call in observer.ended())
    assert [(session.call, session.words[-1]) for session in service.sessions] == [(call, "talked")]
    assert not observer.in_fail_safe()


async def test_every_loss_of_the_service_is_waited_for_in_full_and_then_everybody_is_in_the_fail_safe(
    running: Stack, exchange: Exchange, service: StandIn, observer: Observer, tmp_path: Path
) -> None:
    patience_s = running.site.fail_safe.patience_s
    async with caller_stream(exchange, "4001", waiters(WAITERS), parent=tmp_path) as callers:
        await callers.until_answered(WAITERS, SOON_S)
        await until(lambda: observer.in_music() == WAITERS)
        calls = service.calls()
        await service.kill()
        service.sessions.clear()
        await until(lambda: all(observer.turns_without_the_service()[call] * TURN_S > FIRST_LOSS_S for call in calls))
        await service.start()
        await until(lambda: len(service.sessions) == WAITERS)
        # Nothing tells that a session counts as a real one: the dialplan looks at its clock (SETTLED_S, in whole seconds) only
        # when the session is over. From here on, what comes is a new loss.
        await asyncio.sleep(4)
        await service.kill()
        gone = boot_seconds()
        await until(lambda: set(observer.in_fail_safe()) == calls, within_s=25)
        waited = [at - gone for at in observer.in_fail_safe().values()]
        assert min(waited) > patience_s - (FIRST_LOSS_S - 1), "the first loss must not count"
        assert max(waited) < patience_s + 1
        # No phone is registered: after the ringing time each leaves a message, and the line ends politely.
        await until(lambda: observer.hung_up_by_the_dialplan() >= calls, within_s=60)
    messages = running.site.recordings / "failsafe"
    assert {path.stem for path in messages.glob("*.wav")} >= calls
    notes = {note["call"]: note for note in (json.loads(path.read_text()) for path in messages.glob("*.json"))}
    assert all(notes[call]["ticket"] == f"ticket-of-{call}" for call in calls)


async def test_a_service_that_loses_every_caller_at_once_ends_in_the_fail_safe(hasty: Stack, tmp_path: Path) -> None:
    service = StandIn(hasty.site.ports.agi)
    async with ledger(hasty) as observer, Caller("alice", exchange_of(hasty), Sound(440), parent=tmp_path) as alice:
        await service.start()
        await alice.call("4005")
        await until(lambda: len(observer.in_fail_safe()) == 1, hasty.site.fail_safe.patience_s + 1)
        await service.kill()
    assert len(service.sessions) >= hasty.site.fail_safe.patience_s / 2, "it was tried every second or so"


async def test_a_service_that_takes_no_connection_ends_in_the_fail_safe(hasty: Stack, tmp_path: Path) -> None:
    with contextlib.ExitStack() as open_sockets, socket.create_server(("127.0.0.1", hasty.site.ports.agi)) as deaf:
        deaf.listen(0)
        for _ in range(3):  # its queue is full: nobody else even gets an answer
            filler = open_sockets.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())
        async with ledger(hasty) as observer, Caller("bob", exchange_of(hasty), Sound(440), parent=tmp_path) as bob:
            began = boot_seconds()
            await bob.dial("4001")
            await until(lambda: len(observer.in_fail_safe()) == 1, hasty.site.fail_safe.patience_s + 1)
            assert boot_seconds() - began > hasty.site.fail_safe.patience_s / 2


async def test_the_fail_safe_speaks_two_languages_rings_a_free_phone_and_takes_no_message_after_a_conversation(
    hasty: Stack, tmp_path: Path
) -> None:
    with wave.open(str(hasty.site.prompts / "zh" / "failsafe-away.wav"), "wb") as prompt:
        prompt.setparams((1, 2, 8000, 0, "NONE", ""))
        prompt.writeframes(bytes(1600))
    async with (
        ledger(hasty) as observer,
        phone(hasty, 2, tmp_path) as agent,
        Caller("alice", exchange_of(hasty), Sound(440), parent=tmp_path) as alice,
    ):
        messages = set((hasty.site.recordings / "failsafe").iterdir())
        await alice.dial("4001")
        await agent.until(HandsetState.ESTABLISHED, 40)
        assert len(observer.in_fail_safe()) == 1
        said = [event["Command"] for event in observer.events if event["Event"] == "AGIExecStart"]
        english, chinese = (command for command in said if "Playback" in command)
        assert "all-circuits-busy-now" in english, "Asterisk's own, where the installation has no prompt"
        assert "switchboard/zh/failsafe-away" in chinese
        await agent.hang_up()
        await alice.until(HandsetState.IDLE, SOON_S)
        assert set((hasty.site.recordings / "failsafe").iterdir()) == messages


# ------------------------------------------------------------------------------------------------ phones


@pytest.mark.parametrize(
    ("dialled", "words"),
    [
        ("*111001", ["sign-in", "1001", "phone3"]),
        ("*12", ["ready", "", "phone3"]),
        ("*13", ["pause", "", "phone3"]),
        ("*132", ["pause", "2", "phone3"]),
        ("*14", ["sign-out", "", "phone3"]),
        ("*157", ["close-hours", "7", "phone3"]),
        ("*167", ["by-hours", "7", "phone3"]),
    ],
)
async def test_a_dialling_code_reaches_the_service_with_the_phone_that_dialled_it(
    dialled: str, words: list[str], running: Stack, service: StandIn, tmp_path: Path
) -> None:
    async with phone(running, 3, tmp_path) as agent:
        await agent.dial(dialled)
        await until(lambda: bool(service.sessions))
        await agent.until(HandsetState.IDLE, SOON_S)
    assert [(session.path, session.words) for session in service.sessions] == [("phone", words)]


async def test_a_dialling_code_is_answered_with_an_apology_when_the_service_is_away(
    running: Stack, observer: Observer, tmp_path: Path
) -> None:
    async with phone(running, 3, tmp_path) as agent:
        await agent.dial("*12")
        await agent.until(HandsetState.ESTABLISHED, SOON_S)
        await agent.until(HandsetState.IDLE, SOON_S)
    assert any(e["Event"] == "Newexten" and e["Application"] == "Playback" for e in observer.events)


@pytest.mark.parametrize("number", ["102", "phone2"])
async def test_phones_call_each_other_without_the_service(number: str, running: Stack, tmp_path: Path) -> None:
    async with phone(running, 1, tmp_path) as one, phone(running, 2, tmp_path) as two:
        await one.dial(number)
        await two.until(HandsetState.ESTABLISHED, SOON_S)
        await two.hang_up()
        await one.until(HandsetState.IDLE, SOON_S)


# ------------------------------------------------------------------------------------------------ rights


async def test_the_service_may_do_over_ami_what_it_needs_and_nothing_else(running: Stack) -> None:
    site = running.site
    async with observing(site.ports.ami, "switchboard", site.secrets.ami_password) as service:
        for action in ("CoreSettings", "Ping"):
            assert (await service.act(Action=action))["Response"] == "Success"
        for listing in ("CoreShowChannels", "Status", "DeviceStateList"):
            assert (await service.act(Action=listing))["Response"] == "Success"
        assert (await service.act(Action="ShowDialPlan", Context="switchboard"))["Response"] == "Success"
        nobody = {"Channel": "PJSIP/nobody-1"}
        for action in ("Hangup", "Redirect", "StopMixMonitor"):
            answer = await service.act(Action=action, **nobody, Context="switchboard", Exten="caller", Priority="1")
            assert "ermission" not in answer["Message"], "allowed, only that there is no such channel"
        for action in ("Command", "UpdateConfig", "GetConfig", "MixMonitor", "ModuleLoad", "DBPut", "Reload"):
            assert (await service.act(Action=action, **nobody))["Message"] == "Permission denied"
        started = {"Channel": "Local/4001@from-callers", "Application": "System", "Data": "true"}
        assert (await service.act(Action="Originate", **started))["Response"] == "Error"
    async with observing(site.ports.ami, "ledger", site.secrets.ledger_password) as ledger:
        assert (await ledger.act(Action="Hangup", **nobody))["Message"] == "Permission denied"


async def test_the_service_is_sent_only_events_it_understands(
    running: Stack, exchange: Exchange, service: StandIn, tmp_path: Path
) -> None:
    site = running.site
    async with (
        observing(site.ports.ami, "switchboard", site.secrets.ami_password) as seen,
        phone(running, 1, tmp_path) as agent,
        Caller("alice", exchange, Sound(440), parent=tmp_path) as alice,
    ):
        await alice.call("4003")
        await agent.until(HandsetState.ESTABLISHED, SOON_S)
        await alice.hang_up()
        await until(lambda: [event["Event"] for event in seen.events].count("Hangup") == 2)
    kinds = {event["Event"] for event in seen.events}
    assert kinds == {"FullyBooted", "Newchannel", "DialBegin", "DialEnd", "HangupRequest", "Hangup"}
    assert service.sessions


@pytest.mark.parametrize("part", [Part.ASTERISK, Part.REDIS, Part.MOSQUITTO])
def test_no_part_serves_anybody_without_the_password(part: Part, running: Stack) -> None:
    site = running.site
    knock = {
        Part.ASTERISK: lambda: probes.ami(site.ports.ami, "switchboard", "guess"),
        Part.REDIS: lambda: probes.redis(site.ports.redis, "guess"),
        Part.MOSQUITTO: lambda: probes.mqtt(site.ports.mqtt, "switchboard", "guess"),
    }
    with pytest.raises(probes.NotServing):
        knock[part]()


# ------------------------------------------------------------------------------------------------ crashes


def test_redis_killed_loses_no_acknowledged_write(running: Stack) -> None:
    site = running.site
    with redis.Redis(port=site.ports.redis, password=site.secrets.redis_password) as client:
        for number in range(100):
            client.rpush("switchboard:test", number)
        running.kill(Part.REDIS)
        running.restart(Part.REDIS)
        assert client.llen("switchboard:test") == 100


def test_a_second_start_of_a_living_site_is_refused_and_harms_nothing(running: Stack, engine: Engine) -> None:
    with pytest.raises(AlreadyRunning, match="already run by process"):
        Stack(engine, running.site).start()
    with pytest.raises(AlreadyRunning):
        Stack(engine, running.site).stop()
    probes.ami(running.site.ports.ami, "switchboard", running.site.secrets.ami_password)


def test_what_a_killed_run_left_behind_is_replaced_at_the_next_start(engine: Engine, tmp_path: Path) -> None:
    site = make_site(tmp_path, "killed")
    killed, following = Stack(engine, site), Stack(engine, site)
    killed.start()
    killed._release()  # what the kernel does when the process dies
    try:
        following.start()
        assert all(container.running for container in engine.containers(site.name))
    finally:
        following.stop()
    assert not engine.containers(site.name)


def test_a_taken_port_is_named_with_who_holds_it_and_how_to_choose_another(engine: Engine, tmp_path: Path) -> None:
    site = make_site(tmp_path, "taken")
    told = rf"{site.ports.redis} .*process \d+.*SWITCHBOARD_REDIS_PORT"
    with socket.create_server(("127.0.0.1", site.ports.redis)), pytest.raises(PortTaken, match=told):
        Stack(engine, site).start()
    assert not engine.containers(site.name)


def test_a_part_that_cannot_start_is_reported_with_its_last_words(engine: Engine, tmp_path: Path) -> None:
    site = make_site(tmp_path, "broken")
    site.redis_data.mkdir()
    (site.redis_data / "appendonlydir").write_text("not a folder")
    with pytest.raises(stack.PartFailed, match="redis ended right after its start"):
        Stack(engine, site).start()
    assert not engine.containers(site.name)
