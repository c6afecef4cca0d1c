"""The site that live tests run on, and the remains of runs that were killed."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from deploy.containers import Engine
from deploy.ports import free_ports
from deploy.secrets import secrets_of
from deploy.sites import Site

CONFIG = Path(__file__).parent / "config"
FLOWS = ("main", "sales", "expert", "strict", "patient", "crowd", "careful", "regulars", "held")
NUMBERS = {flow: f"400{place}" for place, flow in enumerate(FLOWS)}
"""What callers dial for each flow."""
AGENTS = {"1001": {"english": 8}, "1002": {"english": 8}, "1003": {"english": 2}}
"""The agents of config/agents.yaml with their skills; the first sits at phone1, the next at phone2."""
_OURS = re.compile(r"switchboard-live-([0-9]+)-[a-z-]+")


def new_site(folder: Path) -> Site:
    """A site of this process's own, on free ports, with a configuration of its own that tests may change."""
    config = folder / "config"
    shutil.copytree(CONFIG, config)
    return Site(
        name=f"live-{os.getpid()}",
        folder=folder,
        secrets=secrets_of(folder),
        ports=free_ports(),
        phones=len(AGENTS),
        entries=tuple((number, flow) for flow, number in NUMBERS.items()),
        config=config,
        observers=("ledger",),
    )


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
