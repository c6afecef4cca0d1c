"""A pydantic error in the words of someone who edits a configuration file."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, TypeGuard, Union

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from common.suggest import did_you_mean

_QUOTED = re.compile(r"'([^']*)'")


def in_words(error: ErrorDetails, model: type[BaseModel]) -> str:
    """Return what is wrong, with the nearest known word where one was mistyped. `model` is the whole file's."""
    place, given, context = error["loc"], error["input"], error.get("ctx", {})
    match error["type"]:
        case "missing":
            words = f"'{place[-1]}' is missing here"
        case "extra_forbidden":
            words = f"unknown key '{place[-1]}'{did_you_mean(str(place[-1]), _keys_at(model, place[:-1]))}"
        case "literal_error" | "enum":
            words = _none_of(str(given), str(context["expected"]))
        case "union_tag_invalid":
            words = _none_of(str(context["tag"]), str(context["expected_tags"]))
        case "union_tag_not_found":
            words = f"{context['discriminator']} is missing here"
        case "value_error":
            words = str(context["error"])
        case _:
            words = error["msg"].removeprefix("Input ")
            if isinstance(given, str | int | float | None):
                words += f", not {given!r}"
    return words


def _none_of(given: str, expected: str) -> str:
    return f"'{given}' is none of {expected}{did_you_mean(given, _QUOTED.findall(expected))}"


def _keys_at(model: type[BaseModel], place: Sequence[str | int]) -> set[str]:
    """Return the keys that may be written at a place, found by walking the model's types along it."""
    kinds: list[object] = [model]
    for part in place:
        kinds = [inner for kind in kinds for inner in _inside(kind, part)]
    return {key for kind in kinds if _is_model(kind) for key in _written_names(kind)}


def _inside(kind: object, part: str | int) -> Iterable[object]:
    """Return the types one part further in: a field's, an item's, or the union's member that a tag names."""
    if not _is_model(kind):
        arguments = typing.get_args(kind)
        return _alternatives(arguments[-1]) if arguments else []
    fields = kind.model_fields
    inner = [field.annotation for name, field in fields.items() if part in (name, field.alias)]
    tags = [field.annotation for field in fields.values() if typing.get_origin(field.annotation) is Literal]
    itself = [kind] if any(part in typing.get_args(tag) for tag in tags) else []
    return [*itself, *(one for annotation in inner for one in _alternatives(annotation))]


def _alternatives(kind: object) -> list[object]:
    origin = typing.get_origin(kind)
    if origin is Annotated:
        return _alternatives(typing.get_args(kind)[0])
    if origin in (Union, types.UnionType):
        return [one for member in typing.get_args(kind) for one in _alternatives(member)]
    return [kind]


def _is_model(kind: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _written_names(model: type[BaseModel]) -> Iterable[str]:
    return (field.alias or name for name, field in model.model_fields.items())
