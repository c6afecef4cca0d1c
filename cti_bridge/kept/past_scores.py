"""How right the expected waits of earlier runs were: kept in Redis, so that ranges are as wide after a restart as before.

`switchboard:{site}:expected_waits` holds a queue's scores as JSON. They are written a few seconds after they changed; what a
service that is killed had not written yet is learned anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from acd.desk import Desk
from acd.names import QueueId
from acd.waits.expected_wait import MOST_MISSED, SCORES_KEPT, KeptScores
from cti_bridge.kept.texts import KeptTexts

WRITES_EVERY_S = 5.0
_DIGITS = 3
"""Of a score: a thousandth of a deviation is next to nothing."""

_log = structlog.get_logger("forecast")

_Share = Annotated[float, Field(ge=0, le=MOST_MISSED)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    below: _Share
    above: _Share
    last: Annotated[list[float], Field(min_length=1, max_length=SCORES_KEPT)]


class PastScores:
    """Gives the desk's forecasts what earlier runs had, then keeps what changes; `run` does both."""

    def __init__(self, desk: Desk, kept: KeptTexts) -> None:
        self._forecasts = desk.forecasts
        self._kept = kept
        self._written: dict[QueueId, KeptScores] = {}
        kept.read_back = self._recall

    async def run(self) -> None:
        """Write what has changed, until cancelled. Nothing is written before what was kept is read back."""
        await self._kept.restored.wait()
        while True:
            self.write()
            await asyncio.sleep(WRITES_EVERY_S)

    def write(self) -> None:
        """Put every queue's scores that are other than those written last."""
        for queue, scores in self._forecasts.scores().items():
            if self._written.get(queue) != scores:
                self._written[queue] = scores
                self._kept.put(queue, _text(scores))

    def _recall(self, texts: Mapping[str, str]) -> None:
        for queue, text in texts.items():
            try:
                record = _Record.model_validate_json(text)
            except ValidationError:
                _log.warning("a queue's kept scores cannot be read: they are learned anew", queue=queue)
                continue
            self._forecasts.recall(QueueId(queue), KeptScores(record.below, record.above, tuple(record.last)))


def _text(scores: KeptScores) -> str:
    last = [round(score, _DIGITS) for score in scores.last]
    return _Record(below=scores.below, above=scores.above, last=last).model_dump_json()
