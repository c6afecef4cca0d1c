"""`do: fax`: receive a fax."""

from __future__ import annotations

from typing import Literal

from ivr.steps.form import Name
from ivr.steps.take_in import TakeIn, TakeInForm
from ivr.steps.talk import DoReceiveFax, FaxTaken, NoFax


class Fax(TakeIn):
    """Receive what the caller's machine sends; there is nothing where it was no machine, or the line was bad."""

    __slots__ = ()
    taken, nothing = FaxTaken, NoFax


class FaxForm(TakeInForm):
    """`do: fax`; where no page comes, whoever is still there goes on at `otherwise`."""

    do: Literal["fax"]
    otherwise: Name

    def step(self) -> Fax:
        """Return the step it stands for."""
        return Fax(DoReceiveFax(self.for_queue, self.for_agent), self.then, self.otherwise)
