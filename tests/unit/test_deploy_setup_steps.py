"""How the preparation's steps run: in order, side by side, only what is missing, and all together when one fails."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.setup.commands import Commands, Fate
from deploy.setup.faults import Interrupted, SetupError
from deploy.setup.screen import Screen
from deploy.setup.steps import Once, Stamp, Step, Work, carry_out, fingerprint

BOUND_S = 20


def always() -> bool:
    return True


def run(root: Path, *steps: Step) -> str:
    """Carry the steps out, and give what the screen showed."""
    out = io.StringIO()
    with Screen(out) as screen:
        carry_out(steps, root, screen, Commands(root))
    return out.getvalue()


def noting(name: str, notes: list[str], *after: str) -> Step:
    return Step(name, always, lambda _: notes.append(name), after)


def running(code: str, fate: Fate = Fate.ENDS) -> Callable[[Work], None]:
    return lambda work: work.run([sys.executable, "-c", code], fate=fate)


def test_a_step_waits_for_those_that_it_names(tmp_path: Path) -> None:
    notes: list[str] = []
    run(tmp_path, noting("roof", notes, "walls"), noting("walls", notes, "ground"), noting("ground", notes))
    assert notes == ["ground", "walls", "roof"]


def test_a_step_does_not_wait_for_one_that_this_goal_does_without(tmp_path: Path) -> None:
    notes: list[str] = []
    run(tmp_path, noting("roof", notes, "a cellar"))
    assert notes == ["roof"]


def test_independent_steps_run_side_by_side(tmp_path: Path) -> None:
    both = threading.Barrier(2, timeout=BOUND_S)

    def meet(_: Work) -> None:
        both.wait()

    run(tmp_path, Step("left", always, meet), Step("right", always, meet))


def test_a_step_whose_work_is_there_is_passed_over_in_silence(tmp_path: Path) -> None:
    notes: list[str] = []
    shown = run(tmp_path, Step("done before", lambda: False, lambda _: notes.append("worked")))
    assert notes == []
    assert "done before" not in shown


def test_every_step_says_that_it_began_and_how_long_it_took(tmp_path: Path) -> None:
    shown = run(tmp_path, noting("walls", []))
    assert "walls …" in shown
    assert "walls: done in 0." in shown


def test_nothing_is_asked_of_the_machine_where_nothing_is_to_be_done(tmp_path: Path) -> None:
    asked: list[str] = []
    with Screen(io.StringIO()) as screen:
        carry_out(
            [Step("done before", lambda: False, lambda _: None)],
            tmp_path,
            screen,
            Commands(tmp_path),
            first=lambda: asked.append("room"),
        )
    assert asked == []


def test_too_little_room_is_found_before_any_step_begins(tmp_path: Path) -> None:
    notes: list[str] = []

    def no_room() -> None:
        raise SetupError("disk: too little")

    with Screen(io.StringIO()) as screen, pytest.raises(SetupError, match="too little"):
        carry_out([noting("walls", notes)], tmp_path, screen, Commands(tmp_path), first=no_room)
    assert notes == []


def test_a_failed_command_names_its_step_its_reason_and_its_log(tmp_path: Path) -> None:
    code = "print('E: the bricks are wet'); raise SystemExit(3)"
    with pytest.raises(
        SetupError, match=r"^brick walls: it says: E: the bricks are wet \(all of it: .*brick-walls\.log\)"
    ):
        run(tmp_path, Step("brick walls", always, running(code)))
    log = (tmp_path / "var/setup/log/brick-walls.log").read_text()
    assert "the bricks are wet" in log


def test_a_full_disk_under_a_step_is_said_in_words(tmp_path: Path) -> None:
    def fill(_: Work) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(SetupError, match="walls: the disk is full"):
        run(tmp_path, Step("walls", always, fill))


def test_one_failure_ends_what_runs_beside_it_and_starts_nothing_more(tmp_path: Path) -> None:
    up = threading.Event()
    notes: list[str] = []

    def long(work: Work) -> None:
        up.set()
        work.run([sys.executable, "-c", f"import time; time.sleep({BOUND_S * 3})"])

    def fail(_: Work) -> None:
        assert up.wait(BOUND_S)
        raise SetupError("walls: they fell")

    with pytest.raises(SetupError, match="they fell"):
        run(tmp_path, Step("long", always, long), Step("walls", always, fail), noting("roof", notes, "walls"))
    assert notes == []


def test_packages_under_way_are_left_to_finish_when_the_rest_is_broken_off(tmp_path: Path) -> None:
    finished, under_way = tmp_path / "finished", tmp_path / "under way"
    code = (
        f"import pathlib, time; pathlib.Path({str(under_way)!r}).touch(); time.sleep(0.5); "
        f"pathlib.Path({str(finished)!r}).touch()"
    )

    def fail(_: Work) -> None:
        look = threading.Event()
        while not under_way.exists():
            look.wait(0.01)
        raise SetupError("walls: they fell")

    with pytest.raises(SetupError, match="they fell"):
        run(tmp_path, Step("dpkg", always, running(code, Fate.FINISHES)), Step("walls", always, fail))
    assert finished.exists()


def test_after_the_end_no_command_is_started(tmp_path: Path) -> None:
    commands = Commands(tmp_path)
    commands.stop()
    with pytest.raises(Interrupted):
        commands.start(["true"], fate=Fate.ENDS, environment={}, folder=tmp_path)


def test_what_a_killed_preparation_left_at_work_is_ended(tmp_path: Path) -> None:
    left = Commands(tmp_path)
    process = left.start(
        [sys.executable, "-c", f"import time; time.sleep({BOUND_S * 3})"],
        fate=Fate.ENDS,
        environment={},
        folder=tmp_path,
    )
    waiter = threading.Thread(target=process.wait)
    waiter.start()
    Commands(tmp_path).end_leftovers()
    waiter.join(BOUND_S)
    assert process.returncode is not None
    assert process.stdout is not None
    process.stdout.close()


def test_what_another_checkout_has_at_work_is_left_alone(tmp_path: Path) -> None:
    other = Commands(tmp_path / "other")
    process = other.start(
        [sys.executable, "-c", f"import time; time.sleep({BOUND_S * 3})"],
        fate=Fate.ENDS,
        environment={},
        folder=tmp_path,
    )
    Commands(tmp_path).end_leftovers()
    assert process.poll() is None
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def test_a_stamp_fits_only_what_it_was_made_of(tmp_path: Path) -> None:
    stamp = Stamp(tmp_path / "deep" / "stamp")
    assert not stamp.says("a")
    stamp.write("a")
    assert stamp.says("a")
    assert not stamp.says("b")
    stamp.remove()
    assert not stamp.says("a")


def test_a_fingerprint_changes_with_a_name_a_content_and_an_absence(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    seen = {fingerprint([folder])}
    (folder / "a").write_text("1")
    seen.add(fingerprint([folder]))
    (folder / "a").write_text("2")
    seen.add(fingerprint([folder]))
    (folder / "a").rename(folder / "b")
    seen.add(fingerprint([folder]))
    assert len(seen) == 4


def test_byte_code_is_no_input(tmp_path: Path) -> None:
    before = fingerprint([tmp_path])
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_bytes(b"1")
    assert fingerprint([tmp_path]) == before


def test_once_makes_one_and_tries_again_after_a_failure() -> None:
    made: list[int] = []

    def make() -> int:
        made.append(1)
        if len(made) == 1:
            raise SetupError("not yet")
        return len(made)

    once = Once(make)
    with pytest.raises(SetupError):
        once()
    assert [once(), once()] == [2, 2]
