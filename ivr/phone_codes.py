"""Dialling codes from agents' phones: sign in, ready, pause, sign out, close a calendar, ask somebody outside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog

from acd.desk import Desk
from acd.errors import RequestRefused, WrapUpFixed
from acd.names import AgentId, CallId, HandOverEnd, PhoneId
from acd.requests import AgentPaused, AgentReady, AgentSignedIn, AgentSignedOut
from ivr.calendars.hours import Calendar
from ivr.calendars.switches import Calendars, Position
from ivr.caller import Caller, CallerGone
from ivr.dialling.policy import DialRules
from ivr.house import Dialling, Sounds
from ivr.prompts.text import PromptText
from ivr.session import DONE
from ivr.transfers.consulting import ask_outside, caller_of

_log = structlog.get_logger("phone_codes")

BY_PHONE = "by phone"
"""The reason of a calendar that was closed so."""

ASK_OUTSIDE = "ask-outside"
"""The code before a number outside that an agent asks while their caller is on hold."""

_SIGNED_IN, _READY, _PAUSED, _SIGNED_OUT = "phone-signed-in", "phone-ready", "phone-paused", "phone-signed-out"
_REFUSED, _FIXED = "phone-refused", "phone-wrap-up-fixed"
_NO_REASON, _NOBODY = "phone-no-such-reason", "phone-nobody-signed-in"

_CLOSED, _BY_HOURS = "phone-hours-closed", "phone-hours-hold"
_DIALLING_STOPPED, _DIALLING_RESUMED = "phone-dialling-stopped", "phone-dialling-resumed"
_NO_CALENDAR, _NOT_ALLOWED = "phone-no-such-calendar", "phone-not-allowed"
_NO_CALLER, _NOT_DIALLED, _NOT_REACHED = "phone-no-caller", "phone-not-dialled", "phone-not-reached"
_TALKED = ""
"""No answer: the agent has talked with whom they asked, and nothing is left to say."""

PROMPTS = tuple(
    PromptText(name, language, text)
    for name, texts in {
        _SIGNED_IN: ("您已签入，目前为暂停状态。", "You are signed in, and paused."),
        _READY: ("您已就绪。", "You are ready for calls."),
        _PAUSED: ("您已暂停。", "You are paused."),
        _SIGNED_OUT: ("您已签出。", "You are signed out."),
        _REFUSED: ("操作未能完成，请检查您的工号。", "That was not possible. Please check your agent number."),
        _FIXED: ("话后处理时间尚未结束，无法提前结束。", "Your wrap-up is not over yet, and cannot be ended early."),
        _NO_REASON: ("没有这个暂停代码。", "There is no such pause code."),
        _CLOSED: ("已紧急关闭，恢复前来电将按关闭处理。", "Closed by hand, until it is given back to its hours."),
        _BY_HOURS: ("已恢复按营业时间。", "The usual hours hold again."),
        _DIALLING_STOPPED: ("已紧急停止外呼。", "No numbers outside are dialled any more."),
        _DIALLING_RESUMED: ("已恢复外呼。", "Numbers outside are dialled again."),
        _NO_CALENDAR: ("没有这个营业时间代码。", "There is no calendar with this code."),
        _NOT_ALLOWED: ("您没有此权限。", "You may not do that from this phone."),
        _NO_CALLER: ("您当前没有通话中的来电。", "You are not talking with a caller."),
        _NOT_DIALLED: ("不允许拨打该号码。", "This number is not dialled."),
        _NOT_REACHED: ("对方无法接通。", "Nobody could be reached there."),
        _NOBODY: ("这部话机上没有人签入。", "Nobody is signed in on this phone."),
    }.items()
    for language, text in zip(("zh", "en"), texts, strict=True)
)
"""What phones are answered; to be made with the flows' prompts."""


@dataclass(frozen=True, slots=True)
class DialledCode:
    """What was dialled, as the dialplan hands it over (docs/interfaces.md)."""

    code: str
    """`sign-in`, `sign-out`, `ready`, `pause`, `close-hours`, `by-hours`, `stop-dialling`, `resume-dialling` or `ask-outside`."""
    digits: str
    """The agent's number, the pause's or the calendar's code, if any was dialled; a number outside: never to be logged."""
    phone: PhoneId
    """The phone it was dialled on."""


class DialStop(Dialling, Protocol):
    """The policy of dialled numbers, and its emergency stop."""

    @property
    def rules(self) -> DialRules | None:
        """The rules as configured now."""
        ...

    def stop_all(self, reason: str, who: str) -> object:
        """Have nothing dialled any more."""
        ...

    def resume(self, who: str) -> object:
        """Let numbers be dialled again."""
        ...


@dataclass(frozen=True, slots=True)
class PhoneDesk:
    """What dialling codes work with."""

    desk: Desk
    sounds: Sounds
    language: Callable[[], str]
    """Folder of prompts of the site's language, as configured now."""
    pause_reasons: Callable[[], Mapping[str, str]]
    """Reasons by the code dialled, as configured now; the first is meant where no code is dialled."""
    calendars: Calendars
    calendars_now: Callable[[], Mapping[str, Calendar]]
    """Calendars as configured now."""
    dialling: DialStop
    dial_is_over: Callable[[CallId], Awaitable[bool]]
    """Whether Asterisk says that nobody is dialled any more on this line."""
    end_ringing: Callable[[CallId], None]
    """End what still rings for this line."""


async def take_code(caller: Caller, dialled: DialledCode, house: PhoneDesk) -> None:
    """Do what was dialled, say what came of it, hang up. Who asks outside is not answered before somebody is there."""
    log = _log.bind(call=caller.call, phone=dialled.phone, code=dialled.code)
    try:
        if dialled.code == ASK_OUTSIDE:
            answer = await _asked_outside(caller, dialled, house)
            if answer != _TALKED:
                await caller.answer()
        else:
            await caller.answer()
            answer = await _done(dialled, house)
        log.info("dialling code", answer=answer)
        if answer != _TALKED:
            await caller.say(house.sounds.sound(answer, house.language()))
        await caller.set(DONE, "1")
    except CallerGone as gone:
        log.info("phone hung up", why=str(gone))


async def _asked_outside(caller: Caller, dialled: DialledCode, house: PhoneDesk) -> str:
    """Ring a number outside for an agent in conversation, and return the prompt that says how it went."""
    agent = house.desk.floor.phones.get(dialled.phone)
    if agent is None:
        return _NOBODY
    about = caller_of(agent, house.desk)
    if about is None:
        return _NO_CALLER
    match await ask_outside(caller, dialled.digits, agent, about, house):
        case HandOverEnd.TALKED:
            return _TALKED
        case HandOverEnd.REFUSED:
            return _NOT_DIALLED
        case _:
            return _NOT_REACHED


async def _done(dialled: DialledCode, house: PhoneDesk) -> str:
    """Ask the desk, and return the prompt that says how it went."""
    who = f"phone:{dialled.phone}"
    if dialled.code == "sign-in":
        return await _asked(house, AgentSignedIn(AgentId(dialled.digits), dialled.phone, who), _SIGNED_IN)
    agent = house.desk.floor.phones.get(dialled.phone)
    if agent is None:
        return _NOBODY
    match dialled.code:
        case "ready":
            return await _asked(house, AgentReady(agent, who), _READY)
        case "sign-out":
            return await _asked(house, AgentSignedOut(agent, who), _SIGNED_OUT)
        case "pause":
            reasons = house.pause_reasons()
            reason = reasons.get(dialled.digits) if dialled.digits else next(iter(reasons.values()), None)
            return _NO_REASON if reason is None else await _asked(house, AgentPaused(agent, reason, who), _PAUSED)
        case "close-hours" | "by-hours" | "stop-dialling" | "resume-dialling":
            return _switched(house, agent, dialled)
        case other:
            raise ValueError(f"the dialplan hands over an unknown code {other!r}: mend extensions.conf")


def _switched(house: PhoneDesk, agent: AgentId, dialled: DialledCode) -> str:
    """Throw an emergency switch, a calendar's or that of dialling out, where this agent may."""
    if dialled.code in ("stop-dialling", "resume-dialling"):
        return _stopped(house.dialling, agent, dialled)
    code = dialled.digits
    calendar = next((each for each in house.calendars_now().values() if code and each.code == code), None)
    if calendar is None:
        return _NO_CALENDAR
    if agent not in calendar.switched_by:
        return _NOT_ALLOWED
    if dialled.code == "close-hours":
        house.calendars.throw(calendar.name, Position.CLOSED, BY_PHONE, f"agent:{agent}")
        return _CLOSED
    house.calendars.throw(calendar.name, Position.BY_HOURS, "", f"agent:{agent}")
    return _BY_HOURS


def _stopped(stop: DialStop, agent: AgentId, dialled: DialledCode) -> str:
    """Throw the emergency stop of dialling out, or release it, where this agent may."""
    rules = stop.rules
    if rules is None or agent not in rules.stopped_by or dialled.digits != rules.code:
        return _NOT_ALLOWED
    if dialled.code == "stop-dialling":
        stop.stop_all(BY_PHONE, f"agent:{agent}")
        return _DIALLING_STOPPED
    stop.resume(f"agent:{agent}")
    return _DIALLING_RESUMED


async def _asked(
    house: PhoneDesk, request: AgentSignedIn | AgentSignedOut | AgentReady | AgentPaused, fine: str
) -> str:
    try:
        await house.desk.ask(request)
    except WrapUpFixed:
        return _FIXED
    except RequestRefused as refused:
        # The refusal's text has the number dialled, which may be anybody's.
        _log.info("dialling code refused", who=request.who, why=type(refused).__name__)
        return _REFUSED
    return fine
