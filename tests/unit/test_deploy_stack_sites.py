"""A site's record refuses what would break its dialplan or its containers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy.secrets import Secrets
from deploy.sites import BadSite, FailSafe, Keys, Site, keys_of

SECRETS = Secrets(*["secret"] * 7)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"name": "Main Site"}, "no name for a site"),
        ({"node": "node-1"}, "no name for a node"),
        ({"phones": 0}, "1 to 999"),
        ({"phones": 2, "fail_safe": FailSafe(ring=("phone3",))}, "ring phone3: the site has phone1 to phone2"),
        ({"entries": (("400,1,Hangup", "sales"),)}, "digits and a plain name"),
        ({"entries": (("4008001234", "sales)\n"),)}, "digits and a plain name"),
        ({"callers_from": ("192.0.2.300/32",)}, "callers cannot come from '192.0.2.300/32'"),
    ],
)
def test_a_site_that_cannot_work_is_refused(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(BadSite, match=told):
        replace(Site("main", Path("var/main"), SECRETS), **changed)


def test_how_keys_come_is_said_in_words() -> None:
    assert keys_of("sound") is Keys.SOUND
    with pytest.raises(
        BadSite, match="SWITCHBOARD_CALLERS_KEYS=inband is no way for keys to come: it is signals or sound"
    ):
        keys_of("inband")
