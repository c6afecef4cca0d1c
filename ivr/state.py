"""Where a caller is in a flow, and what it learned of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from acd.names import Attributes

LANGUAGE = "language"
"""The variable that holds the caller's language, by the name that agents' language skills have: `english`."""
MENU_PATH = "menu_path"
"""The variable that holds the menus passed and the keys pressed there: `language/2/topic/1`."""
MENU_PATH_KEPT = 10
"""How many of the last menus the path keeps: tickets have no room for more."""
ENTRY = "entry"
"""The variable that holds the name of the number dialled, by which the flow was entered."""


SHARED = (LANGUAGE, MENU_PATH, ENTRY)
"""Variables that a caller takes with them into a flow that is called, and back."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A flow that waits until one that it called returns."""

    step: str
    """The step that called."""
    into: str
    """The name of the flow that was called."""
    variables: Attributes
    """What the waiting flow knew when it called."""


SERVED_BY, SERVED_IN = "served_by", "served_in"
"""The variables that hold the agent who talked with the caller last, and the queue."""


@dataclass(frozen=True, slots=True)
class State:
    """Where a caller is in a flow, and what it learned of them."""

    step: str
    variables: Attributes
    tries: int = 0
    """How often this step was tried in vain."""
    memory: object = None
    """What the step itself remembers while the caller is at it: a record of its own module. Forgotten on leaving the
    step, and in a crash: the caller then meets the step from its beginning."""

    stack: tuple[Frame, ...] = ()
    """The flows that wait for this one to return, the one entered first at first."""
    secrets: Attributes = field(default=(), repr=False)
    """Variables that are in no ticket, log or event, and are gone with the session; only what looks things up may see them.

    While there are any, the ticket stays where they were asked for: handed in again, the caller is asked again.
    """

    @property
    def everything(self) -> Attributes:
        """What this flow and those that wait for it know, the innermost's word first: what a caller goes to a queue with."""
        told: dict[str, str | int | float | bool] = {}
        for frame in self.stack:
            told |= dict(frame.variables)
        return tuple(sorted({**told, **dict(self.variables)}.items()))

    @property
    def known(self) -> dict[str, str | int | float | bool]:
        """All variables by name, secret ones too: for what looks things up, and for nothing that is written or said."""
        return {**dict(self.variables), **dict(self.secrets)}

    def knowing(self, more: Mapping[str, str | int | float | bool]) -> State:
        """The same, with these variables besides."""
        if not more:
            return self
        return replace(self, variables=tuple(sorted({**dict(self.variables), **more}.items())))

    def without(self, *names: str) -> State:
        """The same, these variables forgotten."""
        if not names:
            return self
        return replace(
            self,
            variables=tuple((name, value) for name, value in self.variables if name not in names),
            secrets=tuple((name, value) for name, value in self.secrets if name not in names),
        )

    def at(self, step: str) -> State:
        """The caller just come to this step."""
        return replace(self, step=step, tries=0, memory=None)


def menus_passed(variables: Attributes) -> tuple[str, ...]:
    """Return the menus passed and the keys pressed there, in turn: `("language", "2", "topic", "1")`."""
    path = str(dict(variables).get(MENU_PATH, ""))
    return tuple(path.split("/")) if path else ()
