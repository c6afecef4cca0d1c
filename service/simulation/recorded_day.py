"""A recorded day made whole: what records leave open of a call is drawn from the day file, or else from the other records."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from acd.names import CallId
from acd.simulation.day import NEVER, Arrival
from acd.simulation.visits import Outcome
from common.yaml_file import ConfigurationRefused, Mistake
from service.simulation.draws import draw, draw_longer, rings, stream
from service.simulation.form import DAY_S, Demand, Duration
from service.simulation.recorded_calls import RecordedCall, read_table
from service.simulation.recorded_events import Recording, read_events

CLOUD_EVENT = '"specversion"'
"""What every line of the event stream has, and no recorded call."""
TABLES = (".csv", ".jsonl")
"""The endings of files of recorded calls."""


def read_recording(path: Path, zone: ZoneInfo) -> Recording:
    """Read recorded calls: a table (`.csv`, `.jsonl`), or the event stream (`.jsonl`). Raises ConfigurationRefused."""
    try:
        with path.open(encoding="utf-8") as file:
            first = next((line for line in file if line.strip()), "")
        if CLOUD_EVENT in first:
            return read_events(path, zone)
        return Recording(read_table(path), ())
    except csv.Error as error:
        raise ConfigurationRefused([Mistake(str(path), 1, 1, f"not CSV: {error}")]) from None
    except UnicodeDecodeError as error:
        raise ConfigurationRefused([Mistake(str(path), 1, 1, f"not UTF-8: {error}")]) from None
    except OSError as error:
        raise ConfigurationRefused([Mistake(str(path), 1, 1, f"cannot be read: {error.strerror}")]) from None


class Whole:
    """Fills in what one queue's records leave open.

    A talk not known is drawn from the day file's distribution, or else is that of another recorded call. The patience of a
    caller who was answered is known only to have been longer than the wait: it is drawn so from the day file's distribution,
    or else from the exponential one that the queue's records make likeliest (all time waited, for each caller who hung up).
    How long phones ring that is not known is drawn from the day file's distribution, or else is as for another recorded call.
    """

    def __init__(self, queue: str, calls: Sequence[RecordedCall], demand: Demand, seed: int) -> None:
        self._queue, self._demand = queue, demand
        self._talks = [call.talk_s for call in calls if call.talk_s is not None]
        self._pick_ups = [call.pick_up_s for call in calls if call.pick_up_s is not None]
        self._patience = demand.patience or _likeliest_patience(calls)
        self._talk_chance = stream(seed, queue, "talk")
        self._patience_chance = stream(seed, queue, "patience")
        self._finishing_chance = stream(seed, queue, "wrap_up")
        self._phone_chance = stream(seed, queue, "pick_up")

    @property
    def talks_known(self) -> bool:
        """Whether a talk that is not recorded can be drawn."""
        return bool(self._talks) or self._demand.talk is not None

    def arrival(self, number: int, call: RecordedCall) -> Arrival:
        """The caller of this record."""
        return Arrival(
            CallId(f"{self._queue}-{number}"),
            call.at,
            call.queue,
            self._talk(call),
            call.priority,
            call.need,
            call.attributes,
            self._patience_of(call),
            (*self._rings_known(call), *rings(self._pick_up, self._demand.unanswered, self._phone_chance)),
            0.0 if self._demand.wrap_up is None else draw(self._demand.wrap_up, self._finishing_chance),
        )

    def _rings_known(self, call: RecordedCall) -> Iterator[float]:
        yield from (NEVER,) * call.rings_out
        if call.pick_up_s is not None:
            yield call.pick_up_s
        if call.rang_s is not None:
            yield self._pick_up(call.rang_s)

    def _pick_up(self, longer_than_s: float = 0.0) -> float:
        """Draw how long a phone rings before it is picked up, where it has rung so long already."""
        if self._demand.pick_up is not None:
            return draw_longer(self._demand.pick_up, longer_than_s, self._phone_chance)
        if longer_than_s <= 0:
            return self._phone_chance.choice(self._pick_ups) if self._pick_ups else 0.0
        longer = [known for known in self._pick_ups if known > longer_than_s]
        return self._phone_chance.choice(longer) if longer else NEVER

    def _talk(self, call: RecordedCall) -> float:
        if call.talk_s is not None:
            return call.talk_s
        if self._demand.talk is not None:
            return draw(self._demand.talk, self._talk_chance)
        return self._talk_chance.choice(self._talks)

    def _patience_of(self, call: RecordedCall) -> float | None:
        if call.outcome is Outcome.ABANDONED:
            return call.waited_s
        if self._patience is None:
            return None
        return draw_longer(self._patience, call.waited_s or 0.0, self._patience_chance)


def _likeliest_patience(calls: Sequence[RecordedCall]) -> Duration | None:
    """Exponential patience of censored records: its likeliest mean is all time waited over the number who gave up."""
    waited_s = sum(call.waited_s or 0.0 for call in calls)
    gave_up = sum(call.outcome is Outcome.ABANDONED for call in calls)
    return Duration(exponential=min(waited_s / gave_up, DAY_S)) if gave_up and waited_s > 0 else None
