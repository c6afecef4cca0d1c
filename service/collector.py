"""The garbage collector: it rests while the service starts, and leaves alone what lives as long as the service.

Imports and set-up make next to no garbage, and nearly all that they make stays. Walking it took a tenth of a second and more of
every start, and would take as much again and again later, in which no caller is offered to anybody.
"""

from __future__ import annotations

import gc


def rest() -> None:
    """Do not look for garbage until `spare_what_is_there`."""
    gc.disable()


def spare_what_is_there() -> None:
    """Take all that there is as not to be looked at any more, and look for garbage in what comes from now on."""
    gc.freeze()
    gc.enable()
