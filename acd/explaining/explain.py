"""A decision's record in words: one sentence that says why a caller waits, in each language."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from acd.decision import Candidate, Decision
from acd.explaining.need_words import CHINESE as CHINESE_NEEDS
from acd.explaining.need_words import ENGLISH as ENGLISH_NEEDS
from acd.explaining.need_words import NeedWords, need_in_words
from acd.names import AgentId, Hindrance, OfferFailure, Verdict
from acd.rules.agents import SIGN_IN_REASON

BUSY = (Verdict.OFFERED, Verdict.TALKING, Verdict.ON_HOLD, Verdict.WRAP_UP, Verdict.BUSY_ELSEWHERE)
READY = (Verdict.RANKED_LOWER,)
TRIED = (Verdict.TRIED_BEFORE,)
KEPT = (Verdict.KEPT,)
AWAY = (Verdict.PAUSED, Verdict.NOT_RESPONDING, Verdict.SIGNED_OUT)
NO_LABELS: Mapping[str, Mapping[str, str]] = MappingProxyType({})
NAMED = 3
"""How many agents a sentence names before it counts the others."""


@dataclass(frozen=True, slots=True)
class Words:
    """One language's sentences."""

    held: str
    kept: str
    until: str
    offered: str
    nobody_serves: str
    lacks: str
    lacks_together: str
    """Each part of the need is met by somebody, all of it by nobody."""
    all_busy: str
    all_away: str
    tried: str
    about_to_be: str
    kept_for_other: str
    """The agents are kept for a moment for a caller with the stronger claim, who is just coming back."""
    hindered: Mapping[Hindrance, str]
    """What is said of callbacks that are offered to nobody, whoever is ready."""
    then: str
    any_need: str
    and_others: str
    comma: str
    needs: NeedWords
    verdicts: Mapping[Verdict, str]
    """What is said of an agent behind their name; nothing where the sentence itself says it."""
    reasons: Mapping[str, str]
    """Why an agent is away, where the engine itself says so; all other reasons are the installation's."""


ENGLISH = Words(
    held="Offers begin again in a moment, when every caller is back in line.",
    kept="Kept for {agent}{until}. ",
    until=" until {time}",
    offered="It is ringing at {agents}.",
    nobody_serves="No agent serves this queue.",
    lacks="No agent of this queue has {need}.",
    lacks_together="No agent of this queue has all of this at once: {need}.",
    all_busy="Everybody who could help is busy: {agents}.",
    all_away="Nobody who could help is there: {agents}.",
    tried="{agents} had this call offered a moment ago and will be tried again.",
    about_to_be="{agents}: the call is offered as soon as the caller's session is back.",
    kept_for_other="{agents}: kept for a moment for the caller before this one, who is just coming back.",
    hindered={
        Hindrance.CARRIER: "The callback cannot be carried out just now.",
        Hindrance.CALLBACK_HOURS: "Nobody is called back at this hour: the callback waits for the hours of callbacks.",
        Hindrance.ASTERISK: "The callback waits for its Asterisk: there is no link to it (AMI).",
    },
    then=" At {time} the next change by itself.",
    any_need="what this step asks for",
    and_others=" and {count} more",
    comma=", ",
    verdicts={
        Verdict.OFFERED: "being offered a call",
        Verdict.TALKING: "talking",
        Verdict.ON_HOLD: "on hold",
        Verdict.WRAP_UP: "in wrap-up",
        Verdict.BUSY_ELSEWHERE: "on another call",
        Verdict.PAUSED: "paused",
        Verdict.NOT_RESPONDING: "not responding",
        Verdict.SIGNED_OUT: "signed out",
        Verdict.RANKED_LOWER: "ready",
    },
    needs=ENGLISH_NEEDS,
    reasons={
        SIGN_IN_REASON: "just signed in",
        OfferFailure.NO_ANSWER: "did not answer",
        OfferFailure.BUSY: "phone was busy",
        OfferFailure.UNREACHABLE: "phone is not reachable",
        OfferFailure.REFUSED: "did not take the call",
        OfferFailure.ERROR: "phone could not be called",
        OfferFailure.EXPIRED: "phone told nothing of the offer",
    },
)
CHINESE = Words(
    held="等所有来电者回到队列后立即恢复派单。",
    kept="为{agent}保留{until}。",
    until="至 {time}",
    offered="正在呼叫{agents}。",
    nobody_serves="没有坐席服务于此队列。",
    lacks="此队列没有坐席具备{need}。",
    lacks_together="此队列没有坐席同时具备：{need}。",
    all_busy="能接此电话的坐席都在忙：{agents}。",
    all_away="能接此电话的坐席都不在：{agents}。",
    tried="{agents}刚刚已被派过此电话，稍后会再次尝试。",
    about_to_be="{agents}：来电者的会话一恢复就立即派单。",
    kept_for_other="{agents}：短暂保留给排在此电话之前、正在恢复会话的来电者。",
    hindered={
        Hindrance.CARRIER: "此回拨现在无法执行。",
        Hindrance.CALLBACK_HOURS: "现在不在回拨时段：此回拨等到回拨时段开始。",
        Hindrance.ASTERISK: "此回拨在等待其 Asterisk：与它的 AMI 连接已断开。",
    },
    then="下一次自动变化在 {time}。",
    any_need="此步骤要求的条件",
    and_others="等另外 {count} 人",
    comma="、",
    verdicts={
        Verdict.OFFERED: "正在振铃",
        Verdict.TALKING: "通话中",
        Verdict.ON_HOLD: "通话保持中",
        Verdict.WRAP_UP: "话后处理",
        Verdict.BUSY_ELSEWHERE: "话机占用中",
        Verdict.PAUSED: "示忙",
        Verdict.NOT_RESPONDING: "无应答",
        Verdict.SIGNED_OUT: "未签入",
        Verdict.RANKED_LOWER: "空闲",
    },
    needs=CHINESE_NEEDS,
    reasons={
        SIGN_IN_REASON: "刚签入",
        OfferFailure.NO_ANSWER: "未接听",
        OfferFailure.BUSY: "话机占线",
        OfferFailure.UNREACHABLE: "话机不可达",
        OfferFailure.REFUSED: "未接受来电",
        OfferFailure.ERROR: "无法呼叫话机",
        OfferFailure.EXPIRED: "话机对派单没有回应",
    },
)
LANGUAGES: Mapping[str, Words] = {"zh-CN": CHINESE, "en": ENGLISH}


def in_words(
    decision: Decision,
    names: Mapping[AgentId, str],
    clock_time: Callable[[float], str],
    labels: Mapping[str, Mapping[str, str]] = NO_LABELS,
    skills: Mapping[str, Mapping[str, str]] = NO_LABELS,
) -> dict[str, str]:
    """One sentence a language. `clock_time` writes an engine time as the site's time of day (`14:03:20`).

    `labels` are what people call the installation's own pause reasons, by language, and `skills` what they call skills.
    """
    return {
        language: _sentence(
            decision,
            names,
            clock_time,
            replace(words, reasons=_reasons(language, words, labels)),
            {name: label[language] for name, label in skills.items()},
        )
        for language, words in LANGUAGES.items()
    }


def _reasons(language: str, words: Words, labels: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    return ChainMap({name: label[language] for name, label in labels.items()}, dict(words.reasons))


def _sentence(
    decision: Decision,
    names: Mapping[AgentId, str],
    clock_time: Callable[[float], str],
    words: Words,
    skills: Mapping[str, str],
) -> str:
    if decision.held_until is not None:
        return words.held
    if decision.hindrance is not None and decision.hindrance in words.hindered:
        return words.hindered[decision.hindrance]  # nobody's wrap-up and no step changes that
    if not decision.candidates:
        return words.nobody_serves
    able = [c for c in decision.candidates if c.verdict is not Verdict.LACKS_SKILL]
    if chosen := decision.chosen:
        return words.offered.format(agents=words.comma.join(names.get(agent, agent) for agent in chosen))
    for sentence, verdicts in (
        (words.about_to_be, READY),  # while the caller's session is away, a ready agent is not offered the call yet
        (words.kept_for_other, KEPT),
        (words.all_busy, BUSY),
        (words.tried, TRIED),
        (words.all_away, AWAY),
    ):
        if people := [c for c in able if c.verdict in verdicts]:
            unnamed = sum(count for verdict, count in decision.others if verdict in verdicts)
            text = sentence.format(agents=_people(people, unnamed, names, words))
            break
    else:
        text = _lacking(decision, words, skills)
    if decision.prefer is not None:
        until = "" if decision.prefer_until is None else words.until.format(time=clock_time(decision.prefer_until))
        text = words.kept.format(agent=names.get(decision.prefer, decision.prefer), until=until) + text
    if decision.next_change_at is not None:
        text += words.then.format(time=clock_time(decision.next_change_at))
    return text


def _people(candidates: list[Candidate], unnamed: int, names: Mapping[AgentId, str], words: Words) -> str:
    """The first of them by name, and how many more there are; `unnamed` the record only counts."""
    said = [
        names.get(c.agent, c.agent) + (f" ({_state(c, words)})" if c.verdict in words.verdicts else "")
        for c in candidates[:NAMED]
    ]
    more = len(candidates) - len(said) + unnamed
    return words.comma.join(said) + (words.and_others.format(count=more) if more > 0 else "")


def _state(candidate: Candidate, words: Words) -> str:
    told = candidate.verdict in AWAY and candidate.reason
    return words.verdicts[candidate.verdict] + (f": {words.reasons.get(told, told)}" if told else "")


def _lacking(decision: Decision, words: Words, skills: Mapping[str, str]) -> str:
    """What nobody has: where that is known, only those parts of the need that no agent of the queue meets."""
    sentence = words.lacks_together if decision.unmet == () else words.lacks
    need = need_in_words(decision.unmet or decision.need, words.needs, skills)
    return sentence.format(need=need or words.any_need)
