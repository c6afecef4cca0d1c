"""Prometheus: counters and histograms fed by events, gauges read off the floor when asked. No caller's number, no call id.

Names are public: `switchboard_…`, base units (seconds, ratios).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from acd.events import (
    Abandoned,
    CallbackEnded,
    CallbackPromised,
    CallbackTried,
    Connected,
    Diverted,
    Ended,
    Offered,
    OfferWithdrawn,
    Queued,
    Stamped,
    TakenOver,
    TurnedAway,
)
from acd.facts import DialRefused, FaxReceived, HandedOver, MessageLeft, NumberDialled, StepPassed, SurveyAnswered
from acd.names import is_callback
from acd.waits.forecast import Judged
from cti_bridge.board.board import Board
from cti_bridge.links import Links

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

WAIT_BUCKETS_S = (1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 1800, 3600)
TALK_BUCKETS_S = (5, 15, 30, 60, 120, 180, 300, 450, 600, 900, 1200, 1800, 3600)
DECISION_BUCKETS_S = (0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1)


class Meters:
    """A sink of the feed that counts."""

    name = "metrics"

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._offered = Counter("switchboard_calls_offered", "Calls that entered a queue", ["queue"], registry=registry)
        self._calls = Counter(
            "switchboard_calls",
            "Calls that left the line, by what became of them",
            ["queue", "outcome"],
            registry=registry,
        )
        self._returned = Counter(
            "switchboard_calls_returned",
            "Abandoned calls whose caller was back within the grace time: one contact, to be taken off the abandoned",
            ["queue"],
            registry=registry,
        )
        self._turned_away = Counter(
            "switchboard_calls_turned_away", "Calls not let into a queue, by why", ["queue", "why"], registry=registry
        )
        self._offers = Counter("switchboard_offers", "Offers to agents", ["queue"], registry=registry)
        self._failed = Counter(
            "switchboard_offers_failed", "Offers that came to nothing, by why", ["queue", "why"], registry=registry
        )
        self._wait = Histogram(
            "switchboard_wait_seconds",
            "How long callers waited until they left the line",
            ["queue", "outcome"],
            buckets=WAIT_BUCKETS_S,
            registry=registry,
        )
        self._talk = Histogram(
            "switchboard_talk_seconds",
            "How long conversations took, hold included",
            ["queue"],
            buckets=TALK_BUCKETS_S,
            registry=registry,
        )
        self._hold = Histogram(
            "switchboard_hold_seconds",
            "How long one side had the other on hold in a conversation, of conversations with hold",
            ["queue"],
            buckets=TALK_BUCKETS_S,
            registry=registry,
        )
        self._callbacks = Counter(
            "switchboard_callbacks",
            "Promises to call back, attempts to reach customers by outcome, and promises that ended without",
            ["queue", "what"],
            registry=registry,
        )
        self._dialled = Counter(
            "switchboard_numbers_dialled",
            "Numbers outside that were asked for, by door (callback, agent, flow) and by what became of it: dialled, or the rule",
            ["door", "ruling"],
            registry=registry,
        )
        self._answers = Counter(
            "switchboard_survey_answers",
            "Answers to questions after a talk; `none`: the caller let it pass",
            ["queue", "question", "answer"],
            registry=registry,
        )
        self._messages = Counter(
            "switchboard_messages_left",
            "What callers said to nobody and was kept: voicemail, and comments after a talk",
            ["kind", "queue"],
            registry=registry,
        )
        self._faxes = Counter(
            "switchboard_faxes_received",
            "Faxes that came in, with at least a page",
            ["queue"],
            registry=registry,
        )
        self._handed_on = Counter(
            "switchboard_calls_handed_on",
            "Callers handed on to a number, an agent or another flow, by what became of it",
            ["to", "end"],
            registry=registry,
        )
        self._steps = Counter(
            "switchboard_flow_steps",
            "Steps of flows that callers left, by the label they have in reports and by how they were left",
            ["flow", "step", "outcome"],
            registry=registry,
        )
        self._decision = Histogram(
            "switchboard_decision_seconds",
            "How long the engine took for one request",
            buckets=DECISION_BUCKETS_S,
            registry=registry,
        )

        self._forecasts = Counter(
            "switchboard_expected_wait_forecasts",
            "Expected waits whose end is known, by whether the caller was served within the range, sooner or later",
            ["queue", "verdict"],
            registry=registry,
        )
        self._forecast_error = Histogram(
            "switchboard_expected_wait_error_seconds",
            "How far the wait of an answered caller lay from the likely one",
            ["queue"],
            buckets=WAIT_BUCKETS_S,
            registry=registry,
        )

    def take(self, stamped: Stamped) -> None:  # noqa: C901, PLR0912 - one arm for each event that counts
        """Count an event."""
        event = stamped.event
        match event:
            case Queued():
                (self._offered if event.returns is None else self._returned).labels(event.queue).inc()
            case TurnedAway():
                self._turned_away.labels(event.queue, event.why.value).inc()
            case Offered():
                self._offers.labels(event.queue).inc(len(event.agents))
            case OfferWithdrawn():
                self._failed.labels(event.queue, event.why.value).inc()
            case CallbackPromised():
                self._callbacks.labels(event.queue, "promised").inc()
            case CallbackTried():
                self._callbacks.labels(event.queue, event.outcome.value).inc()
            case CallbackEnded():
                self._callbacks.labels(event.queue, event.why.value).inc()
            case StepPassed():
                self._steps.labels(event.flow, event.label, event.outcome).inc()
            case SurveyAnswered():
                answer = "none" if event.answer is None else str(event.answer)
                self._answers.labels(event.queue or "", event.question, answer).inc()
            case MessageLeft():
                self._messages.labels(event.kind.value, event.queue or "").inc()
            case FaxReceived():
                self._faxes.labels(event.queue or "").inc()
            case HandedOver():
                self._handed_on.labels(event.to.value, event.end.value).inc()
            case NumberDialled():
                self._dialled.labels(event.door.value, "dialled").inc()
            case DialRefused():
                self._dialled.labels(event.door.value, event.rule.value).inc()
            case Connected() if is_callback(event.call):
                pass
            case Connected():
                self._left(event.queue, "answered", event.waited_s)
            case Abandoned():
                self._left(event.queue, "abandoned", event.waited_s)
            case Diverted():
                self._left(event.queue, "diverted", event.waited_s)
            case TakenOver() | Ended():
                self._over(event)
            case _:
                pass

    def _over(self, event: TakenOver | Ended) -> None:
        self._talk.labels(event.queue).observe(event.talked_s)
        if event.held_s > 0:
            self._hold.labels(event.queue).observe(event.held_s)

    def resume(self) -> None:
        """Missed events stay uncounted."""

    def decided(self, seconds: float) -> None:
        """Note how long the engine took for a request."""
        self._decision.observe(seconds)

    def judged(self, judged: Judged) -> None:
        """Note what became of an expected wait."""
        self._forecasts.labels(judged.queue, judged.verdict.value).inc()
        if judged.error_s is not None:
            self._forecast_error.labels(judged.queue).observe(judged.error_s)

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self.registry)

    def _left(self, queue: str, outcome: str, waited_s: float) -> None:
        self._calls.labels(queue, outcome).inc()
        self._wait.labels(queue, outcome).observe(max(0.0, waited_s))


class FloorGauges(Collector):
    """What is so at this moment, read when Prometheus asks.

    `dropped` tells, by reader, what could not be delivered; `corrections`, by Asterisk, what logins brought to light.
    """

    def __init__(
        self,
        board: Board,
        links: Links,
        dropped: Mapping[str, Callable[[], int]],
        corrections: Mapping[str, Callable[[], int]],
    ) -> None:
        self._board = board
        self._links = links
        self._dropped = dropped
        self._corrections = corrections

    def collect(self) -> Iterable[Metric]:
        """Read the gauges."""
        now = self._board.look_at_the_clock()
        waiting = GaugeMetricFamily("switchboard_waiting_calls", "Callers not yet talking", labels=["queue"])
        longest = GaugeMetricFamily(
            "switchboard_longest_wait_seconds", "How long the one who waits longest has waited", labels=["queue"]
        )
        level = GaugeMetricFamily(
            "switchboard_service_level_ratio", "Today's service level; absent before the first call", labels=["queue"]
        )
        promised = GaugeMetricFamily(
            "switchboard_waiting_callbacks", "Customers promised a call back and not yet talking", labels=["queue"]
        )
        agents = GaugeMetricFamily("switchboard_agents", "Agents of a queue by state", labels=["queue", "state"])
        for queue in self._board.viewer.queues():
            waiting.add_metric([queue.id], queue.waiting)
            promised.add_metric([queue.id], queue.callbacks)
            since = queue.longest_wait_since
            longest.add_metric([queue.id], 0.0 if since is None else max(0.0, now - since))
            if queue.service_level is not None:
                level.add_metric([queue.id], queue.service_level)
            for state, count in queue.agents:
                agents.add_metric([queue.id, state], count)
        up = GaugeMetricFamily("switchboard_link_up", "Whether a link is up", labels=["link", "node"])
        for name, status in self._links:
            up.add_metric([name.kind, name.node], float(status.up))
        dropped = CounterMetricFamily(
            "switchboard_feed_dropped", "What a slow or absent reader did not get", labels=["reader"]
        )
        for reader, count in self._dropped.items():
            dropped.add_metric([reader], count())
        corrected = CounterMetricFamily(
            "switchboard_ami_corrections",
            "Events by which the floor was made equal to what Asterisk showed after a login",
            labels=["node"],
        )
        for node, count in self._corrections.items():
            corrected.add_metric([node], count())
        return (waiting, promised, longest, level, agents, up, dropped, corrected)
