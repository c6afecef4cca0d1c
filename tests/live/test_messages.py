"""Callers who speak to nobody, on a real Asterisk: what they said is a recording, told of, listed and played."""

from __future__ import annotations

import io
import wave

import numpy as np

from deploy.telephones.handset import HandsetState
from tests.live.house import SOON_S, House, Json
from tests.live.told import prompt, until_told
from tests.live.waiting import until_seen

KEPT_WITHIN_S = 20.0


async def filed(house: House, call: str) -> Json:
    """The call's message, once it can be played."""

    async def complete() -> Json | None:
        found = (await house.get("/api/v1/recordings?queue=sales&tag=kind:voicemail"))["items"]
        return next((each for each in found if each["call"] == call and each["state"] == "complete"), None)

    return await until_seen(complete, "the message is filed", KEPT_WITHIN_S)


async def loudest_hz(house: House, recording: Json) -> tuple[float, bool]:
    """What the caller's side of it hums, and whether the other side is silent."""
    answer = await house.api.get(f"/api/v1/recordings/{recording['id']}/audio")
    with wave.open(io.BytesIO(answer.content)) as played:
        rate = played.getframerate()
        frames = np.frombuffer(played.readframes(played.getnframes()), dtype="<i2").reshape(-1, 2)
    spectrum = np.abs(np.fft.rfft(frames[:, 0] * np.hanning(len(frames))))
    return float(np.argmax(spectrum) * rate / len(frames)), not frames[:, 1].any()


async def test_a_message_is_a_recording_of_its_queue_told_of_and_played(house: House) -> None:
    await prompt(house, "speak-now", "en")
    caller = await house.caller("spoken")
    call = house.life(caller).call
    left = await house.until_event("MessageLeft", KEPT_WITHIN_S, call=call)
    assert (left.data["kind"], left.data["flow"], left.data["queue"]) == ("voicemail", "spoken", "sales")
    await caller.until(HandsetState.IDLE, SOON_S)
    recording = await filed(house, call)
    assert (recording["id"], recording["outcome"]) == (left.data["recording"], "message")
    assert {"kind": "voicemail", "flow": "spoken", "language": "english"}.items() <= recording["tags"].items()
    assert 1.0 < recording["duration_s"] < 4.0
    hz, other_side_silent = await loudest_hz(house, recording)
    assert abs(hz - caller.sound.tone_hz) < 20
    assert other_side_silent
    await until_told(house, caller, "speak-now", "en")


async def test_who_hangs_up_while_they_speak_has_left_a_message(house: House) -> None:
    house.rewrite("flows/spoken.yaml", "most_s: 2", "most_s: 60")
    await house.reload()
    caller = await house.caller("spoken")
    call = house.life(caller).call
    folder = house.site.recordings / "messages"

    async def spoken() -> bool:
        return any(file.stat().st_size > 40_000 for file in folder.glob(f"{call}-*.wav"))

    await until_seen(spoken, "two seconds are said", KEPT_WITHIN_S)
    await caller.hang_up()
    await house.until_event("MessageLeft", KEPT_WITHIN_S, call=call)
    await filed(house, call)
