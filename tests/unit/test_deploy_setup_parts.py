"""The preparation's single parts: faults in words, locks, packages, room, bases."""

from __future__ import annotations

import io
import re
import sys
import tomllib
from pathlib import Path

import pytest

from deploy.containers import Engine
from deploy.setup import images, prepare, python, web
from deploy.setup.commands import Commands
from deploy.setup.faults import SetupError, reason
from deploy.setup.images import INPUTS_LABEL, Image, Images
from deploy.setup.locks import ADDRESS
from deploy.setup.machine import Need, install, missing, room_for
from deploy.setup.python import pins
from deploy.setup.screen import Screen
from deploy.setup.steps import Work, carry_out, fingerprint

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-web.lock", "requirements-mutation.lock")


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work("packages", tmp_path, Screen(io.StringIO()), Commands(tmp_path))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("E: You don't have enough free space in /var/cache/apt/archives/.", "the disk is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "its hash differs"),
        ("npm error code EAI_AGAIN", "the registry of npm packages does not answer"),
        ("Err:1 Temporary failure resolving 'mirror'", "the registry of npm packages does not answer"),
        ("E: Could not get lock /var/lib/dpkg/lock-frontend", "another program is installing"),
        ("sudo: a password is required", "sudo does not let this user in"),
        ("mkdir: cannot create directory: Permission denied", "a right is missing"),
    ],
)
def test_a_known_fault_is_said_with_what_to_do(said: str, words: str) -> None:
    assert words in reason(["going well", said, "failed, see above"], "npm")


def test_sudos_complaint_about_names_does_not_hide_that_it_wants_a_password() -> None:
    said = ["sudo: unable to resolve host box: Name or service not known", "sudo: a password is required"]
    assert "sudo does not let this user in" in reason(said)


def test_an_unknown_fault_is_told_in_the_programs_own_telling_line() -> None:
    said = ["npm error code EUSAGE", "npm error `npm ci` wants a lock", "npm error A complete log of this run is in x"]
    assert reason(said) == "it says: npm error `npm ci` wants a lock"


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_no_address_and_a_hash_for_every_package(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert not ADDRESS.search(text)
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)


def test_the_developers_lock_names_the_same_versions_as_the_services() -> None:
    def versions(lock: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9][^ ]*==[^ ]+", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE))

    assert versions("requirements.lock") <= versions("requirements-dev.lock")


def test_the_fail_safe_packages_are_taken_from_the_lock_with_their_hashes() -> None:
    wanted = "six==1.17.0 \\\n    --hash=sha256:2 \\\n    --hash=sha256:3\n"
    lock = f"anyio==4 \\\n    --hash=sha256:1\n{wanted}    # via x\n"
    assert pins(lock, ("six",)) == [wanted]


def test_only_what_is_missing_is_installed() -> None:
    assert missing([Need("there", lambda: True), Need("gone", lambda: False)]) == ("gone",)


def test_a_system_without_apt_is_told_what_it_lacks(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(work.root))
    with pytest.raises(SetupError, match="lacks what Debian calls sip-tester, and has no apt-get"):
        install(work, [Need("sip-tester", lambda: False)])


def test_a_user_without_any_right_is_told_so(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    (work.root / "apt-get").touch(0o755)
    monkeypatch.setenv("PATH", str(work.root))
    monkeypatch.setattr("os.getuid", lambda: 1000)
    with pytest.raises(SetupError, match="not root, and there is no sudo: start again as root"):
        install(work, [Need("sip-tester", lambda: False)])


def test_too_little_room_says_where_and_how_much_is_needed(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=rf"GiB are free at {tmp_path}.* needs 2000000\.0 GiB"):
        room_for({tmp_path / "not" / "there": 1e6, tmp_path: 1e6})


def test_enough_room_is_no_error(tmp_path: Path) -> None:
    room_for({tmp_path: 0.0})


def engine_with(folder: Path, body: str) -> Engine:
    program = folder / "podman"
    program.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    program.chmod(0o755)
    return Engine(str(program))


def make_image(root: Path, engine: Engine) -> str:
    (root / "Containerfile").write_text("FROM scratch\n", encoding="utf-8")
    image = Image("parrot", "forky", root / "Containerfile", root, ())
    out = io.StringIO()
    with Screen(out) as screen:
        carry_out(Images(root, lambda: engine).steps([image]), root, screen, Commands(root))
    return out.getvalue()


def test_an_image_registry_that_answers_gives_the_base(tmp_path: Path) -> None:
    spoken = tmp_path / "spoken"
    engine = engine_with(tmp_path, f'echo "$@" >> {spoken}; test "$1" != image')
    make_image(tmp_path, engine)
    assert "pull debian:forky" in spoken.read_text()
    assert "--build-arg BASE=debian:forky" in spoken.read_text()


def test_where_no_registry_answers_and_nothing_makes_a_base_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(SetupError, match="no image registry answers, and there is no mmdebstrap"):
        make_image(tmp_path, engine_with(tmp_path, "exit 1"))


def test_an_image_that_was_made_of_the_same_is_not_made_again(tmp_path: Path) -> None:
    (tmp_path / "Containerfile").write_text("FROM scratch\n", encoding="utf-8")
    wanted = Image("parrot", "forky", tmp_path / "Containerfile", tmp_path, ()).fingerprint
    engine = engine_with(tmp_path, f'case "$*" in *{INPUTS_LABEL}*) echo {wanted} ;; *) exit 1 ;; esac')
    assert "image" not in make_image(tmp_path, engine)


def test_the_services_image_has_every_room_and_is_made_anew_when_one_changes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    rooms = set(project["tool"]["importlinter"]["root_packages"])
    image = images.images_of(ROOT)["service"]
    copied = set(re.findall(r"^COPY (\w+) \1/$", image.containerfile.read_text(encoding="utf-8"), re.MULTILINE))
    let_in = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE))
    assert rooms <= copied
    assert rooms <= let_in
    assert rooms <= {path.name for path in image.inputs if isinstance(path, Path)}


@pytest.mark.parametrize(("said", "version"), [("v22.12.1", (22, 12)), ("v8.0.0-pre", (8, 0)), ("oops", (0, 0))])
def test_a_nodes_version_is_read(tmp_path: Path, said: str, version: tuple[int, int]) -> None:
    node = tmp_path / "node"
    node.write_text(f"#!/bin/sh\necho {said}\n", encoding="utf-8")
    node.chmod(0o755)
    assert web.version_of(str(node)) == version


def test_a_program_that_is_no_node_has_no_version(tmp_path: Path) -> None:
    assert web.version_of(str(tmp_path / "nowhere")) == (0, 0)


@pytest.mark.parametrize("words", [[], ["lunch"], ["run", "test"]])
def test_a_wrong_goal_is_told_which_there_are(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert prepare.main(words) == prepare.EXIT_USAGE
    assert "run" in capsys.readouterr().err


def test_every_goal_has_a_plan_whose_steps_have_names_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "_engine_works", lambda: True)
    for goal in prepare.Goal:
        names = [step.name for step in prepare.steps_for(goal)]
        assert len(names) == len(set(names))


def test_a_broken_off_installation_makes_the_environment_anew(tmp_path: Path) -> None:
    environment = python.Environment(tmp_path)
    environment.folder.mkdir()
    environment._stamp.write(fingerprint(environment._circumstances()))
    assert not environment.step().needed()
    environment._being_changed.touch()
    assert environment.step().needed()


def test_what_the_service_imports_is_compiled_once_even_where_python_is_told_not_to(
    work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    environment = python.Environment(tmp_path)
    command, rooms = Path(environment.python), tmp_path / "service"
    for folder in (command.parent, rooms / "web"):
        folder.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    modules = {"__init__", "cli", "wiring", "web/__init__", "web/routes", "web/answering"}
    for module in modules:
        (rooms / f"{module}.py").touch()
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "requirements.lock").touch()
    step = environment.byte_code_step(tmp_path / "requirements.lock")
    assert step.needed()
    step.work(work)
    assert len(list(rooms.rglob("*.pyc"))) == len(modules)
    assert not step.needed()
