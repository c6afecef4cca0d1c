"""The demo: a whole installation on this machine, with phones that answer and callers who dial, until Ctrl-C.

Started by `make run`. What it starts it ends: containers, service, phones, callers. What it keeps it says.
"""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, NoReturn

import soundfile
from rich.console import Console
from rich.live import Live
from rich.markup import escape

from common.clock import boot_seconds
from common.tasks import spawn
from common.yaml_file import ConfigurationRefused
from deploy.containers import EngineError, detect
from deploy.secrets import SecretsUnreadable, secrets_of
from deploy.sites import LOOPBACK, REPOSITORY, BadSite, Site, ports_from
from deploy.stack import Stack, StackError
from deploy.telephones.baresip import BaresipFailed, Sound
from deploy.telephones.caller_stream import StreamRefused, caller_stream
from deploy.telephones.demand import Demand, callers
from deploy.telephones.handset import Exchange, NotInTime
from deploy.telephones.phones import AnswerAfter, Phone, tone_of
from deploy.telephones.voice import write_voice
from ivr.prompts.voice import EspeakVoice, VoiceFailed
from service.centre.files import zone_of
from service.demo.live_view import LiveView
from service.demo.process import DemoFailed, DemoService, demo_service, follow
from service.demo.screen import Screen
from service.environment import DEFAULT_SITE, ENVIRONMENT_FILE, SITE
from service.faults import innermost

AGENTS = ("1001", "1002", "1003", "1005")
"""Who is signed in, each on a phone of their own."""
PHONES = 10
ANSWERS_AFTER_S = 2.0
NUMBER = "4000"
REGISTERED_WITHIN_S = 10.0
CALLERS_A_STREAM = 200
MOST_PATIENCE_S = 240.0
SAYS = "您好，我想咨询一下我的订单，什么时候可以送到？"
DRAWN_EVERY_S = 0.3
OWNER_ONLY = 0o600
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, being told to end, the terminal closed."""
FINE, FAILED, WRONG = 0, 1, 2
TROUBLE = (
    BadSite,
    BaresipFailed,
    DemoFailed,
    EngineError,
    NotInTime,
    OSError,  # a full disk, a missing right
    SecretsUnreadable,
    StackError,
    StreamRefused,
    VoiceFailed,
)
"""What can stand in the demo's way that is nobody's mistake in the code."""


async def run_demo(calls_per_minute: float, seed: int) -> int:
    """Run until Ctrl-C, SIGTERM or the terminal's end; the exit code."""
    console = Console()
    loop = asyncio.get_running_loop()
    stop = _stop_once(asyncio.current_task())
    for number in STOPS:
        loop.add_signal_handler(number, stop)
    try:
        await _Demo(console, _site(), calls_per_minute, seed).run()
    except asyncio.CancelledError:
        return FINE
    except ConfigurationRefused as refused:
        _say_stopped(str(refused))
        return WRONG
    except Exception as failed:
        reasons = list(innermost(failed))
        if not all(isinstance(reason, TROUBLE) for reason in reasons):
            raise
        _say_stopped("; ".join(str(reason) for reason in reasons))
        return FAILED
    return FINE


def _say_stopped(why: str) -> None:
    Console(stderr=True).print(f"[bold red]stopped:[/] {escape(why)}", soft_wrap=True, highlight=False)


def _stop_once(task: asyncio.Task[Any] | None) -> Callable[[], None]:
    asked = False

    def stop() -> None:
        nonlocal asked
        if not asked and task is not None:  # a second Ctrl-C must not cut the taking down short
            asked = True
            task.cancel()

    return stop


def _site() -> Site:
    """The site that the environment names; raises BadSite, SecretsUnreadable, OSError."""
    name = os.environ.get(SITE, DEFAULT_SITE)
    folder = REPOSITORY / "var" / name
    return Site(name=name, folder=folder, secrets=secrets_of(folder), ports=ports_from(os.environ), phones=PHONES)


class _Demo:
    def __init__(self, console: Console, site: Site, calls_per_minute: float, seed: int) -> None:
        self._console = console
        self._site = site
        self._calls_per_minute, self._seed = calls_per_minute, seed
        self._began = boot_seconds()
        self._down_since: float | None = None
        self._exchange = Exchange(LOOPBACK, site.ports.sip)

    async def run(self) -> None:
        """Bring everything up, let callers in, show it, and take everything down."""
        zone = zone_of(self._site.config)
        async with AsyncExitStack() as cleanup:
            cleanup.callback(self._say_what_stays)
            with self._step("Asterisk, Redis and Mosquitto"):
                stack = await cleanup.enter_async_context(_stack(self._site))
            with self._step("the service"):
                environment = stack.service_environment()
                _write_environment(self._site, environment)
                service = await cleanup.enter_async_context(demo_service(self._site, environment))
                await service.until_ready()
            folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="switchboard-demo-")))
            with self._step(f"{len(AGENTS)} agents, signed in and ready on SIP phones"):
                await self._agents(cleanup, service, folder)
            screen = Screen(f"Switchboard 总机 · {self._site.name}", self._addresses(), zone, _language())
            await self._carry_on(service, folder, screen)

    async def _agents(self, cleanup: AsyncExitStack, service: DemoService, folder: Path) -> None:
        for number, (agent, name) in enumerate(zip(AGENTS, self._site.phone_names, strict=False), start=1):
            sound, answer = Sound(tone_of(number)), AnswerAfter(ANSWERS_AFTER_S)
            password = self._site.secrets.of_phone(name)
            phone = Phone(name, password, self._exchange, sound, parent=folder, answer=answer)
            await cleanup.enter_async_context(phone)
            await phone.until_registered(REGISTERED_WITHIN_S)
            await service.post(f"agents/{agent}/sign-in", {"phone": f"PJSIP/{name}"})
            await service.post(f"agents/{agent}/ready")

    async def _carry_on(self, service: DemoService, folder: Path, screen: Screen) -> None:
        """Callers and their show, until cancelled; raises where one of them, or the service, ends by itself."""
        view = LiveView(boot_seconds)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(follow(self._site, view))
            if self._calls_per_minute:
                tasks.create_task(self._callers(folder))
            tasks.create_task(self._show(screen, view))
            raise await service.ended()

    async def _callers(self, folder: Path) -> None:
        """Callers without end, in streams of bounded length."""
        demand = Demand(
            menus=({"1": 0.7, "2": 0.3}, {"1": 0.55, "2": 0.35, "3": 0.1}),
            think_s=(2.0, 4.0),
            median_patience_s=45.0,
            patience_spread=0.6,
            mean_gap_s=60.0 / self._calls_per_minute,
            first_number=13_800_000_000,
        )
        voice = await _caller_voice(folder)
        seed = self._seed
        while True:
            plans = list(callers(demand, CALLERS_A_STREAM, seed))
            async with caller_stream(self._exchange, NUMBER, plans, parent=folder, voice=voice) as stream:
                await stream.until_over()
            seed += 1

    async def _show(self, screen: Screen, view: LiveView) -> None:
        """Show the floor until cancelled: drawn on a terminal, an event a line elsewhere."""
        try:
            await (self._draw if self._console.is_terminal else self._print)(screen, view)
        finally:
            self._down_since = boot_seconds()
            self._console.print("taking everything down: callers, phones, the service, the containers …")

    async def _draw(self, screen: Screen, view: LiveView) -> NoReturn:
        with Live(console=self._console, screen=True, auto_refresh=False) as live:
            while True:
                live.update(screen.draw(view), refresh=True)
                await asyncio.sleep(DRAWN_EVERY_S)

    async def _print(self, screen: Screen, view: LiveView) -> NoReturn:
        for line in self._addresses():
            self._console.print(line, soft_wrap=True, highlight=False, markup=False)
        while True:
            screen.print_new(view, self._console)
            await asyncio.sleep(DRAWN_EVERY_S)

    def _addresses(self) -> list[str]:
        ports, token = self._site.ports, self._site.secrets.api_token
        base = f"http://{LOOPBACK}:{ports.api}"
        return [
            f"board       {base}/",
            f"recordings  {base}/recordings#token={token}",
            f"API         {base}/api/v1/queues   (agents, calls, live; all of it: /api/v1/openapi.json)",
            f"metrics     {base}/metrics",
            f"MQTT        {LOOPBACK}:{ports.mqtt}  topics switchboard/v1/{self._site.name}/#",
            f"to call     SIP {LOOPBACK}:{ports.sip}, any number; Ctrl-C takes everything down",
        ]

    @contextmanager
    def _step(self, what: str) -> Iterator[None]:
        """Say what is being brought up while it is, and how long it took."""
        began = boot_seconds()
        if self._console.is_terminal:
            with self._console.status(f"{what} …"):
                yield
        else:
            self._console.print(f"{what} …", highlight=False)
            yield
        now = boot_seconds()
        took = f"{now - self._began:6.1f} s  {what}: up, in {now - began:.1f} s"
        self._console.print(took, highlight=False, soft_wrap=True)

    def _say_what_stays(self) -> None:
        if not self._site.redis_data.is_dir():
            return
        if self._down_since is not None:
            self._console.print(f"everything is down, in {boot_seconds() - self._down_since:.1f} s", highlight=False)
        folder = self._site.folder.relative_to(REPOSITORY)
        self._console.print(
            f"kept: {folder}/ (secrets, recordings, catalogue, prompts, Redis' data, the service's log), "
            "the container images, .venv and web/dist; `make clean` removes what was prepared",
            highlight=False,
            soft_wrap=True,
        )


@asynccontextmanager
async def _stack(site: Site) -> AsyncIterator[Stack]:
    stack = Stack(await asyncio.to_thread(detect, REPOSITORY), site)
    starting = spawn(asyncio.to_thread(stack.start), "start of the stack")
    try:
        await asyncio.shield(starting)
        yield stack
    finally:
        await asyncio.wait([starting])
        if starting.exception() is None:
            await asyncio.to_thread(stack.stop)


async def _caller_voice(folder: Path) -> Path:
    """What callers say, spoken once by the draft voice."""
    samples, rate = await EspeakVoice().speak(SAYS, "zh")
    sound, capture = folder / "caller.wav", folder / "caller.pcap"
    await asyncio.to_thread(soundfile.write, sound, samples, rate)
    await asyncio.to_thread(write_voice, sound, capture, MOST_PATIENCE_S)
    return capture


def _write_environment(site: Site, environment: dict[str, str]) -> None:
    """Keep the service's settings for the command line (`switchboard agent list` in another terminal)."""
    file = site.folder / ENVIRONMENT_FILE
    file.touch(mode=OWNER_ONLY)
    file.write_text("".join(f"{name}={value}\n" for name, value in sorted(environment.items())), encoding="utf-8")


def _language() -> str:
    """In which language sentences are shown: as the terminal's own."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "zh-CN" if locale.startswith("zh") else "en"
