"""A need taken apart: what has to hold together, and of each part what it asks of whom, where people could say it.

Only shapes that plans commonly have are read: levels of skills, facts of agent and call compared with a value, and these
joined by `&&`, `||` and `!`. Everything else stays the text it is. They are read here because the CEL library shows of
what it compiled the names and functions used, not the parse tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""\s*(?:(?P<word>[A-Za-z_]\w*)|(?P<number>\d+(?:\.\d+)?)|'(?P<single>[^'\\]*)'|"(?P<double>[^"\\]*)\""""
    r"""|(?P<sign>&&|\|\||==|!=|>=|<=|[<>!()\[\].,]))"""
)
_PIECE = re.compile(
    r"""
    //[^\n]*                                                       # a comment
    | \b[bB]?[rR][bB]?(?P<raw>'''|\"\"\"|'|").*?(?P=raw)           # a raw text: a backslash is a character like any other
    | (?P<quote>'''|\"\"\"|'|")(?:\\.|(?!(?P=quote))[^\\])*(?P=quote)
    | && | \|\| | [()\[\]{}?]
    | \w+ | .
    """,
    re.DOTALL | re.VERBOSE,
)
"""What a need is cut into to find the signs that join its parts: none of them counts in a text or a comment."""
_COMPARES = frozenset({">=", "<=", ">", "<", "==", "!="})
_TURNED = {">=": "<=", "<=": ">=", ">": "<", "<": ">", "==": "==", "!=": "!="}


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill by its name: `skill.sales`."""

    name: str


@dataclass(frozen=True, slots=True)
class SkillOfCall:
    """The skill that a fact of the call names: `skill[call.language]`."""

    fact: str


@dataclass(frozen=True, slots=True)
class AgentFact:
    """What is known of an agent: `agent.name`."""

    name: str


@dataclass(frozen=True, slots=True)
class CallFact:
    """What is known of the call: `call.language`."""

    name: str


Asked = Skill | SkillOfCall | AgentFact | CallFact


@dataclass(frozen=True, slots=True)
class Compared:
    """One of these, held against values: with `==` one of several, with any other sign a single one."""

    asked: Asked
    sign: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: Part


@dataclass(frozen=True, slots=True)
class AllOf:
    """All hold."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One holds at least."""

    parts: tuple[Part, ...]


Part = Compared | Not | AllOf | AnyOf


class Unsayable(ValueError):
    """A shape that is not read."""


def parts_of(need: str) -> tuple[str, ...]:
    """What has to hold together, each part as it is written; the need itself where it is one part."""
    need = _unwrapped(need.strip())
    pieces, depth, begin, at = list[str](), 0, 0, 0
    for found in _PIECE.finditer(need):
        match found.group():
            case "(" | "[" | "{":
                depth += 1
            case ")" | "]" | "}":
                depth -= 1
            case "||" | "?" if depth == 0:
                return (need,)
            case "&&" if depth == 0:
                pieces.append(need[begin : found.start()])
                begin = found.end()
            case _:
                pass
        at = found.end()
    if not pieces:
        return (need,) if need else ()
    return tuple(part for piece in (*pieces, need[begin:at]) for part in parts_of(piece))


def _unwrapped(text: str) -> str:
    """Without brackets around the whole."""
    while text.startswith("(") and _closes(text) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def _closes(text: str) -> int:
    """Where the bracket that `text` begins with is closed."""
    depth = 0
    for found in _PIECE.finditer(text):
        depth += {"(": 1, ")": -1}.get(found.group(), 0)
        if depth == 0:
            return found.start()
    return -1


def read(text: str) -> Part:
    """What a part of a need asks; raises Unsayable where it has another shape than these."""
    reader = _Reader(list(_tokens(text)))
    part = reader.any_of()
    reader.expect("end", "")
    return part


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at, text = 0, text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise Unsayable(text)
        kind = found.lastgroup
        yield "text" if kind in ("single", "double") else kind, found[kind]
        at = found.end()
    yield "end", ""


class _Reader:
    """Reads tokens from the first on."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def any_of(self) -> Part:
        """Parts joined by `||`."""
        parts = [self._all_of()]
        while self._took("||"):
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _all_of(self) -> Part:
        parts = [self._one()]
        while self._took("&&"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _one(self) -> Part:
        if self._took("!"):
            return Not(self._one())
        if self._took("("):
            part = self.any_of()
            self.expect("sign", ")")
            return part
        if self._peek()[0] in ("number", "text"):
            return self._value_first()
        if self._peek() == ("word", "has"):
            return self._has()
        asked = self._asked()
        kind, sign = self._next()
        if (kind, sign) == ("word", "in"):
            return Compared(asked, "==", self._list())
        if kind != "sign" or sign not in _COMPARES:
            raise Unsayable(sign)
        return Compared(asked, sign, (self._value(),))

    def _has(self) -> Part:
        """`has(skill.sales)`."""
        self._next()
        self.expect("sign", "(")
        asked = self._asked()
        self.expect("sign", ")")
        if not isinstance(asked, Skill):
            raise Unsayable("has")
        return Compared(asked, ">=", ("1",))

    def _value_first(self) -> Part:
        kind, value = self._next()
        _, sign = self._next()
        if (kind, sign) == ("text", "in"):
            self.expect("word", "skill")
            return Compared(Skill(value), ">=", ("1",))
        if sign not in _TURNED:
            raise Unsayable(sign)
        return Compared(self._asked(), _TURNED[sign], (value,))

    def _asked(self) -> Asked:
        kind, whose = self._next()
        if kind != "word" or whose not in ("skill", "agent", "call"):
            raise Unsayable(whose)
        name = self._name()
        match whose, name:
            case "skill", Skill() | SkillOfCall():
                return name
            case "agent", Skill(name=fact):
                return AgentFact(fact)
            case "call", Skill(name=fact):
                return CallFact(fact)
            case _:
                raise Unsayable(whose)

    def _name(self) -> Skill | SkillOfCall:
        """`.name`, `['name']` or `[call.fact]`."""
        if self._took("."):
            return Skill(self._of_kind("word"))
        self.expect("sign", "[")
        if self._peek() == ("word", "call"):
            self._next()
            self.expect("sign", ".")
            name: Skill | SkillOfCall = SkillOfCall(self._of_kind("word"))
        else:
            name = Skill(self._of_kind("text"))
        self.expect("sign", "]")
        return name

    def _list(self) -> tuple[str, ...]:
        self.expect("sign", "[")
        values = [self._value()]
        while self._took(","):
            values.append(self._value())
        self.expect("sign", "]")
        return tuple(values)

    def _value(self) -> str:
        kind, value = self._next()
        if kind not in ("number", "text") or not value:
            raise Unsayable(value)
        return value

    def _of_kind(self, kind: str) -> str:
        found, value = self._next()
        if found != kind:
            raise Unsayable(value)
        return value

    def expect(self, kind: str, value: str) -> None:
        """Pass over this token; raises Unsayable where another stands there."""
        if self._next() != (kind, value):
            raise Unsayable(value)

    def _took(self, sign: str) -> bool:
        taken = self._peek() == ("sign", sign)
        self._at += taken
        return taken

    def _peek(self) -> tuple[str, str]:
        return self._tokens[min(self._at, len(self._tokens) - 1)]

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token
