"""How a caller agrees to be called back: on which number, read back digit by digit, and confirmed by a key."""

from __future__ import annotations

from dataclasses import replace

import structlog

from ivr.caller import Caller, Question
from ivr.house import House, Promise
from ivr.prompts.speaking import can_speak, digits
from ivr.prompts.text import PromptText
from ivr.steps.talk import CallbackAgreed, CallbackDeclined
from ivr.tickets.ticket import Place

_log = structlog.get_logger("callback")

TRIES = 3
"""So often a number is asked for or read back before the caller is taken to decline."""
KEY_WAIT_S = 5.0
"""How long a caller may think before a key, and between two digits."""
MOST_DIGITS = 20
_YES, _ANOTHER, _NO = "1", "2", "*"

_NUMBER_IS, _CONFIRM, _ENTER = "callback-number-is", "callback-confirm", "callback-enter"
_CANNOT, _PROMISED, _EXISTS, _UNKEPT = (
    "callback-cannot",
    "callback-promised",
    "callback-exists",
    "callback-unkept",
)

_TEXTS = {
    _NUMBER_IS: ("我们将回拨这个号码：", "We will call you back on this number:"),
    _CONFIRM: (
        "正确请按 1，换一个号码请按 2，不需要回拨请按星号键。",
        "If this is right, press one. For another number, press two. If you do not want to be called, press star.",
    ),
    _ENTER: (
        "请输入您的电话号码，按井号键结束；不需要回拨请按星号键。",
        "Please enter your telephone number and press hash. If you do not want to be called, press star.",
    ),
    _CANNOT: ("我们无法回拨这个号码。", "We cannot call this number."),
    _PROMISED: (
        "好的，您的位置已保留，轮到您时我们会给您打电话。",
        "Thank you. You keep your place, and we call you when it is your turn.",
    ),
    _EXISTS: ("您已经预约了回拨，位置不变。", "You are promised a call already, and you keep that place."),
    _UNKEPT: ("抱歉，现在无法预约回拨。", "We are sorry: we cannot promise you a call at the moment."),
}

PROMPTS = tuple(
    PromptText(name, language, text)
    for name, texts in _TEXTS.items()
    for language, text in zip(("zh", "en"), texts, strict=True)
)
"""What callers are told; to be made with the flows' prompts."""


class CallbackTalk:
    """One caller's talk about being called back. `language` is the folder of prompts they are spoken to from."""

    def __init__(self, caller: Caller, house: House, language: str) -> None:
        self._caller, self._house, self._language = caller, house, language

    async def agree(self, place: Place) -> CallbackAgreed | CallbackDeclined:
        """Offer the callback, and promise it where the caller confirms a number. Raises CallerGone."""
        number = self._caller.number if self._house.callbacks.may_call(self._caller.number) else ""
        for _ in range(TRIES):
            if not number:
                number = await self._entered()
                if _NO in number:
                    return CallbackDeclined()
                if not self._house.callbacks.may_call(number):
                    self._house.callbacks.refused(self._caller.call, number)
                    await self._say(_CANNOT)
                    number = ""
                    continue
            match await self._confirmed(number):
                case key if key == _YES:
                    return await self._promise(number, place)
                case key if key == _ANOTHER:
                    number = ""
                case key if key == _NO:
                    return CallbackDeclined()
                case _:
                    pass
        return CallbackDeclined()

    async def _entered(self) -> str:
        """The digits entered, and stars."""
        return await self._caller.ask_digits((self._sound(_ENTER),), MOST_DIGITS, KEY_WAIT_S)

    async def _confirmed(self, number: str) -> str:
        await self._say(_NUMBER_IS)
        for prompt in digits(number, self._language) if can_speak(self._language) else ():
            await self._say(prompt)
        return await self._caller.ask(self._question(_CONFIRM))

    async def _promise(self, number: str, place: Place) -> CallbackAgreed | CallbackDeclined:
        customer = self._house.customers.known_by(number)
        if customer is None:
            return CallbackDeclined()
        promise = await self._house.callbacks.promise(self._caller.call, number, replace(place, customer=customer))
        _log.info("callback asked for", call=self._caller.call, promise=promise.value)
        match promise:
            case Promise.MADE:
                await self._say(_PROMISED)
                return CallbackAgreed()
            case Promise.EXISTS:
                await self._say(_EXISTS)
                return CallbackAgreed()
            case Promise.REFUSED:
                await self._say(_UNKEPT)
                return CallbackDeclined()

    async def _say(self, prompt: str) -> None:
        await self._caller.say(self._sound(prompt))

    def _question(self, prompt: str) -> Question:
        return Question((self._sound(prompt),), KEY_WAIT_S)

    def _sound(self, prompt: str) -> str:
        return self._house.sounds.sound(prompt, self._language)
