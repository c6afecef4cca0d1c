"""What a day file has to fit: itself, and every plan that the day is to be lived under. All mistakes, each with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from acd.plans.wrap_up import ends_with_agent
from acd.requests import Configured
from common.suggest import did_you_mean
from common.yaml_file import Located, Mistake
from service.simulation.form import MINUTE_S, DayForm, ShiftForm, seconds_of

Plans = Mapping[str, Configured]
"""The plans that a day is to be lived under, each by the folder it was read from."""


WRAP_UP_MISSING = "'wrap_up' is missing here: how long do agents finish up where only they end it (until_finished)?"


def ends_open(queue: str, configured: Configured) -> bool:
    """Whether only agents end the wrap-up after some of the queue's calls."""
    return any(
        ends_with_agent(plan, profile)
        for plan in configured.queues
        for profile in configured.agents
        if plan.queue == queue and queue in profile.queues
    )


def mistakes_in(file: Located[DayForm], plans: Plans) -> Iterator[Mistake]:
    """Return every mistake in a day file."""
    form = file.value
    if seconds_of(form.opens) >= seconds_of(form.closes):
        yield file.mistake(("closes",), f"the day closes at {form.closes}, not after it opens ({form.opens})")
    yield from _queues(file, plans)
    for step, queue in form.onward.items():
        yield from _unknown_queue(file, ("onward", step), queue, plans)
    yield from _shifts(file, plans)


def _queues(file: Located[DayForm], plans: Plans) -> Iterator[Mistake]:
    form = file.value
    calling = [name for name, demand in form.queues.items() if demand.callers]
    if not calling and form.recorded is None:
        yield file.mistake(("queues",), "nobody calls: give a queue's `callers`, or name a file of `recorded` calls")
    for name, demand in form.queues.items():
        for folder, configured in plans.items():
            known = [plan.queue for plan in configured.queues]
            if name not in known:
                yield file.mistake_in_key(
                    ("queues", name), f"{folder} has no queue '{name}'{did_you_mean(name, known)}"
                )
        if not demand.callers:
            continue
        if form.recorded is not None:
            yield file.mistake_in_key(
                ("queues", name, "callers"), "calls are recorded or drawn, not both: leave `callers` or `recorded` out"
            )
        elif demand.talk is None:
            yield file.mistake_in_key(("queues", name), "'talk' is missing here: how long do conversations last?")
        if demand.wrap_up is None and any(ends_open(name, configured) for configured in plans.values()):
            yield file.mistake_in_key(("queues", name), WRAP_UP_MISSING)
        yield from _intervals(file, name)


def _intervals(file: Located[DayForm], queue: str) -> Iterator[Mistake]:
    form = file.value
    lasts_s = form.interval * MINUTE_S
    times = sorted(form.queues[queue].callers)
    for time in times:
        if not seconds_of(form.opens) <= seconds_of(time) <= seconds_of(form.closes) - lasts_s:
            text = f"the {form.interval} minutes from {time} are not between opening and closing"
            yield file.mistake_in_key(("queues", queue, "callers", time), f"{text} ({form.opens} to {form.closes})")
    for earlier, later in pairwise(times):
        if seconds_of(later) - seconds_of(earlier) < lasts_s:
            text = f"{later} is within the {form.interval} minutes from {earlier}: see `interval`"
            yield file.mistake_in_key(("queues", queue, "callers", later), text)


def _unknown_queue(file: Located[DayForm], place: tuple[str, ...], queue: str, plans: Plans) -> Iterator[Mistake]:
    for folder, configured in plans.items():
        known = [plan.queue for plan in configured.queues]
        if queue not in known:
            yield file.mistake(place, f"{folder} has no queue '{queue}'{did_you_mean(queue, known)}")


def _shifts(file: Located[DayForm], plans: Plans) -> Iterator[Mistake]:
    working: dict[str, list[ShiftForm]] = {}
    for number, shift in enumerate(file.value.shifts or []):
        place = ("shifts", number)
        begins, ends = seconds_of(shift.begins), seconds_of(shift.ends)
        if begins >= ends:
            yield file.mistake((*place, "to"), f"the shift ends at {shift.ends}, not after it begins ({shift.begins})")
        yield from _pauses(file, number, shift)
        for index, agent in enumerate(shift.agents):
            for folder, configured in plans.items():
                known = [profile.agent for profile in configured.agents]
                if agent not in known:
                    text = f"{folder} has no agent '{agent}'{did_you_mean(agent, known)}"
                    yield file.mistake((*place, "agents", index), text)
            for other in working.setdefault(agent, []):
                if begins < seconds_of(other.ends) and seconds_of(other.begins) < ends:
                    text = f"agent '{agent}' works from {other.begins} to {other.ends} already"
                    yield file.mistake((*place, "agents", index), text)
            working[agent].append(shift)


def _pauses(file: Located[DayForm], number: int, shift: ShiftForm) -> Iterator[Mistake]:
    ended = seconds_of(shift.begins)
    ordered = sorted(enumerate(shift.pauses), key=lambda pair: seconds_of(pair[1].at))
    for index, pause in ordered:
        begins = seconds_of(pause.at)
        ends = begins + pause.minutes * MINUTE_S
        place = ("shifts", number, "pauses", index, "at")
        if begins < seconds_of(shift.begins) or ends > seconds_of(shift.ends):
            yield file.mistake(place, f"this pause is not within the shift ({shift.begins} to {shift.ends})")
        elif begins < ended:
            yield file.mistake(place, "this pause begins before the one before it has ended")
        ended = max(ended, ends)
