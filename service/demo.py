"""The demo: a whole installation on this machine, with phones that answer and callers who dial, until Ctrl-C.

Started by `make run`. What it starts it ends: containers, service, phones, callers. What it keeps it says.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import soundfile
from rich.console import Console
from rich.live import Live
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from common.clock import boot_seconds
from common.tasks import spawn
from deploy.baresip import BaresipFailed, Sound
from deploy.caller_stream import StreamRefused, caller_stream
from deploy.containers import EngineError, detect
from deploy.demand import Demand, callers
from deploy.handset import Exchange, NotInTime
from deploy.phones import AnswerAfter, Phone, tone_of
from deploy.secrets import SecretsUnreadable, secrets_of
from deploy.sites import LOOPBACK, REPOSITORY, BadSite, Site, ports_from
from deploy.stack import Stack, StackError
from deploy.voice import write_voice
from ivr.voice import EspeakVoice, VoiceFailed
from service.demo_screen import Screen
from service.live_view import LiveView, StreamBroken
from service.reading import DEFAULT_SITE, ENVIRONMENT_FILE

AGENTS = ("1001", "1002", "1003", "1005")
"""Who is signed in, each on a phone of their own."""
ANSWERS_AFTER_S = 2.0
NUMBER = "4000"
SERVICE_WITHIN_S = 20.0
REGISTERED_WITHIN_S = 10.0
STOP_WITHIN_S = 10.0
CALLERS_A_STREAM = 200
MOST_PATIENCE_S = 240.0
SAYS = "您好，我想咨询一下我的订单，什么时候可以送到？"
DRAWN_EVERY_S = 0.25
TROUBLE = (
    BadSite,
    BaresipFailed,
    EngineError,
    NotInTime,
    SecretsUnreadable,
    StackError,
    StreamRefused,
    VoiceFailed,
)


class DemoFailed(Exception):
    """The demo cannot go on; the text says why and what to do."""


async def run_demo(calls_per_minute: float, seed: int) -> int:
    """Run until Ctrl-C or SIGTERM; the exit code."""
    console = Console()
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - asyncio.run always makes one
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _stop_once(task))
    try:
        await _Demo(console, calls_per_minute, seed).run()
    except asyncio.CancelledError:
        return 0
    except (DemoFailed, *TROUBLE) as failed:
        console.print(f"[bold red]stopped:[/] {failed}", soft_wrap=True, highlight=False)
        return 1
    return 0


def _stop_once(task: asyncio.Task[None]):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a signal handler
    asked = False

    def stop() -> None:
        nonlocal asked
        if not asked:  # a second Ctrl-C must not cut the taking down short
            asked = True
            task.cancel()

    return stop


class _Demo:
    def __init__(self, console: Console, calls_per_minute: float, seed: int) -> None:
        self._console = console
        self._calls_per_minute, self._seed = calls_per_minute, seed
        self._began = boot_seconds()
        folder = REPOSITORY / "var" / DEFAULT_SITE
        self._site = Site(
            name=DEFAULT_SITE, folder=folder, secrets=secrets_of(folder), ports=ports_from(os.environ), phones=10
        )

    async def run(self) -> None:
        """Bring everything up, let callers in, show it, and take everything down."""
        async with AsyncExitStack() as cleanup:
            cleanup.callback(self._say_what_stays)
            stack = await cleanup.enter_async_context(_stack(self._site))
            self._step("Asterisk, Redis and Mosquitto are up")
            environment = stack.service_environment()
            _write_environment(self._site, environment)
            service = await cleanup.enter_async_context(_service(self._site, environment))
            http = await cleanup.enter_async_context(_api(environment))
            await _until_ready(http, service, self._site)
            self._step("the service is up")
            exchange = Exchange(LOOPBACK, self._site.ports.sip)
            folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="switchboard-demo-")))
            for phone in self._phones(exchange, folder):
                await cleanup.enter_async_context(phone)
                await phone.until_registered(REGISTERED_WITHIN_S)
            for agent, name in zip(AGENTS, self._site.phone_names, strict=False):
                await _ask(http, f"agents/{agent}/sign-in", {"phone": f"PJSIP/{name}"})
                await _ask(http, f"agents/{agent}/ready")
            self._step(f"{len(AGENTS)} agents are signed in and ready on SIP phones")
            if self._calls_per_minute:
                calling = spawn(self._callers(exchange, folder), "demo callers")
                cleanup.push_async_callback(_cancelled, calling)
                self._step(f"callers dial in, about {self._calls_per_minute:g} a minute")
            cleanup.callback(self._console.print, "taking everything down …")
            await self._show(environment, service)

    def _phones(self, exchange: Exchange, folder: Path) -> list[Phone]:
        password = self._site.secrets.phone_password
        return [
            Phone(name, password, exchange, Sound(tone_of(number)), parent=folder, answer=AnswerAfter(ANSWERS_AFTER_S))
            for number, (name, _) in enumerate(zip(self._site.phone_names, AGENTS, strict=False), start=1)
        ]

    async def _callers(self, exchange: Exchange, folder: Path) -> None:
        """Callers without end, in streams of bounded length."""
        demand = Demand(
            menus=({"1": 0.7, "2": 0.3}, {"1": 0.6, "2": 0.4}),
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
            async with caller_stream(exchange, NUMBER, plans, parent=folder, voice=voice) as stream:
                await stream.until_over()
            seed += 1

    async def _show(self, environment: dict[str, str], service: asyncio.subprocess.Process) -> None:
        """Show the floor from the live stream until cancelled, or until the service ends."""
        screen, view = Screen(self._addresses(environment)), LiveView()
        follower = spawn(_follow(environment, view), "demo live view")
        try:
            if not self._console.is_terminal:
                for line in self._addresses(environment):
                    self._console.print(line, soft_wrap=True, highlight=False)
                while service.returncode is None:
                    await asyncio.sleep(DRAWN_EVERY_S)
                    screen.print_new(view, self._console)
            else:
                with Live(console=self._console, screen=True, auto_refresh=False) as live:
                    while service.returncode is None:
                        await asyncio.sleep(DRAWN_EVERY_S)
                        live.update(screen.draw(view, view.trouble), refresh=True)
        finally:
            await _cancelled(follower)
        raise DemoFailed(f"the service ended by itself (exit code {service.returncode}); see {_log_file(self._site)}")

    def _addresses(self, environment: dict[str, str]) -> list[str]:
        base = f"http://{LOOPBACK}:{self._site.ports.api}"
        token = environment["SWITCHBOARD_API_TOKEN"]
        return [
            f"board       {base}/",
            f"recordings  {base}/recordings#token={token}",
            f"API         {base}/api/v1/queues   (agents, calls, live; all of it: /api/v1/openapi.json)",
            f"metrics     {base}/metrics",
            f"MQTT        {LOOPBACK}:{self._site.ports.mqtt}  topics switchboard/v1/{self._site.name}/#",
            f"to call     SIP {LOOPBACK}:{self._site.ports.sip}, any number; Ctrl-C takes everything down",
        ]

    def _step(self, text: str) -> None:
        self._console.print(f"{boot_seconds() - self._began:6.1f} s  {text}", highlight=False, soft_wrap=True)

    def _say_what_stays(self) -> None:
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


@asynccontextmanager
async def _service(site: Site, environment: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """The service as a process of its own; it ends when this process ends, however that is."""
    with _log_file(site).open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *("setpriv", "--pdeathsig", "TERM", "--", str(Path(sys.executable).with_name("switchboard")), "serve"),
            cwd=REPOSITORY,
            env={**os.environ, **environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(STOP_WITHIN_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


@asynccontextmanager
async def _api(environment: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    base = f"http://{LOOPBACK}:{environment['SWITCHBOARD_API_PORT']}"
    async with httpx.AsyncClient(base_url=base, headers=_bearer(environment)) as http:
        yield http


async def _until_ready(http: httpx.AsyncClient, service: asyncio.subprocess.Process, site: Site) -> None:
    give_up_at = boot_seconds() + SERVICE_WITHIN_S
    while boot_seconds() < give_up_at:
        if service.returncode is not None:
            raise DemoFailed(f"the service did not start (exit code {service.returncode}); see {_log_file(site)}")
        with contextlib.suppress(httpx.HTTPError):
            if (await http.get("/readyz")).is_success:
                return
        await asyncio.sleep(0.05)
    raise DemoFailed(f"the service is not ready after {SERVICE_WITHIN_S:.0f} s; see {_log_file(site)}")


async def _ask(http: httpx.AsyncClient, path: str, body: object | None = None) -> None:
    answer = await http.post(f"/api/v1/{path}", json=body)
    if answer.is_error:
        raise DemoFailed(f"{path}: {answer.json().get('detail', answer.status_code)}")


async def _follow(environment: dict[str, str], view: LiveView) -> None:
    """Keep the view live; while it is not, say so in `view.trouble`."""
    address = f"ws://{LOOPBACK}:{environment['SWITCHBOARD_API_PORT']}/api/v1/live"
    while True:
        try:
            async with connect(address, additional_headers=_bearer(environment)) as socket:
                async for message in socket:
                    view.take(json.loads(message))
                    view.trouble = ""
        except (OSError, WebSocketException, StreamBroken) as broken:
            view.trouble = f"the live stream stopped ({broken}); trying again"
        await asyncio.sleep(DRAWN_EVERY_S)


async def _caller_voice(folder: Path) -> Path:
    """What callers say, spoken once by the draft voice."""
    samples, rate = await EspeakVoice().speak(SAYS, "zh")
    sound, capture = folder / "caller.wav", folder / "caller.pcap"
    await asyncio.to_thread(soundfile.write, sound, samples, rate)
    await asyncio.to_thread(write_voice, sound, capture, MOST_PATIENCE_S)
    return capture


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _bearer(environment: dict[str, str]) -> dict[str, str]:
    return {"authorization": f"Bearer {environment['SWITCHBOARD_API_TOKEN']}"}


def _log_file(site: Site) -> Path:
    return site.folder / "service.log"


def _write_environment(site: Site, environment: dict[str, str]) -> None:
    """Keep the service's settings for the command line (`switchboard agent list` in another terminal)."""
    file = site.folder / ENVIRONMENT_FILE
    file.touch(mode=0o600)
    file.write_text("".join(f"{name}={value}\n" for name, value in sorted(environment.items())), encoding="utf-8")
