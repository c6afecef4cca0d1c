"""Configuration files: YAML read into pydantic models, every mistake named with file, line and column, all at once.

YAML 1.2, so `no` and `on` stay words. A key written twice is a mistake, not a silent overwrite.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from common.yaml_words import in_words

_DATE, _TEXT = "tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:str"

Model = TypeVar("Model", bound=BaseModel)
Place = Sequence[str | int]
"""The keys and list positions that lead to a value, from the top of the file."""


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake in a configuration file; line and column count from 1."""

    file: str
    line: int
    column: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.text}"


class ConfigurationRefused(Exception):
    """The configuration has mistakes and none of it was taken; the text has one line for each."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes)))
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


@dataclass(frozen=True, slots=True)
class Located(Generic[Model]):
    """A model and where in its file each value stands, for checks that need more than one file to be made."""

    value: Model
    file: str
    root: Node

    def mistake(self, place: Place, text: str) -> Mistake:
        """Return a mistake in the value at `place`; where part of it is not in the file, at what comes nearest."""
        found = _find(self.root, place)
        return _at(self.file, found.value, text)

    def mistake_in_key(self, place: Place, text: str) -> Mistake:
        """Return a mistake in the key (a step's name, a menu's digit) that `place` ends with."""
        found = _find(self.root, place)
        return _at(self.file, found.key or found.value, text)


def load(path: Path, model: type[Model], *, shown_as: str | None = None) -> Model:
    """Read one file into its model; raises ConfigurationRefused with every mistake in it.

    `shown_as` is the file's name in mistakes (by default the path as given).
    """
    return load_located(path, model, shown_as=shown_as).value


def load_located(path: Path, model: type[Model], *, shown_as: str | None = None) -> Located[Model]:
    """Read one file, keeping every value's place for later checks; raises ConfigurationRefused."""
    file = shown_as or str(path)
    root, content = _parsed(path, file)
    try:
        value = model.model_validate(content)
    except ValidationError as refused:
        raise ConfigurationRefused([_mistake(file, root, model, error) for error in refused.errors()]) from None
    return Located(value, file, root)


def without_file(path: Path, model: type[Model]) -> Located[Model]:
    """What a file says that may be left out, and is: as an empty one."""
    return Located(model(), str(path), MappingNode("tag:yaml.org,2002:map", []))


# ------------------------------------------------------------------------------------------------- reading


def _parsed(path: Path, file: str) -> tuple[Node, Any]:
    yaml = YAML(typ="safe", pure=True)
    try:
        with path.open(encoding="utf-8") as stream:
            root = yaml.compose(stream)
        if root is None:
            return MappingNode("tag:yaml.org,2002:map", []), {}
        if twice := list(_written_twice(file, root)):
            raise ConfigurationRefused(twice)
        _leave_dates_to_the_model(root)
        return root, yaml.constructor.construct_document(root)
    except MarkedYAMLError as error:
        raise ConfigurationRefused([_not_yaml(file, error)]) from None
    except (YAMLError, UnicodeDecodeError, ValueError) as error:
        raise ConfigurationRefused([Mistake(file, 1, 1, f"not readable as YAML in UTF-8: {error}")]) from None
    except RecursionError:
        raise ConfigurationRefused([Mistake(file, 1, 1, "nested too deeply to be a configuration")]) from None
    except OSError as error:
        raise ConfigurationRefused([Mistake(file, 1, 1, f"cannot be read: {error.strerror}")]) from None


def _not_yaml(file: str, error: MarkedYAMLError) -> Mistake:
    mark = error.problem_mark or error.context_mark
    text = ", ".join(part for part in (error.context, error.problem) if part)
    return Mistake(file, mark.line + 1 if mark else 1, mark.column + 1 if mark else 1, f"not YAML: {text}")


def _leave_dates_to_the_model(root: Node) -> None:
    """Have dates read as text: YAML's own reading of one that does not exist would not say where it stands."""
    pending, visited = [root], set()
    while pending:
        node = pending.pop()
        if id(node) in visited:
            continue
        visited.add(id(node))
        if node.tag == _DATE:
            node.tag = _TEXT
        elif isinstance(node, SequenceNode):
            pending.extend(node.value)
        elif isinstance(node, MappingNode):
            pending.extend(part for pair in node.value for part in pair)


def _written_twice(file: str, root: Node) -> Iterator[Mistake]:
    pending, visited = [root], set()
    while pending:
        node = pending.pop()
        if id(node) in visited:  # an alias leads back to a node already looked at
            continue
        visited.add(id(node))
        if isinstance(node, SequenceNode):
            pending.extend(node.value)
        if isinstance(node, MappingNode):
            first: dict[tuple[str | None, str], int] = {}
            for key, value in node.value:
                pending.append(value)
                if not isinstance(key, ScalarNode):
                    continue
                if (key.tag, key.value) in first:
                    yield _at(file, key, f"'{key.value}' is written twice (first in line {first[key.tag, key.value]})")
                else:
                    first[key.tag, key.value] = key.start_mark.line + 1


# ------------------------------------------------------------------------------------------------- placing


@dataclass(frozen=True, slots=True)
class _Found:
    key: Node | None
    value: Node
    used: tuple[bool, ...] = ()
    """Which parts of the place were found in the file, last first: what finds later parts is the better reading."""


def _find(root: Node, place: Place) -> _Found:
    """Find the value a place leads to.

    pydantic puts names into an error's place that no file has (the kind of a union's member), so parts may be skipped;
    of all readings the one that finds the last parts wins.
    """
    best = _Found(None, root)
    readings = [best]
    for part in place:
        skipped = [replace(reading, used=(False, *reading.used)) for reading in readings]
        taken = [
            _Found(key, value, (True, *reading.used))
            for reading in readings
            for key, value in _children(reading.value, part)
        ]
        readings = skipped + taken
    return max(readings, key=lambda reading: reading.used)


def _children(node: Node, part: str | int) -> list[tuple[Node | None, Node]]:
    if isinstance(node, MappingNode):
        return [(key, value) for key, value in node.value if isinstance(key, ScalarNode) and key.value == str(part)]
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
        return [(None, node.value[part])]
    return []


def _at(file: str, node: Node, text: str) -> Mistake:
    mark = node.start_mark
    return Mistake(file, mark.line + 1 if mark else 1, mark.column + 1 if mark else 1, text)


def _mistake(file: str, root: Node, model: type[BaseModel], error: ErrorDetails) -> Mistake:
    place = [part for part in error["loc"] if part != "[key]"]
    text = in_words(error, model)
    match error["type"]:
        case "missing" | "union_tag_not_found":
            owner = place[:-1] if error["type"] == "missing" else place
            found = _find(root, owner)
            return _at(file, found.key or found.value, text)
        case "union_tag_invalid":
            return _at(file, _find(root, [*place, error["ctx"]["discriminator"].strip("'")]).value, text)
        case _:
            found = _find(root, place)
            in_key = error["type"] == "extra_forbidden" or "[key]" in error["loc"]
            return _at(file, found.key if in_key and found.key else found.value, text)
