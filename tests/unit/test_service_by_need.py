"""Commands that are added to the command line when they are first looked at."""

from __future__ import annotations

import typer
from typer.testing import CliRunner, Result

from service.commands.by_need import by_need


class Line:
    """A command line with a command of its own, and two that are added by need; which of those were."""

    def __init__(self) -> None:
        self.added: list[str] = []
        self.app = typer.Typer(cls=by_need(draw=self._draw, shelf=self._shelf))
        self.app.command("own")(lambda: typer.echo("own work"))
        self.app.callback()(lambda: None)

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(self.app, words)

    def _draw(self, into: typer.Typer) -> None:
        """Draw something."""
        self.added.append("draw")

        @into.command("draw", help="Draw a line.")
        def draw(length: int) -> None:
            typer.echo("-" * length)

    def _shelf(self, into: typer.Typer) -> None:
        self.added.append("shelf")
        group = typer.Typer(help="The shelf.")
        group.command("list")(lambda: typer.echo("a book"))
        group.callback()(lambda: None)
        into.add_typer(group, name="shelf")


def test_a_command_adds_only_itself() -> None:
    line = Line()
    assert (line.run("own").stdout, line.added) == ("own work\n", [])
    assert (line.run("draw", "3").stdout, line.added) == ("---\n", ["draw"])


def test_a_group_of_commands_is_added_whole() -> None:
    line = Line()
    assert (line.run("shelf", "list").stdout, line.added) == ("a book\n", ["shelf"])


def test_the_help_tells_of_all_of_them() -> None:
    told = Line().run("--help").stdout
    assert all(text in told for text in ("own", "Draw a line.", "The shelf."))


def test_a_slip_of_the_pen_is_met_with_the_right_name() -> None:
    line = Line()
    refused = line.run("drawn", "3")
    assert (refused.exit_code, line.added) == (2, [])
    assert "Did you mean 'draw'?" in refused.stderr
