"""What live tests stand on: one real stack for the whole run, an independent observer for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest

from deploy.containers import Engine, detect
from deploy.sites import LOOPBACK, REPOSITORY
from deploy.stack import Stack
from deploy.telephones.handset import Exchange
from tests.live.house import House, scenario
from tests.live.observer import Observer, observing
from tests.live.service import Service
from tests.live.sites import SECRETS, new_site, remove_remains


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The container engine of this machine."""
    return detect(REPOSITORY)


@pytest.fixture(scope="session")
def stack(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A real Asterisk, Redis and Mosquitto on free ports, without the service."""
    remove_remains(engine)
    stack = Stack(engine, new_site(tmp_path_factory.mktemp("site")))
    stack.start()
    try:
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def exchange(stack: Stack) -> Exchange:
    """Where the stack's Asterisk takes SIP."""
    return Exchange(LOOPBACK, stack.site.ports.sip)


@pytest.fixture
async def observer(stack: Stack) -> AsyncIterator[Observer]:
    """The ledger's eyes on this stack, a fresh page for each test."""
    async with observing(LOOPBACK, stack.site.ports.ami, stack.site.secrets.ledger_password) as observer:
        yield observer


@pytest.fixture(scope="session")
def service(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service as a process, not yet started; it ends with the run."""
    service = Service(
        {**stack.service_environment(), **SECRETS}, tmp_path_factory.mktemp("service") / "log", REPOSITORY
    )
    try:
        yield service
    finally:
        service.stop()


@pytest.fixture
async def house(stack: Stack, service: Service, observer: Observer, tmp_path: Path) -> AsyncIterator[House]:
    """A running house with a clean floor; at the end everybody hangs up, and the ledger judges."""
    async with scenario(stack, service, observer, tmp_path) as house:
        yield house


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put what the service wrote and what the ledger saw beside a failure."""
    report = yield
    seen = getattr(item, "funcargs", {})
    if report.failed and isinstance(service := seen.get("service"), Service):
        report.sections.append(("the service's last words", service.last_words()))
    if report.failed and isinstance(observer := seen.get("observer"), Observer):
        lives = "\n".join(str(life) for life in observer.ledger.lives.values())
        report.sections.append(("the ledger", lives))
    return report
