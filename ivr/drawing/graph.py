"""A flow as a graph: a node for each step, an edge for each step that it leads to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ivr.flows.form import FlowForm
from ivr.steps.form import Kind, StepForm

_TOLD = frozenset({Kind.QUEUE, Kind.CALENDAR, Kind.LANGUAGE, Kind.LOOKUP, Kind.FLOW})
"""What a node names besides its step."""


class Shape(StrEnum):
    """How a step is drawn."""

    PLAIN = "plain"
    FORK = "fork"
    """More than one way leads on."""
    END = "end"
    """The caller is in a queue, or the call is over."""


@dataclass(frozen=True, slots=True)
class Passages:
    """How callers passed a step: how many, how many of them hung up there, and how long they were there (median)."""

    passed: int
    hung_up: int
    median_s: float


@dataclass(frozen=True, slots=True)
class Callers:
    """How many calls came through a flow, and how many of them it kept: they came to no queue, no agent and no number."""

    came: int
    contained: int

    def in_words(self) -> str:
        """Say so in a line; the share is of all who came."""
        return f"{self.came:,} callers, {self.contained:,} contained ({self.contained / self.came:.0%})"


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted of a flow: how many callers left a step by a way, and how they passed each step."""

    ways: Mapping[tuple[str, str], int]
    """By the step's name and the way's word."""
    steps: Mapping[str, Passages]
    callers: Callers | None = None
    """None where nothing was counted."""


@dataclass(frozen=True, slots=True)
class Node:
    """One step. `about`: its kind, and what it refers to: `queue sales`."""

    step: str
    about: str
    shape: Shape
    passages: Passages | None = None
    """How callers passed it; None where it was not counted."""


@dataclass(frozen=True, slots=True)
class Edge:
    """All the ways from one step to another."""

    source: str
    to: str
    words: tuple[str, ...]
    """What each way is called: `1`, `no_input`; none where it is the only one."""
    by_queue: bool = False
    """A plan of the queue's sends callers there, not the flow."""
    taken: int | None = None
    """How many callers went there; None where it was not counted."""


@dataclass(frozen=True, slots=True)
class Graph:
    """What is drawn of a flow."""

    flow: str
    start: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    fax: str = ""
    """The step where a fax machine goes, from wherever it is; empty: there is none."""
    callers: Callers | None = None
    """None where they were not counted."""


NOT_COUNTED = Counts({}, {})


def graph_of(name: str, form: FlowForm, by_queues: Mapping[str, Iterable[str]], counts: Counts = NOT_COUNTED) -> Graph:
    """Return the graph of a flow without mistakes.

    `by_queues`: the steps that each queue's plan sends callers to. An edge is only counted where one of its ways was.
    """
    nodes = tuple(_node(step, form_, counts.steps.get(step)) for step, form_ in form.steps.items())
    edges: list[Edge] = []
    for step, form_ in form.steps.items():
        words: dict[str, list[str]] = {}
        for way in form_.ways():
            words.setdefault(way.to, []).append(way.word)
        only = list(words.values()) == [["then"]]  # there is nothing to tell apart
        edges += [
            Edge(step, to, () if only else tuple(found), taken=_sum(counts.ways, step, found))
            for to, found in words.items()
        ]
        queues = (reference.name for reference in form_.references() if reference.kind is Kind.QUEUE)
        led = {to for queue in queues if form_.ends for to in by_queues.get(queue, ())} & form.steps.keys()
        edges += [Edge(step, to, (), by_queue=True) for to in sorted(led - words.keys())]
    return Graph(name, form.start, nodes, tuple(edges), form.fax or "", counts.callers)


def _node(step: str, form: StepForm, passages: Passages | None) -> Node:
    told = [reference.name for reference in form.references() if reference.kind in _TOLD]
    return Node(step, " ".join([str(getattr(form, "do", "")), *told]), _shape(form), passages)


def _shape(form: StepForm) -> Shape:
    if form.ends:
        return Shape.END
    return Shape.FORK if len(list(form.ways())) > 1 else Shape.PLAIN


def _sum(taken: Mapping[tuple[str, str], int], step: str, words: Iterable[str]) -> int | None:
    counted = [taken[step, word] for word in words if (step, word) in taken]
    return sum(counted) if counted else None
