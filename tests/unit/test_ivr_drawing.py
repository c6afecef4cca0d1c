"""Flows drawn: every step and way is in the picture, nothing lies on anything else."""

from __future__ import annotations

import random
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest
from ruamel.yaml import YAML

from ivr.drawing.graph import Counts, Edge, Graph, Node, Passages, Shape, graph_of
from ivr.drawing.layout import BOX_HEIGHT, laid_out
from ivr.drawing.mermaid import mermaid
from ivr.drawing.svg import svg
from ivr.flows.form import FlowForm

FLOW = """
start: topic
languages: {english: en}
language: english
steps:
  topic: {do: menu, say: choose, keys: {1: order, 2: topic}, no_input: sales}
  order: {do: ask, say: number, into: order, most: 4, then: sales, no_input: topic}
  sales: {do: queue, queue: sales, need: "call.order < 'b'"}
  message: {do: message, say: speak, then: end}
  end: {do: hang_up}
"""
FORM = FlowForm.model_validate(YAML(typ="safe").load(FLOW))
COUNTS = Counts({("topic", "1"): 1200, ("topic", "no_input"): 3}, {"topic": Passages(1205, 2, 4.25)})
GRAPH = graph_of("main", FORM, {"sales": ["message"]}, COUNTS)
SVG = "{http://www.w3.org/2000/svg}"


def random_graph(seed: int) -> Graph:
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    names = [f"s{n}" for n in range(chance.randint(1, 25))]
    links = {(chance.choice(names), chance.choice(names)) for _ in range(2 * len(names))}
    nodes = tuple(Node(name, "say", Shape.PLAIN) for name in names)
    return Graph("main", names[0], nodes, tuple(Edge(source, to, ("then",)) for source, to in sorted(links)))


@pytest.mark.parametrize("seed", range(30))
def test_no_box_lies_on_another_and_every_line_ends_at_its_boxes(seed: int) -> None:
    graph = random_graph(seed)
    layout = laid_out(graph, {node.step: 60.0 + 5 * n for n, node in enumerate(graph.nodes)})
    for one, other in combinations(layout.boxes.values(), 2):
        assert abs(one.y - other.y) >= BOX_HEIGHT or abs(one.x - other.x) >= (one.width + other.width) / 2
    for box in layout.boxes.values():
        assert 0 < box.x - box.width / 2 < box.x + box.width / 2 < layout.width
        assert 0 < box.y - BOX_HEIGHT / 2 < box.y + BOX_HEIGHT / 2 < layout.height
    assert {edge for edge, _ in layout.paths} == set(graph.edges)
    for edge, points in layout.paths:
        for step, (x, y) in ((edge.source, points[0]), (edge.to, points[-1])):
            assert abs(x - layout.boxes[step].x) <= layout.boxes[step].width / 2
            assert abs(y - layout.boxes[step].y) <= BOX_HEIGHT / 2


def test_what_leads_on_stands_above_what_it_leads_to() -> None:
    boxes = laid_out(GRAPH, dict.fromkeys(FORM.steps, 80.0)).boxes
    heights = [boxes[step].y for step in ("topic", "order", "sales", "message", "end")]
    assert heights == sorted(set(heights))


def test_the_picture_names_every_step_and_way_and_what_was_counted() -> None:
    picture = ET.fromstring(svg(GRAPH))  # noqa: S314 - our own text
    texts = {text.text for text in picture.iter(f"{SVG}text")}
    assert texts >= {
        "topic",
        "menu · 1,205 passed, 2 hung up, 4.2 s",
        "sales",
        "queue sales",
        "1: 1,200",
        "no_input: 3",
        "2",
        "then",
        "no_input",
    }
    assert len([path for path in picture.iter(f"{SVG}path") if path.get("stroke-dasharray")]) == 1, (
        "the queue's own way"
    )


def test_names_that_mean_something_in_svg_and_mermaid_are_only_names() -> None:
    graph = Graph("a<b", "s", (Node("s", '<i> & "x" #1', Shape.END),), ())
    assert ET.fromstring(svg(graph)).findtext(f"{SVG}title") == "a<b"  # noqa: S314 - our own text
    assert '(["s<br/><i> & #quot;x#quot; #35;1"])' in mermaid(graph)


def test_ways_that_were_counted_say_so_in_mermaid() -> None:
    assert '-->|"1: 1,200"|' in mermaid(GRAPH)
    assert '"topic<br/>menu<br/>1,205 passed, 2 hung up, 4.2 s"' in mermaid(GRAPH)


def test_where_a_fax_machine_goes_is_drawn_with_both_its_ways() -> None:
    fax = "  fax: {do: fax, queue: sales, then: end, otherwise: sales}\n  end:"
    text = FLOW.replace("start: topic", "start: topic\nfax: fax").replace("  end:", fax)
    graph = graph_of("main", FlowForm.model_validate(YAML(typ="safe").load(text)), {}, COUNTS)
    assert (graph.fax, {(edge.to, edge.words) for edge in graph.edges if edge.source == "fax"}) == (
        "fax",
        {("end", ("then",)), ("sales", ("otherwise",))},
    )
    drawn = mermaid(graph)
    box = next(line.split("{")[0].strip() for line in drawn.splitlines() if "fax sales" in line)
    assert f'tone(("fax")) --> {box}' in drawn
    texts = [text.text for text in ET.fromstring(svg(graph)).iter(f"{SVG}text")]  # noqa: S314 - our own text
    assert "fax ↓" in texts
    assert "tone" not in mermaid(GRAPH)
