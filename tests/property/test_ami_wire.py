"""The AMI wire under every split, end and text: nothing is lost, nothing slips in, memory stays bounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti_bridge.ami.wire import (
    HEADERS_LIMIT,
    LINE_LIMIT,
    MESSAGE_LIMIT,
    Framer,
    Message,
    UnsafeAction,
    WireBroken,
    encode,
    event_name,
    is_response,
    parse,
)

BANNER = "Asterisk Call Manager/11.0.0\r\n"
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,15}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=40)
HEADERS = st.lists(st.tuples(NAMES, TEXTS), min_size=1, max_size=8)
MESSAGES = st.lists(HEADERS, max_size=6)


def written(messages: list[list[tuple[str, str]]]) -> bytes:
    """A stream as Asterisk writes it."""
    return (
        BANNER + "".join("".join(f"{name}: {value}\r\n" for name, value in each) + "\r\n" for each in messages)
    ).encode()


@given(MESSAGES, st.data())
def test_the_same_messages_come_out_wherever_the_stream_was_split(
    messages: list[list[tuple[str, str]]], data: st.DataObject
) -> None:
    stream = written(messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    framer = Framer()
    frames = [
        frame
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
        for frame in framer.feed(stream[start:end])
    ]
    assert [sorted(headers(parse(frame), each)) for frame, each in zip(frames, messages, strict=True)] == [
        sorted(each) for each in messages
    ]


def headers(message: Message, names: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Every value of these headers, as often as it came."""
    return [(name, value) for name in {name for name, _ in names} for value in message.all(name)]


@given(MESSAGES)
def test_byte_by_byte_is_the_same_as_at_once(messages: list[list[tuple[str, str]]]) -> None:
    stream = written(messages)
    slow, quick = Framer(), Framer()
    one_by_one = [frame for at in range(len(stream)) for frame in slow.feed(stream[at : at + 1])]
    assert one_by_one == quick.feed(stream)


@given(MESSAGES, st.data())
def test_an_end_at_any_byte_gives_only_whole_messages(
    messages: list[list[tuple[str, str]]], data: st.DataObject
) -> None:
    stream = written(messages)
    end = data.draw(st.integers(0, len(stream)))
    assert Framer().feed(stream[:end]) == Framer().feed(stream)[: len(Framer().feed(stream[:end]))]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_never_worse(noise: bytes) -> None:
    for frame in Framer().feed(BANNER.encode() + noise):
        event_name(frame)
        is_response(frame)
        parse(frame)


@given(st.binary(min_size=1, max_size=100))
def test_a_peer_that_is_not_ami_is_refused_at_its_first_bytes(noise: bytes) -> None:
    if BANNER.encode().startswith(noise[: len(BANNER)]) or noise.startswith(b"Asterisk Call Manager/"):
        return
    with pytest.raises(WireBroken, match="banner"):
        Framer().feed(noise)


def test_a_message_without_an_end_is_refused_before_it_fills_the_memory() -> None:
    framer = Framer()
    framer.feed(BANNER.encode())
    piece = b"x" * 65536
    for _ in range(MESSAGE_LIMIT // len(piece)):
        framer.feed(piece)
    with pytest.raises(WireBroken, match="without an end"):
        framer.feed(piece)


def test_utf8_split_inside_a_character_stays_whole() -> None:
    stream = (BANNER + "Event: Newchannel\r\nCallerIDName: 王小明\r\n\r\n").encode()
    for cut in range(len(stream)):
        framer = Framer()
        frames = [*framer.feed(stream[:cut]), *framer.feed(stream[cut:])]
        assert [parse(frame)["CallerIDName"] for frame in frames] == ["王小明"]


@given(NAMES, st.lists(st.tuples(NAMES, st.text(max_size=60)), max_size=5))
def test_an_action_is_exactly_its_lines_or_is_refused(action: str, fields: list[tuple[str, str]]) -> None:
    try:
        wire = encode(action, "7", fields)
    except UnsafeAction:
        assert any(set(value) & set("\r\n\0") or not value.isprintable() for _, value in fields)
        return
    assert wire.endswith(b"\r\n\r\n")
    assert wire.count(b"\r\n") == len(fields) + 3
    assert wire.count(b"\n") == wire.count(b"\r") == len(fields) + 3
    assert b"\0" not in wire


@pytest.mark.parametrize("poison", ["\r\nAction: Originate", "a\nb", "a\rb", "a\0b"])
@pytest.mark.parametrize("place", ["name", "value"])
def test_no_text_ends_its_line(poison: str, place: str) -> None:
    field = (poison, "x") if place == "name" else ("Variable", poison)
    with pytest.raises(UnsafeAction, match="CR, LF or NUL"):
        encode("Setvar", "1", [field])


def test_a_line_that_asterisk_would_cut_is_refused() -> None:
    longest = LINE_LIMIT - len("Variable: \r\n")
    assert encode("Setvar", "1", [("Variable", "x" * longest)])
    with pytest.raises(UnsafeAction, match="cuts at"):
        encode("Setvar", "1", [("Variable", "x" * (longest + 1))])


def test_more_headers_than_asterisk_reads_are_refused() -> None:
    with pytest.raises(UnsafeAction, match="headers"):
        encode("Originate", "1", [("Variable", "a=1")] * (HEADERS_LIMIT - 1))


def test_text_that_utf8_cannot_carry_is_refused() -> None:
    with pytest.raises(UnsafeAction, match="UTF-8"):
        encode("Setvar", "1", [("Variable", "\ud800")])
