"""`switchboard doctor` on the real stack: everything right, then with one thing after the other not right."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass

import pytest

from deploy.sites import REPOSITORY
from tests.live.service import COMMAND, Service

PARTS = (
    "configuration",
    "AMI",
    "Asterisk",
    "AMI rights",
    "dialplan",
    "phones",
    "FastAGI",
    "service",
    "Redis",
    "MQTT",
    "database",
    "disk",
    "messages",
    "draft voice",
)
EXAMINED_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Report:
    """What the doctor said."""

    code: int
    parts: tuple[str, ...]
    failing: dict[str, tuple[str, str]]
    """By part: what it says, and how to mend it."""


def doctor(service: Service, **settings: str) -> Report:
    """Examine this installation, with some settings changed."""
    changed = {f"SWITCHBOARD_{name}": value for name, value in settings.items()}
    done = subprocess.run(  # noqa: S603 - our own command
        [COMMAND, "doctor", "--json"],
        env={**os.environ, **service.environment, **changed},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=EXAMINED_WITHIN_S,
        check=False,
    )
    assert done.stderr == ""
    findings = json.loads(done.stdout)
    failing = {one["about"]: (one["text"], one["mend"]) for one in findings if not one["fine"]}
    return Report(done.returncode, tuple(one["about"] for one in findings), failing)


@pytest.fixture
async def running(service: Service) -> Service:
    """The service, ready."""
    if not service.runs:
        service.start()
    await service.until_ready()
    return service


def test_where_everything_is_right_it_says_so_of_every_part(running: Service) -> None:
    assert doctor(running) == Report(0, PARTS, {})


@pytest.mark.parametrize(
    ("setting", "failing", "mend"),
    [
        ("AMI_PASSWORD", {"AMI"}, "SWITCHBOARD_AMI_PASSWORD"),
        ("REDIS_PASSWORD", {"Redis"}, "SWITCHBOARD_REDIS_HOST, _PORT and _PASSWORD"),
        ("MQTT_PASSWORD", {"MQTT"}, "SWITCHBOARD_MQTT_HOST, _PORT, _USER and _PASSWORD"),
    ],
)
def test_a_wrong_password_fails_its_own_part_alone(
    running: Service, setting: str, failing: set[str], mend: str
) -> None:
    report = doctor(running, **{setting: "not-the-password"})
    assert (report.code, set(report.failing)) == (1, failing)
    assert all(mend in how for _, how in report.failing.values())


def test_without_the_service_asterisk_does_not_reach_it_and_it_says_to_start_it(running: Service) -> None:
    assert running.stop() == 0
    report = doctor(running)
    assert (report.code, set(report.failing)) == (1, {"FastAGI", "service"})
    text, mend = report.failing["FastAGI"]
    assert "Asterisk does not reach the service" in text
    assert "start the service (`switchboard serve`)" in mend
