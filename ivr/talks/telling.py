"""What one caller is told and asked: prompts and values into sounds, and the keys pressed, some of them ahead of the question."""

from __future__ import annotations

import structlog

from ivr.caller import Caller, Question
from ivr.flows.flow import Flow
from ivr.house import House
from ivr.prompts.spoken_values import Said, voiced
from ivr.state import State
from ivr.steps.talk import Digits, DoAsk, DoAskDigits
from ivr.talks.typed_ahead import TypedAhead

_log = structlog.get_logger("session")


class Telling:
    """One caller's ear and keys. Every method raises CallerGone."""

    def __init__(self, caller: Caller, house: House) -> None:
        self._caller, self._house = caller, house
        self._typed = TypedAhead()

    def forget_keys(self) -> None:
        """Keys pressed so far were not meant for what comes next."""
        self._typed.forget()

    async def tell(self, said: Said, flow: Flow, state: State) -> None:
        """Say this; keys pressed meanwhile are kept for the next question."""
        for sound in self._sounds(said, flow, state):
            self._typed.note(await self._caller.say(sound))

    async def say(self, prompt: str, flow: Flow, state: State) -> None:
        """Say one prompt, in which keys mean nothing."""
        await self._caller.say(self.sound(prompt, flow, state))

    async def ask(self, ask: DoAsk, flow: Flow, state: State) -> str:
        """Ask, and return the key pressed; empty: none."""
        if state.tries > 0 or not ask.barge_in:
            self._typed.forget()
        if key := self._typed.key():
            return key
        return await self._caller.ask(Question(self._sounds(ask.said, flow, state), ask.wait_s, ask.barge_in))

    async def ask_digits(self, ask: DoAskDigits, flow: Flow, state: State) -> Digits:
        """Ask for digits; masked ones are in no recording."""
        if state.tries > 0:
            self._typed.forget()
        ahead, whole = self._typed.digits(ask.most)
        if whole:
            return Digits(ahead)
        sounds = () if ahead else self._sounds(ask.said, flow, state)
        most = ask.most - len(ahead)
        if not ask.masked:
            return Digits(ahead + await self._caller.ask_digits(sounds, most, ask.wait_s))
        async with self._house.unrecorded(self._caller.call):
            return Digits(ahead + await self._caller.ask_digits(sounds, most, ask.wait_s))

    def sound(self, prompt: str, flow: Flow, state: State) -> str:
        """The prompt's sound in the caller's language, as Asterisk names it."""
        return self._house.sounds.sound(prompt, flow.speaks(state))

    def _sounds(self, said: Said, flow: Flow, state: State) -> tuple[str, ...]:
        voice = voiced(said, dict(state.variables), flow.speaks(state))
        if voice.unspoken:
            _log.warning(
                "variables are not what they should be spoken as: the flow sets something else, or nothing",
                call=self._caller.call,
                flow=flow.name,
                step=state.step,
                variables=voice.unspoken,
            )
        return tuple(self.sound(prompt, flow, state) for prompt in voice.prompts)
