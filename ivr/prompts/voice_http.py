"""A voice that is a web service: a text goes there as JSON, a sound file comes back."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from common.late import Late
from ivr.prompts.voice import SPEAK_WITHIN_S, Samples, VoiceFailed, samples_in

if TYPE_CHECKING:
    import httpx
else:
    httpx = Late("httpx")

MOST_BYTES = 20_000_000
"""Longest answer that is read: three minutes of the largest sound there is."""


class HttpVoice:
    """Posts `{"text": …, "language": "zh"}` to a URL, which answers with a sound file (WAV, FLAC, OGG, MP3).

    `token`, where there is one, is shown as `Authorization: Bearer`.
    """

    def __init__(self, url: str, token: str = "", transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.name = url
        self._url, self._transport = url, transport
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def speak(self, text: str, language: str) -> tuple[Samples, int]:
        """Return the spoken text."""
        question = {"text": text, "language": language}
        try:
            async with (
                httpx.AsyncClient(transport=self._transport, timeout=SPEAK_WITHIN_S, trust_env=False) as client,
                client.stream("POST", self._url, json=question, headers=self._headers) as answer,
            ):
                if answer.status_code != HTTPStatus.OK:
                    raise VoiceFailed(
                        f"the voice at {self._url} answers {answer.status_code}, not 200 with a sound file"
                    )
                return samples_in(await self._whole(answer))
        except httpx.HTTPError as error:
            raise VoiceFailed(f"the voice at {self._url} does not speak: {error or type(error).__name__}") from error

    async def _whole(self, answer: httpx.Response) -> bytes:
        sound = bytearray()
        async for part in answer.aiter_bytes():
            sound += part
            if len(sound) > MOST_BYTES:
                raise VoiceFailed(f"the voice at {self._url} answers with more than {MOST_BYTES:,} bytes")
        return bytes(sound)
