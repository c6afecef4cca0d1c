"""`switchboard flow …`: what it prints and its exit codes, with nothing but a folder of files."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service.cli import app
from tests.unit.service_kit import FLOW, QUEUES, centre_in, clean_environment, spoil


@pytest.fixture(autouse=True)
def config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    clean_environment(monkeypatch, tmp_path)
    return centre_in(tmp_path)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["flow", *words])


def test_flows_without_a_mistake_are_fine() -> None:
    checked = run("check")
    assert (checked.exit_code, checked.stdout) == (0, "fine: 1 flow\n"), checked.output


def test_a_mistake_in_a_flow_is_named_with_its_place(config: Path) -> None:
    spoil(config / FLOW, "no_input: message}", "no_input: mesage}")
    checked = run("check")
    assert checked.exit_code == 2
    assert "flows/main.yaml:9:" in checked.stderr
    assert "unknown step 'mesage', did you mean 'message'?" in checked.stderr


def test_a_file_elsewhere_is_checked_against_the_centre_of_the_folder(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    file.write_text((config / FLOW).read_text(encoding="utf-8"), encoding="utf-8")
    assert run("check", str(file)).exit_code == 0
    spoil(file, "queue: sales}", "queue: sails}")
    checked = run("check", str(file))
    assert checked.exit_code == 2
    assert f"{file}:10:" in checked.stderr
    assert "unknown queue 'sails', did you mean 'sales'?" in checked.stderr


def test_a_flow_is_drawn_as_mermaid_with_the_words_of_its_ways(config: Path) -> None:
    spoil(config / QUEUES, "  sales:\n", "  sales:\n    keys: {9: message}\n")
    drawn = run("graph", "main")
    assert drawn.exit_code == 0, drawn.output
    lines = [line.strip() for line in drawn.stdout.splitlines()]
    assert lines[0] == "flowchart TD"
    assert 's0{{"topic<br/>menu"}}' in lines
    assert 's1(["to-sales<br/>queue sales"])' in lines
    assert 's0 -->|"1"| s1' in lines
    assert 's2 -->|"nobody"| s3' in lines
    assert "s1 -.-> s3" in lines, "the queue's own key leads there"
    assert "s3 --> s4" in lines, "there is one way only: nothing to tell apart"


def test_a_flow_that_is_not_there_is_refused_with_a_suggestion() -> None:
    drawn = run("graph", "mian")
    assert drawn.exit_code == 2
    assert drawn.stderr == "no flow 'mian', did you mean 'main'?\n"
