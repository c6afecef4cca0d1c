"""Configuration files: every mistake at once, each with its place and a suggestion."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from common.suggest import did_you_mean
from common.yaml_file import ConfigurationRefused, load, load_located


class Colour(StrEnum):
    """A choice of words."""

    RED = "red"
    GREEN = "green"


class Strict(BaseModel):
    """What refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


class Say(Strict):
    """One kind of step."""

    do: Literal["say"]
    prompt: str
    then: str = ""


class Queue(Strict):
    """Another kind, with a field of the kind's own name."""

    do: Literal["queue"]
    queue: str
    need: str = ""


class House(Strict):
    """A whole file."""

    name: str = "house"
    colour: Colour = Colour.RED
    floors: int = Field(default=1, gt=0)
    keys: dict[str, str] = {}
    steps: dict[str, Annotated[Say | Queue, Field(discriminator="do")]] = {}
    rooms: list[Say] | None = None


Written = Callable[[str], Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    def write(text: str) -> Path:
        path = tmp_path / "house.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def refusal(path: Path) -> list[str]:
    with pytest.raises(ConfigurationRefused) as refused:
        load(path, House, shown_as="house.yaml")
    return str(refused.value).splitlines()


def test_no_stays_a_word_and_digits_may_be_keys(written: Written) -> None:
    house = load(written("name: no\nkeys: {1: yes, '*': off}\n"), House)
    assert house.name == "no"
    assert house.keys == {"1": "yes", "*": "off"}


def test_an_empty_file_is_an_empty_mapping(written: Written) -> None:
    assert load(written("# nothing yet\n"), House) == House()


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(written: Written) -> None:
    assert refusal(written("colour: gren\nflors: 2\nfloors: 0\nsteps:\n  a: {do: sya, prompt: x}\n")) == [
        "house.yaml:1:9: 'gren' is none of 'red' or 'green', did you mean 'green'?",
        "house.yaml:2:1: unknown key 'flors', did you mean 'floors'?",
        "house.yaml:3:9: should be greater than 0, not 0",
        "house.yaml:5:11: 'sya' is none of 'say', 'queue', did you mean 'say'?",
    ]


def test_a_mistake_inside_a_kind_of_step_is_placed_although_no_key_has_the_kinds_name(written: Written) -> None:
    assert refusal(written("steps:\n  first:\n    do: queue\n    queue: sales\n    nead: x\n    need: [1]\n")) == [
        "house.yaml:5:5: unknown key 'nead', did you mean 'need'?",
        "house.yaml:6:11: should be a valid string",
    ]


def test_what_is_missing_is_told_at_the_key_it_belongs_to(written: Written) -> None:
    assert refusal(written("steps:\n  first: {do: say}\n  other: {prompt: x}\n")) == [
        "house.yaml:2:3: 'prompt' is missing here",
        "house.yaml:3:3: 'do' is missing here",
    ]


def test_an_unknown_key_in_a_list_item_gets_a_suggestion(written: Written) -> None:
    assert refusal(written("rooms:\n  - do: say\n    prompt: a\n    promt: b\n")) == [
        "house.yaml:4:5: unknown key 'promt', did you mean 'prompt'?"
    ]


def test_a_key_written_twice_is_refused(written: Written) -> None:
    assert refusal(written("name: a\nkeys: {x: 1, x: 2}\nname: b\n")) == [
        "house.yaml:2:14: 'x' is written twice (first in line 2)",
        "house.yaml:3:1: 'name' is written twice (first in line 1)",
    ]


def test_broken_yaml_is_one_mistake_with_its_place(written: Written) -> None:
    (line,) = refusal(written("name: [a\nkeys: }\n"))
    assert line.startswith("house.yaml:2:")
    assert "not YAML" in line


def test_a_missing_file_and_one_that_is_not_utf8_are_mistakes(tmp_path: Path) -> None:
    missing = tmp_path / "house.yaml"
    assert "No such file" in refusal(missing)[0]
    missing.write_bytes(b"name: \xff\xfe\n")
    assert "UTF-8" in refusal(missing)[0]


def test_deep_nesting_and_an_alias_of_itself_are_refused_not_followed(written: Written) -> None:
    assert refusal(written("[" * 5000))
    assert refusal(written("keys: &a\n  b: *a\n"))


def test_merged_keys_keep_their_place(written: Written) -> None:
    text = "steps:\n  a: &a {do: say, prompt: x, then: [1]}\n  b:\n    <<: *a\n    then: ok\n"
    assert refusal(written(text)) == ["house.yaml:2:36: should be a valid string"]


def test_later_checks_can_point_at_values_and_keys(written: Written) -> None:
    located = load_located(written("steps:\n  first: {do: say, prompt: hi, then: lst}\n"), House, shown_as="f.yaml")
    assert str(located.mistake(["steps", "first", "then"], "x")) == "f.yaml:2:38: x"
    assert str(located.mistake_in_key(["steps", "first"], "y")) == "f.yaml:2:3: y"
    assert str(located.mistake(["steps", "gone"], "z")) == "f.yaml:2:3: z"


def test_a_suggestion_is_only_made_for_words_alike() -> None:
    assert did_you_mean("sale", ["service", "sales"]) == ", did you mean 'sales'?"
    assert did_you_mean("xyz", ["service", "sales"]) == ""
