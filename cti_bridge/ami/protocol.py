"""One AMI connection: answers go to who asked, wanted events to their handlers, everything else unparsed to nobody.

It has the shape that panoramisk's Manager expects of its `protocol_factory` (`send`, `close`, and attributes that the
Manager sets), and none of its own protocol's habits: no action waits for ever, none is sent a second time.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeGuard, cast

import structlog

from cti_bridge.ami.wire import (
    Field,
    Frame,
    Framer,
    Message,
    WireBroken,
    encode,
    event_name,
    is_forged,
    is_response,
    parse,
)

Handler = Callable[[Message], None]

ACTION_LIMIT_S = 5.0
"""How long an action may go unanswered, where the asker says nothing else."""
GATHER_S = 0.02
"""What Asterisk tells within so long is read together; what it tells after a pause is read at once. A call makes a dozen events,
each of which would wake the service by itself, and nobody on the phone waits for them."""
ASKED_LIMIT = 1000
"""Actions under way at once, at most."""
HELD_LIMIT = 20_000
"""Events kept while the world is rebuilt, at most."""

ITEMS_LIMIT = 100_000
"""Items of one list, at most: a channel has one in each list that is asked for."""

_log = structlog.get_logger("ami")


class AmiError(Exception):
    """An AMI action came to nothing."""


class LinkLost(AmiError):
    """There is no link, or it went away before the answer came: the action may have been carried out, or not."""


class ActionUnanswered(AmiError):
    """Asterisk did not answer in time: the action may have been carried out, or not."""


class ActionRefused(AmiError):
    """Asterisk refused the action; the text is its own."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an action brought: its response, and the items where it lists something."""

    response: Message
    items: tuple[Message, ...] = ()


@dataclass(slots=True)
class _Asked:
    action: str
    answer: asyncio.Future[Answer]
    deadline: asyncio.TimerHandle
    response: Message | None = None
    items: list[Message] = field(default_factory=list)


class AmiProtocol(asyncio.Protocol):
    """One connection's life. Events are held until `release`: before the world was rebuilt, none can be understood."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self._handlers = {name.encode(): handler for name, handler in handlers.items()}
        self._framer = Framer()
        self._asked: dict[str, _Asked] = {}
        self._listing = 0
        self._asked_so_far = 0
        self._asker = secrets.token_hex(
            8
        )  # nobody who writes into the stream from outside can guess an answer's ActionID
        self._held: list[tuple[Handler, Frame]] | None = []
        self._transport: asyncio.Transport | None = None
        self._resting: asyncio.TimerHandle | None = None
        """When reading goes on."""
        self._loop = asyncio.get_running_loop()
        self.greeted = asyncio.Event()
        """Set once the other side has shown AMI's banner: nothing is told to who has not."""
        self.lost: asyncio.Future[None] = self._loop.create_future()
        """Done when the connection is gone."""

    # ------------------------------------------------------------------------------------------------ asking

    def send(self, data: Mapping[str, str], as_list: object = None) -> asyncio.Future[Answer]:
        """Send an action as panoramisk's Manager words it: a mapping with `Action`."""
        del as_list  # the answer says by itself whether it is a list
        return self.ask(data["Action"], [(name, value) for name, value in data.items() if name != "Action"])

    def ask(self, action: str, fields: Iterable[Field] = (), limit_s: float = ACTION_LIMIT_S) -> asyncio.Future[Answer]:
        """Send an action; its answer comes, or an AmiError, within `limit_s` seconds. Raises UnsafeAction, LinkLost."""
        if not self._is_open(self._transport):
            raise LinkLost(f"{action} was not sent: there is no AMI connection")
        if len(self._asked) >= ASKED_LIMIT:
            raise LinkLost(f"{action} was not sent: Asterisk owes answers to {ASKED_LIMIT} actions already")
        self._asked_so_far += 1
        action_id = f"{self._asker}-{self._asked_so_far}"
        self._transport.write(encode(action, action_id, fields))
        self._read_on()
        answer: asyncio.Future[Answer] = self._loop.create_future()
        deadline = self._loop.call_later(limit_s, self._give_up, action_id, limit_s)
        self._asked[action_id] = _Asked(action, answer, deadline)
        return answer

    def _give_up(self, action_id: str, limit_s: float) -> None:
        asked = self._forget(action_id)
        if not asked.answer.done():
            asked.answer.set_exception(ActionUnanswered(f"Asterisk did not answer {asked.action} in {limit_s:g} s"))

    def _forget(self, action_id: str) -> _Asked:
        asked = self._asked.pop(action_id)
        asked.deadline.cancel()
        if asked.response is not None:
            self._listing -= 1
        return asked

    # ------------------------------------------------------------------------------------------------ hearing

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        # Not isinstance: uvloop's transports are asyncio's in all but their class.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Take what arrived, whole messages or not."""
        try:
            frames = self._framer.feed(data)
        except WireBroken as error:
            _log.error("AMI connection is not AMI, closing it", reason=str(error))
            self.close()
            return
        if self._framer.banner:
            self.greeted.set()
        for frame in frames:
            name = event_name(frame)
            if not name:
                if is_response(frame):
                    self._take_response(parse(frame))
            elif self._listing and self._take_item(frame):
                pass
            elif (handler := self._handlers.get(name)) is not None:
                self._take_event(handler, frame)
        self._rest()

    def _rest(self) -> None:
        """Leave what comes next unread for a moment, unless somebody waits for an answer, or for the world to be rebuilt."""
        if self._resting is None and self._held is None and not self._asked and self._is_open(self._transport):
            self._transport.pause_reading()
            self._resting = self._loop.call_later(GATHER_S, self._read_on)

    def _read_on(self) -> None:
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None
            if self._is_open(self._transport):
                self._transport.resume_reading()

    @staticmethod
    def _is_open(transport: asyncio.Transport | None) -> TypeGuard[asyncio.Transport]:
        return transport is not None and not transport.is_closing()

    def _take_response(self, message: Message) -> None:
        asked = self._asked.get(message["ActionID"])
        if asked is None or asked.response is not None:
            return
        if message["Response"] == "Error":
            self._forget(message["ActionID"])
            if not asked.answer.done():
                asked.answer.set_exception(ActionRefused(f"Asterisk refused {asked.action}: {message['Message']}"))
        elif message["EventList"].lower() == "start":
            asked.response = message
            self._listing += 1
        else:
            self._forget(message["ActionID"])
            if not asked.answer.done():
                asked.answer.set_result(Answer(message))

    def _take_item(self, frame: Frame) -> bool:
        """Give a list's item to who asked for the list; say whether it was one."""
        if frame.find(b"\r\nActionID: ") < 0:
            return False
        message = parse(frame)
        asked = self._asked.get(message["ActionID"])
        if asked is None or asked.response is None:
            return False
        if is_forged(frame):
            _refuse_forged(frame)
            return True
        if message["EventList"].lower() != "complete":
            asked.items.append(message)
            if len(asked.items) > ITEMS_LIMIT:
                _log.error("a list without an end, starting again", action=asked.action, items=ITEMS_LIMIT)
                self.close()
            return True
        self._forget(message["ActionID"])
        if not asked.answer.done():
            asked.answer.set_result(Answer(asked.response, tuple(asked.items)))
        return True

    def _take_event(self, handler: Handler, frame: Frame) -> None:
        if is_forged(frame):
            _refuse_forged(frame)
        elif self._held is None:
            self._hand_over(handler, frame)
        elif len(self._held) < HELD_LIMIT:
            self._held.append((handler, frame))
        else:
            _log.error("too many AMI events while the world was rebuilt, starting again", held=HELD_LIMIT)
            self.close()

    def _hand_over(self, handler: Handler, frame: Frame) -> None:
        try:
            handler(parse(frame))
        except Exception:  # noqa: BLE001 - one handler's mistake must not cost the link
            _log.exception("an event's handler failed, the link goes on", event_name=event_name(frame).decode())

    def release(self) -> None:
        """The world is known: hand over the events held meanwhile, in order, and the following ones as they come."""
        held, self._held = self._held or [], None
        for handler, frame in held:
            self._hand_over(handler, frame)

    # ------------------------------------------------------------------------------------------------ ending

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell everybody who still waits that no answer will come."""
        if self._resting is not None:
            self._resting.cancel()
        for action_id in list(self._asked):
            asked = self._forget(action_id)
            if not asked.answer.done():
                asked.answer.set_exception(LinkLost(f"the AMI connection ended before {asked.action} was answered"))
        if not self.lost.done():
            self.lost.set_result(None)
        self.greeted.set()  # whoever waits for the banner finds no connection then
        del exc  # a reset and an orderly end mean the same here

    def close(self) -> None:
        """End the connection now, without waiting for the other side."""
        if self._transport is not None:
            self._transport.abort()


def _refuse_forged(frame: Frame) -> None:
    _log.error(
        "an AMI event was passed over: somebody's number has line breaks in it, and writes headers of its own; "
        "take the part `nobody` of our pjsip.conf over, which answers such calls with 404",
        event_name=event_name(frame).decode("utf-8", "replace"),
    )
