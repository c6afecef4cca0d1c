"""Recording alarms where people look: counted for Prometheus, and in the log as before."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter

from recordings.alarms import Alarm, AlarmKind, Alarms, to_the_log


def counted_in(registry: CollectorRegistry) -> Alarms:
    """Count alarms as `switchboard_recording_alarms_total{kind}`; every kind is there from the start, at 0."""
    counter = Counter(
        "switchboard_recording_alarms", "What went wrong with recordings, by kind", ["kind"], registry=registry
    )
    by_kind = {kind: counter.labels(kind.value) for kind in AlarmKind}

    def take(alarm: Alarm) -> None:
        by_kind[alarm.kind].inc()
        to_the_log(alarm)

    return take
