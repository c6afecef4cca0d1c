"""What became of an offer that nobody picked up."""

from __future__ import annotations

from dataclasses import dataclass

from acd.names import AgentId, CallId, OfferFailure


@dataclass(frozen=True, slots=True)
class OfferRefused:
    """The dial of an offer ended without a conversation; the caller's session is back and can take orders again.

    `agent` is any of those to whom the offer was made.
    """

    call: CallId
    agent: AgentId
    why: OfferFailure


@dataclass(frozen=True, slots=True)
class OneOfSeveralRefused:
    """Of several phones that ring for one offer this one does not any more (AMI DialEnd); the others decide the offer."""

    call: CallId
    agent: AgentId
    why: OfferFailure
