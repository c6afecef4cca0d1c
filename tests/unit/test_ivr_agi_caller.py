"""The caller's port over FastAGI: which commands Asterisk gets, and what its replies mean (as measured on 22.10)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from acd.names import OfferFailure, PhoneId
from acd.plans.offering import PickUp
from ivr.agi import caller as agi_caller
from ivr.agi.caller import AgiCaller, Lasts
from ivr.agi.server import AgiConnection, serving
from ivr.caller import (
    Asking,
    Caller,
    CallerGone,
    CommandFailed,
    ConversationOver,
    FaxCame,
    LinkSilent,
    OfferFailed,
    Question,
    Ringing,
)
from ivr.tickets.ticket import TICKET_BYTES, VARIABLE
from tests.unit.asterisk_peer import asterisk
from tests.unit.test_ivr_agi import LISTEN

FINE = "200 result=0"


def ended(status: str, *, answered_time: str = "", cause: str = "", ring_time: str = "") -> str:
    """What Asterisk says of how a Dial ended."""
    return f"200 result=1 ({status}/{answered_time}/{cause}/{ring_time})"


def ringing(
    ring_s: float = 20,
    phones: tuple[str, ...] = ("PJSIP/phone1",),
    asking: Asking | None = None,
    pick_up: PickUp = PickUp.AGENT,
) -> Ringing:
    """How phones are rung."""
    return Ringing(tuple(PhoneId(phone) for phone in phones), ring_s, "default", asking, pick_up)


async def exchange(
    act: Callable[[Caller], Awaitable[object]],
    *replies: str,
    handed_over: str = "",
    headers: str = "",
    lasts: Lasts = lambda _: None,
) -> tuple[object, list[str]]:
    """What `act` returns when Asterisk replies so, and the commands it got."""
    returned: asyncio.Future[object] = asyncio.get_running_loop().create_future()

    async def session(connection: AgiConnection) -> None:
        returned.set_result(await act(AgiCaller(connection, lasts)))

    async with serving(LISTEN, {"call": session}) as port, asterisk(port) as peer:
        peer.sends(f"agi_arg_2: {handed_over.partition(' ')[0]}\nagi_arg_3: {handed_over.partition(' ')[2]}\n")
        peer.sends(headers)
        peer.hands_over()
        commands = await peer.answers(*replies)
        async with asyncio.timeout(5):
            return await returned, commands


async def test_the_call_and_its_entry_are_the_channels() -> None:
    async def act(caller: Caller) -> tuple[str, str]:
        return caller.call, caller.entry

    assert await exchange(act) == (("node1-1.1", "main"), [])


@pytest.mark.parametrize(
    ("headers", "number"),
    [
        ("agi_callerid: 13800138000\nagi_callingpres: 0\n", "13800138000"),
        ("agi_callerid: +8613800138000\n", "+8613800138000"),
        ("agi_callerid: 13800138000\nagi_callingpres: 32\n", ""),
        ("agi_callerid: unknown\nagi_callingpres: 67\n", ""),
        ("agi_callerid: anonymous\nagi_callingpres: 0\n", ""),
    ],
)
async def test_a_number_that_is_withheld_is_none(headers: str, number: str) -> None:
    async def act(caller: Caller) -> str:
        return caller.number

    assert await exchange(act, headers=headers) == (number, [])


@pytest.mark.parametrize(
    ("reply", "key"),
    [
        ("200 result=2", "2"),
        ("200 result=0", "0"),
        ("200 result=*", "*"),
        ("200 result=", "#"),
        ("200 result= (timeout)", ""),
        ("200 result=A", ""),
    ],
)
async def test_asterisk_says_a_prompt_and_waits_for_the_key_in_one_go(reply: str, key: str) -> None:
    got, commands = await exchange(lambda caller: caller.ask(Question(("hi",), 2.5)), reply)
    assert (got, commands) == (key, ['GET DATA "hi" "2500" "1"'])


async def test_a_key_may_be_pressed_during_any_of_the_sounds_asked_with() -> None:
    question = Question(("your", "digits/7", "choose"), 5.0)
    key, commands = await exchange(lambda caller: caller.ask(question), FINE, "200 result=50 endpos=21760")
    assert (key, commands[-1]) == ("2", 'STREAM FILE "digits/7" "0123456789*#"')
    key, commands = await exchange(lambda caller: caller.ask(question), FINE, FINE, "200 result=7")
    assert (key, commands[-1]) == ("7", 'GET DATA "choose" "5000" "1"')


@pytest.mark.parametrize(
    ("reply", "entered"),
    [
        ("200 result=1234", "1234"),
        ("200 result=12 (timeout)", "12"),
        ("200 result= (timeout)", ""),
        ("200 result=7*", "7*"),
    ],
)
async def test_digits_are_gathered_by_asterisk(reply: str, entered: str) -> None:
    got, commands = await exchange(lambda caller: caller.ask_digits(("hi",), 4, 2.5), reply)
    assert (got, commands) == (entered, ['GET DATA "hi" "2500" "4"'])


@pytest.mark.parametrize(
    ("replies", "entered", "asked"),
    [
        ((FINE, "200 result=12"), "12", 'GET DATA "choose" "2500" "4"'),
        (("200 result=55 endpos=9", "200 result=89"), "789", 'GET DATA "silence/1" "2500" "3"'),
        (("200 result=35 endpos=9",), "", 'STREAM FILE "your" "0123456789*#"'),
    ],
)
async def test_digits_may_be_entered_during_any_of_the_sounds(
    replies: tuple[str, ...], entered: str, asked: str
) -> None:
    got, commands = await exchange(lambda caller: caller.ask_digits(("your", "choose"), 4, 2.5), *replies)
    assert (got, commands[-1]) == (entered, asked)


async def test_digits_are_waited_for_also_where_the_sound_is_missing() -> None:
    got, commands = await exchange(lambda caller: caller.ask_digits(("gone",), 4, 2.5), "200 result=-1", "200 result=7")
    assert (got, commands[-1]) == ("7", 'GET DATA "silence/1" "2500" "4"')


async def test_a_question_without_a_sound_waits_in_silence() -> None:
    key, commands = await exchange(lambda caller: caller.ask(Question((), 2.5)), "200 result=35")
    assert (key, commands) == ("#", ['WAIT FOR DIGIT "2500"'])


async def test_no_key_in_time_is_no_answer() -> None:
    assert (await exchange(lambda caller: caller.ask(Question((), 1)), FINE))[0] == ""


async def test_what_asterisk_replies_when_the_link_closes_under_a_wait_is_no_key() -> None:
    assert (await exchange(lambda caller: caller.ask(Question((), 1)), "200 result=1"))[0] == ""


async def test_without_barge_in_no_key_ends_the_prompt() -> None:
    question = Question(("hi",), 1, barge_in=False)
    key, commands = await exchange(lambda caller: caller.ask(question), FINE, "200 result=50")
    assert (key, commands) == ("2", ['STREAM FILE "hi" ""', 'WAIT FOR DIGIT "1000"'])


async def test_what_is_said_goes_on_where_a_key_was_pressed_and_the_keys_are_returned() -> None:
    pressed, commands = await exchange(
        lambda caller: caller.say("hi"), "200 result=49 endpos=800", "200 result=35 endpos=1600", FINE + " endpos=9000"
    )
    assert pressed == "1#"
    assert commands == [f'STREAM FILE "hi" "0123456789*#" "{at}"' for at in (0, 800, 1600)]


async def test_who_drums_on_the_keys_has_what_is_said_cut_short() -> None:
    pressed, commands = await exchange(lambda caller: caller.say("hi"), *["200 result=49 endpos=1"] * 33)
    assert (pressed, len(commands)) == ("1" * 32, 33)


async def test_a_prompt_that_is_missing_does_not_end_the_call() -> None:
    missing = "200 result=-1 endpos=0"
    assert (await exchange(lambda caller: caller.say("hi"), missing))[1] == ['STREAM FILE "hi" "0123456789*#" "0"']
    assert (await exchange(lambda caller: caller.ask(Question(("hi",), 1)), missing, "200 result=49"))[0] == "1"


SAID_S, WAITED_S = 0.02, 0.03


@pytest.mark.parametrize(
    "act",
    [
        lambda caller: caller.say("menu"),
        lambda caller: caller.ask(Question(("menu",), WAITED_S)),
        lambda caller: caller.ask(Question((), WAITED_S)),
        lambda caller: caller.ask(Question(("menu",), WAITED_S, barge_in=False)),
        lambda caller: caller.ask_digits(("menu", "menu"), 4, WAITED_S),
        lambda caller: caller.ask_digits(("menu",), 4, WAITED_S),
    ],
)
async def test_what_should_long_be_over_and_is_not_shows_a_silent_link(
    act: Callable[[Caller], Awaitable[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agi_caller, "LATE_S", 0.05)

    async def silent_after(caller: Caller) -> float:
        loop = asyncio.get_running_loop()
        began = loop.time()
        with pytest.raises(LinkSilent):
            await act(caller)
        return loop.time() - began

    after_s, _ = await exchange(silent_after, lasts=lambda _: SAID_S)
    assert isinstance(after_s, float)
    assert after_s > SAID_S + agi_caller.LATE_S


async def test_a_sound_of_which_nobody_knows_how_long_it_is_takes_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agi_caller, "LATE_S", 0.0)

    async def patient(caller: Caller) -> bool:
        try:
            async with asyncio.timeout(0.5):
                await caller.say("beep")
        except TimeoutError:
            return True
        return False

    assert await exchange(patient) == (True, [])


async def test_variables_are_set_and_read_as_they_are() -> None:
    assert (await exchange(lambda c: c.set("A", 'x "y" \\'), "200 result=1"))[1] == [
        'SET VARIABLE "A" "x \\"y\\" \\\\"'
    ]
    assert (await exchange(lambda c: c.get("A"), "200 result=1 (x)"))[0] == "x"
    assert (await exchange(lambda c: c.get("A"), FINE))[0] == ""


@pytest.mark.parametrize(
    ("status", "cause", "why"),
    [
        ("NOANSWER", "19", OfferFailure.NO_ANSWER),
        ("NOANSWER", "21", OfferFailure.NO_ANSWER),  # the cause is an earlier dial's
        ("CHANUNAVAIL", "3", OfferFailure.UNREACHABLE),
        ("CHANUNAVAIL", "21", OfferFailure.REFUSED),
        ("CONGESTION", "34", OfferFailure.UNREACHABLE),
        ("CANCEL", "0", OfferFailure.CALLER_GONE),
        ("INVALIDARGS", "0", OfferFailure.ERROR),
        ("", "", OfferFailure.ERROR),
    ],
)
async def test_why_an_offer_failed(status: str, cause: str, why: OfferFailure) -> None:
    result, commands = await exchange(
        lambda caller: caller.offer(ringing(19.2)),
        FINE,
        ended(status, cause=cause),
    )
    assert result == OfferFailed(why)
    assert commands[0] == 'EXEC "Dial" "PJSIP/phone1,20,gm(default)"'


@pytest.mark.parametrize(
    ("ring_time", "why"),
    [("", OfferFailure.BUSY), ("812", OfferFailure.REFUSED)],
)
async def test_a_phone_that_is_busy_without_having_rung_is_engaged_and_refused_after_that(
    ring_time: str, why: OfferFailure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agi_caller, "BY_HAND_S", 0.0)
    result, commands = await exchange(
        lambda caller: caller.offer(ringing()),
        FINE,
        ended("BUSY", cause="17", ring_time=ring_time),
    )
    assert result == OfferFailed(why)
    assert commands[1:] == ['GET FULL VARIABLE "${DIALSTATUS}/${ANSWEREDTIME}/${HANGUPCAUSE}/${RINGTIME_MS}"']


async def test_a_phone_that_rings_and_is_busy_in_the_same_moment_was_refused_by_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(agi_caller, "BY_HAND_S", 60.0)
    result, _ = await exchange(lambda caller: caller.offer(ringing()), FINE, ended("BUSY", cause="17", ring_time="3"))
    assert result == OfferFailed(OfferFailure.BUSY)


async def test_an_agent_who_picked_up_and_was_never_joined_has_refused() -> None:
    result, _ = await exchange(lambda caller: caller.offer(ringing()), FINE, ended("ANSWER"))
    assert result == OfferFailed(OfferFailure.REFUSED)


@pytest.mark.parametrize(
    ("how", "dial"),
    [
        (ringing(phones=("PJSIP/phone1", "PJSIP/phone2")), "PJSIP/phone1&PJSIP/phone2,20,gm(default)"),
        (ringing(asking=Asking(("a/b", "c"), "", 0)), "PJSIP/phone1,20,gm(default)U(switchboard-offer^a/b&c^^0)"),
        (ringing(asking=Asking(("a",), "*", 4.5)), "PJSIP/phone1,20,gm(default)U(switchboard-offer^a^*^5)"),
        (ringing(pick_up=PickUp.PHONE), "PJSIP/phone1,20,gm(default)b(switchboard-auto-answer^s^1)"),
    ],
    ids=["several", "a whisper", "a key", "auto answer"],
)
async def test_how_phones_are_rung(how: Ringing, dial: str) -> None:
    _, commands = await exchange(lambda caller: caller.offer(how), FINE, ended("ANSWER", answered_time="1"))
    assert commands[0] == f'EXEC "Dial" "{dial}"'


@pytest.mark.parametrize(
    ("shown", "talk_s", "how"), [("", None, "g"), ("", 7200.0, "gS(7200)"), ("400", 59.5, "gS(60)f(400)")]
)
async def test_how_a_number_is_rung_and_how_long_it_is_talked_with(shown: str, talk_s: float | None, how: str) -> None:
    _, commands = await exchange(
        lambda caller: caller.dial("PJSIP/139@trunk", 25, shown, talk_s), FINE, "200 result=1 (ANSWER)"
    )
    assert commands[0] == f'EXEC "Dial" "PJSIP/139@trunk,25,{how}"'


async def test_the_ticket_is_put_on_the_channel_by_the_command_that_rings() -> None:
    how = replace(ringing(), ticket="YQ.Yg-_")
    _, commands = await exchange(lambda caller: caller.offer(how), FINE, ended("BUSY"))
    assert commands[0] == 'EXEC "Dial" "PJSIP/phone1,20,gm(default)B(switchboard-rings^s^1(YQ.Yg-_))"'


async def test_the_recording_is_begun_by_the_command_that_rings() -> None:
    how = replace(ringing(), ticket="YQ.Yg-_", recording="/r/node1-1.1-1.raw")
    _, commands = await exchange(lambda caller: caller.offer(how), FINE, ended("BUSY"))
    assert commands[0] == (
        'EXEC "Dial" "PJSIP/phone1,20,gm(default)B(switchboard-rings^recorded^1(YQ.Yg-_^/r/node1-1.1-1.raw))"'
    )


@pytest.mark.parametrize("file", ["/r/1.raw,x", "/r/$(id).raw", "/r/a b.raw", "/r/a^b.raw"])
async def test_a_recording_whose_name_means_more_than_a_file_keeps_nobody_from_being_served(file: str) -> None:
    how = replace(ringing(), recording=file)
    _, commands = await exchange(lambda caller: caller.offer(how), FINE, ended("BUSY"))
    assert commands[0] == 'EXEC "Dial" "PJSIP/phone1,20,gm(default)"'


async def test_a_ticket_that_has_no_room_beside_the_phones_and_the_recording_is_put_there_first() -> None:
    phones = tuple(f"PJSIP/phone{number}" for number in range(10))
    how = replace(ringing(phones=phones), ticket="t" * TICKET_BYTES, recording="/r/1.raw")
    _, commands = await exchange(lambda caller: caller.offer(how), FINE, FINE, ended("BUSY"))
    assert commands[0] == f'SET VARIABLE "{VARIABLE}" "{how.ticket}"'
    assert commands[1].endswith('PJSIP/phone9,20,gm(default)B(switchboard-rings^recorded^1(^/r/1.raw))"')


async def test_a_recording_that_has_hardly_room_takes_no_earlier_ticket_away() -> None:
    how = replace(ringing(), recording=f"/{'r' * 1887}/1.raw")
    _, commands = await exchange(lambda caller: caller.offer(how), FINE, ended("BUSY"))
    assert commands[0].startswith('EXEC "Dial"')


async def test_a_ticket_that_has_no_room_beside_the_phones_is_put_there_first() -> None:
    phones = tuple(f"PJSIP/phone{number}" for number in range(10))
    how = replace(ringing(phones=phones), ticket="t" * TICKET_BYTES)
    _, commands = await exchange(lambda caller: caller.offer(how), FINE, FINE, ended("BUSY"))
    assert commands[0] == f'SET VARIABLE "{VARIABLE}" "{how.ticket}"'
    assert commands[1].endswith('PJSIP/phone9,20,gm(default)"')


@pytest.mark.parametrize("asking", [Asking(("a,b",), "", 0), Asking(("a^b",), "1", 3), Asking(("a",), "#", 3)])
async def test_what_could_begin_another_argument_is_not_dialled(asking: Asking) -> None:
    result, commands = await exchange(lambda caller: caller.offer(ringing(asking=asking)))
    assert (result, commands) == (OfferFailed(OfferFailure.ERROR), [])


async def test_an_answered_offer_returns_when_the_conversation_is_over() -> None:
    result, _ = await exchange(
        lambda caller: caller.offer(ringing()), FINE, ended("ANSWER", answered_time="63", ring_time="812")
    )
    assert result == ConversationOver()


async def test_a_caller_who_hung_up_under_the_offer_is_asked_nothing_more() -> None:
    async def act(caller: Caller) -> str:
        with pytest.raises(CallerGone):
            await caller.offer(ringing())
        return "gone"

    result, commands = await exchange(act, "200 result=-1")
    assert (result, len(commands)) == ("gone", 1)


async def test_what_the_dialplan_handed_over_is_not_asked_for() -> None:
    async def act(caller: Caller) -> str:
        await caller.answer()
        return await caller.get(VARIABLE)

    assert await exchange(act, handed_over="Up a.ticket") == ("a.ticket", [])
    assert await exchange(act, handed_over="Up") == ("", [])
    assert await exchange(act, FINE, handed_over="Ring a.ticket") == ("a.ticket", ["ANSWER"])
    assert (await exchange(act, FINE, "200 result=1 (x)"))[0] == "x"


async def test_a_variable_set_since_the_hand_over_is_read_anew() -> None:
    async def act(caller: Caller) -> str:
        await caller.set(VARIABLE, "new")
        return await caller.get(VARIABLE)

    result, commands = await exchange(act, FINE, "200 result=1 (new)", handed_over="Up old")
    assert (result, len(commands)) == ("new", 2)


@pytest.mark.parametrize("phone", ["PJSIP/x,20,g&Local/9", "PJSIP/x&PJSIP/y", "PJSIP/1@trunk", "", "PJSIP/a b"])
async def test_a_phone_that_could_dial_something_else_is_not_dialled(phone: str) -> None:
    result, commands = await exchange(lambda caller: caller.offer(ringing(phones=("PJSIP/phone1", phone))))
    assert (result, commands) == (OfferFailed(OfferFailure.ERROR), [])


async def test_the_other_commands() -> None:
    async def act(caller: Caller) -> None:
        await caller.answer()
        await caller.music_on("waltz")
        await caller.music_off()
        await caller.start_recording("/r/1.raw")
        await caller.stop_recording()
        await caller.take_message("/m/node1-1.1.wav", 60, 4.5)
        await caller.leave_to("somewhere")

    _, commands = await exchange(act, *[FINE] * 9)
    assert commands == [
        "ANSWER",
        'SET MUSIC "ON" "waltz"',
        'SET MUSIC "OFF"',
        'EXEC "MixMonitor" "/r/1.raw,Db"',
        'EXEC "StopMixMonitor" ""',
        'RECORD FILE "/m/node1-1.1" "wav" "#" "60000" "BEEP" "s=5"',
        'SET CONTEXT "somewhere"',
        'SET EXTENSION "caller"',
        'SET PRIORITY "1"',
    ]


async def test_a_message_that_cannot_be_written_is_not_passed_over() -> None:
    async def act(caller: Caller) -> str:
        with pytest.raises(CommandFailed, match="folder is missing"):
            await caller.take_message("/m/1.wav", 60, 5)
        return "told"

    assert (await exchange(act, "200 result=-1 (writefile)"))[0] == "told"


@pytest.mark.parametrize("file", ["/r/1.raw,x", "/r/$(id).raw", "/r/a b.raw"])
async def test_a_file_name_that_means_more_than_a_file_is_refused(file: str) -> None:
    async def act(caller: Caller) -> str:
        with pytest.raises(ValueError, match="does not have the form"):
            await caller.start_recording(file)
        return "refused"

    assert await exchange(act) == ("refused", [])


async def test_a_fax_is_received_and_how_it_ended_is_asked_for() -> None:
    replies = ("200 result=0", "200 result=1 (FAILED)", "200 result=1 (RX_NOEOP)", "200 result=1 (+49 1)")
    came, commands = await exchange(lambda caller: caller.receive_fax("/m/1.tiff"), *replies)
    assert came == FaxCame(complete=False, error="RX_NOEOP", station="+49 1")
    assert commands[:2] == ['EXEC "ReceiveFAX" "/m/1.tiff"', 'GET VARIABLE "FAXOPT(status)"']
