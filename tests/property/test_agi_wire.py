"""The FastAGI wire: however the bytes are cut, they say the same; whatever text is sent, it is one command of its words."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.agi.caller import _number
from ivr.agi.wire import COMMAND_BYTES, COMMAND_WORDS, AgiEvent, AgiRequest, AgiWire, NotAgi, UnsafeCommand, encode

TALK = (
    b"agi_request: agi://127.0.0.1/call\nagi_network_script: call\nagi_uniqueid: node1-1.1\n"
    b"agi_calleridname: \xe7\x8e\x8b\xe5\xb0\x8f\xe6\x98\x8e\nagi_arg_1: main\n\n"
    b"200 result=0\n200 result=1 (a (b) c)\nHANGUP\n200 result=50 endpos=21760\n200 result= (timeout)\n"
    b"520-Invalid command syntax.  Proper usage follows:\nHANGUP\n200 result=7\n520 End of proper usage.\n"
    b"511 Command Not Permitted on a dead channel or intercept routine\n"
)


def said(*pieces: bytes) -> list[object]:
    wire = AgiWire()
    events: list[AgiEvent] = [event for piece in pieces for event in wire.receive(piece)]
    return [dict(event.headers) if isinstance(event, AgiRequest) else event for event in events]


WHOLE = said(TALK)


def test_the_bytes_may_be_cut_anywhere() -> None:
    for at in range(len(TALK) + 1):
        assert said(TALK[:at], TALK[at:]) == WHOLE
    assert said(*(TALK[at : at + 1] for at in range(len(TALK)))) == WHOLE


@given(st.lists(st.integers(0, len(TALK)), max_size=20))
def test_the_bytes_may_be_cut_into_any_pieces(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(TALK)]
    assert said(*(TALK[a:b] for a, b in pairwise(edges))) == WHOLE


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_any_bytes_are_read_or_refused_never_worse(pieces: list[bytes]) -> None:
    for begun in (b"", b"agi_request: x\n\n"):
        wire = AgiWire()
        try:
            for piece in (begun, *pieces):
                wire.receive(piece)
        except NotAgi:
            pass


def as_asterisk_reads(line: bytes) -> list[str]:
    """Split a command line as res_agi's parse_args does: blanks part words, quotes join, a backslash takes the next as it is."""
    words: list[str] = []
    word, in_quotes, escaped, begun = "", False, False, False
    for char in line.decode().removesuffix("\n"):
        if escaped:
            word, escaped, begun = word + char, False, True
        elif char == "\\":
            escaped = True
        elif char == '"':
            in_quotes, begun = not in_quotes, True
        elif char in " \t" and not in_quotes:
            words, word, begun = ([*words, word] if begun else words), "", False
        else:
            word, begun = word + char, True
    return [*words, word] if begun else words


TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(TEXT, max_size=COMMAND_WORDS + 5))
def test_what_is_sent_is_one_line_of_exactly_these_words_or_nothing(words: list[str]) -> None:
    try:
        line = encode("SET VARIABLE", *words)
    except UnsafeCommand:
        unsafe = any(char in word for word in words for char in "\r\n\0")
        assert unsafe or len(words) > COMMAND_WORDS - 2 or sum(len(word.encode()) for word in words) > COMMAND_BYTES / 4
    else:
        assert line.count(b"\n") == 1
        assert len(line) <= COMMAND_BYTES
        assert as_asterisk_reads(line) == ["SET", "VARIABLE", *words]


@pytest.mark.parametrize("text", ["a\nSYSTEM x", "a\rb", "a\0b", "x" * 2000])
def test_text_that_would_be_cut_or_split_is_refused(text: str) -> None:
    with pytest.raises(UnsafeCommand):
        encode("SET VARIABLE", "name", text)


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n")),
    st.sampled_from(["0", "96", "x", "³", ""]),
)
def test_whatever_a_caller_says_their_number_is_it_is_digits_or_nothing(said_number: str, presentation: str) -> None:
    headers = f"agi_request: x\nagi_callingpres: {presentation}\nagi_callerid: {said_number}\n\n".encode()
    (request,) = AgiWire().receive(headers)
    assert isinstance(request, AgiRequest)
    number = _number(request.headers)
    assert number == "" or (number == said_number and number.removeprefix("+").isascii() and number[1:].isdecimal())
