"""Why a caller was not let into a queue: one sentence in each language."""

from __future__ import annotations

from collections.abc import Mapping

from acd.events import TurnedAway
from acd.names import TurnedAwayFor

ENGLISH: Mapping[TurnedAwayFor, str] = {
    TurnedAwayFor.EMERGENCY: "Not let in: the queue was closed by hand, whatever its hours say.",
    TurnedAwayFor.HOLIDAY: "Not let in: the queue is closed for a holiday{holiday}.",
    TurnedAwayFor.CLOSED: "Not let in: the queue is closed at this hour.",
    TurnedAwayFor.NONE_SIGNED_IN: "Not let in: not one of the queue's agents is signed in.",
    TurnedAwayFor.FULL: "Not let in: the queue is full; {measured} stand in line, and {limit} may.",
    TurnedAwayFor.TOO_LONG: "Not let in: a wait of {measured} s was to be expected, and {limit} s is the longest allowed.",
}
CHINESE: Mapping[TurnedAwayFor, str] = {
    TurnedAwayFor.EMERGENCY: "未进入队列：队列已被手动关闭，不按营业时间。",
    TurnedAwayFor.HOLIDAY: "未进入队列：今天是节假日{holiday}，队列不营业。",
    TurnedAwayFor.CLOSED: "未进入队列：现在不在营业时间。",
    TurnedAwayFor.NONE_SIGNED_IN: "未进入队列：该队列没有任何坐席签入。",
    TurnedAwayFor.FULL: "未进入队列：队列已满，排队 {measured} 人，上限 {limit} 人。",
    TurnedAwayFor.TOO_LONG: "未进入队列：预计等待 {measured} 秒，上限 {limit} 秒。",
}
BRACKETS: Mapping[str, str] = {"zh-CN": "（{}）", "en": " ({})"}
LANGUAGES: Mapping[str, Mapping[TurnedAwayFor, str]] = {"zh-CN": CHINESE, "en": ENGLISH}


def why_turned_away(event: TurnedAway) -> dict[str, str]:
    """One sentence a language."""
    return {
        language: words[event.why].format(
            measured=event.measured, limit=event.limit, holiday=_named(dict(event.holiday_name).get(language), language)
        )
        for language, words in LANGUAGES.items()
    }


def _named(holiday: str | None, language: str) -> str:
    return "" if holiday is None else BRACKETS[language].format(holiday)
