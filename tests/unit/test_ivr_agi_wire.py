"""The FastAGI wire's words and its limits."""

from __future__ import annotations

import pytest

from ivr.agi.wire import BLOCK_BYTES, AgiRequest, AgiWire, HungUp, NotAgi, Reply

HEADERS = b"agi_request: agi://h/call\nagi_network_script: call?x=1\nagi_uniqueid: node1-1.1\nagi_arg_1: main\n\n"


def handed_over() -> AgiWire:
    wire = AgiWire()
    assert len(wire.receive(HEADERS)) == 1
    return wire


def test_a_request_says_what_was_asked_for_and_whose_channel_it_is() -> None:
    (request,) = AgiWire().receive(HEADERS)
    assert isinstance(request, AgiRequest)
    assert (request.script, request.uniqueid, request.argument(1), request.argument(2)) == (
        "call",
        "node1-1.1",
        "main",
        "",
    )


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("200 result=0", Reply(200, "0")),
        ("200 result=1 (it (is) so)", Reply(200, "1", "it (is) so")),
        ("200 result=1 ()", Reply(200, "1", "")),
        ("200 result=50 endpos=21760", Reply(200, "50", endpos=21760)),
        ("200 result=0 (timeout) endpos=0", Reply(200, "0", "timeout")),
        ("200 result= (timeout)", Reply(200, "", "timeout")),
        ("510 Invalid or unknown command", Reply(510, value="Invalid or unknown command")),
    ],
)
def test_replies_are_taken_apart(line: str, reply: Reply) -> None:
    assert handed_over().receive(line.encode() + b"\n") == [reply]


def test_a_hang_up_may_come_between_a_command_and_its_reply() -> None:
    assert handed_over().receive(b"HANGUP\n200 result=-1\n") == [HungUp(), Reply(200, "-1")]


def test_a_reply_of_several_lines_is_one_reply() -> None:
    text = b"520-Invalid command syntax.  Proper usage follows:\nUsage: X\nHANGUP\n520 End of proper usage.\nHANGUP\n"
    assert handed_over().receive(text) == [Reply(520, value="End of proper usage."), HungUp()]


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n",
        b"\n",
        b"agi_uniqueid: 1\n\n",
        b"agi_request: x\nagi_request: y\n",
        b"agi_request: " + b"x" * BLOCK_BYTES,
        b"".join(b"agi_%d: x\n" % n for n in range(BLOCK_BYTES // 8)),
    ],
)
def test_what_is_not_agi_is_refused_within_bounds(sent: bytes) -> None:
    with pytest.raises(NotAgi):
        AgiWire().receive(sent)


@pytest.mark.parametrize("sent", [b"hello\n", b"\n", b"x" * (BLOCK_BYTES + 1), b"520-x\n" + b"y\n" * BLOCK_BYTES])
def test_a_reply_that_is_none_is_refused_within_bounds(sent: bytes) -> None:
    with pytest.raises(NotAgi):
        handed_over().receive(sent)
