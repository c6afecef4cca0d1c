"""Dialling codes from agents' phones: sign in, ready, pause, sign out, each with a spoken answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from acd.desk import Desk
from acd.errors import RequestRefused, WrapUpFixed
from acd.names import AgentId, PhoneId
from acd.requests import AgentPaused, AgentReady, AgentSignedIn, AgentSignedOut
from ivr.caller import Caller, CallerGone
from ivr.flow_file import PromptText
from ivr.house import Sounds
from ivr.session import DONE

_log = structlog.get_logger("phone_codes")

_SIGNED_IN, _READY, _PAUSED, _SIGNED_OUT = "phone-signed-in", "phone-ready", "phone-paused", "phone-signed-out"
_REFUSED, _FIXED = "phone-refused", "phone-wrap-up-fixed"
_NO_REASON, _NOBODY = "phone-no-such-reason", "phone-nobody-signed-in"

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
        _NOBODY: ("这部话机上没有人签入。", "Nobody is signed in on this phone."),
    }.items()
    for language, text in zip(("zh", "en"), texts, strict=True)
)
"""What phones are answered; to be made with the flows' prompts."""


@dataclass(frozen=True, slots=True)
class DialledCode:
    """What was dialled, as the dialplan hands it over (docs/interfaces.md)."""

    code: str
    """`sign-in`, `sign-out`, `ready` or `pause`."""
    digits: str
    """The agent's number or the pause code, if any was dialled."""
    phone: PhoneId
    """The phone it was dialled on."""


@dataclass(frozen=True, slots=True)
class PhoneDesk:
    """What dialling codes work with."""

    desk: Desk
    sounds: Sounds
    language: Callable[[], str]
    """Folder of prompts of the site's language, as configured now."""
    pause_reasons: Callable[[], Mapping[str, str]]
    """Reasons by the code dialled, as configured now; the first is meant where no code is dialled."""


async def take_code(caller: Caller, dialled: DialledCode, house: PhoneDesk) -> None:
    """Do what was dialled, say what came of it, hang up."""
    log = _log.bind(call=caller.call, phone=dialled.phone, code=dialled.code)
    try:
        await caller.answer()
        answer = await _done(dialled, house)
        log.info("dialling code", answer=answer)
        await caller.say(house.sounds.sound(answer, house.language()))
        await caller.set(DONE, "1")
        await caller.hang_up()
    except CallerGone as gone:
        log.info("phone hung up", why=str(gone))


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
        case other:
            raise ValueError(f"the dialplan hands over an unknown code {other!r}: mend extensions.conf")


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
