"""Phones that are used for something besides our offers, by the channels that use them. Pure.

An agent dials somebody or a dialling code, a colleague rings them, the fail-safe connects a caller: as long as one such
channel lives, the phone is in use, and the engine offers it nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from acd.names import PhoneId
from acd.requests import PhoneFree, PhoneInUse, Request

OF_PHONES = "from-phones"
"""The dialplan's context in which every channel of an agent's phone begins."""
_AFTERWARDS = "switchboard-phone"
"""How the contexts begin that a phone's own channel goes on to."""


@dataclass(frozen=True, slots=True)
class Use:
    """A channel, by its Uniqueid, that uses a phone for something besides our offers."""

    channel: str
    phone: PhoneId


def is_phones_context(context: str) -> bool:
    """Whether the dialplan serves phones there, not callers."""
    return context == OF_PHONES or context.startswith(_AFTERWARDS)


class PhoneUses:
    """What uses which phone. A phone may have several such channels: only the first and the last make a difference."""

    def __init__(self) -> None:
        self._phones: dict[str, PhoneId] = {}

    def adopt(self, uses: Iterable[Use]) -> None:
        """Know these and no others: what was found after a login."""
        self._phones = {use.channel: use.phone for use in uses}

    def begun(self, use: Use) -> tuple[Request, ...]:
        """Note a use, once however often it is told."""
        first = use.phone not in self._phones.values()
        self._phones[use.channel] = use.phone
        return (PhoneInUse(use.phone),) if first else ()

    def over(self, channel: str) -> tuple[Request, ...]:
        """The channel is gone, whatever it was."""
        phone = self._phones.pop(channel, None)
        return () if phone is None or phone in self._phones.values() else (PhoneFree(phone),)
