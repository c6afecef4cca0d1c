"""The disk for recordings fills up in the middle of a conversation: nobody on the phone notices, and the house is told."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.stack import Part, Stack, owner_of_parts
from deploy.telephones.phones import AnswerAfter
from tests.live.house import House
from tests.live.pairs import talking_pair
from tests.live.waiting import until, until_seen

ROOM_MIB = 300
ALARM_WITHIN_S = 10.0
NOISE_S = 5.0
TALKS_ON_S = 3.0
"""What is missing of a recording counts from two seconds on."""


@pytest.fixture
def small_disk(stack: Stack) -> Iterator[Path]:
    """A small disk of its own for the site's recordings, in Asterisk's eyes, too."""
    folder = stack.site.recordings
    mounted = subprocess.run(  # noqa: S603 - a folder of ours
        ["mount", "-t", "tmpfs", "-o", f"size={ROOM_MIB}m", "switchboard-test", str(folder)],  # noqa: S607 - whichever there is
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"a disk that can be filled needs the right to mount one: {mounted.stderr.strip()}")
    try:
        owner = owner_of_parts()
        for one in (folder, *stack.site.message_folders):
            one.mkdir(exist_ok=True)
            os.chown(one, owner.uid, owner.gid)
        stack.restart(Part.ASTERISK)  # it sees folders as they were at its start
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S603, S607 - as above
        stack.restart(Part.ASTERISK)


def fill_up(folder: Path) -> None:
    """Use up all the room."""
    with (folder / "ballast").open("wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(bytes(1 << 20))
        except OSError:
            pass


async def alarms(house: House) -> dict[str, float]:
    """How many alarms there were about recordings, by kind."""
    name = 'switchboard_recording_alarms_total{kind="'
    lines = (await house.api.get("/metrics")).text.splitlines()
    told = (line.removeprefix(name).split('"} ') for line in lines if line.startswith(name))
    return {kind: float(count) for kind, count in told}


async def test_calls_go_on_on_a_full_disk_the_alarm_comes_and_the_recording_is_marked_incomplete(
    small_disk: Path, house: House, figures: list[str]
) -> None:
    loop = asyncio.get_running_loop()
    pair = await talking_pair(house, "1001")
    before, began, heard_s = await alarms(house), loop.time(), pair.heard_s()
    await asyncio.to_thread(fill_up, small_disk)
    full = loop.time()

    async def told() -> bool:
        return (await alarms(house))["room"] > before["room"]

    await until_seen(told, "the alarm", ALARM_WITHIN_S + NOISE_S)
    figures.append(f"recording disk full: alarm after {loop.time() - full:.1f} s")
    second = await house.ready_agent("1002", AnswerAfter(0.1))
    caller = await house.caller("crowd")
    await house.until_talking(caller, second)
    await caller.hang_up()
    so_far_s = pair.heard_s()[0]
    await until(lambda: pair.heard_s()[0] >= so_far_s + TALKS_ON_S, "they talk on", 2 * TALKS_ON_S + NOISE_S)
    assert pair.missed_since(heard_s, loop.time() - began) == []
    await pair.caller.hang_up()
    call = house.life(pair.caller).call

    async def incomplete() -> bool:
        found: list[dict[str, Any]] = (await house.get("/api/v1/recordings"))["items"]
        return any(each["call"] == call and each["state"] == "incomplete" for each in found)

    await until_seen(incomplete, "the recording is marked", ALARM_WITHIN_S + NOISE_S)
