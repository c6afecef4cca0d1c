"""Container images: each from its Containerfile, on a base from an image registry where one answers, else from packages.

An image carries the hash of what it was made of as a label, so that every checkout on a machine finds those that fit.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.containers import Engine, EngineError
from deploy.setup.commands import Fate
from deploy.setup.faults import SetupError, reason
from deploy.setup.python import FAILSAFE_PACKAGES, pins
from deploy.setup.steps import Step, Work, fingerprint

INPUTS_LABEL = "switchboard.inputs"
REGISTRY_ANSWERS_WITHIN_S = 6.0
BASE_TAG = "localhost/switchboard-base"
RECIPE = (
    "--variant=minbase",
    "--include=ca-certificates",
    # What a container never shows anybody; and its disk need not be flushed package by package. Both stay in force
    # for what Containerfiles install later.
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=force-unsafe-io",
    '--aptopt=Acquire::Languages "none"',
    # A site's own mirror may stand still for weeks: its signatures count, not its age.
    '--aptopt=Acquire::Check-Valid-Until "false"',
)
MIRROR_VARIABLE = "SWITCHBOARD_DEBIAN_MIRROR"


@dataclass(frozen=True, slots=True)
class Image:
    """An image of ours: its short name, the Debian release it stands on, and what goes into it."""

    name: str
    suite: str
    containerfile: Path
    context: Path
    inputs: tuple[Path | str, ...]
    after: tuple[str, ...] = ()

    @property
    def tag(self) -> str:
        """As the engine names it."""
        return f"localhost/switchboard-{self.name}"

    @property
    def fingerprint(self) -> str:
        """What it is made of."""
        return fingerprint([self.suite, *RECIPE, self.containerfile, *self.inputs])


def images_of(root: Path) -> dict[str, Image]:
    """List the images of a checkout by name."""
    deploy = root / "deploy"
    pinned = pins((root / "requirements.lock").read_text(encoding="utf-8"), FAILSAFE_PACKAGES)
    sources = ("acd", "common", "config", "cti_bridge", "deploy", "ivr", "recordings", "service", "web/dist")
    service = tuple(root / name for name in (*sources, "requirements.lock"))
    listed = (
        Image("asterisk", "forky", deploy / "asterisk" / "Containerfile", root, tuple(pinned), ("fail-safe packages",)),
        Image("redis", "forky", deploy / "redis" / "Containerfile", deploy / "redis", ()),
        Image("mosquitto", "forky", deploy / "mosquitto" / "Containerfile", deploy / "mosquitto", ()),
        Image(
            "service", "bookworm", deploy / "service" / "Containerfile", root, service, ("service wheels", "web pages")
        ),
    )
    return {image.name: image for image in listed}


class Images:
    """The steps that make images with one engine, which is asked for when the first of them runs: it is installed by then."""

    def __init__(self, root: Path, engine: Callable[[], Engine]) -> None:
        self._root = root
        self._engine = engine
        self._bases: dict[str, str] = {}

    def steps(self, images: Sequence[Image]) -> list[Step]:
        """Give the steps that make these images and the bases that they stand on."""
        suites = sorted({image.suite for image in images})
        bases = [self._base_step(suite, [image for image in images if image.suite == suite]) for suite in suites]
        return [*bases, *(self._image_step(image) for image in images)]

    def _outdated(self, image: Image) -> bool:
        return label_of(self._engine(), image.tag) != image.fingerprint

    def _base_step(self, suite: str, images: Sequence[Image]) -> Step:
        def make(work: Work) -> None:
            self._bases[suite] = self._base(work, suite)

        return Step(
            f"{suite} base image",
            lambda: any(self._outdated(image) for image in images),
            make,
            after=("system packages",),
        )

    def _image_step(self, image: Image) -> Step:
        def build(work: Work) -> None:
            engine = self._engine()
            base = self._bases.get(image.suite) or self._base(work, image.suite)
            arguments = {"BASE": base}
            words = engine.build_command(image.tag, image.context, arguments, image.containerfile)
            labelled = [*words[:-1], "--label", f"{INPUTS_LABEL}={image.fingerprint}", words[-1]]
            replaced = engine.image_id(image.tag) if engine.image_exists(image.tag) else ""
            work.run(labelled, source="Debian", fate=Fate.GOES_ON, env=_changed(engine.environment()))
            if replaced and replaced != engine.image_id(image.tag):
                # Where a container still runs on it, it stays.
                with contextlib.suppress(EngineError):
                    engine.remove_image(replaced)

        return Step(
            f"{image.name} image",
            lambda: self._outdated(image),
            build,
            after=(f"{image.suite} base image", *image.after),
        )

    def _base(self, work: Work, suite: str) -> str:
        engine = self._engine()
        made, recipe = f"{BASE_TAG}:{suite}", fingerprint([suite, *RECIPE])
        if label_of(engine, made) == recipe:
            return made
        official = f"debian:{suite}"
        work.say(f"asking the image registry for {official}")
        if engine.registry_has(official, REGISTRY_ANSWERS_WITHIN_S):
            work.run([engine.program, "pull", official], fate=Fate.GOES_ON, env=_changed(engine.environment()))
            return official
        self._base_from_packages(work, engine, suite, made, recipe)
        return made

    def _base_from_packages(self, work: Work, engine: Engine, suite: str, tag: str, recipe: str) -> None:
        maker = shutil.which("mmdebstrap")
        if maker is None:
            raise SetupError(
                f"{work.step}: no image registry answers, and there is no mmdebstrap to make a base image from packages: "
                "install mmdebstrap, or let this machine reach an image registry"
            )
        work.screen.line(f"         {work.step}: no image registry answers; making it from Debian's packages")
        archive = self._root / "var" / "setup" / f"base-{suite}.tar"
        try:
            work.run([maker, "--format=tar", *RECIPE, suite, str(archive), *_mirror()], source="Debian")
            engine.import_image(archive, tag, labels={INPUTS_LABEL: recipe})
        except EngineError as error:
            raise SetupError(f"{work.step}: {reason([str(error)])}") from error
        finally:
            archive.unlink(missing_ok=True)


def label_of(engine: Engine, tag: str) -> str:
    """Give the hash of what an image here was made of; empty where there is no such image."""
    return engine.image_label(tag, INPUTS_LABEL)


def _changed(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if os.environ.get(name) != value}


def _mirror() -> list[str]:
    """Name the mirror that this machine's own packages come from, where it is a Debian machine: a site may have its own."""
    if chosen := os.environ.get(MIRROR_VARIABLE):
        return [chosen]
    try:
        listed = subprocess.run(
            ["/usr/bin/apt-get", "indextargets", "--format", "$(ORIGIN) $(COMPONENT) $(RELEASE) $(REPO_URI)"],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
    except OSError:
        return []
    sources = [line.split() for line in listed.splitlines()]
    return [source[3] for source in sources if source[:2] == ["Debian", "main"] and "-" not in source[2]][:1]
