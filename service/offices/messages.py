"""What callers' sessions take messages with: the recordings room behind their port, and word of each message on the feed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from acd.desk import Desk
from acd.facts import MessageLeft
from acd.names import AgentId, MessageKind, QueueId
from ivr.house import FaxOrder, MessageOrder
from ivr.state import LANGUAGE, menus_passed
from recordings.recording import Recording, RecordingId
from recordings.tape import OfferedCall, Tape
from recordings.voicemail import Voicemail

KIND, FLOW = "kind", "flow"
"""Tags of a message's recording, beside those of any other."""


def left_by_caller(
    order: MessageOrder | FaxOrder, tags: Mapping[str, str], names: Mapping[AgentId, str]
) -> OfferedCall:
    """What a recording says of a caller who talked with nobody; `tags` are beside the flow's name and what it learned."""
    learned = {**dict(order.attributes), **tags, FLOW: order.flow}
    return OfferedCall(
        call=order.call,
        queue=order.queue or QueueId(""),
        agents={} if order.agent is None else {order.agent: names.get(order.agent, order.agent)},
        need="",
        wait_s=0.0,
        menu_path=menus_passed(order.attributes),
        language=str(learned.get(LANGUAGE, "")),
        attributes=tuple(sorted(learned.items())),
    )


class MessageOffice:
    """Takes messages for one site. `names` gives the agents' names as configured now."""

    def __init__(self, tape: Tape, voicemail: Voicemail, names: Callable[[], Mapping[AgentId, str]]) -> None:
        self._tape, self._voicemail, self._names = tape, voicemail, names

    async def begin(self, order: MessageOrder) -> str:
        """Reserve a recording for the message, and note what is known of it."""
        return await self._tape.reserve(left_by_caller(order, {KIND: order.kind.value}, self._names()))

    def file(self, recording: str) -> str:
        """Name the file that the caller is recorded into."""
        return self._voicemail.for_asterisk(RecordingId(recording))

    def sound(self, recording: str) -> str:
        """Name the same as Asterisk plays it: without what it ends with."""
        return self.file(recording).removesuffix(".wav")

    async def says_something(self, recording: str, least_s: float) -> bool:
        """Say whether there is so much speech in it."""
        return (await self._voicemail.heard(RecordingId(recording))).speech_s >= least_s

    async def keep(self, recording: str, least_s: float) -> bool:
        """File it where there is so much speech in it, else drop it."""
        if await self.says_something(recording, least_s):
            return await self._voicemail.keep(RecordingId(recording))
        await self.drop(recording)
        return False

    async def drop(self, recording: str) -> None:
        """Forget it."""
        await self._voicemail.drop(RecordingId(recording))


def told_on(desk: Desk) -> Callable[[Recording], None]:
    """Have each message that is kept told on the feed."""

    def tell(message: Recording) -> None:
        learned = dict(message.attributes)
        fact = MessageLeft(
            message.call,
            message.id,
            MessageKind(str(learned[KIND])),
            str(learned.get(FLOW, "")),
            message.queue or None,
            message.agent or None,
            round(message.talked_s or 0.0, 1),
        )
        desk.note(fact)

    return tell
