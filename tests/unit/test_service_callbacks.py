"""Who is called back: allowed numbers only, so often a day, at the hours of the centre; kept in Redis before it is promised."""

from __future__ import annotations

from datetime import time
from zoneinfo import ZoneInfo

import pytest

from acd.events import CallbackEnded, Offered
from acd.names import CallbackEnd, CallId, CustomerKey, DialDoor
from acd.plans.plan import Preference, Whom
from acd.requests import CallbackWanted, CarrierReady
from common.tasks import spawn
from cti_bridge.kept.callbacks import NotKept
from ivr.calendars.switches import Calendars
from ivr.dialling.policy import Wish
from ivr.house import Promise
from ivr.tickets.ticket import Place
from service.centre.dialling import CapsForm, DiallingRules, ListForm
from service.centre.form import CallbackRules, ReturningCaller
from service.offices.callbacks import CallbackPromises
from service.offices.dialling import DialOffice
from tests.unit.cti_kit import CALL, SALES, WANG, House
from tests.unit.ivr_kit import NumberedCustomers

CUSTOMER = CustomerKey("k")
NUMBER = "13900001111"
RULES = CallbackRules(a_day=2)
DIALLING = DiallingRules(
    dial="PJSIP/{number}@trunk",
    lists={"mobile": ListForm(numbers=["1[3-9][0-9]{9}"])},
    caps=CapsForm(site_hour=1),
)


class Kept:
    """A store that keeps what it is told, unless Redis is away."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.counted = 0
        self.away = False
        self.numbers: dict[CallId, str] = {}

    async def count(self, customer: CustomerKey, day: str) -> int:
        assert (customer, day) == (CUSTOMER, "2023-11-15")
        self.counted += 1
        return self.counted

    async def promise(self, wanted: CallbackWanted, number: str) -> None:
        if self.away:
            raise NotKept("away")
        self.house.tell(wanted)
        self.numbers[wanted.call] = number

    def number(self, call: CallId) -> str | None:
        return self.numbers.get(call)

    def last_offer(self, call: CallId) -> Offered | None:
        offers = (each.event for each in reversed(self.house.said) if isinstance(each.event, Offered))
        return next((offer for offer in offers if offer.call == call), None)


class Site:
    """A house that promises."""

    def __init__(self, rules: CallbackRules | None = RULES, *prefer: Preference) -> None:
        self.house = House(prefer=prefer)
        self.store = Kept(self.house)
        self.rules = rules
        self.customers = NumberedCustomers()
        self.zone = ZoneInfo("Asia/Shanghai")
        desk = self.house.desk
        calendars = Calendars(dict, lambda: desk.wall(desk.now()))
        self.dialling = DialOffice(
            desk=desk, rules=DIALLING.rules, zone=self.zone, calendars=calendars, wall=lambda: desk.wall(desk.now())
        )
        self.promises = CallbackPromises(desk, self.store, lambda: self, self.dialling, self.customers)  # type: ignore[arg-type,return-value]  # what is used of them

    @property
    def callback(self) -> CallbackRules | None:
        """As the centre has it."""
        return self.rules

    async def asks(self, call: CallId = CALL, number: str = NUMBER, waited_s: float = 0.0) -> Promise:
        place = Place(SALES, 0, "", (), waited_s, customer=CUSTOMER)
        return await self.promises.promise(call, number, place)


@pytest.mark.parametrize(
    "number", ["", "02088880000", "139000011112", "1390000111a", "13900001111@elsewhere", "13900001111\n"]
)
async def test_only_allowed_numbers_are_called(number: str) -> None:
    site = Site()
    assert not site.promises.may_call(number)
    assert await site.asks(number=number) is Promise.REFUSED


async def test_without_a_word_of_callbacks_in_the_configuration_nobody_is_called() -> None:
    site = Site(None)
    assert not site.promises.may_call(NUMBER)
    assert not site.promises.hours()
    assert await site.asks() is Promise.REFUSED


async def test_a_promise_has_the_place_of_its_caller_and_the_centres_terms() -> None:
    site = Site()
    assert await site.asks(waited_s=30.0) is Promise.MADE
    (call,) = site.house.desk.floor.calls.values()
    assert call.joined_at == site.house.desk.now() - 30
    assert dict(call.attributes) == {"callback": True}
    assert call.callback is not None
    assert call.callback.terms.most_attempts == RULES.attempts


async def test_a_callback_is_kept_for_the_agent_for_whom_the_caller_would_have_been_kept() -> None:
    site = Site(RULES, Preference(Whom.LAST_AGENT, 60))
    site.customers.last_agents[CUSTOMER] = WANG
    site.house.ready(WANG)
    assert await site.asks(waited_s=30.0) is Promise.MADE
    (call,) = site.house.desk.floor.calls.values()
    assert (call.prefer, call.prefer_until) == (WANG, site.house.desk.now() + 30)


async def test_a_callback_is_kept_for_nobody_who_is_not_there() -> None:
    site = Site(RULES, Preference(Whom.LAST_AGENT, 60))
    site.customers.last_agents[CUSTOMER] = WANG
    await site.asks()
    (call,) = site.house.desk.floor.calls.values()
    assert (call.prefer, call.prefer_until) == (None, None)


async def test_a_customer_who_has_one_is_told_so_and_it_is_not_counted() -> None:
    site = Site()
    await site.asks()
    assert await site.asks(CallId("node1-2")) is Promise.EXISTS
    assert site.store.counted == 1


async def test_a_number_is_promised_only_so_often_a_day() -> None:
    site = Site()
    site.store.counted = RULES.a_day
    assert await site.asks() is Promise.REFUSED


async def test_what_cannot_be_kept_is_not_promised() -> None:
    site = Site()
    site.store.away = True
    assert await site.asks() is Promise.REFUSED


async def test_a_customer_who_calls_in_themselves_takes_the_callbacks_place() -> None:
    site = Site()
    await site.asks(waited_s=90.0)
    running = spawn(site.house.desk.run(), "desk")
    assert site.promises.waited_s(CustomerKey("other"), SALES) == 0
    assert site.promises.waited_s(CUSTOMER, SALES) == pytest.approx(90.0)
    await site.promises.came_back(CUSTOMER, SALES)
    running.cancel()
    (ended,) = [each.event for each in site.house.news() if isinstance(each.event, CallbackEnded)]
    assert ended.why is CallbackEnd.CAME_BACK


async def test_a_customer_who_calls_in_may_also_keep_the_callback() -> None:
    site = Site(RULES.model_copy(update={"who_returns": ReturningCaller.KEEPS_CALLBACK}))
    await site.asks(waited_s=90.0)
    assert site.promises.waited_s(CUSTOMER, SALES) == 0
    await site.promises.came_back(CUSTOMER, SALES)
    assert site.house.desk.floor.callbacks


async def test_an_errand_is_there_only_while_the_callback_is_offered() -> None:
    site = Site()
    await site.asks()
    (callback,) = site.house.desk.floor.calls
    assert site.promises.errand(callback) is None
    site.house.tell(CarrierReady(callback))
    site.house.ready(WANG)
    errand = site.promises.errand(callback)
    assert errand is not None
    assert (errand.wish.number, errand.wish.user, errand.offered.agent) == (NUMBER, f"customer:{CUSTOMER}", WANG)


@pytest.mark.parametrize(
    ("opens", "closes", "now"),
    [
        (time(9), time(21), True),
        (time(13), time(21), False),
        (time(22), time(13), True),
        (time(13), time(11), False),
        (time(0), time(0), True),
    ],
)
async def test_customers_are_called_at_the_centres_hours_only(opens: time, closes: time, now: bool) -> None:
    """It is noon; hours may go over midnight, and equal times mean all day."""
    site = Site(RULES.model_copy(update={"between": (opens, closes)}))
    assert site.promises.hours() is now


async def test_nobody_is_called_or_promised_while_dialling_is_stopped_by_hand() -> None:
    site = Site()
    assert site.promises.hours()
    site.dialling.stop_all("fraud", "test")
    assert not site.promises.hours()
    assert await site.asks() is Promise.REFUSED
    assert site.store.counted == 0
    site.dialling.resume("test")
    assert await site.asks() is Promise.MADE


async def test_callbacks_wait_where_the_site_has_dialled_its_fill_of_this_hour() -> None:
    site = Site()
    site.dialling.ask(Wish(CALL, NUMBER, DialDoor.CALLBACK, "customer:k"))
    assert not site.promises.hours()
