"""deploy/compose.yaml makes the same installation: up, serving, closed to strangers, and gone without a trace."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from deploy import compose, probes
from deploy.configuration import AMI_USER, MQTT_USER
from deploy.containers import Engine
from deploy.ports import free_ports
from deploy.secrets import secrets_of
from deploy.sites import LOOPBACK, REPOSITORY, Site
from deploy.stack import owner_of_parts
from tests.live.waiting import until

PARTS = ("asterisk", "watchdog", "redis", "mosquitto", "service")
SITE = "compose"
"""What a test run's site is called, with its process behind."""
SERVES_WITHIN_S = 60.0
COMPOSE_WITHIN_S = 120.0


@dataclass(frozen=True, slots=True)
class Composition:
    """A site that compose runs."""

    engine: Engine
    site: Site
    file: Path

    def compose(self, *words: str) -> str:
        """Run compose on deploy/compose.yaml for this site, and give what it wrote."""
        done = subprocess.run(  # noqa: S603 - our own words
            [*_compose_program(self.engine), "--env-file", self.file, "-f", "deploy/compose.yaml", *words],
            cwd=REPOSITORY,
            env=self.engine.environment(),
            capture_output=True,
            text=True,
            timeout=COMPOSE_WITHIN_S,
            check=False,
        )
        assert done.returncode == 0, f"compose {words[0]}: {done.stdout}{done.stderr}"
        return done.stdout

    def name(self, part: str) -> str:
        """Name a part's container."""
        return f"switchboard-{self.site.name}-{part}"


def _compose_program(engine: Engine) -> Sequence[str]:
    if engine.kind == "docker":
        return (engine.program, "compose")
    return (str(Path(sys.executable).with_name("podman-compose")),)


def _engine(engine: Engine, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own words
        [engine.program, *words], env=engine.environment(), capture_output=True, text=True, timeout=30, check=False
    )


def _remove_remains(engine: Engine) -> None:
    """Remove what earlier runs left that were killed: containers of processes that are no more."""
    listed = _engine(engine, "ps", "--all", "--filter", f"name=switchboard-{SITE}", "--format", "{{.Names}}").stdout
    named = ((name, name.removeprefix(f"switchboard-{SITE}-").split("-")[0]) for name in listed.split())
    engine.remove([name for name, process in named if not Path(f"/proc/{process}").exists()])


@pytest.fixture(scope="module")
def composition(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composition]:
    """All four parts, started by compose on free ports."""
    folder = tmp_path_factory.mktemp("compose")
    _remove_remains(engine)
    site = Site(f"{SITE}-{os.getpid()}", folder, secrets_of(folder), ports=free_ports(), phones=2)
    composition = Composition(engine, site, compose.lay_out(site, owner_of_parts(), engine))
    try:
        composition.compose("up", "--detach", "--no-build")
        yield composition
    finally:
        composition.compose("down")


def _serves(probe: Callable[[], None]) -> bool:
    try:
        probe()
    except probes.NotServing:
        return False
    return True


async def test_asterisk_answers_its_own_user_over_ami(composition: Composition) -> None:
    site = composition.site
    probe = partial(probes.ami, site.ports.ami, AMI_USER, site.secrets.ami_password)
    await until(partial(_serves, probe), "AMI answers", SERVES_WITHIN_S)


async def test_redis_keeps_an_append_only_file(composition: Composition) -> None:
    site = composition.site
    probe = partial(probes.redis, site.ports.redis, site.secrets.redis_password)
    await until(partial(_serves, probe), "Redis answers", SERVES_WITHIN_S)
    assert list((site.redis_data).rglob("*.aof")), "an append-only file is on the host's disk"


async def test_mosquitto_wants_the_password(composition: Composition) -> None:
    port, password = composition.site.ports.mqtt, composition.site.secrets.mqtt_password
    await until(partial(_serves, partial(probes.mqtt, port, MQTT_USER, password)), "MQTT answers", SERVES_WITHIN_S)
    with pytest.raises(probes.NotServing, match="refused"):
        probes.mqtt(port, MQTT_USER, "not the password")
    with pytest.raises(probes.NotServing, match="refused"):
        probes.mqtt(port, "", "")


@pytest.mark.parametrize("question", ["healthz", "readyz"])
async def test_the_service_says_that_it_is_well_and_reaches_the_others(composition: Composition, question: str) -> None:
    def well() -> bool:
        url = f"http://{LOOPBACK}:{composition.site.ports.api}/{question}"
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:  # nobody listens yet, or it answers that it is not ready
            assert composition.engine.running(composition.name("service")), composition.engine.logs(
                composition.name("service")
            )
            return False

    await until(well, f"the service answers {question}", SERVES_WITHIN_S)


@pytest.mark.parametrize("part", PARTS)
async def test_a_part_is_healthy_by_its_own_check(composition: Composition, part: str) -> None:
    """The engine's own timer may be missing (podman's is systemd's), so the check is run by hand."""
    if composition.engine.kind == "docker":
        pytest.skip("docker has no command that runs a health check; its timer does")

    def healthy() -> bool:
        return _engine(composition.engine, "healthcheck", "run", composition.name(part)).returncode == 0

    await until(healthy, f"{part} is healthy", SERVES_WITHIN_S)


@pytest.mark.parametrize("words", [("doctor",), ("check",), ("agent", "list"), ("config", "show")])
async def test_the_command_is_in_the_services_container(composition: Composition, words: tuple[str, ...]) -> None:
    def done() -> bool:
        return _engine(composition.engine, "exec", composition.name("service"), "switchboard", *words).returncode == 0

    await until(done, f"switchboard {' '.join(words)} is content", SERVES_WITHIN_S)


async def test_nobody_runs_as_root(composition: Composition) -> None:
    for part in PARTS:
        assert composition.engine.exec(composition.name(part), ["id", "-u"]).strip() != "0"


async def test_down_leaves_no_container(composition: Composition) -> None:
    """Stands last: what comes after it finds nothing."""
    composition.compose("down")
    assert not [part for part in PARTS if composition.engine.exists(composition.name(part))]
