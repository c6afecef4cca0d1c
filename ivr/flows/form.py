"""What a flow file may say, as a pydantic form, and its way into `flow.py`'s record. The steps' forms are in `ivr/steps/`."""

from __future__ import annotations

import hashlib
from typing import Annotated

from pydantic import Field

from ivr.flows.flow import Flow
from ivr.steps.form import Form, Name, Variable
from ivr.steps.kinds import AnyStepForm

LanguageCode = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
"""A folder of prompts: `zh`, `en`."""
Text = Annotated[str, Field(min_length=1, max_length=1000)]


class FlowForm(Form):
    """A whole flow file.

    `languages`: folder of prompts by language, whose name is what needs see as `call.language` and agents' skills are
    called (`{chinese: zh, english: en}`). `prompts`: each prompt's text by folder, spoken by the draft voice until it is
    recorded. `takes`: variables that a flow calling this one gives it. `fax`: the step where a caller goes whose machine's
    calling tone is heard; without it nobody listens for one.
    """

    start: Name
    fax: Name | None = None
    languages: Annotated[dict[Name, LanguageCode], Field(min_length=1)]
    language: Name
    prompts: dict[Name, dict[LanguageCode, Text]] = Field(default={})
    takes: Annotated[list[Variable], Field(max_length=10)] = Field(default=[])
    steps: Annotated[dict[Name, AnyStepForm], Field(min_length=1, max_length=500)]

    def flow(self, name: str) -> Flow:
        """Return the flow it stands for; raises BadNeed for a condition that is no CEL."""
        version = hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]
        steps = {step_name: form.step() for step_name, form in self.steps.items()}
        labels = {
            step: label for step, form in self.steps.items() if (label := form.label or (step if form.counted else ""))
        }
        return Flow(name, version, self.start, self.languages, self.language, steps, labels, fax=self.fax or "")
