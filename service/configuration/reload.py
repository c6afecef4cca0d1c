"""A reload: everything is read and checked, prompts are spoken, the desk agrees; then it changes all at once, or nothing does.

Waiting callers continue under the new plans from the same waited time. A caller in a flow stays in the version they entered.
"""

from __future__ import annotations

import asyncio

import structlog
from pydantic import Field

from acd.desk import Desk
from acd.errors import RequestRefused
from common.yaml_file import ConfigurationRefused
from ivr.prompts.making import Prepared, Spoken
from recordings.policy import Policy, Rule
from recordings.tape import Tape
from service.configuration.changes import PlanChanges, between
from service.configuration.in_force import InForce
from service.configuration.plan import Plan
from service.configuration.reading import read_again, remarks
from service.environment import SettingsRefused, read_settings
from service.settings import Settings, variable_of

_log = structlog.get_logger("service")


class PromptsNotMade(Exception):
    """Callers would hear nothing where the new flows speak; the text says of each prompt why."""


class Reloaded(PlanChanges):
    """What a reload changed."""

    prompts: list[str] = Field(description="Spoken anew, as `zh/welcome`")
    remarks: list[str] = Field(description="What is no mistake, and still worth a second look")
    needs_restart: list[str] = Field(description="Settings that are others by now and wait for the next start")

    def briefly(self) -> dict[str, object]:
        """Only what there is something to say of, for the log."""
        told = {
            name: {how: names for how, names in each.items() if names} if isinstance(each, dict) else each
            for name, each in self.model_dump().items()
        }
        return {name: each for name, each in told.items() if each}


class Reloader:
    """Carries out reloads, one after the other."""

    def __init__(self, in_force: InForce, desk: Desk, tape: Tape) -> None:
        self._in_force, self._desk, self._tape = in_force, desk, tape
        self._one_at_a_time = asyncio.Lock()

    async def reload(self) -> Reloaded:
        """Work by what the files say now.

        Raises ConfigurationRefused, PromptsNotMade or acd.errors.RequestRefused (StillNeeded); then nothing has changed.
        """
        async with self._one_at_a_time:
            before = self._in_force.plan
            after = await asyncio.to_thread(read_again, before)
            prepared = await self._prepared(before, after)
            with self._in_force.followed_by(after):
                await self._desk.ask(after.centre.configured)
            self._tape.now_under(policy_of(after))
            reloaded = await self._told(before, after, prepared)
        _log.info("configuration reloaded", **reloaded.briefly())
        return reloaded

    async def on_signal(self, asked: asyncio.Event) -> None:
        """Reload whenever `asked` is set, and say in the log what came of it; until cancelled."""
        while True:
            await asked.wait()
            asked.clear()
            try:
                await self.reload()
            except ConfigurationRefused as refused:
                mistakes = [str(mistake) for mistake in refused.mistakes]
                _log.error("configuration refused, the old one goes on", mistakes=mistakes)
            except (PromptsNotMade, RequestRefused) as refused:
                _log.error("configuration refused, the old one goes on", why=str(refused))
            except Exception:  # noqa: BLE001 - whatever a reload trips over, the service goes on
                _log.exception("reload failed by a mistake of ours, the old configuration goes on")

    async def _prepared(self, before: Plan, after: Plan) -> Prepared:
        """Speak the new prompts. Those that are not there yet are put at once: nobody is led to them before the reload."""
        prepared = await before.prompts.prepare(after.spoken)
        silent_already = {(text.language, text.name) for text in before.spoken}
        unmade = [one for one in prepared.unmade if (one.language, one.name) not in silent_already]
        if unmade:
            raise PromptsNotMade("; ".join(f"{one.language}/{one.name}: {one.why}" for one in unmade))
        try:
            await before.prompts.put(prepared.new)
        except OSError as error:
            raise PromptsNotMade(f"the folder of prompts cannot be written: {error.strerror}") from error
        return prepared

    async def _told(self, before: Plan, after: Plan, prepared: Prepared) -> Reloaded:
        """Let callers hear the changed prompts, and say what is different."""
        noted = remarks(after)
        try:
            await after.prompts.put(prepared.changed)
        except OSError as error:
            noted.append(f"changed prompts sound as before: their folder cannot be written ({error.strerror})")
        waiting: list[str] = []
        try:
            waiting = _other_settings(before.settings, await asyncio.to_thread(read_settings))
        except SettingsRefused as refused:
            noted.append(f"with its settings as they are now the service would not start again: {refused}")
        return Reloaded(
            **between(before, after).model_dump(),
            prompts=sorted(_name(spoken) for spoken in (*prepared.new, *prepared.changed)),
            remarks=noted,
            needs_restart=waiting,
        )


def policy_of(plan: Plan) -> Policy:
    """Which calls this plan has recorded."""
    return Policy([Rule(rule.when, rule.record) for rule in plan.centre.recording])


def _name(spoken: Spoken) -> str:
    return f"{spoken[0].language}/{spoken[0].name}"


def _other_settings(running: Settings, now: Settings) -> list[str]:
    return [variable_of(name) for name in Settings.model_fields if getattr(running, name) != getattr(now, name)]
