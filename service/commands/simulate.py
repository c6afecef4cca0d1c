"""`switchboard simulate`: a day through a plan on virtual time, and beside it through another."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from acd.errors import RequestRefused
from acd.simulation.day import DayRefused
from acd.simulation.figures import DEFINITIONS, DayFigures, Figures
from acd.simulation.simulate import simulate
from common.yaml_file import ConfigurationRefused
from service.centre.files import Centre, load_centre
from service.simulation.days import read_days

WRONG = 2
TOTAL = "all queues"
NOTHING = "–"

Write = Callable[[float], str]


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _share(value: float) -> str:
    return f"{value:.1%}"


def _seconds(value: float) -> str:
    return f"{value:,.1f} s"


def _ratio(value: float) -> str:
    return f"{value:.3f}"


ROWS: tuple[tuple[str, str, Write], ...] = (
    ("offered", "offered", _count),
    ("answered", "answered", _count),
    ("abandoned", "abandoned", _count),
    ("  short", "short_abandoned", _count),
    ("diverted", "diverted", _count),
    ("turned away", "turned_away", _count),
    ("service level", "service_level", _share),
    ("  answered only", "service_level_answered_only", _share),
    ("  abandons ignored", "service_level_abandons_ignored", _share),
    ("  abandons in favour", "service_level_abandons_in_favour", _share),
    ("average wait (ASA)", "average_wait_s", _seconds),
    ("  median", "median_wait_s", _seconds),
    ("  nine in ten within", "nine_in_ten_wait_s", _seconds),
    ("  longest", "longest_wait_s", _seconds),
    ("abandonment rate", "abandonment_rate", _share),
    ("handling time (AHT)", "handling_s", _seconds),
    ("  talk", "talk_s", _seconds),
    ("  hold", "hold_s", _seconds),
    ("  wrap-up", "wrap_up_s", _seconds),
    ("refused offers per answered call", "refused_offers", _ratio),
    ("occupancy", "occupancy", _share),
    ("  least busy agent", "lowest_occupancy", _share),
    ("  busiest agent", "highest_occupancy", _share),
    ("utilisation", "utilisation", _share),
    ("overtakings among equals", "overtakings", _count),
    ("equal neighbours' waits differ by", "neighbours_differ_s", _seconds),
    ("waits within the range expected", "expected_wait_held", _share),
    ("  likely wait off by (median)", "expected_wait_error_s", _seconds),
)
"""What a table says: label, figure, how it is written."""


def command(
    *,
    plan: Annotated[Path, typer.Option(help="The folder of queues.yaml and agents.yaml.")] = Path("config"),
    day: Annotated[Path, typer.Option(help="A day file (YAML), or recorded calls (.csv, .jsonl).")],
    compare: Annotated[Path | None, typer.Option(help="A second plan's folder, shown beside the first.")] = None,
    seed: Annotated[int | None, typer.Option(help="Draw another day: overrides the day file's seed.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Run a day through a plan on virtual time, with the service's own engine; see docs/simulation.md."""
    folders = [plan] if compare is None else [plan, compare]
    try:
        centres = {str(folder): load_centre(folder) for folder in folders}
        with Console(stderr=True).status("simulating"):
            results = _results(centres, day, seed)
    except (ConfigurationRefused, DayRefused, RequestRefused) as refused:
        _stop(str(refused))
    if as_json:
        typer.echo(json.dumps({"definitions": DEFINITIONS, "plans": [_record(*one) for one in results.items()]}))
        return
    console = Console()
    for table in _tables(results):
        console.print(table)


def _stop(text: str) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(WRONG)


def _results(centres: Mapping[str, Centre], day: Path, seed: int | None) -> dict[str, DayFigures]:
    zone = next(iter(centres.values())).zone
    plans = {folder: centre.configured for folder, centre in centres.items()}
    days = read_days(day, plans, seed, zone)
    return {folder: simulate(days[folder], plans[folder]) for folder in plans}


def _record(folder: str, result: DayFigures) -> dict[str, object]:
    return {
        "plan": folder,
        "queues": {each.queue: asdict(each.figures) for each in result.queues},
        "total": asdict(result.total),
    }


def _tables(results: Mapping[str, DayFigures]) -> list[Table]:
    """Return a table for each queue of any plan, and one of all queues; a column for each plan."""
    by_plan = {folder: {each.queue: each.figures for each in result.queues} for folder, result in results.items()}
    queues = dict.fromkeys(queue for figures in by_plan.values() for queue in figures)
    tables = [_table(queue, {folder: figures.get(queue) for folder, figures in by_plan.items()}) for queue in queues]
    return [*tables, _table(TOTAL, {folder: result.total for folder, result in results.items()})]


def _table(title: str, columns: Mapping[str, Figures | None]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column()
    for folder in columns:
        table.add_column(folder, justify="right")
    for label, name, write in ROWS:
        cells = [None if figures is None else getattr(figures, name) for figures in columns.values()]
        table.add_row(label, *(NOTHING if cell is None else write(cell) for cell in cells))
    return table
