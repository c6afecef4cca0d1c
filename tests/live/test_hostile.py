"""Callers who mean harm, on a real Asterisk: what they write into their SIP headers stays text, or does not get in."""

from __future__ import annotations

from functools import partial

import pytest

from deploy.telephones.phones import AnswerAfter
from tests.live.house import SOON_S, House
from tests.live.ledger import Ledger
from tests.live.sites import NUMBERS
from tests.live.stranger import Refused, stranger

BREAKS = ("%0d%0a", "%0a", "%0D%0A%0D%0A", "%00", "%7f")
ODD_NAMES = (
    b'"\\\rAction: Originate\\\r"',
    b'"a\xff\xfe\xc3 ${SHELL(x)} \\"b\\", ;c=d\\\\"',
    b'"' + b"\xf0\x9f\x8e\xb2" * 300 + b'"',
)


async def test_a_number_with_control_characters_makes_no_channel_and_harms_no_other_call(house: House) -> None:
    other = await house.waiting_caller("patient")
    poison = f"Uniqueid%3a%20{house.life(other).call}"
    number = NUMBERS["patient"]
    before = len(house.observer.ledger.lives)
    for broken in BREAKS:
        hostile = f"5{broken}{poison}".encode()
        attempts = (
            (b"<sip:" + hostile + b"@h>", b"", number),
            (b"<sip:5@h>", b"P-Asserted-Identity: <sip:" + hostile + b"@h>", number),
            (b"<sip:5@h>", b"Remote-Party-ID: <sip:" + hostile + b"@h>", number),
            (b"<sip:5@h>", b"Diversion: <sip:" + hostile + b"@h>;reason=unconditional", number),
            (b"<sip:5@h>", b"", f"{number}{broken}{poison}"),
        )
        for shown, further, dialled in attempts:
            async with stranger(house.exchange, shown, further) as one:
                with pytest.raises(Refused, match="404"):
                    await one.call(dialled)
    assert len(house.observer.ledger.lives) == before
    assert (await house.call_of(other))["state"] == "waiting"


def talks(ledger: Ledger, number: str) -> bool:
    """Whether this caller, of whom the ledger may not have heard yet, has an agent."""
    return ledger.knows(number) and bool(ledger.by_number(number).talks)


async def test_whatever_a_caller_is_named_they_are_in_line_and_talk(house: House) -> None:
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    for place, name in enumerate(ODD_NAMES):
        number = f"559{place}"
        async with stranger(house.exchange, name + f" <sip:{number}@h>".encode()) as one:
            await one.call(NUMBERS["patient"])
            await house.observer.until(
                partial(talks, house.observer.ledger, number), f"{number} talks with the agent", SOON_S
            )
            await one.hang_up()
        await agent.until("ready", SOON_S)
