"""How the container engine is found and spoken to, with a stand-in program in the engine's place."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.containers import Access, Container, Engine, EngineError, Mount, NoEngine, detect

NOTES = "spoken"
"""The stand-in writes what it was asked into this file beside itself."""


def stand_in(folder: Path, name: str, body: str) -> Engine:
    """Put a program in the place of an engine's: it notes its words, and then does as `body` (sh) says."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f'#!/bin/sh\necho "$@" >> {folder / NOTES}\n{body}\n', encoding="utf-8")
    program.chmod(0o755)
    return Engine(str(program))


def spoken(folder: Path) -> list[str]:
    return (folder / NOTES).read_text(encoding="utf-8").splitlines()


def only(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("CONTAINERS_CONF", raising=False)


def test_a_secret_is_handed_over_in_the_environment_and_not_on_the_command_line(tmp_path: Path) -> None:
    engine = stand_in(tmp_path, "podman", f'echo "password is $PASSWORD" >> {tmp_path / "inherited"}')
    engine.run("parrot", "image", site="main", env={"PASSWORD": "s3cret"})
    assert "s3cret" not in "".join(spoken(tmp_path))
    assert "--env PASSWORD" in spoken(tmp_path)[0]
    assert (tmp_path / "inherited").read_text() == "password is s3cret\n"


def test_a_container_carries_its_site_and_its_mounts(tmp_path: Path) -> None:
    engine = stand_in(tmp_path, "podman", "true")
    engine.run(
        "parrot",
        "image",
        site="main",
        mounts=[Mount(Path("/a"), "/b"), Mount(Path("/c"), "/d", Access.READ_WRITE)],
        options=["--user=7:7"],
        args=["serve"],
    )
    begin = "run --detach --name parrot --label switchboard=main --network host"
    assert spoken(tmp_path) == [f"{begin} --volume /a:/b:ro --volume /c:/d:rw --user=7:7 image serve"]


def test_containers_are_listed_by_site_whichever_engine_names_them(tmp_path: Path) -> None:
    answers = """case "$1" in
        ps) echo id1; echo id2 ;;
        container) echo "/switchboard-b running"; echo "switchboard-a exited" ;;
    esac"""
    engine = stand_in(tmp_path, "docker", answers)
    assert engine.containers("main") == (Container("switchboard-a", "exited"), Container("switchboard-b", "running"))
    assert "label=switchboard=main" in spoken(tmp_path)[0]


def test_stopping_what_is_not_there_is_no_error_and_asks_for_nothing(tmp_path: Path) -> None:
    engine = stand_in(tmp_path, "podman", "exit 1")
    engine.stop(["ghost"])
    engine.remove(["ghost"])
    assert all(line.startswith("container inspect") for line in spoken(tmp_path))


def test_an_error_says_what_failed_in_the_engines_own_last_words(tmp_path: Path) -> None:
    engine = stand_in(tmp_path, "podman", "echo first >&2; echo 'Error: no such image' >&2; exit 125")
    with pytest.raises(EngineError, match="podman could not start container parrot: Error: no such image"):
        engine.run("parrot", "nowhere", site="main")


def test_an_image_without_the_label_has_an_empty_one(tmp_path: Path) -> None:
    assert stand_in(tmp_path, "podman", "exit 1").image_label("image", "label") == ""


def test_a_working_engine_is_used_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, tmp_path / "bin")
    engine = stand_in(tmp_path / "bin", "podman", "true")
    assert detect(tmp_path) == engine


def test_a_podman_that_refuses_to_run_by_its_own_settings_is_given_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, tmp_path / "bin")
    stand_in(tmp_path / "bin", "podman", 'test "$1" != run || test -n "$CONTAINERS_CONF"')
    engine = detect(tmp_path)
    assert engine.configuration == tmp_path / "var" / "setup" / "containers.conf"
    assert "CONTAINERS_CONF" in engine.environment()
    assert 'runtime = "runc"' in engine.configuration.read_text()


def test_docker_is_used_where_podman_cannot_be_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, tmp_path / "bin")
    stand_in(tmp_path / "bin", "podman", "exit 1")
    docker = stand_in(tmp_path / "bin", "docker", "true")
    assert detect(tmp_path) == docker


def test_what_was_found_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, tmp_path / "bin")
    stand_in(tmp_path / "bin", "podman", "true")
    first = detect(tmp_path)
    asked = len(spoken(tmp_path / "bin"))
    assert detect(tmp_path) == first
    assert len(spoken(tmp_path / "bin")) == asked


def test_a_changed_program_is_tried_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, tmp_path / "bin")
    stand_in(tmp_path / "bin", "podman", "true")
    detect(tmp_path)
    stand_in(tmp_path / "bin", "podman", "echo 'Error: broken by an update' >&2; exit 1")
    with pytest.raises(NoEngine, match="broken by an update"):
        detect(tmp_path)


def test_without_any_engine_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, tmp_path / "bin")
    with pytest.raises(NoEngine, match="install podman"):
        detect(tmp_path)


def test_a_docker_without_its_daemon_is_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, tmp_path / "bin")
    stand_in(tmp_path / "bin", "docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1")
    with pytest.raises(NoEngine, match="Cannot connect to the Docker daemon"):
        detect(tmp_path)
