"""The flows of a site: every file read, checked and refused together, or taken together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from common.yaml_file import ConfigurationRefused, Located, Mistake, load_located
from ivr.flows.calls import bound, mistakes_between
from ivr.flows.checks import Known, mistakes_in
from ivr.flows.circles import circles_between
from ivr.flows.flow import Flow
from ivr.flows.form import FlowForm
from ivr.prompts.text import PromptText
from ivr.state import Frame


@dataclass(frozen=True, slots=True)
class Flows:
    """The flows callers enter, by name. `prompts`: what the draft voice may have to speak."""

    by_name: Mapping[str, Flow]
    default: str
    prompts: tuple[PromptText, ...]

    def entered_by(self, entry: str) -> Flow:
        """Return the flow of an entry name, so that nobody is turned away: the default one where no flow has that name.

        So it is where the flow returns to what calls it: it is no beginning.
        """
        flow = self.by_name.get(entry)
        return self.by_name[self.default] if flow is None or flow.returns else flow

    def having(self, name: str, step: str, stack: Sequence[Frame] = ()) -> Flow | None:
        """Return the flow a ticket speaks of; None where it, or a step, was taken out since the ticket was written."""
        flow = self.by_name.get(name)
        return flow if flow is not None and flow.fits(step, stack) else None


def load_flows(folder: Path, known: Known, default: str = "main") -> Flows:
    """Read `*.yaml` in the folder, each a flow named as its file. Raises ConfigurationRefused with all mistakes of all."""
    mistakes: list[Mistake] = []
    read: dict[str, Located[FlowForm]] = {}
    files = sorted(folder.glob("*.yaml"))
    known = replace(known, flows=frozenset(path.stem for path in files))
    for path in files:
        try:
            located = load_located(path, FlowForm, shown_as=f"{folder.name}/{path.name}")
        except ConfigurationRefused as refused:
            mistakes += refused.mistakes
            continue
        mistakes += mistakes_in(located, known)
        read[path.stem] = located
    mistakes += _told_twice(read)
    mistakes += mistakes_between(read, default)
    mistakes += circles_between(read)
    if not mistakes and default not in read:
        mistakes.append(Mistake(f"{folder.name}/{default}.yaml", 1, 1, "the default flow is missing"))
    if mistakes:
        raise ConfigurationRefused(mistakes)
    prompts = {
        PromptText(name, language, text)
        for located in read.values()
        for name, texts in located.value.prompts.items()
        for language, text in texts.items()
    }
    flows = {name: located.value.flow(name) for name, located in read.items()}
    return Flows(bound(flows), default, tuple(sorted(prompts, key=lambda prompt: (prompt.language, prompt.name))))


def _told_twice(read: Mapping[str, Located[FlowForm]]) -> list[Mistake]:
    """Return where two files give one prompt two texts; all flows of a site share their prompts."""
    first: dict[tuple[str, str], tuple[str, str]] = {}
    mistakes = []
    for located in read.values():
        for name, texts in located.value.prompts.items():
            for language, text in texts.items():
                file, earlier = first.setdefault((name, language), (located.file, text))
                if earlier != text:
                    words = f"prompt '{name}' says something else in {file}: give one of them another name"
                    mistakes.append(located.mistake(("prompts", name, language), words))
    return mistakes
