"""The site that live tests run on, and the remains of runs that were killed."""

from __future__ import annotations

import os
import re
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from common.clock import unix_seconds
from deploy.containers import Engine
from deploy.ports import TEST_RTP_PORTS, free_ports
from deploy.secrets import secrets_of
from deploy.sites import Site

CONFIG = Path(__file__).parent / "config"
FLOWS = tuple(sorted(path.stem for path in (CONFIG / "flows").glob("*.yaml")))
"""Every flow of the configuration: a new one needs no more than its file."""
NUMBERS = {flow: f"{4000 + place}" for place, flow in enumerate(FLOWS)}
"""What callers dial for each flow."""
RING_TOGETHER = frozenset({"together"})
"""Queues that offer a call to several agents at once."""
AGENTS = {"1001": {"english": 8}, "1002": {"english": 8}, "1003": {"english": 2}}
"""The agents of config/agents.yaml with their skills; the first sits at phone1, the next at phone2."""
SECRETS = {"SWITCHBOARD_SECRET_SHOP": "a-word-the-shop-knows"}
"""What the service's environment holds for lookups' headers."""
_OURS = re.compile(r"switchboard-live-([0-9]+)-[a-z-]+")


def new_site(folder: Path) -> Site:
    """A site of this process's own, on free ports, with a configuration of its own that tests may change."""
    config = folder / "config"
    shutil.copytree(CONFIG, config)
    (config / "calendars.yaml").write_text(
        _calendars(datetime.fromtimestamp(unix_seconds(), UTC).date()), encoding="utf-8"
    )
    return Site(
        name=f"live-{os.getpid()}",
        folder=folder,
        secrets=secrets_of(folder),
        ports=free_ports(media=TEST_RTP_PORTS),
        phones=len(AGENTS),
        entries=tuple((number, flow) for flow, number in NUMBERS.items()),
        config=config,
        observers=("ledger",),
    )


def _calendars(today: date) -> str:
    """One calendar that is never open, one that always is, and one that keeps a holiday around today, whatever the zone."""
    around = f"from: {today - timedelta(days=1)}, to: {today + timedelta(days=2)}"
    return f"""\
calendars:
  never:
    week: {{}}
    special_days: [{{date: 2020-01-01, name: {{zh-CN: 开业, en: Opening}}, hours: ["09:00-10:00"]}}]
  always:
    week: {{mon-sun: ["00:00-24:00"]}}
  feast:
    week: {{mon-sun: ["00:00-24:00"]}}
    by_phone: {{code: 7, agents: ["1001"]}}
    holidays: [{{name: {{zh-CN: 店庆, en: Anniversary}}, {around}}}]
"""


def as_it_was(site: Site) -> bool:
    """Make the site's configuration what it was at first; whether it was not."""
    changed = [file for file in CONFIG.rglob("*.yaml") if _own(site, file).read_bytes() != file.read_bytes()]
    for file in changed:
        shutil.copyfile(file, _own(site, file))
    return bool(changed)


def _own(site: Site, file: Path) -> Path:
    return site.config / file.relative_to(CONFIG)


def remove_remains(engine: Engine) -> None:
    """Remove containers of test runs whose process is no more."""
    found = ((container.name, _OURS.fullmatch(container.name)) for container in engine.containers())
    engine.remove([name for name, ours in found if ours and not Path(f"/proc/{ours[1]}").exists()])
