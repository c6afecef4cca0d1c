"""The container engine: the one module that knows how podman and docker are spoken to.

Only the standard library is used, since the preparation (deploy/setup) runs on the bare system Python, before
anything is installed. All calls block; from asyncio use `asyncio.to_thread`.

Every container carries the label `switchboard=<site>`, so that what a killed run left behind is found and removed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from common import clock

LABEL = "switchboard"
PROGRAMS = ("podman", "docker")
INFO_LIMIT_S = 20.0
"""How long an engine may take to say what it is: a docker client without its daemon answers at once."""
CALL_LIMIT_S = 120.0
"""How long any single call but a build or a pull may take."""
PROBE_IMAGE = "localhost/switchboard-probe"

MENDED_CONFIGURATION = """\
# Written by deploy/containers.py: the engine's own settings could not start a container on this machine.
# crun refuses hybrid cgroups, and raising limits needs a right (CAP_SYS_RESOURCE) that is missing here.
[engine]
runtime = "runc"
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=4096:4096"]
"""


class EngineError(Exception):
    """The engine could not do what was asked; the text says what, and the engine's own last words."""


class NoEngine(EngineError):
    """Neither podman nor docker can start a container here; the text says why, and what to do."""


class Access(StrEnum):
    """What a container may do in a mounted folder."""

    READ_ONLY = "ro"
    READ_WRITE = "rw"


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder or file of the host, as a container sees it. `target` is an absolute path in the container."""

    source: Path
    target: str
    access: Access = Access.READ_ONLY


@dataclass(frozen=True, slots=True)
class Container:
    """A container that exists, running or not. `state` is the engine's own word: `running`, `exited`, `created`."""

    name: str
    state: str

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self.state == "running"


@dataclass(frozen=True, slots=True)
class Engine:
    """A working podman or docker, with the configuration that makes it work on this machine."""

    program: str
    """Absolute path."""
    configuration: Path | None = None
    """A containers.conf to be used in place of the system's (podman only)."""

    @property
    def kind(self) -> str:
        """Say which engine it is: `podman` or `docker`."""
        return Path(self.program).name

    def environment(self) -> dict[str, str]:
        """Give the process environment in which the engine's program works, for those who start it themselves."""
        chosen = {} if self.configuration is None else {"CONTAINERS_CONF": str(self.configuration)}
        return {**os.environ, **chosen}

    def run(
        self,
        name: str,
        image: str,
        *,
        site: str,
        mounts: Iterable[Mount] = (),
        env: Mapping[str, str] | None = None,
        args: Sequence[str] = (),
        network: str = "host",
        options: Sequence[str] = (),
    ) -> None:
        """Start a container in the background; returns when its process has been started, not when it serves.

        `args` follow the image's entry point, `options` are further words for the engine (`--user`, `--ulimit`). The
        values of `env` are handed over through the environment, never on a command line that others may read.
        Raises EngineError; a container of this name that exists is an error, see `remove`.
        """
        env = env or {}
        words = ["run", "--detach", "--name", name, "--label", f"{LABEL}={site}", "--network", network]
        words += _volumes(mounts)
        words += [word for key in env for word in ("--env", key)]
        self._call([*words, *options, image, *args], what=f"start container {name}", env=env)

    def run_once(
        self, image: str, command: Sequence[str], mounts: Iterable[Mount] = (), options: Sequence[str] = ()
    ) -> str:
        """Run one command in a container that is removed when it ends, and give what it wrote; raises EngineError."""
        words = ["run", "--rm", "--network", "host", *_volumes(mounts), *options, image, *command]
        return self._call(words, what=f"run {command[0]} in a container of {image}")

    def start(self, names: Sequence[str]) -> None:
        """Start stopped containers again, as they are."""
        if names:
            self._call(["start", *names], what=f"start {', '.join(names)}")

    def stop(self, names: Sequence[str], grace_s: int = 5) -> None:
        """Ask the containers to end, and kill those that have not within `grace_s`; unknown names are no error."""
        if present := self._present(names):
            self._call(["stop", "-t", str(grace_s), *present], what=f"stop {', '.join(present)}")

    def kill(self, names: Sequence[str], signal: str = "KILL") -> None:
        """Send the containers' main processes a signal."""
        if names:
            self._call(["kill", "--signal", signal, *names], what=f"send {signal} to {', '.join(names)}")

    def remove(self, names: Sequence[str]) -> None:
        """Remove containers and their anonymous volumes, killing those that run; unknown names are no error."""
        if present := self._present(names):
            self._call(["rm", "--force", "--volumes", *present], what=f"remove {', '.join(present)}")

    def containers(self, site: str | None = None) -> tuple[Container, ...]:
        """List this site's containers (without a site: those of every site), running or not, sorted by name."""
        label = LABEL if site is None else f"{LABEL}={site}"
        listing = self._call(["ps", "--all", "--quiet", "--filter", f"label={label}"], what="list containers")
        if not (ids := listing.split()):
            return ()
        # One that is removed meanwhile makes the call fail, and is rightly missing from what it printed.
        inspected = self._try(["container", "inspect", "--format", "{{.Name}} {{.State.Status}}", *ids])
        pairs = [line.lstrip("/").split() for line in inspected.stdout.splitlines()]
        return tuple(sorted((Container(name, state) for name, state in pairs), key=lambda one: one.name))

    def exists(self, name: str) -> bool:
        """Whether a container of this name exists, running or not."""
        return self._says_yes(["container", "inspect", "--format", "{{.Name}}", name])

    def running(self, name: str) -> bool:
        """Whether a container of this name exists and its process lives."""
        done = self._try(["container", "inspect", "--format", "{{.State.Running}}", name])
        return done.returncode == 0 and done.stdout.strip() == "true"

    def exec(self, name: str, command: Sequence[str], limit_s: float = CALL_LIMIT_S) -> str:
        """Run a command in a running container and give what it wrote; raises EngineError where it fails."""
        return self._call(["exec", name, *command], what=f"run {command[0]} in {name}", limit_s=limit_s)

    def logs(self, name: str, lines: int = 200) -> str:
        """Give the last lines that a container wrote, both streams."""
        done = self._try(["logs", "--tail", str(lines), name])
        return done.stdout + done.stderr

    def answers(self) -> None:
        """Raise EngineError where the engine, or the daemon behind it, cannot be spoken to."""
        self._call(["info"], what="be spoken to", limit_s=INFO_LIMIT_S)

    def image_exists(self, tag: str) -> bool:
        """Whether an image of this name is here, without asking any registry."""
        return self._says_yes(["image", "inspect", "--format", "{{.Id}}", tag])

    def image_id(self, tag: str) -> str:
        """Give the image's id; raises EngineError where there is none."""
        return self._call(["image", "inspect", "--format", "{{.Id}}", tag], what=f"look at image {tag}").strip()

    def remove_image(self, tag: str) -> None:
        """Remove an image, where it is here; raises EngineError where a container uses it."""
        if self.image_exists(tag):
            self._call(["image", "rm", tag], what=f"remove image {tag}")

    def image_label(self, tag: str, label: str) -> str:
        """Give the value of an image's label; empty where it has none, or there is no such image."""
        done = self._try(["image", "inspect", "--format", f'{{{{index .Config.Labels "{label}"}}}}', tag])
        return done.stdout.strip() if done.returncode == 0 else ""

    def prune_images(self, label: str) -> None:
        """Remove images without a name that carry a label: what builds have left behind."""
        self._call(["image", "prune", "--force", "--filter", f"label={label}"], what="remove what builds left")

    def import_image(self, archive: Path, tag: str, labels: Mapping[str, str] | None = None) -> None:
        """Make an image of a tar of a root file system."""
        changes = [word for key, value in (labels or {}).items() for word in ("--change", f"LABEL {key}={value}")]
        self._call(["import", *changes, str(archive), tag], what=f"import image {tag}")

    def registry_has(self, reference: str, limit_s: float) -> bool:
        """Whether the image registry answers within `limit_s` that it has this image; nothing is fetched."""
        return self._try(["manifest", "inspect", reference], limit_s=limit_s).returncode == 0

    def build_command(
        self, tag: str, folder: Path, build_args: Mapping[str, str], containerfile: Path | None = None
    ) -> list[str]:
        """Give the command that builds `folder/Containerfile` (or the named one), to be run in `environment()`.

        The host's network is used, so that packages come the way the host itself gets them.
        """
        recipe = containerfile or folder / "Containerfile"
        arguments = [word for key, value in build_args.items() for word in ("--build-arg", f"{key}={value}")]
        return [
            *(self.program, "build", "--network", "host", "--tag", tag, "--file", str(recipe)),
            *(*arguments, str(folder)),
        ]

    def build(self, tag: str, folder: Path, build_args: Mapping[str, str], containerfile: Path | None = None) -> None:
        """Build an image; raises EngineError with the build's last lines where it fails."""
        words = self.build_command(tag, folder, build_args, containerfile)[1:]
        self._call(words, what=f"build image {tag}", limit_s=None)

    def _present(self, names: Sequence[str]) -> list[str]:
        return [name for name in names if self.exists(name)]

    def _says_yes(self, words: Sequence[str]) -> bool:
        return self._try(words).returncode == 0

    def _call(
        self,
        words: Sequence[str],
        *,
        what: str,
        env: Mapping[str, str] | None = None,
        limit_s: float | None = CALL_LIMIT_S,
    ) -> str:
        done = self._try(words, env=env, limit_s=limit_s)
        if done.returncode != 0:
            raise EngineError(f"{self.kind} could not {what}: {_last_words(done.stderr or done.stdout)}")
        return done.stdout

    def _try(
        self, words: Sequence[str], *, env: Mapping[str, str] | None = None, limit_s: float | None = CALL_LIMIT_S
    ) -> subprocess.CompletedProcess[str]:
        command = [self.program, *words]
        try:
            return subprocess.run(  # noqa: S603 - the program was found on PATH, and no shell reads the words
                command,
                env={**self.environment(), **(env or {})},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=limit_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, 124, "", f"no answer within {limit_s:.0f} s")


def detect(root: Path) -> Engine:
    """Find the engine that can really start a container on this machine.

    `root` is the checkout; what was found is kept in `var/setup/engine.json`, and tried anew after a restart of the
    machine or a change of the programs. Where an installed podman refuses only because of its own settings, a
    configuration of ours is written to `var/setup/containers.conf` and used. Raises NoEngine.
    """
    folder = root / "var" / "setup"
    programs = tuple(path for name in PROGRAMS if (path := shutil.which(name)))
    key = _circumstances(programs)
    known = _recall(folder / "engine.json", key)
    if known is not None:
        return known
    folder.mkdir(parents=True, exist_ok=True)
    engine = _probe(programs, folder)
    remembered = {
        "key": key,
        "program": engine.program,
        "configuration": None if engine.configuration is None else str(engine.configuration),
    }
    draft = folder / f"engine.json.{os.getpid()}"
    draft.write_text(json.dumps(remembered, indent=1) + "\n", encoding="utf-8")
    draft.replace(folder / "engine.json")
    return engine


def _circumstances(programs: Iterable[str]) -> list[str]:
    """Everything that may change which engine works: the boot, the user, the programs, the settings in force."""
    files = [*programs, *(path for name in ("crun", "runc") if (path := shutil.which(name)))]
    seen = [f"{path} {(status := Path(path).stat()).st_size} {status.st_mtime_ns}" for path in files]
    return [clock.boot_id(), str(os.getuid()), os.environ.get("CONTAINERS_CONF", ""), *seen]


def _recall(file: Path, key: Sequence[str]) -> Engine | None:
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if record.get("key") != list(key):
        return None
    configuration = record["configuration"] and Path(record["configuration"])
    if configuration and not configuration.exists():
        return None
    return Engine(record["program"], configuration or None)


def _probe(programs: Sequence[str], folder: Path) -> Engine:
    configuration = folder / "containers.conf"
    if not programs:
        raise NoEngine("no container engine: install podman (apt-get install podman runc netavark) or docker")
    refusals = []
    for program in programs:
        plain = Engine(program)
        refusal = _refusal(plain, folder)
        if refusal and plain.kind == "podman":
            configuration.write_text(MENDED_CONFIGURATION, encoding="utf-8")
            mended = Engine(program, configuration)
            if not _refusal(mended, folder):
                return mended
            configuration.unlink()
        if not refusal:
            return plain
        refusals.append(refusal)
    advice = "mend it, or run as root or as a user whom the engine serves"
    raise NoEngine(f"no container engine can start a container here ({'; '.join(refusals)}): {advice}")


def _refusal(engine: Engine, scratch: Path) -> str:
    """Give the reason why this engine cannot start a container; empty where it can."""
    tag = f"{PROBE_IMAGE}:{os.getpid()}"
    archive = scratch / f"probe-{os.getpid()}.tar"
    try:
        engine.answers()
        _smallest_root(archive)
        engine.import_image(archive, tag)
        engine.run_once(tag, ["/bin/true"])
    except EngineError as error:
        return str(error)
    else:
        return ""
    finally:
        archive.unlink(missing_ok=True)
        engine.remove_image(tag)


def _smallest_root(archive: Path) -> None:
    """Tar the host's own /bin/true with its libraries: an image to try an engine with, where there is none yet."""
    program = Path("/bin/true")
    listed = subprocess.run(  # noqa: S603 - fixed words
        ["/usr/bin/ldd", str(program)], capture_output=True, text=True, timeout=INFO_LIMIT_S, check=True
    )
    libraries = {Path(word) for line in listed.stdout.splitlines() for word in line.split() if word.startswith("/")}
    with tarfile.open(archive, mode="w") as tar:
        for folder in ("dev", "etc", "proc", "run", "sys", "tmp"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
        for path in (program, *sorted(libraries)):
            tar.add(path.resolve(), arcname=str(path).lstrip("/"))


def _volumes(mounts: Iterable[Mount]) -> list[str]:
    return [word for mount in mounts for word in ("--volume", f"{mount.source}:{mount.target}:{mount.access}")]


def _last_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
