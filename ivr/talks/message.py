"""A caller leaves a message: the prompt, the tone, what they say; where they may, they hear it, say it again, and send it by key.

What was said is kept also where the caller just hangs up; what has no speech in it is not.
"""

from __future__ import annotations

from ivr.caller import Caller, CallerGone, Question
from ivr.house import House, MessageOrder
from ivr.prompts.text import PromptText
from ivr.steps.talk import DoTakeMessage, MessageTaken, NoMessage

TRIES = 3
"""So often a caller who said nothing is asked again, or says it anew."""
KEY_WAIT_S = 5.0
_HEAR, _AGAIN, _SEND, _DISCARD = "1", "2", "3", "*"
_EMPTY, _REVIEW, _SENT = "message-empty", "message-review", "message-sent"

PROMPTS = tuple(
    PromptText(name, language, text)
    for name, texts in {
        _EMPTY: ("我们没有听到您的留言，请在提示音后讲话。", "We did not hear anything. Please speak after the tone."),
        _REVIEW: (
            "收听留言请按 1，重新留言请按 2，发送请按 3，取消请按星号键。",
            "To hear your message, press one. To say it again, press two. To send it, press three. To discard it, press star.",
        ),
        _SENT: ("您的留言已发送。", "Your message was sent."),
    }.items()
    for language, text in zip(("zh", "en"), texts, strict=True)
)
"""What callers are told; to be made with the flows' prompts."""


class MessageTalk:
    """One caller's message. `language` is the folder of prompts they are spoken to from."""

    def __init__(self, caller: Caller, house: House, language: str, order: MessageOrder) -> None:
        self._caller, self._house, self._language, self._order = caller, house, language, order

    async def take(self, do: DoTakeMessage, prompt: str) -> MessageTaken | NoMessage:
        """Take the message; `prompt` as Asterisk names it. Raises CallerGone, and keeps then what was said."""
        await self._caller.say(prompt)
        for tried in range(TRIES):
            recording = await self._house.messages.begin(self._order)
            try:
                await self._caller.take_message(self._house.messages.file(recording), do.most_s, do.silence_s)
                says_something = await self._house.messages.says_something(recording, do.least_s)
                wanted = await self._reviewed(recording) if says_something and do.review else _SEND
            except CallerGone:
                await self._house.messages.keep(recording, do.least_s)
                raise
            if says_something and wanted == _SEND:
                kept = await self._house.messages.keep(recording, do.least_s)
                if kept and do.review:
                    await self._say(_SENT)
                return MessageTaken() if kept else NoMessage()
            await self._house.messages.drop(recording)
            if wanted == _DISCARD:
                break
            if not says_something and tried + 1 < TRIES:
                await self._say(_EMPTY)
        return NoMessage()

    async def _reviewed(self, recording: str) -> str:
        """What the caller wants done with it; who presses nothing has sent it."""
        for _ in range(TRIES):
            key = await self._caller.ask(Question((self._sound(_REVIEW),), KEY_WAIT_S))
            if key != _HEAR:
                return key if key in (_AGAIN, _DISCARD) else _SEND
            await self._caller.say(self._house.messages.sound(recording))
        return _SEND

    async def _say(self, prompt: str) -> None:
        await self._caller.say(self._sound(prompt))

    def _sound(self, prompt: str) -> str:
        return self._house.sounds.sound(prompt, self._language)
