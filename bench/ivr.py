"""What a caller in a menu costs: 200 of them on a real Asterisk, by the service, by a bare server, and by pyst2 scripts.

Prints one JSON object in its last line. `cpu_us_per_command`: processor time of the service for an AGI command.
`command_p99_ms`: from the end of a command to the start of the next, by Asterisk's own clock, 99th percentile.
`process_agi_ratio`: the processor time of scripts started as processes, a short call, over the service's.
`bare_us_per_command`, `bare_ms_a_call`: the least that any server of Python's could spend on the same (`bench/bare_agi.py`),
long menus and short ones. How and why is in docs/performance.md.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.ivr_commands import Commands
from bench.ivr_site import BY_PROCESS, LONG, SHORT, SOUND, WAIT_S, Menus, add_menus, write_flows
from bench.one_run import PASSABLE, print_figures, told, wants_quick
from bench.queue_cost import cost_of, has_children, process_at, spent_by_children_s
from bench.queue_observer import NotSeen, seeing
from bench.queue_people import Crowd, Stay, callers
from bench.queue_sides import hang_up_everybody, switchboard
from bench.queue_site import OBSERVER, new_site, remove_remains
from common.clock import boot_seconds
from common.tied import tied
from deploy.containers import detect
from deploy.sites import REPOSITORY
from deploy.stack import Part, Stack

SLACK = 2.0
"""No call takes so many times as long as it is to be."""
LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of everything."""

    callers: int
    """In the long menus at any moment."""
    per_s: int
    """How fast callers come."""
    measured_s: float
    """By the service, each of its two rounds."""
    by_process: int
    """Calls served by scripts, all from their beginning to their end."""
    by_process_per_s: int
    within_s: float


FULL = Extent(200, 20, 20.0, 60, 4, 420)
QUICK = Extent(40, 20, 5.0, 10, 4, 200)


@dataclass(frozen=True, slots=True)
class Ground:
    """What every round stands on."""

    stack: Stack
    commands: Commands
    folder: Path
    extent: Extent


@dataclass(frozen=True, slots=True)
class ByServer:
    """What a round showed, the service's or the bare server's."""

    who: str
    call: Menus
    callers: int
    commands: int
    lasted_s: float
    cpu_s: float
    delays_ms: list[float]

    @property
    def cpu_us_per_command(self) -> float:
        """Processor microseconds."""
        return 1e6 * self.cpu_s / self.commands

    @property
    def cpu_ms_a_call(self) -> float:
        """Processor milliseconds."""
        return self.cpu_us_per_command * self.call.commands / 1000

    def __str__(self) -> str:
        p50 = statistics.median(self.delays_ms)
        return (
            f"{self.call.flow} menus by {self.who}: {self.callers} callers, {self.commands / self.lasted_s:.0f} commands/s, "
            f"{self.cpu_us_per_command:.0f} µs a command, {self.cpu_ms_a_call:.2f} ms a call of {self.call.commands} "
            f"commands, the next command after p50 {p50:.2f} p99 {p99(self.delays_ms):.2f} ms, load {os.getloadavg()[0]:.1f}"
        )


def p99(values: list[float]) -> float:
    """The 99th percentile."""
    return statistics.quantiles(values, n=100)[98]


async def measure(extent: Extent) -> dict[str, float]:
    """Run all rounds and return the figures."""
    with tempfile.TemporaryDirectory(prefix="bench-ivr-") as name:
        folder = Path(name)
        os.chmod(folder, PASSABLE)  # noqa: PTH101 - once, before anything is measured
        engine = detect(REPOSITORY)
        remove_remains(engine)
        site = new_site(folder / "site")
        write_flows(site)
        stack = Stack(engine, site)
        commands = Commands()
        try:
            await asyncio.to_thread(stack.start)
            add_menus(site)
            await asyncio.to_thread(stack.restart, Part.ASTERISK)
            async with seeing(commands, site.ports.ami, OBSERVER, site.secrets.ledger_password):
                ground = Ground(stack, commands, folder, extent)
                async with switchboard(stack) as service:
                    many = await _by_server(ground, "the service", service, LONG)
                    usual = await _by_server(ground, "the service", service, SHORT)
                async with _bare_server(stack) as server:
                    bare_many = await _by_server(ground, "a bare server", server, LONG)
                    bare_usual = await _by_server(ground, "a bare server", server, SHORT)
                process_ms = await _by_process(stack, commands, folder, extent)
        finally:
            await asyncio.to_thread(stack.stop)
    return {
        "cpu_us_per_command": round(many.cpu_us_per_command, 1),
        "command_p50_ms": round(statistics.median(many.delays_ms), 2),
        "command_p99_ms": round(p99(many.delays_ms), 2),
        "process_agi_ratio": round(process_ms / usual.cpu_ms_a_call, 1),
        "bare_us_per_command": round(bare_many.cpu_us_per_command, 1),
        "bare_ms_a_call": round(bare_usual.cpu_ms_a_call, 2),
    }


async def _by_server(ground: Ground, who: str, server: int, call: Menus) -> ByServer:
    """Let callers come until as many are there as should be, and their calls begin and end all the time; then count."""
    stack, commands, folder, extent = ground.stack, ground.commands, ground.folder, ground.extent
    crowd = Crowd(call.number, 100 * extent.callers, extent.per_s, Stay(), at_once=extent.callers)
    there = min(extent.callers, round(0.8 * extent.per_s * call.lasts_s))
    commands.begin()
    async with callers(folder, crowd, stack.site.ports.sip):
        within_s = extent.callers / extent.per_s + SLACK * call.lasts_s + 10
        await _until(lambda: commands.here >= there, commands, f"{there} callers are in menus", within_s)
        await _until(lambda: bool(commands.whole_calls), commands, "the first call is over", SLACK * call.lasts_s + 10)
        if commands.whole_calls[0] != call.commands:
            raise NotSeen(f"a call had {commands.whole_calls[0]} commands instead of {call.commands}")
        commands.begin()
        before, began = cost_of({who: server}), boot_seconds()
        await asyncio.sleep(extent.measured_s)
        cost, lasted_s = cost_of({who: server}).since(before), boot_seconds() - began
        seen = ByServer(who, call, commands.here, commands.started, lasted_s, cost.total, list(commands.delays_ms))
    await hang_up_everybody(stack)
    await _until(lambda: not commands.here, commands, "everybody has gone", 15)
    return told(seen)


@asynccontextmanager
async def _bare_server(stack: Stack) -> AsyncIterator[int]:
    """The bare server at the service's place; yields its process id."""
    entries = [f"{call.flow}:{call.menus}:{call.tries}" for call in (LONG, SHORT)]
    process = await asyncio.create_subprocess_exec(
        *tied(
            sys.executable,
            "-m",
            "bench.bare_agi",
            str(stack.site.ports.agi),
            SOUND,
            str(round(WAIT_S * 1000)),
            *entries,
        ),
        cwd=REPOSITORY,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        if process.stdout is None or not await process.stdout.readline():
            raise NotSeen("the bare server did not start: its error stands above")
        yield process.pid
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _by_process(stack: Stack, commands: Commands, folder: Path, extent: Extent) -> float:
    """The scripts' processor milliseconds a call."""
    asterisk = process_at(stack.site.ports.sip, "udp")
    commands.begin()
    before = spent_by_children_s(asterisk)
    crowd = Crowd(BY_PROCESS, extent.by_process, extent.by_process_per_s, Stay())
    async with callers(folder, crowd, stack.site.ports.sip):
        within_s = extent.by_process / extent.by_process_per_s + SLACK * SHORT.lasts_s + 10
        await _until(lambda: len(commands.whole_calls) == extent.by_process, commands, "every script is over", within_s)
    if set(commands.whole_calls) != {SHORT.commands}:
        raise NotSeen(f"the scripts sent {set(commands.whole_calls)} commands a call instead of {SHORT.commands}")
    await _until(lambda: not has_children(asterisk), commands, "every script has been waited for", 10)
    spent_ms = 1000 * (spent_by_children_s(asterisk) - before) / extent.by_process
    print(
        f"short menus by processes: {spent_ms:.1f} ms a call, load {os.getloadavg()[0]:.1f}",
        file=sys.stderr,
        flush=True,
    )
    return spent_ms


async def _until(condition: Callable[[], bool], commands: Commands, what: str, within_s: float) -> None:
    give_up_at = boot_seconds() + within_s
    while not condition():
        if boot_seconds() > give_up_at:
            counts = f"{commands.here} here, {len(commands.whole_calls)} calls over, {commands.started} commands"
            raise NotSeen(f"not within {within_s:.0f} s: {what} ({counts})")
        await asyncio.sleep(LOOK_EVERY_S)


def main() -> None:
    """Measure, and print one JSON object; exit code 1 with a sentence where that could not be done."""
    extent = QUICK if wants_quick(__doc__, "few callers and a short time") else FULL
    print_figures(lambda: measure(extent), extent.within_s)


if __name__ == "__main__":
    main()
