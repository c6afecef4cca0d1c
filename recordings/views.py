"""A recording as others see it: the API's models and what the commands print as JSON (docs/interfaces.md)."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from acd.names import AgentId, EndedBy, QueueId
from recordings.catalogue.search import Page, Search
from recordings.recording import Outcome, Recording, RecordingState, Tags, tags_of

PAGE = 50
"""How many recordings a list has where nobody says otherwise."""
PAGE_LIMIT = 500
PER_AGENT_LIMIT = 100

Moment = Annotated[float, Field(allow_inf_nan=False, ge=0)]
"""Unix seconds."""


Word = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
"""A name that is looked for; PostgreSQL knows no NUL."""


def _name_and_value(text: str) -> str:
    name, colon, _value = text.partition(":")
    if not (name and colon):
        raise ValueError("a tag is asked for as NAME:VALUE")
    return text


Tag = Annotated[Word, AfterValidator(_name_and_value)]


class RecordingView(BaseModel):
    """A recording and its tags. `…_at` are Unix seconds, `…_s` seconds."""

    id: str
    call: str
    state: RecordingState
    started_at: float
    duration_s: float | None = Field(description="What the recording plays; while there is none, what they talked")
    queue: str
    agent: str
    agent_name: str
    wait_s: float
    ended_by: EndedBy | None
    outcome: Outcome
    skills: list[str] = Field(description="The skills named in the need")
    menu_path: list[str]
    language: str
    has_audio: bool = Field(description="Whether it can be played")
    pages: int | None = Field(description="Of a fax, how many; null where it is none")
    tags: dict[str, str] = Field(description="Values of a tag that is there more than once are joined by commas")

    @classmethod
    def of(cls, recording: Recording) -> Self:
        """Show a recording."""
        return cls(
            id=recording.id,
            call=recording.call,
            state=recording.state,
            started_at=recording.started_at,
            duration_s=recording.length_s,
            queue=recording.queue,
            agent=recording.agent,
            agent_name=recording.agent_name,
            wait_s=recording.wait_s,
            ended_by=recording.ended_by,
            outcome=recording.outcome,
            skills=list(recording.skills),
            menu_path=list(recording.menu_path),
            language=recording.language,
            has_audio=recording.audio is not None,
            pages=recording.pages,
            tags=_by_name(tags_of(recording)),
        )


class RecordingList(BaseModel):
    """Recordings, the latest first."""

    items: list[RecordingView]
    next: str | None = Field(description="Pass it as `cursor` for the recordings after these; null at the end")

    @classmethod
    def of(cls, page: Page) -> Self:
        """Show a page."""
        items = [RecordingView.of(each) for each in page.recordings]
        return cls(items=items, next=None if page.next is None else str(page.next))


class Sample(BaseModel):
    """A drawn sample, and what it was drawn with: the same again draws the same."""

    items: list[RecordingView]
    per_agent: int
    seed: int
    drawn_from: int = Field(description="How many recordings there were to draw from")


class PeaksView(BaseModel):
    """The loudest sample of each stretch of time, 0 to 1: left the caller, right the agent."""

    left: list[float]
    right: list[float]
    seconds_per_peak: float


class SearchQuery(BaseModel):
    """What recordings are looked for by: all that is given must hold."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    queue: Word | None = None
    agent: Word | None = None
    skill: Word | None = Field(None, description="A skill named in the need")
    ended_by: EndedBy | None = None
    state: RecordingState | None = None
    min_wait_s: float | None = Field(None, ge=0, allow_inf_nan=False)
    begin: Moment | None = Field(None, alias="from", description="Started at this moment or later, Unix seconds")
    end: Moment | None = Field(None, alias="to", description="Started before this moment, Unix seconds")
    tag: list[Tag] = Field([], description="NAME:VALUE; may be given more than once")

    def search(self) -> Search:
        """Say it in the catalogue's words."""
        return Search(
            queue=None if self.queue is None else QueueId(self.queue),
            agent=None if self.agent is None else AgentId(self.agent),
            skill=self.skill,
            ended_by=self.ended_by,
            state=self.state,
            min_wait_s=self.min_wait_s,
            begin=self.begin,
            end=self.end,
            tags=tuple(_pair(tag) for tag in self.tag),
        )


class ListQuery(SearchQuery):
    """A search, and which part of what it finds."""

    limit: int = Field(PAGE, ge=1, le=PAGE_LIMIT)
    cursor: str | None = Field(None, description="`next` of the page before")


class SampleRequest(SearchQuery):
    """A draw: complete recordings that the search finds, so many of each agent, by this seed."""

    per_agent: int = Field(ge=1, le=PER_AGENT_LIMIT)
    seed: int = Field(description="The same seed draws the same recordings")


def _pair(tag: str) -> tuple[str, str]:
    name, _colon, value = tag.partition(":")
    return name, value


def _by_name(tags: Tags) -> dict[str, str]:
    together: dict[str, list[str]] = {}
    for name, value in tags:
        together.setdefault(name, []).append(value)
    return {name: ",".join(values) for name, values in together.items()}
