"""A scripted caller: dials a number from outside, presses keys, hears, waits, hangs up."""

from __future__ import annotations

from deploy.telephones.handset import Handset, HandsetState

PICK_UP_WITHIN_S = 10.0


class Caller(Handset):
    """Somebody outside with a telephone: not registered, known to the site only by what it dials."""

    async def call(self, number: str) -> None:
        """Dial and wait until the site picks up; raises NotInTime."""
        await self.dial(number)
        await self.until(HandsetState.ESTABLISHED, PICK_UP_WITHIN_S)

    def _account(self) -> str:
        return (
            f"<sip:{self.name}@{self.exchange.host}:{self.exchange.port};transport=udp>"
            f";regint=0;answermode=manual;audio_codecs={self.sound.codec}"
        )
