"""CEL, the one language of needs and conditions: compiled once at load, evaluated when facts change."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import ModuleType

from acd.errors import BadNeed

# The package would bring its own command line with it, and with that a terminal's editor: a tenth of the service's start.
sys.modules.setdefault("cel.cli", ModuleType("cel.cli"))
import cel  # noqa: E402 - only now

_LITERALS = {"true": True, "false": False}
"""What needs no evaluation, which takes as long as all else that happens to a call that is offered at once."""


class Expression:
    """A compiled CEL expression. Two of the same text are equal.

    A name that is not there (a skill the agent lacks, an attribute the call has not) makes a condition false, not an error.
    """

    __slots__ = ("_always", "_program", "text")

    def __init__(self, text: str) -> None:
        """Compile `text`; raises BadNeed with the place of the mistake."""
        self.text = text
        try:
            self._program = cel.compile(text)
        except ValueError as error:
            raise BadNeed(f"{text!r} is not a valid expression: {error}") from error
        self._always = _LITERALS.get(text.strip())

    def value(self, facts: Mapping[str, object]) -> object:
        """What the expression is worth for these facts; raises BadNeed where a name is missing or types do not fit."""
        try:
            return self._program.execute(dict(facts))
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise BadNeed(f"{self.text!r} cannot be evaluated: {error}") from error

    def holds(self, facts: Mapping[str, object]) -> bool:
        """Whether the condition is true for these facts; a missing name makes it false."""
        if self._always is not None:
            return self._always
        try:
            return self._program.execute(dict(facts)) is True
        except (KeyError, TypeError, ValueError, RuntimeError):
            return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"
