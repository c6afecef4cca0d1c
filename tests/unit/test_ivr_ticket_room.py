"""Tickets with more variables than they have room for: the longest go, the place in line and the flow's own stay."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from acd.names import Attributes, CallId, QueueId
from ivr.state import Frame
from ivr.tickets.carried import ticket_text
from ivr.tickets.room import without_longest_variable
from ivr.tickets.ticket import TICKET_BYTES, Place, Ticket, TicketOffice, TicketTooLong
from tests.unit.ivr_kit import TestHouse, open_house

CALL = CallId("node1-1700000000.12")
OWN = (("entry", "main"), ("language", "english"), ("menu_path", "topic/1"))
OFFICE = TicketOffice(b"k" * 16, "boot 1", lambda: 5000.0, lambda: 1_700_000_000.0)
VALUES = st.one_of(st.text(max_size=80), st.booleans(), st.integers(-(10**12), 10**12))
VARIABLES = st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True), VALUES, max_size=40)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TestHouse]:
    async with open_house(tmp_path) as open_one:
        yield open_one


def in_line(attributes: Attributes, *stack: Frame) -> Ticket:
    place = Place(QueueId("sales"), 2, "skill.english >= 3", attributes, 12.5)
    return Ticket(CALL, "main", "abc", "line", (), place, stack=stack)


async def test_the_place_in_line_is_kept_whatever_the_flow_gathered(house: TestHouse) -> None:
    many = tuple(sorted({**dict(OWN), **{f"text{n:02}": "数" * n for n in range(60)}}.items()))
    with capture_logs() as told:
        text = ticket_text(house.house, in_line(many))
    ticket = house.tickets.read(text, CALL)
    assert ticket.place is not None
    assert (ticket.place.queue, ticket.place.priority, ticket.place.need) == ("sales", 2, "skill.english >= 3")
    kept = dict(ticket.place.attributes)
    assert dict(OWN).items() <= kept.items()
    left_out = told[0]["variables"]
    assert left_out[0] == "text59", "the longest is the first to go"
    assert kept.keys() | set(left_out) == dict(many).keys()
    assert "数" not in str(told), "values are in no log"
    assert house.tickets.read(ticket_text(house.house, in_line(many[:10])), CALL).place == in_line(many[:10]).place


async def test_a_ticket_that_fits_is_written_whole_and_nothing_is_told(house: TestHouse) -> None:
    with capture_logs() as told:
        assert house.tickets.read(ticket_text(house.house, in_line(OWN)), CALL) == in_line(OWN)
    assert told == []


def test_a_variable_that_is_left_out_is_left_out_everywhere() -> None:
    frame = Frame("verify", "verify", (("note", "n" * 100), ("short", "s")))
    shorter = without_longest_variable(replace(in_line((*OWN, ("note", "n")), frame), variables=(("note", "x"),)))
    assert shorter is not None
    ticket, name = shorter
    assert name == "note"
    assert ticket == in_line(OWN, replace(frame, variables=(("short", "s"),)))


def test_what_every_flow_keeps_is_never_left_out() -> None:
    assert without_longest_variable(in_line(OWN, Frame("verify", "verify", (*OWN, ("served_by", "1001"))))) is None


@given(VARIABLES)
def test_whatever_is_gathered_a_ticket_is_found_that_fits_and_is_read_again(
    variables: dict[str, str | bool | int],
) -> None:
    ticket = in_line(tuple(sorted({**variables, **dict(OWN)}.items())))
    for _ in range(len(variables) + 1):
        try:
            text = OFFICE.write(ticket)
        except TicketTooLong:
            shorter = without_longest_variable(ticket)
            assert shorter is not None
            ticket = shorter[0]
        else:
            assert len(text) <= TICKET_BYTES
            assert OFFICE.read(text, CALL) == ticket
            return
    pytest.fail("too long without any variable")
