"""Every kind of step there is. A new kind is a module of its own, and a line here."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ivr.steps.ask import AskForm
from ivr.steps.call_flow import CallFlowForm, ReturnForm
from ivr.steps.callback import CallbackForm
from ivr.steps.decide import DecideForm
from ivr.steps.fax import FaxForm
from ivr.steps.hang_up import HangUpForm
from ivr.steps.hours import HoursForm
from ivr.steps.language import LanguageForm
from ivr.steps.lookup import LookupForm
from ivr.steps.menu import MenuForm
from ivr.steps.message import MessageForm
from ivr.steps.queue import QueueForm
from ivr.steps.say import SayForm
from ivr.steps.set import SetForm
from ivr.steps.survey import SurveyForm
from ivr.steps.transfer import TransferForm

AnyStepForm = Annotated[
    SayForm
    | MenuForm
    | AskForm
    | LanguageForm
    | MessageForm
    | FaxForm
    | HangUpForm
    | CallFlowForm
    | ReturnForm
    | SetForm
    | DecideForm
    | HoursForm
    | QueueForm
    | CallbackForm
    | LookupForm
    | TransferForm
    | SurveyForm,
    Field(discriminator="do"),
]
"""The form of a step, by its `do`."""
