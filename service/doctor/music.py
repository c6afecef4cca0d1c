"""Whether the music that queues name is there, as far as it can be known.

Asterisk plays `default` where a class is missing, and tells nobody. What classes it has can be read only where its
configuration lies on this machine: of a site that was set up here.
"""

from __future__ import annotations

import re
from pathlib import Path

from common.suggest import did_you_mean
from common.yaml_file import ConfigurationRefused
from service.centre.files import load_centre
from service.doctor.finding import Finding, fine, wrong
from service.environment import file_in_use
from service.settings import Settings

FILE = Path("asterisk") / "musiconhold.conf"
"""Below the site's folder."""
_CLASS = re.compile(r"^\[(?!general\])([^\]]+)\]", re.MULTILINE)


def examine_music(settings: Settings) -> list[Finding]:
    """Hold every queue's class against those of the site's Asterisk; no finding where either cannot be read."""
    site = file_in_use()
    try:
        classes = _CLASS.findall((site.parent / FILE).read_text(encoding="utf-8")) if site is not None else []
        plans = load_centre(settings.config_dir).configured.queues
    except (OSError, ConfigurationRefused):
        return []  # that the configuration is wrong is a finding of its own
    if not classes:
        return []
    missing = [
        f"queue '{plan.queue}' names '{plan.music}'{did_you_mean(plan.music, classes)}"
        for plan in plans
        if plan.music not in classes
    ]
    if missing:
        mend = (
            "add the class to musiconhold.conf, or name another as `music` in queues.yaml; `default` is heard meanwhile"
        )
        return [wrong("music", f"no such class of music: {'; '.join(missing)}", mend)]
    return [fine("music", "every queue's music is there")]
