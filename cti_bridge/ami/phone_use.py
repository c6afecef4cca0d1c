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
OF_CODES = "switchboard-phone"
"""The dialplan's context in which what a phone has dialled is handed to the service; so begin all that its own channel goes
on to."""


@dataclass(frozen=True, slots=True)
class Use:
    """A channel, by its Uniqueid, that uses a phone for something besides our offers."""

    channel: str
    phone: PhoneId


def is_phones_context(context: str) -> bool:
    """Whether the dialplan serves phones there, not callers."""
    return context == OF_PHONES or context.startswith(OF_CODES)


class PhoneUses:
    """What uses which phone through one Asterisk. A phone may have several such channels: only the first and the last count.

    A phone may be reached through several Asterisks. Those of one site share `everywhere`, so that none calls a phone free
    which another knows to be in use.
    """

    def __init__(self, everywhere: list[PhoneUses] | None = None) -> None:
        self._everywhere = [] if everywhere is None else everywhere
        self._everywhere.append(self)
        self._phones: dict[str, PhoneId] = {}
        self._is_known = False

    def adopt(self, uses: Iterable[Use]) -> None:
        """Know these and no others: what was found after a login."""
        self._phones = {use.channel: use.phone for use in uses}
        self._is_known = True

    def lost(self) -> None:
        """What is known here may be over: nobody tells any more. It counts for the other Asterisks no longer."""
        self._is_known = False

    def elsewhere(self) -> set[PhoneId]:
        """The phones that other Asterisks know to be in use."""
        return {phone for uses in self._everywhere if uses is not self for phone in uses.told()}

    def told(self) -> set[PhoneId]:
        """The phones in use here, as long as somebody tells."""
        return set(self._phones.values()) if self._is_known else set()

    def begun(self, use: Use) -> tuple[Request, ...]:
        """Note a use, once however often it is told."""
        is_in_use = self._is_in_use(use.phone)
        self._phones[use.channel] = use.phone
        return () if is_in_use else (PhoneInUse(use.phone),)

    def over(self, channel: str) -> tuple[Request, ...]:
        """The channel is gone, whatever it was."""
        phone = self._phones.pop(channel, None)
        return () if phone is None or self._is_in_use(phone) else (PhoneFree(phone),)

    def _is_in_use(self, phone: PhoneId) -> bool:
        return phone in self._phones.values() or phone in self.elsewhere()
