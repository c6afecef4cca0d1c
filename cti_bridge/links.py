"""Which of the service's links are up, and since when: the board shows what they carry as unknown while they are down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from acd.names import NodeId


@dataclass(frozen=True, slots=True)
class LinkName:
    """A link: its kind (`ami`, `redis`, `mqtt`) and, where there are several, which."""

    kind: str
    node: str = ""


REDIS = LinkName("redis")
MQTT = LinkName("mqtt")


def ami_link(node: NodeId) -> LinkName:
    """The AMI link of one Asterisk."""
    return LinkName("ami", node)


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """Whether a link is up, and since when it has been so, in Unix seconds."""

    up: bool
    since: float


class Links:
    """Every link the service keeps. `wall` gives Unix seconds; `changed` is called after each change."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._statuses: dict[LinkName, LinkStatus] = {}
        self.changed: Callable[[], None] = _nobody

    def __iter__(self) -> Iterator[tuple[LinkName, LinkStatus]]:
        return iter(sorted(self._statuses.items(), key=lambda item: (item[0].kind, item[0].node)))

    def is_up(self, name: LinkName) -> bool:
        """Whether the link is up."""
        status = self._statuses.get(name)
        return status is not None and status.up

    def expect(self, name: LinkName) -> None:
        """This link is configured; it is down until it says otherwise."""
        self._statuses.setdefault(name, LinkStatus(up=False, since=self._wall()))
        self.changed()

    def up(self, name: LinkName) -> None:
        """The link is up."""
        self._become(name, LinkStatus(up=True, since=self._wall()))

    def down(self, name: LinkName) -> None:
        """The link is down."""
        self._become(name, LinkStatus(up=False, since=self._wall()))

    def _become(self, name: LinkName, status: LinkStatus) -> None:
        if self._statuses.get(name, LinkStatus(not status.up, 0)).up is not status.up:
            self._statuses[name] = status
            self.changed()


def _nobody() -> None:
    """Nobody listens yet."""
