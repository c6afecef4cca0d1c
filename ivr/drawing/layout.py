"""Where the steps of a flow stand in a picture: in layers from the start down, with few crossings (after Sugiyama, 1981).

Edges that lead back up are turned round for the layout; edges over several layers pass each in between at a point of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ivr.drawing.graph import Edge, Graph

GAP_X, GAP_Y = 24.0, 56.0
BOX_HEIGHT = 44.0
_SWEEPS = 6

Point = tuple[float, float]
Place = tuple[str, ...]
"""A step (`("topic",)`), or where an edge passes a layer (`("topic", "message", "3")`)."""


@dataclass(frozen=True, slots=True)
class Box:
    """A step's place: the middle of its box, in pixels from the upper left."""

    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole picture. `paths`: for each edge the points it passes, the first on its source's box, the last on its target's."""

    width: float
    height: float
    boxes: Mapping[str, Box]
    paths: Sequence[tuple[Edge, tuple[Point, ...]]]


def laid_out(graph: Graph, widths: Mapping[str, float]) -> Layout:
    """Lay out a graph whose steps' boxes are so wide."""
    layers = _layers(graph)
    routes = {edge: _route(edge, layers) for edge in graph.edges if edge.source != edge.to}
    rows: list[list[Place]] = [[] for _ in range(max(layers.values()) + 1)]
    for node in graph.nodes:
        rows[layers[node.step]].append((node.step,))
    for route in routes.values():
        first = min(layers[route[0][0]], layers[route[-1][0]])
        for n, place in enumerate(route[1:-1], start=1):
            rows[first + n].append(place)
    links = [(a, b) for route in routes.values() for a, b in pairwise(route)]
    _untangle(rows, links)
    middles = _middles(rows, widths)
    boxes = {node.step: Box(*middles[(node.step,)], widths[node.step]) for node in graph.nodes}
    paths = tuple((edge, _points(edge, routes.get(edge), middles, boxes)) for edge in graph.edges)
    return Layout(
        max(x + (widths[place[0]] if len(place) == 1 else GAP_X) / 2 for place, (x, _) in middles.items()) + 2 * GAP_X,
        len(rows) * (BOX_HEIGHT + GAP_Y) + GAP_Y,
        boxes,
        paths,
    )


def _layers(graph: Graph) -> dict[str, int]:
    """The layer of each step: one below the lowest step that leads to it, edges back to a step passed left out."""
    onward: dict[str, list[str]] = {node.step: [] for node in graph.nodes}
    for edge in graph.edges:
        onward[edge.source].append(edge.to)
    order, back = _walked(graph.start, onward)
    layers = dict.fromkeys(onward, 0)
    for step in reversed(order):
        for to in onward[step]:
            if (step, to) not in back:
                layers[to] = max(layers[to], layers[step] + 1)
    return layers


def _walked(start: str, onward: Mapping[str, Sequence[str]]) -> tuple[list[str], set[tuple[str, str]]]:
    """Go through all steps, depth first: those done first come first, and the edges that lead back to a step on the way."""
    order: list[str] = []
    back: set[tuple[str, str]] = set()
    seen: dict[str, str] = {}
    for root in (start, *onward):
        if root in seen:
            continue
        pending = [(root, iter(onward[root]))]
        seen[root] = "open"
        while pending:
            step, rest = pending[-1]
            to = next(rest, None)
            if to is None:
                seen[step] = "done"
                order.append(step)
                pending.pop()
            elif seen.get(to) == "open":
                back.add((step, to))
            elif to not in seen:
                seen[to] = "open"
                pending.append((to, iter(onward[to])))
    return order, back


def _route(edge: Edge, layers: Mapping[str, int]) -> tuple[Place, ...]:
    """The places an edge passes, from the upper step to the lower."""
    upper, lower = sorted((edge.source, edge.to), key=lambda step: layers[step])
    between = range(layers[upper] + 1, layers[lower])
    return ((upper,), *((edge.source, edge.to, str(layer)) for layer in between), (lower,))


def _untangle(rows: list[list[Place]], links: Iterable[tuple[Place, Place]]) -> None:
    """Order each row by the middle of what it is linked to in the row above, then below, a few times over."""
    above: dict[Place, list[Place]] = {}
    below: dict[Place, list[Place]] = {}
    for upper, lower in links:
        above.setdefault(lower, []).append(upper)
        below.setdefault(upper, []).append(lower)
    for sweep in range(_SWEEPS):
        linked, ordered = (above, rows) if sweep % 2 == 0 else (below, rows[::-1])
        at: dict[Place, float] = {}
        for row in ordered:
            own = {place: n / max(1, len(row)) for n, place in enumerate(row)}
            wanted = {
                place: _mean([at[one] for one in linked.get(place, ()) if one in at], own[place]) for place in row
            }
            row.sort(key=lambda place, wanted=wanted: wanted[place])  # type: ignore[misc]
            at |= {place: (n + 0.5) / len(row) for n, place in enumerate(row)}


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _middles(rows: Sequence[Sequence[Place]], widths: Mapping[str, float]) -> dict[Place, Point]:
    def width(place: Place) -> float:
        return widths[place[0]] if len(place) == 1 else GAP_X

    totals = [sum(width(place) + GAP_X for place in row) for row in rows]
    middles: dict[Place, Point] = {}
    for n, row in enumerate(rows):
        x = GAP_X + (max(totals) - totals[n]) / 2
        for place in row:
            middles[place] = x + width(place) / 2, GAP_Y + n * (BOX_HEIGHT + GAP_Y) + BOX_HEIGHT / 2
            x += width(place) + GAP_X
    return middles


def _points(
    edge: Edge, route: tuple[Place, ...] | None, middles: Mapping[Place, Point], boxes: Mapping[str, Box]
) -> tuple[Point, ...]:
    if route is None:  # back to the step itself, round its right side
        box = boxes[edge.source]
        right = box.x + box.width / 2
        return (right, box.y - BOX_HEIGHT / 4), (right + GAP_X, box.y), (right, box.y + BOX_HEIGHT / 4)
    (x1, y1), (x2, y2) = middles[route[0]], middles[route[-1]]
    points = (x1, y1 + BOX_HEIGHT / 2), *(middles[place] for place in route[1:-1]), (x2, y2 - BOX_HEIGHT / 2)
    return points if route[0] == (edge.source,) else points[::-1]
