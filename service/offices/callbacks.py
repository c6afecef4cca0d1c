"""Promises to call back: to whom, how often, at what hours; kept in the bridge's store, asked for by callers' sessions."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import structlog

from acd.call import Call
from acd.callback import Terms
from acd.desk import Desk
from acd.errors import CallbackExists, RequestRefused
from acd.names import CallbackEnd, CallId, CallState, CustomerKey, DialDoor, DialRule, QueueId, callback_of
from acd.requests import CallbackDropped, CallbackWanted
from acd.rules.callbacks import CARRIED
from cti_bridge.kept.callbacks import CallbackStore, NotKept
from ivr.dialling.policy import Wish, customer_user
from ivr.house import Customers, Errand, Promise
from ivr.tickets.ticket import Place
from ivr.waiting.keeping import kept_for
from service.centre.files import Centre
from service.centre.form import CallbackRules, ReturningCaller
from service.offices.dialling import DialOffice

ATTRIBUTE = "callback"
"""What a callback is known by among a call's attributes: in needs (`call.callback`), conditions and recordings' tags."""

_log = structlog.get_logger("callback")


class CallbackPromises:
    """Keeps the promises of one site. `centre` gives the configuration in force."""

    def __init__(
        self,
        desk: Desk,
        store: CallbackStore,
        centre: Callable[[], Centre],
        dialling: DialOffice,
        customers: Customers,
    ) -> None:
        self._desk, self._store, self._centre, self._dialling = desk, store, centre, dialling
        self._customers = customers

    def may_call(self, number: str) -> bool:
        """Say whether this number is one of those that customers may be called on."""
        return self._centre().callback is not None and self._dialling.never(number, DialDoor.CALLBACK) is None

    def refused(self, call: CallId, number: str) -> None:
        """Tell that this caller asked in vain to be called on this number."""
        wish = Wish(call, number, DialDoor.CALLBACK, "")
        self._dialling.refused(wish, self._dialling.never(number, DialDoor.CALLBACK) or DialRule.NOT_ALLOWED)

    async def promise(self, call: CallId, number: str, place: Place) -> Promise:
        """Promise, where the number is allowed and was not promised too many today."""
        rules = self._centre().callback
        if rules is None or place.customer is None or not self._promises_to(call, number):
            return Promise.REFUSED
        if (place.queue, place.customer) in self._desk.floor.callbacks:
            return Promise.EXISTS
        try:
            if await self._store.count(place.customer, self._today()) > rules.a_day:
                _log.warning("no callback: this number has had its promises of today", call=call, a_day=rules.a_day)
                return Promise.REFUSED
            await self._store.promise(await self._wanted(call, rules, place, place.customer), number)
        except CallbackExists:
            return Promise.EXISTS
        except (NotKept, RequestRefused) as why:
            _log.error("a callback could not be promised", call=call, why=str(why))
            return Promise.REFUSED
        return Promise.MADE

    def _promises_to(self, call: CallId, number: str) -> bool:
        """Say whether this number may be promised a call; while dialling is stopped by hand none may."""
        if self._dialling.stop.stopped:
            self._dialling.refused(Wish(call, number, DialDoor.CALLBACK, ""), DialRule.STOPPED)
            return False
        return self.may_call(number)

    async def _wanted(self, call: CallId, rules: CallbackRules, place: Place, customer: CustomerKey) -> CallbackWanted:
        kept = await kept_for(place, self._desk.floor, self._customers)
        return CallbackWanted(
            callback_of(call),
            customer,
            place.queue,
            Terms(rules.attempts, rules.pause, rules.ring),
            place.priority,
            place.need,
            tuple(sorted({**dict(place.attributes), ATTRIBUTE: True}.items())),
            self._desk.now() - place.waited_s,
            None if kept is None else kept.agent,
            0.0 if kept is None else kept.for_s,
        )

    def waited_s(self, customer: CustomerKey, queue: QueueId) -> float:
        """How long the callback waits whose place this customer takes when they call in themselves; 0: there is none."""
        call = self._to_be_replaced(customer, queue)
        return 0.0 if call is None else self._desk.now() - call.joined_at

    async def came_back(self, customer: CustomerKey, queue: QueueId) -> None:
        """End the callback of a customer who stands in line themselves now, where they take its place."""
        call = self._to_be_replaced(customer, queue)
        if call is not None:
            with suppress(RequestRefused):  # carried out since: their line is busy then, and it is tried again
                await self._desk.ask(CallbackDropped(call.id, CallbackEnd.CAME_BACK))

    def _to_be_replaced(self, customer: CustomerKey, queue: QueueId) -> Call | None:
        rules, floor = self._centre().callback, self._desk.floor
        call = floor.callbacks.get((queue, customer))
        if rules is None or call is None or rules.who_returns is ReturningCaller.KEEPS_CALLBACK:
            return None
        known = floor.calls[call]
        return None if known.state in CARRIED else known

    def errand(self, call: CallId) -> Errand | None:
        """What the callback's channel is to do; None where it is not offered to anybody."""
        rules, number = self._centre().callback, self._store.number(call)
        known, offered = self._desk.floor.calls.get(call), self._store.last_offer(call)
        if rules is None or number is None or known is None or known.callback is None or offered is None:
            return None
        if known.state is not CallState.OFFERED or known.agent != offered.agent:
            return None
        wish = Wish(call, number, DialDoor.CALLBACK, customer_user(known.callback.customer), known.agent)
        return Errand(offered, wish, known.callback.terms.ring_s)

    def hours(self) -> bool:
        """Say whether customers are called now: at this time of day, and as far as anything may be dialled."""
        rules = self._centre().callback
        if rules is None or not self._dialling.open():
            return False
        opens, closes = rules.between
        now = self._local().time()
        return opens <= now < closes if opens < closes else now >= opens or now < closes

    def _today(self) -> str:
        return self._local().date().isoformat()

    def _local(self) -> datetime:
        return datetime.fromtimestamp(self._desk.wall(self._desk.now()), self._centre().zone)
