"""What the routing owes to callers and agents, and where it failed.

- Every caller ends exactly once: answered, hung up or diverted (the fail-safe and messages are diversions). A conversation
  from which the caller was sent on is no end.
- At most one live offer for an agent and for a caller, and none to an agent who is talking. Where a queue offers to several at
  once, their phones begin to ring together.
- Never two talk with one caller, nor one agent with two.
- Among callers whom the same agent could serve, nobody is overtaken by a later caller of equal or lower priority.
- No talking pair is cut: a conversation ends because one of the two hung up, or the agent sent the caller on to another
  queue, or because the two have talked for as long as one may with that phone.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from tests.live.lives import Life, Offer, Talk

TOGETHER_S = 0.5
"""What lies so close together cannot be told apart on the wire: two joinings, two offers, an offer's end and the next."""


class Promise(StrEnum):
    """What the routing owes to callers and agents."""

    ENDS_ONCE = "every caller ends exactly once"
    ONE_OFFER = "one live offer at a time"
    NOBODY_OVERTAKEN = "nobody is overtaken"
    NEVER_TWO = "never two talk with one"
    NO_PAIR_CUT = "no talking pair is cut"


@dataclass(frozen=True, slots=True)
class Breach:
    """A broken promise, of which callers, and what happened."""

    promise: Promise
    callers: tuple[str, ...]
    text: str


CouldServe = Callable[[str, Life], bool]
"""Whether this phone's agent could serve this caller."""


def everybody(phone: str, life: Life) -> bool:  # noqa: ARG001 - one of the CouldServe functions
    """Every agent could serve every caller."""
    return True


def breaches(
    lives: Sequence[Life], could_serve: CouldServe, together: Container[str] = (), told_within_s: float = TOGETHER_S
) -> list[Breach]:
    """Every broken promise; a caller who is still on the line counts as one that has not ended.

    `together`: queues that offer a call to several agents at once. `told_within_s`: two who joined so close together may be
    told to the service in either order.
    """
    offers = sorted((offer for life in lives for offer in life.offers), key=lambda offer: offer.began_at)
    talks = sorted((talk for life in lives for talk in life.talks), key=lambda talk: talk.began_at)
    return [
        *_not_ended_once(lives),
        *_doubly_offered(offers, {life.call for life in lives if _stood_in(life, together)}),
        *_doubly_talking(talks),
        *_offered_while_talking(offers, talks),
        *_overtaken(lives, offers, could_serve, told_within_s),
        *_cut(talks),
    ]


def _not_ended_once(lives: Sequence[Life]) -> Iterator[Breach]:
    for life in lives:
        if life.ends == 0:
            yield Breach(Promise.ENDS_ONCE, (life.call,), "is still on the line")
        elif life.ends > 1:
            yield Breach(Promise.ENDS_ONCE, (life.call,), f"ended {life.ends} times")
        elif len(life.outcomes) != 1:
            how = " and ".join(life.outcomes) or "dropped: neither answered nor diverted, and did not hang up"
            yield Breach(Promise.ENDS_ONCE, (life.call,), f"was {how}")


def _stood_in(life: Life, queues: Container[str]) -> bool:
    return any(place.queue in queues for place in life.places)


def _doubly_offered(offers: Sequence[Offer], to_several: Container[str]) -> Iterator[Breach]:
    for one, other in combinations(offers, 2):
        if not one.overlaps(other):
            continue
        if one.caller == other.caller:
            if one.caller in to_several and other.began_at - one.began_at <= TOGETHER_S:
                continue
            text = f"had {one.phone} and {other.phone} ringing at once"
            yield Breach(Promise.ONE_OFFER, (one.caller,), text)
        elif one.phone == other.phone:
            text = f"{one.phone} rang for both at once"
            yield Breach(Promise.ONE_OFFER, (one.caller, other.caller), text)


def _doubly_talking(talks: Sequence[Talk]) -> Iterator[Breach]:
    for one, other in combinations(talks, 2):
        same = one.caller == other.caller or one.phone == other.phone
        if same and (one.ended_at is None or one.ended_at > other.began_at):
            text = f"{one.phone} and {other.phone} talked at once"
            yield Breach(Promise.NEVER_TWO, (one.caller, other.caller), text)


def _offered_while_talking(offers: Sequence[Offer], talks: Sequence[Talk]) -> Iterator[Breach]:
    for talk in talks:
        for offer in offers:
            if offer.phone == talk.phone and talk.goes_on_at(offer.began_at):
                text = f"{offer.phone} rang for the second while talking to the first"
                yield Breach(Promise.ONE_OFFER, (talk.caller, offer.caller), text)


def _overtaken(
    lives: Sequence[Life], offers: Sequence[Offer], could_serve: CouldServe, told_within_s: float
) -> Iterator[Breach]:
    by_call = {life.call: life for life in lives}
    for offer in offers:
        served = by_call[offer.caller]
        place = served.in_line_at(offer.began_at)
        if place is None:
            continue
        for life in lives:
            other = life.in_line_at(offer.began_at)
            if (
                other is not None
                and other.joined_at < place.not_before - told_within_s
                and other.priority >= place.priority
                and not _had_a_turn(life, offer)
                and could_serve(offer.phone, life)
            ):
                text = f"the first waited longer when {offer.phone} rang for the second"
                yield Breach(Promise.NOBODY_OVERTAKEN, (life.call, served.call), text)


def _cut(talks: Sequence[Talk]) -> Iterator[Breach]:
    for talk in talks:
        if talk.ended_at is not None and talk.hung_up_by is None and talk.sent_on_at is None:
            text = f"the conversation with {talk.phone} ended and neither hung up"
            yield Breach(Promise.NO_PAIR_CUT, (talk.caller,), text)


def _had_a_turn(life: Life, offer: Offer) -> bool:
    """Whether a waiting caller has no claim on another's offer: rung for at that moment, or by this phone in vain before."""
    at = offer.began_at
    return any(
        (own.began_at <= at + TOGETHER_S and (own.ended_at is None or own.ended_at > at - TOGETHER_S))
        or (own.phone == offer.phone and own.began_at < at)
        for own in life.offers
    )
