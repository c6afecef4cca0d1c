"""Which steps of the flows receive faxes, which not every Asterisk can."""

from __future__ import annotations

from common.yaml_file import ConfigurationRefused
from ivr.steps.fax import Fax
from service.configuration.reading import read_plan
from service.settings import Settings


def steps_for_faxes(settings: Settings) -> list[str]:
    """Name the steps, each as FLOW/STEP; none where the configuration cannot be read, which is a finding of its own."""
    try:
        flows = read_plan(settings).flows.by_name
    except ConfigurationRefused:
        return []
    return [
        f"{flow}/{name}" for flow, read in flows.items() for name, step in read.steps.items() if isinstance(step, Fax)
    ]
