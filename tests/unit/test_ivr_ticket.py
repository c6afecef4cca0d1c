"""Tickets: what was written comes back, nobody else can write one, and the clocks do not move anybody."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.names import AgentId, CallId, QueueId
from cti_bridge.ami.resync import TICKET_PARTS
from ivr.agi.wire import encode
from ivr.tickets.ticket import TICKET_BYTES, VARIABLE, Phase, Place, Ticket, TicketOffice, TicketRefused, TicketTooLong

CALL = CallId("node1-1700000000.12")
PLACE = Place(QueueId("sales"), 2, "skill.english >= 3", (("language", "english"), ("vip", True)), 12.5)
MENU = Ticket(CALL, "main", "abc", "topic", (("language", "english"), ("n", 3), ("x", 1.5)))
WAITING = Ticket(CALL, "main", "abc", "sales-queue", (), PLACE)


class Clocks:
    """Both clocks, set by hand."""

    def __init__(self, boot: float = 5_000.0, unix: float = 1_700_000_000.0) -> None:
        self.boot, self.unix = boot, unix

    def passes(self, seconds: float) -> None:
        """Let time pass."""
        self.boot += seconds
        self.unix += seconds


def office(clocks: Clocks | None = None, key: bytes = b"k" * 16, boot: str = "boot 1") -> TicketOffice:
    at = clocks or Clocks()
    return TicketOffice(key, boot, lambda: at.boot, lambda: at.unix)


@pytest.mark.parametrize(
    ("ticket", "phase"),
    [
        (MENU, Phase.MENU),
        (WAITING, Phase.WAITING),
        (replace(WAITING, place=replace(PLACE, agent=AgentId("1001"))), Phase.OFFERED),
    ],
)
def test_a_ticket_comes_back_as_it_was_written(ticket: Ticket, phase: Phase) -> None:
    text = office().write(ticket)
    assert office().read(text, CALL) == ticket
    assert ticket.phase is phase


def test_a_long_ticket_is_cut_into_parts_that_ami_shows_whole_and_is_read_again() -> None:
    place = replace(PLACE, attributes=(("menu_path", "m" * 1000),))
    long = replace(WAITING, place=place)
    text = office().write(long)
    parts = text.split(".")
    assert max(len(part) for part in parts) <= 511 < len(text)
    assert len(parts) <= len(TICKET_PARTS)
    assert office().read(text, CALL) == long
    with pytest.raises(TicketRefused):
        office().read(text.replace(".", "", 1), CALL)


def test_the_form_is_the_one_agreed_between_the_rooms() -> None:
    content, _, signature = office().write(WAITING).partition(".")
    written = json.loads(base64.urlsafe_b64decode(content + "=="))
    assert written == {
        "v": 1,
        "call": CALL,
        "flow": "main",
        "flow_version": "abc",
        "step": "sales-queue",
        "vars": {},
        "phase": "waiting",
        "queue": "sales",
        "priority": 2,
        "need": "skill.english >= 3",
        "attributes": {"language": "english", "vip": True},
        "joined": 1_699_999_987.5,
        "joined_boot": 4_987.5,
        "boot": "boot 1",
    }
    assert len(base64.urlsafe_b64decode(signature + "==")) == 16


@given(st.integers(0, 10_000), st.characters(codec="ascii"))
def test_a_ticket_changed_anywhere_is_refused(at: int, char: str) -> None:
    text = office().write(WAITING)
    at %= len(text)
    changed = text[:at] + char + text[at + 1 :]
    if changed != text:
        with pytest.raises(TicketRefused):
            office().read(changed, CALL)


@given(st.text(max_size=300))
def test_any_text_is_refused_never_worse(text: str) -> None:
    with pytest.raises(TicketRefused):
        office().read(text, CALL)


def test_another_installations_ticket_and_another_calls_ticket_are_refused() -> None:
    text = office().write(WAITING)
    with pytest.raises(TicketRefused, match="key"):
        office(key=b"another key, 16 b").read(text, CALL)
    with pytest.raises(TicketRefused, match="another call"):
        office().read(text, CallId("node1-1700000000.13"))


def test_a_ticket_signed_by_a_later_version_is_refused() -> None:
    clocks = Clocks()
    writer = office(clocks)
    content = base64.urlsafe_b64encode(b'{"v": 2, "call": "x"}').rstrip(b"=").decode()
    with pytest.raises(TicketRefused, match="another version"):
        office(clocks).read(f"{content}.{writer._signature(content)}", CALL)


def test_waiting_counts_on_while_the_service_is_away() -> None:
    clocks = Clocks()
    text = office(clocks).write(WAITING)
    clocks.passes(30)
    place = office(clocks).read(text, CALL).place
    assert place is not None
    assert place.waited_s == 42.5


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
def test_a_changed_system_clock_moves_nobody(jump: float) -> None:
    clocks = Clocks()
    text = office(clocks).write(WAITING)
    clocks.unix += jump
    place = office(clocks).read(text, CALL).place
    assert place is not None
    assert place.waited_s == 12.5


def test_on_another_machine_the_system_clock_counts_but_nobody_waited_less_than_nothing() -> None:
    clocks = Clocks()
    text = office(clocks).write(WAITING)
    for boot_seconds, unix, waited_s in ((10.0, 20.0, 32.5), (10.0, -3600.0, 0.0)):
        elsewhere = office(Clocks(boot_seconds, clocks.unix + unix), boot="boot 2")
        place = elsewhere.read(text, CALL).place
        assert place is not None
        assert place.waited_s == waited_s


def test_a_ticket_too_long_for_one_command_is_refused_when_written() -> None:
    with pytest.raises(TicketTooLong, match="step topic"):
        office().write(replace(MENU, variables=tuple((f"v{n}", "x" * 64) for n in range(30))))


def test_the_longest_ticket_fits_into_one_command() -> None:
    assert encode("SET VARIABLE", VARIABLE, "x" * TICKET_BYTES)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="SWITCHBOARD_TICKET_KEY"):
        office(key=b"short")
