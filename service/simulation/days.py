"""Days to simulate: a day file, checked against the plans and its chance drawn; or recorded calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from acd.names import AgentId, CallId, QueueId
from acd.requests import Configured
from acd.simulation.day import Arrival, Break, Day, Shift
from common.yaml_file import ConfigurationRefused, Mistake, load_located
from service.simulation.checks import Plans, ends_open, mistakes_in
from service.simulation.draws import draw, pick, poisson_arrivals, rings, stream
from service.simulation.form import MINUTE_S, DayForm, Demand, Duration, ShiftForm, seconds_of
from service.simulation.recorded_day import TABLES, Whole, read_recording
from service.simulation.recorded_events import Recording

AT_ONCE = Duration(fixed=0)
NOTHING_RECORDED = Recording((), ())


def read_days(path: Path, plans: Plans, seed: int | None, zone: ZoneInfo) -> dict[str, Day]:
    """Read a day, for each of these plans: the same callers; the same shifts, or each plan's own agents where none are given.

    `path` is a day file, or recorded calls by themselves (`.csv`, `.jsonl`). `seed` overrides the file's; `zone` is where the
    site's days begin. Raises ConfigurationRefused with all mistakes at once.
    """
    if path.suffix in TABLES:
        form, recording = DayForm(recorded=path.name), read_recording(path, zone)
    else:
        located = load_located(path, DayForm)
        form, recording = located.value, NOTHING_RECORDED
        mistakes = list(mistakes_in(located, plans))
        if form.recorded is not None:
            try:
                recording = read_recording(path.parent / form.recorded, zone)
            except ConfigurationRefused as refused:
                mistakes += refused.mistakes
        if mistakes:
            raise ConfigurationRefused(mistakes)
    chance = form.seed if seed is None else seed
    if form.recorded is not None:
        _check_recording(path.parent / form.recorded, form, recording, plans)
        arrivals = list(_recorded_arrivals(form, recording, chance))
    else:
        arrivals = [arrival for queue, demand in form.queues.items() for arrival in _drawn(queue, demand, form, chance)]
    arrivals.sort(key=lambda arrival: arrival.at)
    return {
        folder: Day(
            tuple(arrivals),
            _shifts(form, recording, configured),
            seconds_of(form.closes),
            form.back_after,
            tuple((step, QueueId(queue)) for step, queue in form.onward.items()),
        )
        for folder, configured in plans.items()
    }


# ---------------------------------------------------------------------------------------------------- callers


def _drawn(queue: str, demand: Demand, form: DayForm, seed: int) -> Iterator[Arrival]:
    arrivals, kinds = stream(seed, queue, "arrivals"), stream(seed, queue, "kinds")
    talks, patience, phones = (stream(seed, queue, what) for what in ("talk", "patience", "pick_up"))
    finishing = stream(seed, queue, "wrap_up")
    shares = [kind.share for kind in demand.kinds]
    number = 0
    for time in sorted(demand.callers):
        expected, lasts_s = demand.callers[time], float(form.interval * MINUTE_S)
        for at in poisson_arrivals(seconds_of(time), lasts_s, expected, arrivals):
            number += 1
            kind = pick(demand.kinds, shares, kinds)
            yield Arrival(
                CallId(f"{queue}-{number}"),
                at,
                QueueId(queue),
                0.0 if demand.talk is None else draw(demand.talk, talks),
                kind.priority,
                kind.need,
                tuple(sorted(kind.attributes.items())),
                None if demand.patience is None else draw(demand.patience, patience),
                rings(partial(draw, demand.pick_up or AT_ONCE, phones), demand.unanswered, phones),
                0.0 if demand.wrap_up is None else draw(demand.wrap_up, finishing),
            )


def _recorded_arrivals(form: DayForm, recording: Recording, seed: int) -> Iterator[Arrival]:
    for queue in dict.fromkeys(call.queue for call in recording.calls):
        calls = [call for call in recording.calls if call.queue == queue]
        whole = Whole(queue, calls, form.queues.get(queue, Demand()), seed)
        for number, call in enumerate(calls, 1):
            yield whole.arrival(number, call)


def _check_recording(path: Path, form: DayForm, recording: Recording, plans: Plans) -> None:
    """Raise ConfigurationRefused where the recorded calls do not fit the day or a plan."""
    mistakes = [Mistake(str(path), 1, 1, text) for text in _misfits(form, recording, plans)]
    if mistakes:
        raise ConfigurationRefused(mistakes)


def _misfits(form: DayForm, recording: Recording, plans: Plans) -> Iterator[str]:
    if not recording.calls:
        yield "no calls are recorded here"
    queues = dict.fromkeys(call.queue for call in recording.calls)
    for folder, configured in plans.items():
        known = {plan.queue for plan in configured.queues}
        for queue in queues:
            if queue not in known:
                yield f"calls are recorded of queue '{queue}', which {folder} does not have"
        agents = {profile.agent for profile in configured.agents}
        worked = {shift.agent for shift in recording.shifts} if form.shifts is None else set()
        for agent in sorted(worked - agents):
            yield f"agent '{agent}' worked that day, whom {folder} does not have: give the `shifts` in a day file"
    late = sum(call.at >= seconds_of(form.closes) for call in recording.calls)
    if late:
        yield f"{late} calls come at or after closing ({form.closes}): let the day close later, or leave them out"
    for queue in queues:
        calls = [call for call in recording.calls if call.queue == queue]
        if not Whole(queue, calls, form.queues.get(queue, Demand()), form.seed).talks_known:
            yield f"no call of queue '{queue}' tells how long it talked: give the queue's `talk` in a day file"
        yield from _wrap_up_untold(queue, form, plans)


def _wrap_up_untold(queue: str, form: DayForm, plans: Plans) -> Iterator[str]:
    if form.queues.get(queue, Demand()).wrap_up is not None:
        return
    for folder, configured in plans.items():
        if ends_open(queue, configured):
            yield f"in {folder} only agents end the wrap-up of '{queue}': give the queue's `wrap_up` in a day file"


# ---------------------------------------------------------------------------------------------------- agents


def _shifts(form: DayForm, recording: Recording, configured: Configured) -> tuple[Shift, ...]:
    if form.shifts is not None:
        return tuple(shift for written in form.shifts for shift in _of_each(written))
    if recording.shifts:
        return recording.shifts
    begins, ends = seconds_of(form.opens), seconds_of(form.closes)
    return tuple(Shift(profile.agent, begins, ends) for profile in configured.agents)


def _of_each(written: ShiftForm) -> Sequence[Shift]:
    breaks = tuple(Break(seconds_of(pause.at), pause.minutes * MINUTE_S, pause.reason) for pause in written.pauses)
    begins, ends = seconds_of(written.begins), seconds_of(written.ends)
    return [Shift(AgentId(agent), begins, ends, breaks) for agent in written.agents]
