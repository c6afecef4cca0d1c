"""A flow's graph as Mermaid text, which most forges and wikis draw."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.drawing.graph import Edge, Graph, Node, Shape

_BRACKETS = {Shape.PLAIN: ("[", "]"), Shape.FORK: ("{{", "}}"), Shape.END: ("([", "])")}


def mermaid(graph: Graph) -> str:
    """Return the text of a flowchart. Steps are numbered in it: some names of steps (`end`) are Mermaid's own words."""
    return "\n".join(_lines(graph)) + "\n"


def _lines(graph: Graph) -> Iterator[str]:
    number = {node.step: f"s{n}" for n, node in enumerate(graph.nodes)}
    yield "flowchart TD"
    came = () if graph.callers is None else (graph.callers.in_words(),)
    yield f"  caller(({_quoted(graph.flow, *came)})) --> {number[graph.start]}"
    if graph.fax:
        yield f"  tone(({_quoted('fax')})) --> {number[graph.fax]}"
    for node in graph.nodes:
        yield f"  {number[node.step]}{_box(node)}"
    for edge in graph.edges:
        yield f"  {number[edge.source]} {_arrow(edge)} {number[edge.to]}"


def _box(node: Node) -> str:
    opened, closed = _BRACKETS[node.shape]
    return f"{opened}{_quoted(*lines_of(node))}{closed}"


def lines_of(node: Node) -> tuple[str, ...]:
    """Return what is written in a box: the step, what it does, and where it was counted, how callers passed it."""
    if (passed := node.passages) is None:
        return node.step, node.about
    gone = f", {passed.hung_up:,} hung up" if passed.hung_up else ""
    return node.step, node.about, f"{passed.passed:,} passed{gone}, {passed.median_s:.1f} s"


def _arrow(edge: Edge) -> str:
    line = "-.->" if edge.by_queue else "-->"
    label = label_of(edge)
    return f"{line}|{_quoted(label)}|" if label else line


def label_of(edge: Edge) -> str:
    """Return what is written at an edge: its ways, where there is something to tell apart, and the callers counted."""
    counted = "" if edge.taken is None else f"{edge.taken:,}"
    return ": ".join(part for part in (", ".join(edge.words), counted) if part)


def _quoted(*lines: str) -> str:
    return '"' + "<br/>".join(line.replace("#", "#35;").replace('"', "#quot;") for line in lines) + '"'
