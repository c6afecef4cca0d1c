"""Python packages: the environment in .venv from the hash-checked lock, and the wheels that images are made with."""

from __future__ import annotations

import re
import shutil
import sys
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

from deploy.setup.steps import Stamp, Step, Work, fingerprint

FAILSAFE_PACKAGES = ("pyst2", "six")
"""What the fail-safe AGI imports, in Asterisk's own container."""
IMPORTED_AT_START = "service.cli, service.wiring, service.web.routes, service.web.answering"
"""What `switchboard serve` imports, before and after callers are served, and all that these need."""
SERVICE_PYTHON = "3.11"
"""The Python of the service's image, Debian 12's."""


@dataclass(frozen=True, slots=True)
class Environment:
    """The virtual environment of a checkout."""

    root: Path

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.root / ".venv"

    @property
    def python(self) -> str:
        """Its interpreter."""
        return str(self.folder / "bin" / "python")

    def step(self) -> Step:
        """Make the environment itself, anew where a change of it was broken off."""
        return Step("python environment", self._unusable, self._make, after=("system packages",))

    def packages_step(self, lock: Path) -> Step:
        """Install what a lock names, and the checkout itself."""
        stamp = Stamp(self.folder / f".{lock.stem}-installed")
        inputs: list[str | Path] = [lock, self.root / "pyproject.toml", *self._circumstances()]

        def install(work: Work) -> None:
            self._being_changed.touch()
            # Wheels only: building a source package would run it, and would fetch tools that no lock names.
            # Compiling everything takes as long as the installation: the step "byte code" compiles what the service uses.
            options = [
                "--progress-bar",
                "off",
                "--require-hashes",
                "--only-binary",
                ":all:",
                "--no-compile",
                "--no-input",
            ]
            work.say(f"installing what {lock.name} names")
            work.run([self.python, "-m", "pip", "install", *options, "--requirement", str(lock)], source="Python")
            self._install_checkout()
            stamp.write(fingerprint(inputs))
            self._being_changed.unlink()

        return Step(
            "python packages", lambda: not stamp.says(fingerprint(inputs)), install, after=("python environment",)
        )

    def byte_code_step(self, lock: Path) -> Step:
        """Compile what the service imports: a start that compiles takes twice the processor time, and callers wait for it.

        Python would keep what its first start compiles, unless this user may not write there or is told not to.
        """
        stamp = Stamp(self.folder / f".{lock.stem}-compiled")
        inputs: list[str | Path] = [lock, self.root / "pyproject.toml", *self._circumstances()]

        def compile_all(work: Work) -> None:
            work.run([self.python, "-c", f"import {IMPORTED_AT_START}"], env={"PYTHONDONTWRITEBYTECODE": ""})
            stamp.write(fingerprint(inputs))

        return Step("byte code", lambda: not stamp.says(fingerprint(inputs)), compile_all, after=("python packages",))

    @property
    def _stamp(self) -> Stamp:
        return Stamp(self.folder / ".made")

    @property
    def _being_changed(self) -> Path:
        return self.folder / ".being-changed"

    def _circumstances(self) -> list[str]:
        """Scripts in an environment name its folder, and packages fit one Python."""
        return [str(self.root), sys.version, sys.base_prefix]

    def _unusable(self) -> bool:
        return self._being_changed.exists() or not self._stamp.says(fingerprint(self._circumstances()))

    def _make(self, work: Work) -> None:
        base = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
        work.run([str(base), "-m", "venv", "--clear", str(self.folder)])
        self._stamp.write(fingerprint(self._circumstances()))

    def _install_checkout(self) -> None:
        """Make the checkout importable, and its commands callable: what `pip install -e .` does, without its build tools."""
        site = next((self.folder / "lib").glob("python3.*/site-packages"))
        (site / "switchboard-checkout.pth").write_text(f"{self.root}\n", encoding="utf-8")
        project = tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        for name, target in project["scripts"].items():
            module, function = target.split(":")
            script = self.folder / "bin" / name
            script.write_text(
                f"#!{self.python}\nimport sys\n\nfrom {module} import {function}\n\nsys.exit({function}())\n",
                encoding="utf-8",
            )
            script.chmod(0o755)


def failsafe_step(environment: Environment, lock: Path) -> Step:
    """Lay out the fail-safe AGI's packages for Asterisk's image, from wheels whose hashes the lock names."""
    target = environment.root / "var" / "setup" / "failsafe"
    stamp = Stamp(target.with_name("failsafe-laid-out"))
    pinned = "".join(pins(lock.read_text(encoding="utf-8"), FAILSAFE_PACKAGES))

    def lay_out(work: Work) -> None:
        stamp.remove()
        wheels = target.with_name("failsafe-wheels")
        for folder in (target, wheels):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        requirements = wheels / "requirements.txt"
        requirements.write_text(pinned, encoding="utf-8")
        work.run([*_download(environment, wheels), "--requirement", str(requirements)], source="Python")
        for wheel in sorted(wheels.glob("*.whl")):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(target)
        stamp.write(fingerprint([pinned]))

    return Step(
        "fail-safe packages", lambda: not stamp.says(fingerprint([pinned])), lay_out, after=("python environment",)
    )


def wheels_step(environment: Environment, lock: Path) -> Step:
    """Gather the wheels that the service's image is made with, so that its build needs no registry."""
    folder = environment.root / "var" / "setup" / "wheels"
    stamp = Stamp(folder.with_name("wheels-gathered"))

    def gather(work: Work) -> None:
        stamp.remove()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        work.run(
            [*_download(environment, folder), "--python-version", SERVICE_PYTHON, "--requirement", str(lock)],
            source="Python",
        )
        stamp.write(fingerprint([lock]))

    return Step("service wheels", lambda: not stamp.says(fingerprint([lock])), gather, after=("python packages",))


def pins(lock: str, names: tuple[str, ...]) -> list[str]:
    """Take the entries of these packages out of a lock's text, each with its hashes."""
    found = {
        match[1]: match[0] for match in re.finditer(r"^([a-z0-9][a-z0-9._-]*)==(?:.*\\\n)*.*\n", lock, re.MULTILINE)
    }
    return [found[name] for name in names]


def _download(environment: Environment, folder: Path) -> list[str]:
    options = [
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "--only-binary",
        ":all:",
        "--no-input",
        "--dest",
        str(folder),
    ]
    return [environment.python, "-m", "pip", "download", *options]
