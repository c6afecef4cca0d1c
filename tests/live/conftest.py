"""What live tests stand on: one real stack for the whole run, an independent observer for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from deploy.containers import Engine, detect
from deploy.handset import Exchange
from deploy.sites import LOOPBACK, REPOSITORY
from deploy.stack import Stack
from tests.live.observer import Observer, observing
from tests.live.sites import new_site, remove_remains


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
