"""A site laid out on disk: what is rendered, for whom, and what stays."""

from __future__ import annotations

import base64
import csv
import hashlib
import os
import re
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from cti_bridge.ami.words import AmiWords
from deploy.configuration import PHONES, Owner, lay_out, mqtt_password_line
from deploy.secrets import secrets_of
from deploy.sites import FailSafe, Ports, Site
from deploy.stack import service_environment

ME = Owner(os.getuid(), os.getgid())


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site("unit", tmp_path, secrets_of(tmp_path), ports=Ports(ami=21038), phones=2)


def text_of(site: Site, part: str, name: str) -> str:
    return (site.folder / part / name).read_text(encoding="utf-8")


def test_no_placeholder_is_left_in_any_rendered_file(site: Site) -> None:
    lay_out(site, ME)
    rendered = [path for part in ("asterisk", "redis", "mosquitto") for path in (site.folder / part).glob("*.conf")]
    assert len(rendered) > 10
    assert not [path.name for path in rendered if "@{" in path.read_text(encoding="utf-8")]


def test_files_with_passwords_are_closed_to_others(site: Site) -> None:
    lay_out(site, ME)
    for part in ("asterisk", "redis", "mosquitto"):
        for path in (site.folder / part, *(site.folder / part).iterdir()):
            assert not stat.S_IMODE(path.stat().st_mode) & stat.S_IRWXO, path


def test_every_phone_has_an_endpoint_and_callers_come_from_the_configured_addresses_only(site: Site) -> None:
    lay_out(replace(site, callers_from=("192.0.2.7/32", "198.51.100.0/24")), ME)
    pjsip = text_of(site, "asterisk", "pjsip.conf")
    assert [line for line in pjsip.splitlines() if line.endswith("](phone)")] == ["[phone1](phone)", "[phone2](phone)"]
    matches = [line for line in pjsip.splitlines() if line.startswith("match =")]
    assert matches == ["match = 192.0.2.7/32", "match = 198.51.100.0/24"]


def test_each_phone_has_a_password_of_its_own_and_they_stand_in_a_list_for_its_owner_alone(site: Site) -> None:
    lay_out(site, ME)
    pjsip, listed = text_of(site, "asterisk", "pjsip.conf"), site.folder / PHONES
    rows = list(csv.DictReader(listed.read_text(encoding="utf-8").splitlines()))
    assert [(row["phone"], row["number"]) for row in rows] == [("phone1", "101"), ("phone2", "102")]
    for row in rows:
        assert f"username = {row['phone']}\npassword = {row['password']}\n" in pjsip
    assert len({row["password"] for row in rows} | {site.secrets.phone_password}) == 3
    assert stat.S_IMODE(listed.stat().st_mode) == 0o600


def test_the_observer_exists_only_where_it_is_asked_for(site: Site) -> None:
    lay_out(site, ME)
    assert "[ledger]" not in text_of(site, "asterisk", "manager.conf")
    lay_out(replace(site, observers=("ledger",)), ME)
    assert "[ledger]" in text_of(site, "asterisk", "manager.conf")


def test_asterisk_words_no_event_that_nobody_reads_and_every_one_that_the_service_understands(site: Site) -> None:
    lay_out(site, ME)
    lines = text_of(site, "asterisk", "manager.conf").splitlines()
    (disabled,) = (line.partition(" = ")[2].split(",") for line in lines if line.startswith("disabledevents"))
    sent = {
        found[1] for line in lines if (found := re.fullmatch(r"eventfilter\(action\(include\),name\((.+)\)\) =", line))
    }
    understood = AmiWords(lambda _: None, lambda _: False).ears
    assert "VarSet" in disabled
    assert not sent & set(disabled)
    assert sent == {*understood, "FullyBooted"}
    lay_out(replace(site, observers=("ledger",)), ME)
    assert "disabledevents = \n" in text_of(site, "asterisk", "manager.conf"), "an observer sees everything"


def test_the_fail_safe_rings_the_phones_it_is_told_or_all(site: Site) -> None:
    lay_out(site, ME)
    assert "FAILSAFE_RING = PJSIP/phone1&PJSIP/phone2\n" in text_of(site, "asterisk", "extensions.conf")
    lay_out(replace(site, fail_safe=FailSafe(ring=("phone2",))), ME)
    assert "FAILSAFE_RING = PJSIP/phone2\n" in text_of(site, "asterisk", "extensions.conf")


def test_a_number_with_its_own_entry_is_in_the_dialplan(site: Site) -> None:
    lay_out(replace(site, entries=(("4008001234", "sales"),)), ME)
    assert "exten => 4008001234,1,Set(SWITCHBOARD_ENTRY=sales)" in text_of(site, "asterisk", "extensions.conf")


def test_laying_out_again_keeps_what_the_parts_and_the_service_wrote(site: Site) -> None:
    lay_out(site, ME)
    kept = [site.recordings / "a.raw", site.redis_data / "aof", site.prompts / "zh" / "hello.wav"]
    for path in kept:
        path.write_text("kept")
    lay_out(site, ME)
    assert all(path.read_text() == "kept" for path in kept)


def test_the_broker_can_check_the_password_it_is_given() -> None:
    user, _, digest = mqtt_password_line("someone", "a password").strip().partition(":")
    _, kind, iterations, salt, key = digest.split("$")
    made = hashlib.pbkdf2_hmac("sha512", b"a password", base64.b64decode(salt), int(iterations))
    assert (user, kind, base64.b64decode(key)) == ("someone", "7", made)


def test_the_service_finds_the_site_by_its_environment(site: Site) -> None:
    environment = service_environment(site)
    assert environment["SWITCHBOARD_AMI_PORT"] == "21038"
    assert environment["SWITCHBOARD_AMI_PASSWORD"] == site.secrets.ami_password
    assert environment["SWITCHBOARD_DATABASE_URL"] == f"sqlite+aiosqlite:///{site.folder}/switchboard.db"
    assert all(isinstance(value, str) and value for value in environment.values())
