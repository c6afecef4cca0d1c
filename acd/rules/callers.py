"""The rules of callers: they join, come back, are gone, leave the line."""

from __future__ import annotations

from acd.call import Call
from acd.errors import IllegalMove
from acd.events import (
    Abandoned,
    AskedToLeave,
    CallerReturned,
    Diverted,
    Queued,
    SessionAttached,
    SessionDetached,
)
from acd.names import (
    CallState,
    EndedBy,
    OfferFailure,
    QueueId,
    is_callback,
)
from acd.preference import binding
from acd.requests import (
    CallerJoined,
    CallerLeft,
    KeyPressed,
    SessionLost,
)
from acd.rules.entry import not_let_in
from acd.rules.offers import end_conversation, withdraw
from acd.turn import Turn


def caller_joined(request: CallerJoined, turn: Turn) -> None:
    """A session asks for an agent, for the first time or again."""
    floor = turn.floor
    if is_callback(request.call):
        raise IllegalMove(f"{request.call} is a callback, and no caller on the line")
    floor.plan(request.queue)
    if request.need:
        floor.pools.expression(request.need)
    call = floor.calls.get(request.call)
    if call is not None and (call.in_conversation or call.queue != request.queue):
        leave_behind(call, request.queue, turn)
        call = None
    if call is None:
        take_place(request, turn)
        return
    take_up_orders(call, turn)


def take_up_orders(call: Call, turn: Turn) -> None:
    """Another session takes the orders of a caller who has their place already."""
    if call.state is CallState.OFFERED:
        withdraw(call, OfferFailure.SESSION_LOST, turn)
    if call.state is CallState.RETURNING:
        turn.happen(CallerReturned(call.id))
    if not call.attached:
        turn.happen(SessionAttached(call.id))
        if call.leaving_for:
            # Nobody carried it out: the key was pressed while no session was there.
            turn.happen(AskedToLeave(call.id, call.queue, call.leaving_for))


def leave_behind(call: Call, queue: QueueId, turn: Turn) -> None:
    """End what the floor has of a caller who is about to join this queue: a conversation, or a place in another line.

    The dialplan hands a caller in again only when no conversation is going on: this one's end was missed, or is a transfer.
    """
    if call.in_conversation:
        end_conversation(call, EndedBy.UNKNOWN if call.queue == queue else EndedBy.TRANSFER, turn)
        return
    if call.state is CallState.OFFERED:
        withdraw(call, OfferFailure.SESSION_LOST, turn)
    turn.happen(Diverted(call.id, call.queue, queue, turn.now - call.joined_at))


def take_place(request: CallerJoined, turn: Turn) -> None:
    """Queue a caller whom the queue lets in, at the place that was kept for them where they were dropped a moment ago."""
    floor = turn.floor
    joined_at = turn.now if request.joined_at is None else min(request.joined_at, turn.now)
    kept = floor.place_kept(request.customer, request.queue, turn.now)
    newcomer = request.joined_at is None and request.sent_by is None and kept is None
    if newcomer and (turned_away := not_let_in(request, turn)) is not None:
        turn.happen(turned_away)
        return
    if kept is not None:
        joined_at = min(joined_at, kept.joined_at)
    prefer, prefer_until = binding(request.prefer, joined_at + request.prefer_s, floor, turn.now)
    turn.happen(
        Queued(
            request.call,
            request.queue,
            request.priority,
            request.need,
            request.attributes,
            joined_at,
            prefer,
            prefer_until,
            request.customer,
            None if kept is None else kept.call,
            request.sent_by,
        )
    )


def session_lost(request: SessionLost, turn: Turn) -> None:
    """Nobody takes the caller's orders until the dialplan hands them in again."""
    call = turn.floor.call(request.call)
    if call.attached and not call.in_conversation:
        turn.happen(SessionDetached(call.id))


def caller_gone(call: Call, turn: Turn) -> None:
    """The caller hung up."""
    if call.callback is not None:
        raise IllegalMove(f"{call.id} is a callback: nobody is on the line who could hang up")
    if call.in_conversation:
        end_conversation(call, EndedBy.UNKNOWN, turn)
        return
    if call.state is CallState.OFFERED:
        withdraw(call, OfferFailure.CALLER_GONE, turn)
    turn.happen(Abandoned(call.id, call.queue, turn.now - call.joined_at))


def caller_left(request: CallerLeft, turn: Turn) -> None:
    """The caller leaves the queue for another treatment."""
    call = turn.floor.call(request.call)
    if call.callback is not None:
        raise IllegalMove(f"{call.id} is a callback: drop it instead")
    if call.state is CallState.OFFERED or call.in_conversation:
        raise IllegalMove(f"call {call.id} is {call.state}: it can leave the queue only while it waits")
    turn.happen(Diverted(call.id, call.queue, request.to, turn.now - call.joined_at))


def key_pressed(request: KeyPressed, turn: Turn) -> None:
    """Tell the session where the key leads; while a phone rings it goes there once that comes to nothing."""
    call = turn.floor.call(request.call)
    to = dict(turn.floor.plans[call.queue].keys).get(request.key)
    if to is not None and call.callback is None and not call.in_conversation:
        turn.happen(AskedToLeave(call.id, call.queue, to))
