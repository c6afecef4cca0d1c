"""The benchmark's site: a stack of its own whose Asterisk also has app_queue's configuration, and a plain centre of ours."""

from __future__ import annotations

import os
import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.configuration import NEEDLESS_EVENTS
from deploy.containers import Engine
from deploy.ports import taken
from deploy.secrets import secrets_of
from deploy.sites import LOOPBACK, Ports, Site
from deploy.stack import owner_of_parts

HERE = Path(__file__).parent
ASTERISK = HERE / "asterisk"
OBSERVER = "bench"
PHONES = 160
"""Enough for every rate that is tried: rate times the seconds a call holds its agent."""
TALKERS = 60
"""How many agents serve the queue `line`, in which the others wait."""
RING_S = 15
PORT_BLOCKS = range(12_000, 19_000, 1_000)
"""Where the site's ports may begin; below the range of the tests' sites."""
PORTS_NEEDED = 3_000
"""620 calls with two legs of two media ports each, and as many again while the last ones are still being let go."""

_OURS = re.compile(r"switchboard-bench-([0-9]+)-[a-z]+")


class NoPorts(Exception):
    """No block of ports is free for the benchmark."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What callers dial to reach a queue."""

    calls: str
    line: str


THROUGH_APP_QUEUE = Numbers(calls="7001", line="7002")
THROUGH_SWITCHBOARD = Numbers(calls="8001", line="8002")
UNHEARD = tuple(event for event in NEEDLESS_EVENTS if event != "Newexten")
"""As in an installation, but for what the observer reads."""


class _Template(string.Template):
    """As in deploy/configuration.py: Asterisk's own files are full of dollar signs."""

    delimiter = "@"
    idpattern = r"(?!)"
    braceidpattern = r"[a-z_]+"


def rendered(template: Path, values: Mapping[str, str]) -> str:
    """Fill a template's @{names}; raises KeyError for one that has no value."""
    return _Template(template.read_text(encoding="utf-8")).substitute(values)


def new_site(folder: Path, observers: tuple[str, ...] = (OBSERVER,)) -> Site:
    """A site of this process's own, on free ports; its centre's files are written. Raises NoPorts."""
    config = folder / "config"
    _write_centre(config)
    for first in PORT_BLOCKS:
        single = {name: first + place for place, name in enumerate(("sip", "ami", "agi", "redis", "mqtt", "api"))}
        site = Site(
            name=f"bench-{os.getpid()}",
            folder=folder,
            secrets=secrets_of(folder),
            ports=Ports(**single, rtp_first=first + 10, rtp_last=first + 10 + PORTS_NEEDED),
            phones=PHONES,
            config=config,
            observers=observers,
        )
        if not taken(site):
            return site
    raise NoPorts(f"no {PORTS_NEEDED} free ports in a row from {PORT_BLOCKS.start} on: does another benchmark run?")


def remove_remains(engine: Engine) -> None:
    """Remove containers of benchmarks whose process is no more."""
    found = ((container.name, _OURS.fullmatch(container.name)) for container in engine.containers())
    engine.remove([name for name, ours in found if ours and not Path(f"/proc/{ours[1]}").exists()])


def add_app_queue(site: Site, phones_port: int, disabled_events: Iterable[str] = UNHEARD) -> None:
    """Add to the laid-out Asterisk configuration what only the benchmark has; Asterisk reads it at its next start.

    app_queue itself is loaded round by round: idle, it would still follow every device, at our cost.
    """
    folder = site.folder / "asterisk"
    values = {
        "ring_s": str(RING_S),
        "calls_members": _members(PHONES),
        "line_members": _members(TALKERS),
        "app_queue_calls": THROUGH_APP_QUEUE.calls,
        "app_queue_line": THROUGH_APP_QUEUE.line,
        "switchboard_calls": THROUGH_SWITCHBOARD.calls,
        "switchboard_line": THROUGH_SWITCHBOARD.line,
        "observer": OBSERVER,
        "disabled_events": ",".join(disabled_events),
    }
    for name in ("extensions.conf", "manager.conf"):
        with (folder / name).open("a", encoding="utf-8") as out:
            out.write(rendered(ASTERISK / name, values))
    with (folder / "pjsip.conf").open("a", encoding="utf-8") as out:
        for phone in site.phone_names:
            where = {"phone": phone, "address": LOOPBACK, "port": str(phones_port)}
            out.write(rendered(ASTERISK / "phone.conf", where))
    queues = folder / "queues.conf"
    queues.write_text(rendered(ASTERISK / "queues.conf", values), encoding="utf-8")
    owner = owner_of_parts()
    os.chown(queues, owner.uid, owner.gid)


def _members(phones: int) -> str:
    return "\n".join(f"member => PJSIP/phone{n},0,{n},PJSIP/phone{n}" for n in range(1, phones + 1))


def _write_centre(config: Path) -> None:
    """Two queues that anybody serves, no recording, no prompts: what app_queue's two queues are."""
    flows = config / "flows"
    flows.mkdir(parents=True)
    (config / "switchboard.yaml").write_text(
        "time_zone: Asia/Shanghai\nlanguage: en\n"
        "pause_reasons:\n  - {code: 1, name: lunch, label: {zh-CN: 午餐, en: Lunch}}\n"
        "recording:\n  - {record: false}\n",
        encoding="utf-8",
    )
    queue = "    name: {{zh-CN: 热线, en: {0}}}\n    ring: {1}\n    wrap_up: 0\n    steps:\n      - {{name: anyone}}\n"
    (config / "queues.yaml").write_text(
        "queues:\n" + "".join(f"  {name}:\n{queue.format(name, RING_S)}" for name in ("calls", "line")),
        encoding="utf-8",
    )
    agents = [
        f'  "{n}": {{name: Agent {n}, skills: {{english: 5}}, queues: [{"calls, line" if n <= TALKERS else "calls"}]}}\n'
        for n in range(1, PHONES + 1)
    ]
    (config / "agents.yaml").write_text("agents:\n" + "".join(agents), encoding="utf-8")
    for name in ("calls", "line"):
        (flows / f"{name}.yaml").write_text(
            f"start: queue\nlanguages: {{english: en}}\nlanguage: english\nsteps:\n  queue:\n    do: queue\n    queue: {name}\n",
            encoding="utf-8",
        )
    (flows / "main.yaml").write_text((flows / "calls.yaml").read_text(encoding="utf-8"), encoding="utf-8")
