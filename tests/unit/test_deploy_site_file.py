"""The site's own file: what it gives, and what is said of a mistake in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from deploy.compose import site_from
from deploy.configuration import lay_out
from deploy.secrets import secrets_of
from deploy.site_file import read_site
from deploy.sites import BadSite, FailSafe, Keys, Site
from tests.unit.test_deploy_stack_configuration import ME, text_of

WHOLE = """
node = "north"
phones = 40
sip_address = "192.0.2.1"
default_entry = "welcome"
tones = "us"

[entries]
4008001234 = "sales"
"+862112345678" = "service"

[trunk]
callers_from = ["203.0.113.0/24", "198.51.100.7/32"]
keys = "sound"
server = "203.0.113.10:5060"

[fail_safe]
patience = 30
ring = ["phone1", "phone40"]
ring_for = 25
message = 120
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "site.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_all_that_a_site_is_stands_in_its_file(tmp_path: Path) -> None:
    site = Site("main", tmp_path, secrets_of(tmp_path), **read_site(written(tmp_path, WHOLE)))
    assert (site.node, len(site.phone_names), site.sip_address) == ("north", 40, "192.0.2.1")
    assert (site.default_entry, site.tone_country) == ("welcome", "us")
    assert site.entries == (("4008001234", "sales"), ("+862112345678", "service"))
    assert (site.callers_from, site.keys) == (("203.0.113.0/24", "198.51.100.7/32"), Keys.SOUND)
    assert site.trunk_server == "203.0.113.10:5060"
    assert site.fail_safe == FailSafe(30, ("phone1", "phone40"), 25, 120)


def test_without_a_file_a_site_is_the_usual_one(tmp_path: Path) -> None:
    assert read_site(tmp_path / "site.toml") == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("phones = ", "Invalid value"),
        ("phonse = 40", "phonse: there is no such key, did you mean 'phones'?"),
        ('phones = "40"', "phones = '40': it has to be a whole number"),
        ("phones = true", "it has to be a whole number"),
        ("node = 1", "node = 1: it has to be a text in quotes"),
        ("[trunks]\n", r"there is no table \[trunks\], did you mean 'trunk'?"),
        ("[trunk]\nfrom = []", r"\[trunk\] from: there is no such key"),
        ("[trunk]\ncallers_from = [1]", "it has to be a list of texts in quotes"),
        ('[trunk]\nkeys = "loud"', "'loud': it has to be signals or sound"),
        ("[entries]\n4008001234 = 1", "4008001234 = 1: it has to be a flow's entry"),
        ("[fail_safe]\nring = [1]", r"\[fail_safe\] ring = \[1\]"),
        ("[fail_safe]\npatience = 0", "patience cannot be 0 s"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(BadSite, match=told):
        read_site(written(tmp_path, text))


def test_a_file_that_cannot_be_read_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "site.toml").mkdir()
    with pytest.raises(BadSite, match="cannot be read"):
        read_site(tmp_path / "site.toml")


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.compose.REPOSITORY", tmp_path)
    written(tmp_path, WHOLE)
    chosen = {"SWITCHBOARD_SIP_ADDRESS": "192.0.2.9", "SWITCHBOARD_CALLERS_FROM": "192.0.2.0/24, 192.0.3.0/24"}
    site = site_from(chosen, tmp_path)
    assert (site.sip_address, site.callers_from) == ("192.0.2.9", ("192.0.2.0/24", "192.0.3.0/24"))
    assert (site.keys, site.config) == (Keys.SOUND, tmp_path)
    assert site_from({"SWITCHBOARD_CALLERS_KEYS": "signals"}, tmp_path).keys is Keys.SIGNALS


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "config" / "asterisk").mkdir(parents=True)
    return Site("unit", tmp_path, secrets_of(tmp_path), config=tmp_path / "config")


def test_additions_lie_where_asterisks_files_include_them_until_they_are_taken_away(site: Site) -> None:
    addition = site.config / "asterisk" / "pjsip.conf"
    addition.write_text("[carrier]\n", encoding="utf-8")
    lay_out(site, ME)
    assert text_of(site, "asterisk", "site/pjsip.conf") == "[carrier]\n"
    assert "#tryinclude site/pjsip.conf" in text_of(site, "asterisk", "pjsip.conf")
    addition.unlink()
    lay_out(site, ME)
    assert not (site.folder / "asterisk" / "site" / "pjsip.conf").exists()


def test_an_addition_that_nobody_would_read_is_refused(site: Site) -> None:
    (site.config / "asterisk" / "pjsib.conf").touch()
    with pytest.raises(BadSite, match="would be read by nobody: additions are extensions"):
        lay_out(site, ME)
    assert not (site.folder / "asterisk").exists(), "nothing is written"


@pytest.mark.parametrize(("server", "way_out"), [("", 0), ("203.0.113.10:5060", 1)])
def test_a_trunk_takes_calls_out_where_it_has_a_server(site: Site, server: str, way_out: int) -> None:
    lay_out(replace(site, trunk_server=server), ME)
    pjsip = text_of(site, "asterisk", "pjsip.conf")
    assert pjsip.count("aors = trunk\n") == way_out
    assert pjsip.count(f"contact = sip:{server}\n") == way_out
