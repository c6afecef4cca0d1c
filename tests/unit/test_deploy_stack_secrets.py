"""The installation's secrets: made once, kept private, never changed."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from pathlib import Path

import pytest

from deploy.secrets import FILE, SecretsUnreadable, secrets_of


def test_secrets_are_made_once_and_read_back_ever_after(tmp_path: Path) -> None:
    made = secrets_of(tmp_path / "site")
    assert secrets_of(tmp_path / "site") == made


def test_every_secret_of_every_site_is_different(tmp_path: Path) -> None:
    one, other = astuple(secrets_of(tmp_path / "one")), astuple(secrets_of(tmp_path / "other"))
    assert len({*one, *other}) == len(one) + len(other)


def test_only_the_owner_may_read_the_file_and_nothing_else_is_left(tmp_path: Path) -> None:
    secrets_of(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_a_secret_that_a_newer_version_wants_is_added_and_the_others_stay(tmp_path: Path) -> None:
    before = secrets_of(tmp_path)
    file = tmp_path / FILE
    lines = [line for line in file.read_text().splitlines() if "TICKET_KEY" not in line]
    file.write_text("\n".join([*lines, "SWITCHBOARD_OF_ANOTHER_TOOL=kept"]) + "\n")
    after = secrets_of(tmp_path)
    assert after.ticket_key != before.ticket_key
    assert after.ami_password == before.ami_password
    assert "SWITCHBOARD_OF_ANOTHER_TOOL=kept" in file.read_text()


def test_two_set_ups_at_once_agree_on_the_same_secrets(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as together:
        made = list(together.map(lambda _: secrets_of(tmp_path), range(8)))
    assert len(set(map(astuple, made))) == 1


def test_a_damaged_file_is_refused_with_what_to_do_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("SWITCHBOARD_AMI_PASSWORD\n")
    with pytest.raises(SecretsUnreadable, match="mend it, or remove the file"):
        secrets_of(tmp_path)
    assert (tmp_path / FILE).read_text() == "SWITCHBOARD_AMI_PASSWORD\n"


def test_a_record_of_secrets_never_prints_them(tmp_path: Path) -> None:
    secrets = secrets_of(tmp_path)
    assert secrets.ami_password not in f"{secrets} {secrets!r}"
