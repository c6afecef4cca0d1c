"""The menus of `bench/ivr.py`: a flow of the service's, and the same as a script that Asterisk starts for each caller."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass

from bench.queue_site import ASTERISK, OBSERVER, rendered
from deploy.configuration import ASTERISK_CONFIGURATION, NEEDLESS_EVENTS
from deploy.sites import Site
from deploy.stack import owner_of_parts

SOUND, WAIT_S = "beep", 0.8
"""What each menu plays, and how long it waits for a key, which nobody presses."""
SOUND_S = 0.3


@dataclass(frozen=True, slots=True)
class Menus:
    """A call through menus, one after the other."""

    flow: str
    number: str
    """What callers dial to be served by the service."""
    menus: int
    tries: int
    """How often each is played."""

    @property
    def commands(self) -> int:
        """AGI commands of a whole call: a ticket a menu, one command each time it is played and waited, and the end."""
        return self.menus * (1 + self.tries) + 1

    @property
    def lasts_s(self) -> float:
        """How long a call is, the connection left aside."""
        return self.menus * self.tries * (SOUND_S + WAIT_S)


LONG = Menus("long", "9001", 10, 2)
"""For callers of whom many are in menus at once."""
SHORT = Menus("short", "9002", 3, 1)
"""For callers who know what they want: language, topic, detail."""
BY_PROCESS = "9003"
"""What callers dial for the short menus by a script of their own."""
SCRIPT = "menus.py"
PROGRAM = 0o755


def write_flows(site: Site) -> None:
    """Write the flows: each menu leads to the next whatever the caller does."""
    for call in (LONG, SHORT):
        steps = [_menu(n, f"menu-{n + 1}" if n < call.menus else "end", call.tries) for n in range(1, call.menus + 1)]
        (site.config / "flows" / f"{call.flow}.yaml").write_text(
            "start: menu-1\nlanguages: {english: en}\nlanguage: english\nsteps:\n"
            + "".join(steps)
            + "  end: {do: hang_up}\n",
            encoding="utf-8",
        )


def _menu(number: int, after: str, tries: int) -> str:
    return (
        f"  menu-{number}: {{do: menu, say: core:{SOUND}, keys: {{1: {after}}}, no_input: {after}, "
        f"wait_s: {WAIT_S}, tries: {tries}}}\n"
    )


def add_menus(site: Site) -> None:
    """Add to the laid-out Asterisk configuration what only this benchmark has; Asterisk reads it at its next start."""
    folder = site.folder / "asterisk"
    values = {
        "long": LONG.number,
        "short": SHORT.number,
        "by_process": BY_PROCESS,
        "script": f"{ASTERISK_CONFIGURATION}/{SCRIPT}",
        "menus": str(SHORT.menus),
        "tries": str(SHORT.tries),
        "sound": SOUND,
        "wait_ms": str(round(WAIT_S * 1000)),
        "observer": OBSERVER,
        "disabled_events": ",".join(event for event in NEEDLESS_EVENTS if not event.startswith("AGIExec")),
    }
    for name in ("extensions.conf", "manager.conf"):
        with (folder / name).open("a", encoding="utf-8") as out:
            out.write(rendered(ASTERISK / f"ivr_{name}", values))
    script = folder / SCRIPT
    shutil.copyfile(ASTERISK / SCRIPT, script)
    script.chmod(PROGRAM)
    owner = owner_of_parts()
    os.chown(script, owner.uid, owner.gid)
