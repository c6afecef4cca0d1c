"""A flow's graph as an SVG picture of its own: no script, no font and no style from elsewhere."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from xml.sax.saxutils import escape

from ivr.drawing.graph import Edge, Graph, Node, Shape
from ivr.drawing.layout import BOX_HEIGHT, Box, Layout, Point, laid_out
from ivr.drawing.mermaid import label_of, lines_of

_FONT = "font-family='sans-serif' font-size='12'"
_FILL = {Shape.PLAIN: "#f4f6f8", Shape.FORK: "#e3efff", Shape.END: "#e4f5e6"}
_ROUND = {Shape.PLAIN: 4.0, Shape.FORK: 12.0, Shape.END: BOX_HEIGHT / 2}
_BESIDE = " · "
_LETTER, _WIDE_LETTER, _MARGIN = 7.2, 12.5, 24.0


def svg(graph: Graph) -> str:
    """Return the picture, laid out from the start down."""
    widths = {node.step: _width(node) for node in graph.nodes}
    widths[graph.start] = max(widths[graph.start], sum(map(_of_letter, _head(graph))))  # so that it is in the picture
    layout = laid_out(graph, widths)
    return "\n".join(_lines(graph, layout)) + "\n"


def _lines(graph: Graph, layout: Layout) -> Iterator[str]:
    size = (
        f"width='{layout.width:.0f}' height='{layout.height:.0f}' viewBox='0 0 {layout.width:.0f} {layout.height:.0f}'"
    )
    yield f"<svg xmlns='http://www.w3.org/2000/svg' {size} role='img' {_FONT}>"
    yield f"<title>{escape(graph.flow)}</title>"
    yield (
        "<defs><marker id='tip' viewBox='0 0 8 8' refX='8' refY='4' markerWidth='7' markerHeight='7' orient='auto'>"
        "<path d='M0 0L8 4L0 8z' fill='#667'/></marker></defs>"
    )
    yield "<rect width='100%' height='100%' fill='#fff'/>"
    start = layout.boxes[graph.start]
    head = escape(_head(graph))
    yield f"<text x='{start.x:.1f}' y='{start.y - BOX_HEIGHT / 2 - 10:.1f}' text-anchor='middle'>{head}</text>"
    if graph.fax:
        fax = layout.boxes[graph.fax]
        yield f"<text x='{fax.x:.1f}' y='{fax.y - BOX_HEIGHT / 2 - 10:.1f}' text-anchor='middle'>fax ↓</text>"
    for edge, points in layout.paths:
        yield _line(edge, points)
    for node in graph.nodes:
        yield _box(node, layout.boxes[node.step])
    for edge, points in layout.paths:
        yield from _label(edge, points)
    yield "</svg>"


def _head(graph: Graph) -> str:
    came = "" if graph.callers is None else f" · {graph.callers.in_words()}"
    return f"{graph.flow}{came} ↓"


def _line(edge: Edge, points: tuple[Point, ...]) -> str:
    bends = "".join(
        f"C{x1:.1f} {(y1 + y2) / 2:.1f} {x2:.1f} {(y1 + y2) / 2:.1f} {x2:.1f} {y2:.1f}"
        for (x1, y1), (x2, y2) in pairwise(points)
    )
    dashes = " stroke-dasharray='5 4'" if edge.by_queue else ""
    (x, y), *_ = points
    return f"<path d='M{x:.1f} {y:.1f}{bends}' fill='none' stroke='#667'{dashes} marker-end='url(#tip)'/>"


def _box(node: Node, box: Box) -> str:
    left, top = box.x - box.width / 2, box.y - BOX_HEIGHT / 2
    frame = (
        f"<rect x='{left:.1f}' y='{top:.1f}' width='{box.width:.1f}' height='{BOX_HEIGHT}' rx='{_ROUND[node.shape]}'"
    )
    step, *about = lines_of(node)
    return (
        f"<g>{frame} fill='{_FILL[node.shape]}' stroke='#667'/>"
        f"<text x='{box.x:.1f}' y='{box.y - 4:.1f}' text-anchor='middle' font-weight='bold'>{escape(step)}</text>"
        f"<text x='{box.x:.1f}' y='{box.y + 13:.1f}' text-anchor='middle' fill='#445'>{escape(_BESIDE.join(about))}</text></g>"
    )


def _label(edge: Edge, points: tuple[Point, ...]) -> Iterator[str]:
    if label := label_of(edge):
        (x1, y1), (x2, y2), *_ = points
        x, y = x1 + (x2 - x1) * 0.85, y1 + (y2 - y1) * 0.65  # nearer to where it leads: there the lines are apart
        halo = "stroke='#fff' stroke-width='4' paint-order='stroke'"
        yield f"<text x='{x:.1f}' y='{y + 4:.1f}' text-anchor='middle' fill='#124' {halo}>{escape(label)}</text>"


def _width(node: Node) -> float:
    """Wide enough for both lines, whatever the fonts of whoever looks at it."""
    step, *about = lines_of(node)
    return max(sum(map(_of_letter, text)) for text in (step, _BESIDE.join(about))) + _MARGIN


def _of_letter(letter: str) -> float:
    return _WIDE_LETTER if unicodedata.east_asian_width(letter) in "WF" else _LETTER
