"""Values of the flow spoken: digits, numbers, dates, times and money; a value and a language in, prompts out. Pure.

Whole numbers are `speaking.py`'s; what stands between them (年, 点, `yuan`) are prompts of the service's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from ivr.prompts.speaking import CHINESE, ENGLISH, LARGEST, Prompts, amount, digits, number
from ivr.prompts.text import PromptText


class How(StrEnum):
    """What a value is spoken as."""

    DIGITS = "digits"
    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    MONEY = "money"


class Currency(StrEnum):
    """Whose money it is (ISO 4217)."""

    CNY = "CNY"
    USD = "USD"
    EUR = "EUR"


_MINUS, _POINT = "value-minus", "value-point"
_YEAR, _MONTH, _DAY, _HOUR, _MINUTE = "value-year", "value-month", "value-day", "value-hour", "value-minute"
_DIME = "value-jiao"
_TEXTS: Mapping[str, Mapping[str, str]] = {
    CHINESE: {
        _MINUS: "负",
        _POINT: "点",
        _YEAR: "年",
        _MONTH: "月",
        _DAY: "日",
        _HOUR: "点",
        _MINUTE: "分",
        _DIME: "角",
        "value-cny": "元",
        "value-cny-part": "分",
        "value-usd": "美元",
        "value-usd-part": "美分",
        "value-eur": "欧元",
        "value-eur-part": "欧分",
    },
    ENGLISH: {
        _MINUS: "minus",
        _POINT: "point",
        "value-cny": "yuan",
        "value-cny-part": "fen",
        "value-usd": "dollars",
        "value-usd-one": "dollar",
        "value-usd-part": "cents",
        "value-usd-part-one": "cent",
        "value-eur": "euros",
        "value-eur-one": "euro",
        "value-eur-part": "cents",
        "value-eur-part-one": "cent",
    },
}
PROMPTS = tuple(PromptText(name, language, text) for language, texts in _TEXTS.items() for name, text in texts.items())
"""What values are spoken with besides numbers; to be made with the flows' prompts."""

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_HUNDREDTHS, _TENTHS = 100, 10
_TWENTY, _NOON = 20, 12

Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Part:
    """A variable, and what it is spoken as. `currency` matters to money alone."""

    how: How
    variable: str
    currency: Currency = Currency.CNY


Said = tuple[str | Part, ...]
"""What is said in one go: prompts by name, and variables."""


@dataclass(frozen=True, slots=True)
class Voiced:
    """The prompts to be played in turn, and the variables that could not be spoken: not set, or no date where one is meant."""

    prompts: Prompts
    unspoken: tuple[str, ...]


def voiced(said: Said, variables: Mapping[str, Scalar], language: str) -> Voiced:
    """Return what is played; a variable that is not what it is spoken as is spoken digit by digit, whatever digits it has."""
    prompts: list[str] = []
    unspoken: list[str] = []
    for part in said:
        if isinstance(part, str):
            prompts.append(part)
            continue
        value = variables.get(part.variable, "")
        try:
            prompts += spoken(part.how, value, language, part.currency)
        except ValueError:
            prompts += digits(str(value), language)
            unspoken.append(part.variable)
    return Voiced(tuple(prompts), tuple(unspoken))


def spoken(how: How, value: Scalar, language: str, currency: Currency = Currency.CNY) -> Prompts:
    """Speak a value in a language that numbers can be spoken in. Raises ValueError where it is not what it is spoken as.

    Dates are `2026-11-25`, times `14:05`, either may be part of `2026-11-25T14:05`; money has up to two decimals.
    """
    match how:
        case How.DIGITS:
            told = digits(str(value), language)
            if not told:
                raise ValueError("no digits to speak")
            return told
        case How.NUMBER:
            return _decimal(_as_decimal(value), language)
        case How.MONEY:
            return _money(_as_decimal(value), language, currency)
        case How.DATE:
            return _date(_as_moment(value).date(), language)
        case How.TIME:
            if ":" not in str(value):  # a date alone
                raise ValueError("not a time")
            return _time(_as_moment(value).time(), language)


def _as_decimal(value: Scalar) -> Decimal:
    text = str(value)
    if isinstance(value, bool) or _DECIMAL.fullmatch(text) is None:
        raise ValueError("not a number")
    try:
        return Decimal(text)
    except InvalidOperation:  # longer than a decimal can be
        raise ValueError("not a number") from None


def _as_moment(value: Scalar) -> datetime:
    text = str(value)
    try:
        return datetime.combine(date.min, time.fromisoformat(text))
    except ValueError:
        return datetime.fromisoformat(text)


def _signed(value: Decimal) -> tuple[Prompts, Decimal]:
    return ((_MINUS,), -value) if value < 0 else ((), value)


def _decimal(value: Decimal, language: str) -> Prompts:
    sign, size = _signed(value)
    whole, _, fraction = f"{size:f}".partition(".")
    point = (_POINT, *digits(fraction, language)) if fraction.strip("0") else ()
    return (*sign, *number(int(whole), language), *point)


def _money(value: Decimal, language: str, currency: Currency) -> Prompts:
    sign, size = _signed(value)
    hundredths = size * _HUNDREDTHS
    if hundredths != int(hundredths) or size > LARGEST:
        raise ValueError("not an amount of money")
    whole, part = divmod(int(hundredths), _HUNDREDTHS)
    unit = f"value-{currency.lower()}"
    told: list[str] = [*sign]
    if whole or not part:
        told += _counted(whole, unit, language)
    if part and language == CHINESE and currency is Currency.CNY:
        told += _jiao_and_fen(part, after_yuan=bool(whole))
    elif part:
        told += _counted(part, f"{unit}-part", language)
    return tuple(told)


def _counted(value: int, unit: str, language: str) -> Prompts:
    """So many of a unit, in the singular where the language has one for this money."""
    one = f"{unit}-one"
    return (*amount(value, language), one if value == 1 and one in _TEXTS[language] else unit)


def _jiao_and_fen(part: int, *, after_yuan: bool) -> Prompts:
    jiao, fen = divmod(part, _TENTHS)
    told: list[str] = []
    if jiao:
        told += [*number(jiao, CHINESE), _DIME]
    if fen:
        told += [*(number(0, CHINESE) if after_yuan and not jiao else ()), *number(fen, CHINESE), "value-cny-part"]
    return tuple(told)


def _date(day: date, language: str) -> Prompts:
    if day == date.min:  # a time alone
        raise ValueError("not a date")
    if language == CHINESE:
        of_year = (*digits(str(day.year), CHINESE), _YEAR)
        return (*of_year, *number(day.month, CHINESE), _MONTH, *number(day.day, CHINESE), _DAY)
    tens, ones = divmod(day.day, _TENTHS)
    ordinal = (
        (f"core:digits/{tens * _TENTHS}", f"core:digits/h-{ones}")
        if day.day > _TWENTY and ones
        else (f"core:digits/h-{day.day}",)
    )
    return (f"core:digits/mon-{day.month - 1}", *ordinal, *number(day.year, ENGLISH))


def _time(at: time, language: str) -> Prompts:
    if language == CHINESE:
        gap = number(0, CHINESE) if 0 < at.minute < _TENTHS else ()
        minutes = (*gap, *number(at.minute, CHINESE), _MINUTE) if at.minute else ()
        return (*amount(at.hour, CHINESE), _HOUR, *minutes)
    half = "core:digits/a-m" if at.hour < _NOON else "core:digits/p-m"
    hour = number(at.hour % _NOON or _NOON, ENGLISH)
    if not at.minute:
        return (*hour, "core:digits/oclock", half)
    oh = ("core:digits/oh",) if at.minute < _TENTHS else ()
    return (*hour, *oh, *number(at.minute, ENGLISH), half)
