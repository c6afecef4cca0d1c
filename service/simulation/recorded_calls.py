"""Calls of a day that was: what a record says of each, and the table (CSV or JSON lines) in which it is read."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import from_json

from acd.names import Attributes, QueueId
from acd.simulation.visits import Outcome
from common.suggest import did_you_mean
from common.yaml_file import ConfigurationRefused, Mistake
from common.yaml_words import in_words
from service.simulation.form import DAY_S, Name, Need, Seconds

ATTRIBUTE = "call."
"""In front of an attribute's name in a table's heading: `call.language`."""
_TIME = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?")


def _time_of_day(value: object) -> object:
    """Read `09:30:12.5` or `09:30` as seconds since midnight; leave anything else."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return value
    hours, minutes, seconds = found.groups(default="0")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One call as it was; what is not known (None) is drawn when a day is made of it. `at` is seconds since midnight."""

    at: float
    queue: QueueId
    outcome: Outcome
    waited_s: float | None
    """Until the outcome; always known of an abandoned call."""
    talk_s: float | None
    """Of an answered call, hold included."""
    pick_up_s: float | None
    """How long the phone rang that was answered."""
    rings_out: int
    """How many offers rang out before."""
    rang_s: float | None
    """How long a phone had rung for the caller when they hung up."""
    priority: int
    need: str
    attributes: Attributes


class CallForm(BaseModel):
    """One call as it is written in a table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: Annotated[float, BeforeValidator(_time_of_day), Field(ge=0, lt=DAY_S, allow_inf_nan=False)]
    """When the caller entered the queue: seconds since midnight, written also as 09:30:12."""
    queue: Name
    outcome: Outcome | None = None
    """By default answered where a talk is given, abandoned where none is."""
    waited_s: Seconds | None = None
    talk_s: Seconds | None = None
    pick_up_s: Seconds | None = None
    rings_out: Annotated[int, Field(ge=0, le=1000)] = 0
    priority: Annotated[int, Field(ge=-100, le=100)] = 0
    need: Need = ""
    attributes: dict[str, str | int | float | bool] = {}

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self._ended is Outcome.ABANDONED and self.waited_s is None:
            raise ValueError("a caller who hung up needs waited_s: how long they waited until then")
        if self._ended is not Outcome.ANSWERED and self.talk_s is not None:
            raise ValueError(f"a call that was {self._ended} has no talk_s: leave it empty")
        return self

    @property
    def _ended(self) -> Outcome:
        return self.outcome or (Outcome.ABANDONED if self.talk_s is None else Outcome.ANSWERED)

    def call(self) -> RecordedCall:
        """The call."""
        return RecordedCall(
            self.at,
            QueueId(self.queue),
            self._ended,
            self.waited_s,
            self.talk_s,
            self.pick_up_s,
            self.rings_out,
            None,
            self.priority,
            self.need,
            tuple(sorted(self.attributes.items())),
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One call's values as they stand in a file, with the place of each; `line` and columns count from 1."""

    line: int
    values: Mapping[str, Any]
    columns: Mapping[str, int]


def read_table(path: Path) -> tuple[RecordedCall, ...]:
    """Read a table of calls, `.csv` with a heading or `.jsonl`. Raises ConfigurationRefused with every mistake in it."""
    calls: list[RecordedCall] = []
    mistakes: list[Mistake] = []
    with path.open(encoding="utf-8-sig", newline="") as file:  # spreadsheets write a byte order mark
        for row in _csv_rows(file, path) if path.suffix == ".csv" else _json_rows(file, path):
            if isinstance(row, Mistake):
                mistakes.append(row)
                continue
            try:
                calls.append(CallForm.model_validate(row.values).call())
            except ValidationError as refused:
                mistakes += _mistakes(path, row, refused)
    if mistakes:
        raise ConfigurationRefused(mistakes)
    return tuple(calls)


def _mistakes(path: Path, row: Row, refused: ValidationError) -> Iterator[Mistake]:
    for error in refused.errors():
        field = str(error["loc"][0]) if error["loc"] else ""
        text = in_words(error, CallForm)
        yield Mistake(str(path), row.line, row.columns.get(field, 1), f"{field}: {text}" if field else text)


def _csv_rows(file: Iterable[str], path: Path) -> Iterator[Row | Mistake]:
    reader = csv.reader(file)
    heading = [name.strip() for name in next(reader, [])]
    known = set(CallForm.model_fields) - {"attributes"}
    unknown = [
        Mistake(str(path), 1, number, f"unknown column '{name}'{did_you_mean(name, known)}")
        for number, name in enumerate(heading, 1)
        if name not in known and not name.startswith(ATTRIBUTE)
    ]
    if unknown:
        yield from unknown
        return
    columns = {name: number for number, name in enumerate(heading, 1)}
    for cells in reader:
        if not any(cells):
            continue
        if len(cells) != len(heading):
            text = f"{len(cells)} values where the heading has {len(heading)} columns"
            yield Mistake(str(path), reader.line_num, 1, text)
            continue
        given = {name: cell.strip() for name, cell in zip(heading, cells, strict=True) if cell.strip()}
        values: dict[str, Any] = {name: cell for name, cell in given.items() if not name.startswith(ATTRIBUTE)}
        values["attributes"] = {
            name.removeprefix(ATTRIBUTE): cell for name, cell in given.items() if name.startswith(ATTRIBUTE)
        }
        yield Row(reader.line_num, values, columns)


def _json_rows(file: Iterable[str], path: Path) -> Iterator[Row | Mistake]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            values = from_json(line)
        except ValueError as error:
            yield Mistake(str(path), number, 1, f"not JSON: {error}")
        else:
            yield Row(number, values, {})
