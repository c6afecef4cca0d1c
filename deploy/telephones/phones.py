"""An agent's phone: a real SIP phone, registered at the site's Asterisk, that answers by a stated policy."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from common.tasks import spawn
from deploy.telephones.baresip import Sound
from deploy.telephones.handset import Exchange, Handset, HandsetState

REGISTER_EVERY_S = 60
FIRST_TONE_HZ = 425
TONE_STEP_HZ = 60
TONES = 40
"""Tones stay below 2,800 Hz, inside the telephone band."""


@dataclass(frozen=True, slots=True)
class AnswerAfter:
    """Answers every call after this many seconds of ringing."""

    seconds: float


@dataclass(frozen=True, slots=True)
class NeverAnswer:
    """Lets every call ring out (or be answered by hand, with `accept`)."""


@dataclass(frozen=True, slots=True)
class RejectBusy:
    """Refuses every call with 486 Busy Here."""


@dataclass(frozen=True, slots=True)
class AnswerIfTold:
    """Picks up at once where the call's INVITE tells it to (`answer-after=0`), and never else; for a phone's whole life."""


AnswerPolicy = AnswerAfter | NeverAnswer | RejectBusy | AnswerIfTold
_TOLD = re.compile(r"^Call-Info:.*;answer-after=0\s*$", re.MULTILINE | re.IGNORECASE)
_TRACE = "-s"
"""baresip 1.0 does not follow the header by itself: it is read from its trace."""


def tone_of(number: int) -> int:
    """Give phone `number` (from 1) its own tone in Hz, so that recordings can be told apart."""
    return FIRST_TONE_HZ + TONE_STEP_HZ * ((number - 1) % TONES)


class Phone(Handset):
    """An agent's phone. `answer` may be changed at any time and counts from the next call on."""

    def __init__(
        self,
        name: str,
        password: str,
        exchange: Exchange,
        sound: Sound,
        *,
        parent: Path,
        answer: AnswerPolicy,
        address: str = "127.0.0.1",
    ) -> None:
        """`name` is the endpoint's name at Asterisk (`phone1`); the rest as in Handset."""
        options = (_TRACE,) if isinstance(answer, AnswerIfTold) else ()
        super().__init__(name, exchange, sound, parent=parent, address=address, options=options)
        self.answer = answer
        self._password = password
        self._answering: asyncio.Task[None] | None = None

    async def switch_off(self) -> None:
        """Unregister, end every call and the process; nothing stays behind."""
        if self._answering is not None:
            self._answering.cancel()
        await super().switch_off()

    async def until_registered(self, within_s: float) -> None:
        """Wait until Asterisk knows where the phone is; raises NotInTime."""
        await self.until_true(lambda: self.registered, "registered", within_s)

    def _account(self) -> str:
        return (
            f"<sip:{self.name}@{self.exchange.host}:{self.exchange.port};transport=udp>"
            f";auth_user={self.name};auth_pass={self._password};regint={REGISTER_EVERY_S}"
            ";answermode=manual;audio_codecs=PCMA/8000/1"
        )

    def _rang(self) -> None:
        match self.answer:
            case AnswerAfter(seconds):
                self._answering = spawn(self._answer_after(seconds), f"{self.name} answers")
            case RejectBusy():
                self._answering = spawn(self.hang_up(), f"{self.name} rejects")
            case AnswerIfTold():
                if _TOLD.search(self._baresip.log()):
                    self._answering = spawn(self.accept(), f"{self.name} picks up")
            case NeverAnswer():
                pass
            case _ as never:
                assert_never(never)

    async def _answer_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if self.state is HandsetState.RINGING:
            await self.accept()
