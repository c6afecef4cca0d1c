"""The independent ledger: every caller's life as Asterisk itself tells it, and whether the routing kept its promises.

Fed with AMI events, from its own connection (observer.py) or written by hand. It shares no code with the service.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Container, Mapping

from tests.live.lives import Life, Offer, Place, Talk
from tests.live.promises import TOGETHER_S, Breach, CouldServe, breaches, everybody

CALLER_PREFIX = "PJSIP/trunk-"
PHONE_PREFIX = "PJSIP/phone"
FAILSAFE_CONTEXT = "switchboard-failsafe"
TRANSFER_CONTEXT = "switchboard-transfer"
TRANSFERRED = ("Transferee", "TransferTarget")
"""How AMI calls the two whom an attended transfer joins."""
TICKET = "SWITCHBOARD_TICKET"
DONE = "SWITCHBOARD_DONE"
LIMIT = "limit"
"""Who has ended a conversation that lasted as long as one may."""
IN_LINE_PHASES = frozenset({"waiting", "offered"})

TICKET_WITHIN_S = 3.0
"""So long may a ticket take from the service to the channel, at the most."""
TOLD_WITHIN_S = 1.0
"""So much later than it happened is something heard of here, at the most, as long as the machine does not stand still."""

Event = Mapping[str, str]


class Ledger:
    """Every caller's life, as told by Asterisk."""

    def __init__(self) -> None:
        self.lives: dict[str, Life] = {}
        self.legs: dict[str, str] = {}
        """The phones' own channels that are alive: Uniqueid to phone."""
        self.grace_s: dict[str, float] = {}
        """Queues whose dropped callers have their place back, and for how long."""
        self.longest_s: dict[str, float] = {}
        """Phones outside with which nobody talks for longer, counted from when they have picked up."""
        self.told_within_s = TOGETHER_S
        """Who joined so close together may be told to the service in either order: longer on a bad line."""
        self._dialled: dict[str, Offer] = {}
        self._picked_up: dict[str, float] = {}
        """Phones' channels that have picked up, and when."""
        self._talks: dict[str, Talk] = {}
        self._put_down: set[str] = set()
        """Phones' channels that have asked to be hung up."""
        self._notes: dict[str, Callable[[float, Event], None]] = {
            "Newchannel": self._channel_came,
            "VarSet": self._variable_set,
            "Newexten": self._step_taken,
            "DialBegin": self._dial_began,
            "DialEnd": self._dial_ended,
            "HangupRequest": self._hung_up,
            "AttendedTransfer": self._handed_over,
            "BridgeLeave": self._bridge_left,
            "Hangup": self._channel_gone,
        }

    def note(self, at: float, event: Event) -> None:
        """Take note of one AMI event."""
        if (note := self._notes.get(event.get("Event", ""))) is not None:
            note(at, event)
        if (life := self.lives.get(event.get("Uniqueid", ""))) is not None:
            life.heard_of_at = at

    @property
    def offers(self) -> list[Offer]:
        """All offers, in the order in which phones began to ring."""
        return sorted((offer for life in self.lives.values() for offer in life.offers), key=lambda o: o.began_at)

    @property
    def talks(self) -> list[Talk]:
        """All conversations, in the order in which they began."""
        return sorted((talk for life in self.lives.values() for talk in life.talks), key=lambda t: t.began_at)

    @property
    def present(self) -> list[Life]:
        """Callers who are on the line, in the order in which they came."""
        return [life for life in self.lives.values() if life.gone_at is None]

    def knows(self, number: str) -> bool:
        """Whether this caller's number has been seen."""
        return any(life.number == number for life in self.lives.values())

    def by_number(self, number: str) -> Life:
        """The latest visit of this caller's number; raises IndexError where it is not known."""
        return [life for life in self.lives.values() if life.number == number][-1]

    def breaches(self, could_serve: CouldServe = everybody, together: Container[str] = ()) -> list[Breach]:
        """Every broken promise; a caller who is still on the line counts as one that has not ended.

        `together`: queues that offer a call to several agents at once.
        """
        return breaches(list(self.lives.values()), could_serve, together, self.told_within_s)

    # ------------------------------------------------------------------ noting

    def _channel_came(self, at: float, event: Event) -> None:
        if event["Channel"].startswith(CALLER_PREFIX):
            self.lives[event["Uniqueid"]] = Life(event["Uniqueid"], event.get("CallerIDNum", ""), at, at)
        elif event["Channel"].startswith(PHONE_PREFIX):
            self.legs[event["Uniqueid"]] = _phone(event["Channel"])

    def _variable_set(self, at: float, event: Event) -> None:
        life = self.lives.get(event["Uniqueid"])
        if life is None:
            return
        if event["Variable"] == DONE and event["Value"] == "1":
            life.done_at = at
            _leave(life, at)
        elif event["Variable"] == TICKET:
            self._ticket_set(at, life, _ticket(event["Value"]))

    def _ticket_set(self, at: float, life: Life, ticket: Mapping[str, object]) -> None:
        queue = str(ticket.get("queue") or "") if ticket.get("phase") in IN_LINE_PHASES else ""
        here = life.in_line_at(at)
        if here is not None and here.queue != queue:
            here.left_at = at
        if queue and (here is None or here.queue != queue):
            joined_at = min(at, self._dropped_from(life, queue, at))
            not_before = min(joined_at, max(life.heard_of_at, at - TICKET_WITHIN_S))
            life.places.append(Place(queue, int(str(ticket.get("priority") or 0)), joined_at, not_before))

    def _dropped_from(self, life: Life, queue: str, at: float) -> float:
        """Since when the same number has waited here, where it hung up in this line within the grace time; else now."""
        grace_s = self.grace_s.get(queue, 0.0)
        for earlier in reversed(self.lives.values()):
            last = earlier.places[-1] if earlier.places else None
            if (
                earlier.number == life.number
                and earlier.hung_up_at is not None
                and not earlier.talks
                and last is not None
                and last.queue == queue
                and at - earlier.hung_up_at < grace_s
            ):
                return last.joined_at
        return at

    def _step_taken(self, at: float, event: Event) -> None:
        life = self.lives.get(event["Uniqueid"])
        if life is None:
            return
        if event.get("Context") == TRANSFER_CONTEXT and life.talks:
            life.talks[-1].sent_on_at = at
        if life.failsafe_at is None and event.get("Context") == FAILSAFE_CONTEXT:
            life.failsafe_at = at
            _leave(life, at)

    def _dial_began(self, at: float, event: Event) -> None:
        life = self.lives.get(event.get("Uniqueid", ""))
        if life is None or life.failsafe_at is not None:
            return
        offer = Offer(life.call, _phone(event["DestChannel"]), at)
        life.offers.append(offer)
        self._dialled[event["DestUniqueid"]] = offer

    def _dial_ended(self, at: float, event: Event) -> None:
        offer = self._dialled.pop(event.get("DestUniqueid", ""), None)
        if event["DialStatus"] == "ANSWER":
            self._picked_up[event.get("DestUniqueid", "")] = at
        if offer is None:
            return
        offer.ended_at, offer.status = at, event["DialStatus"]
        if offer.status == "ANSWER":
            life = self.lives[offer.caller]
            talk = Talk(life.call, offer.phone, event["DestUniqueid"], at)
            if life.hung_up_at is not None:  # at the moment when the phone was picked up
                talk.hung_up_by = "caller"
            elif talk.leg in self._put_down:  # before Asterisk, standing still, noticed that it had been picked up
                talk.hung_up_by = "agent"
            life.talks.append(talk)
            self._talks[life.call] = self._talks[talk.leg] = talk
            _leave(life, at)

    def _handed_over(self, at: float, event: Event) -> None:
        """A phone has joined its caller to another one: the caller's conversation goes on there."""
        sides = {event.get(f"{who}Uniqueid", ""): event.get(f"{who}Channel", "") for who in TRANSFERRED}
        life = next((self.lives[side] for side in sides if side in self.lives), None)
        if event.get("Result") != "Success" or life is None or not life.talks:
            return
        life.talks[-1].sent_on_at = at
        life.talks[-1].ended_at = life.talks[-1].ended_at or at
        for leg, channel in sides.items():
            if leg != life.call:
                talk = Talk(life.call, _phone(channel), leg, at)
                life.talks.append(talk)
                self._talks[life.call] = self._talks[leg] = talk

    def _hung_up(self, at: float, event: Event) -> None:
        channel = event["Uniqueid"]
        if channel in self.legs:
            self._put_down.add(channel)
        if (talk := self._talks.get(channel)) is not None and talk.hung_up_by is None and talk.ended_at is None:
            talk.hung_up_by = "caller" if channel == talk.caller else "agent"
        if (life := self.lives.get(channel)) is not None:
            life.hung_up_at = at
            _leave(life, at)

    def _bridge_left(self, at: float, event: Event) -> None:
        talk = self._talks.get(event["Uniqueid"])
        if talk is not None and talk.ended_at is None:
            talk.ended_at = at
            if talk.hung_up_by is None and self._lasted_its_time(talk, at):
                talk.hung_up_by = LIMIT

    def _lasted_its_time(self, talk: Talk, at: float) -> bool:
        """Whether nobody may talk with this phone for longer."""
        picked_up, longest_s = self._picked_up.get(talk.leg), self.longest_s.get(talk.phone)
        return picked_up is not None and longest_s is not None and at - picked_up > longest_s - TOLD_WITHIN_S

    def _channel_gone(self, at: float, event: Event) -> None:
        channel = event["Uniqueid"]
        self.legs.pop(channel, None)
        self._put_down.discard(channel)
        self._picked_up.pop(channel, None)
        talk = self._talks.pop(channel, None)
        if talk is not None and talk.ended_at is None:
            talk.ended_at = at
        if (life := self.lives.get(channel)) is not None:
            life.gone_at = at
            life.ends += 1
            _leave(life, at)


def _leave(life: Life, at: float) -> None:
    for place in life.places:
        if place.left_at is None:
            place.left_at = at


def _phone(channel: str) -> str:
    """`PJSIP/phone1-0000000a` is a channel of `PJSIP/phone1`."""
    return channel.rpartition("-")[0]


def _ticket(text: str) -> Mapping[str, object]:
    """What a ticket says; its seal is the service's own business."""
    body = text.rpartition(".")[0].replace(".", "")
    try:
        ticket = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (binascii.Error, ValueError):
        return {}
    return ticket if isinstance(ticket, dict) else {}
