"""A `!` before a comparison without brackets: `!skill.x >= 5` turns the level about, which is a number, and can never hold.

CEL takes it, as it knows no types beforehand, and a condition that fails is false: nobody would be told. Found in the text,
because the CEL library does not show what it parsed.
"""

from __future__ import annotations

import re

_UNREAD = re.compile(
    r"""//[^\n]*|\b[bB]?[rR][bB]?(?P<raw>'''|\"\"\"|'|").*?(?P=raw)|(?P<quote>'''|\"\"\"|'|")(?:\\.|(?!(?P=quote))[^\\])*(?P=quote)""",
    re.DOTALL,
)
_PATH = r"[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*|\s*\[[^\[\]]*\])*"
_NUMBER_OR_TEXT = r"-?\d+(?:\.\d+)?u?|\"+_*\"+"
_MISPLACED = re.compile(
    rf"""
    !\s*(?P<comparison>
        (?P<value>{_PATH}) \s*
        (?:(?P<order>>=|<=|>|<) \s* (?:{_NUMBER_OR_TEXT}|{_PATH}) | (?P<equal>==|!=) \s* (?:{_NUMBER_OR_TEXT})
            | (?P<among>in\b) \s* (?:\[[^\[\]]*\]|{_PATH}))
    )
    (?= \s* (?:$|&&|\|\||[)\]}}?:,]))
    """,
    re.VERBOSE,
)
"""Of `==` and `!=` only with a number or a text: `!call.vip == call.known` compares two that are true or false."""


def misplaced_negation(expression: str) -> str:
    """What is wrong with the first such `!` in a valid expression, and how it is meant; empty where there is none."""
    found = _MISPLACED.search(_UNREAD.sub(_blank, expression))
    if found is None:
        return ""
    sign = found["order"] or found["equal"] or found["among"]
    value, comparison = (expression[slice(*found.span(group))] for group in ("value", "comparison"))
    return f"`!` binds before `{sign}` and negates `{value}` alone: write `!({comparison})`"


def _blank(found: re.Match[str]) -> str:
    """As many characters that stand for no sign: a text stays a text, a comment nothing."""
    if found.group().startswith("//"):
        return " " * len(found.group())
    return '"' + "_" * (len(found.group()) - 2) + '"'
