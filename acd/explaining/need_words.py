"""A need in words: `English ≥ 5, sales ≥ 3 or service ≥ 1`; what has no such shape stays CEL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from acd.need_parts import (
    AgentFact,
    AllOf,
    AnyOf,
    Asked,
    CallFact,
    Compared,
    Not,
    Part,
    Skill,
    SkillOfCall,
    Unsayable,
    parts_of,
    read,
)

_SIGNS = {">=": "≥", "<=": "≤", "==": "=", "!=": "≠"}


@dataclass(frozen=True, slots=True)
class NeedWords:
    """One language's words for needs."""

    comma: str
    both: str
    either: str
    opposite: str
    brackets: str
    agents_fact: str
    calls_fact: str
    skill_by_fact: str
    """The skill that a fact of the call names: `skill[call.language]`."""
    of_agents: Mapping[str, str]
    """Facts of an agent."""
    of_calls: Mapping[str, str]
    """Facts of a call that flows usually hand in; others are said as they are written."""


ENGLISH = NeedWords(
    comma=", ",
    both=" and ",
    either=" or ",
    opposite="not {part}",
    brackets="({part})",
    agents_fact="{fact}",
    calls_fact="the call's {fact}",
    skill_by_fact="the skill of the caller's {fact}",
    of_agents={"id": "the number", "name": "the name"},
    of_calls={"language": "language"},
)
CHINESE = NeedWords(
    comma="、",
    both="且",
    either="或",
    opposite="非{part}",
    brackets="（{part}）",
    agents_fact="{fact}",
    calls_fact="来电的{fact}",
    skill_by_fact="来电者的{fact}所对应的技能",
    of_agents={"id": "工号", "name": "姓名"},
    of_calls={"language": "语言"},
)


def need_in_words(need: str | Sequence[str], words: NeedWords, skills: Mapping[str, str]) -> str:
    """The need, or several parts of one, as people say it. `skills` are what people call them; others go by their names."""
    parts = parts_of(need) if isinstance(need, str) else need
    return words.comma.join(_part_in_words(part, words, skills) for part in parts)


def _part_in_words(text: str, words: NeedWords, skills: Mapping[str, str]) -> str:
    try:
        return _said(read(text), words, skills)
    except Unsayable:
        return text


def _said(part: Part, words: NeedWords, skills: Mapping[str, str]) -> str:
    match part:
        case Compared(asked, sign, values):
            against = words.either.join(skills.get(value, value) for value in values)
            return f"{_asked(asked, words, skills)} {_SIGNS.get(sign, sign)} {against}"
        case Not(inner):
            return words.opposite.format(part=_within(inner, words, skills))
        case AllOf(parts):
            return words.both.join(_within(each, words, skills) for each in parts)
        case AnyOf(parts):
            return words.either.join(_within(each, words, skills) for each in parts)
        case _:
            assert_never(part)


def _within(part: Part, words: NeedWords, skills: Mapping[str, str]) -> str:
    """A part of another: in brackets where it has parts itself."""
    said = _said(part, words, skills)
    return words.brackets.format(part=said) if isinstance(part, AllOf | AnyOf) else said


def _asked(asked: Asked, words: NeedWords, skills: Mapping[str, str]) -> str:
    match asked:
        case Skill(name):
            return skills.get(name, name)
        case SkillOfCall(fact):
            return words.skill_by_fact.format(fact=words.of_calls.get(fact, fact))
        case AgentFact(name):
            return words.agents_fact.format(fact=words.of_agents.get(name, name))
        case CallFact(name):
            return words.calls_fact.format(fact=words.of_calls.get(name, name))
        case _:
            assert_never(asked)
