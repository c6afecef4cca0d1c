"""Renews the locks of the Python packages: `make lock`. Every package with its hashes, and no address of any registry."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ADDRESS = re.compile(r"\w+://|^-", re.MULTILINE)
"""An address, or an option for pip: neither belongs into a lock."""
OPTIONS = (
    *("--quiet", "--generate-hashes", "--strip-extras", "--allow-unsafe", "--newline", "lf"),
    *("--no-emit-index-url", "--no-emit-find-links", "--no-emit-trusted-host", "--no-emit-options"),
)


class BadLock(Exception):
    """A lock came out in a form that must not be committed; the text says which line."""


def main(upgrade: list[str]) -> int:
    """Renew all locks, with `--upgrade` to the newest versions that pyproject.toml allows; gives the exit code."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    try:
        _compile("requirements.lock", ["pyproject.toml", *upgrade])
        _compile("requirements-dev.lock", ["pyproject.toml", "--extra", "dev", "-c", "requirements.lock", *upgrade])
        _compile("requirements-web.lock", ["-", *upgrade], "\n".join(project["optional-dependencies"]["web-build"]))
        mutation = "\n".join(project["optional-dependencies"]["mutation"])
        _compile("requirements-mutation.lock", ["-", "-c", "requirements-dev.lock", *upgrade], mutation)
    except (BadLock, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"cannot lock: {error}\n")
        return 1
    return 0


def _compile(lock: str, words: list[str], requirements: str = "") -> None:
    sys.stdout.write(f"locking {lock}\n")
    sys.stdout.flush()
    subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-m", "piptools", "compile", *OPTIONS, "--output-file", lock, *words],
        cwd=ROOT,
        env={**os.environ, "CUSTOM_COMPILE_COMMAND": "make lock"},
        input=requirements,
        text=True,
        check=True,
    )
    text = (ROOT / lock).read_text(encoding="utf-8")
    if found := ADDRESS.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise BadLock(
            f"{lock}:{line}: an address or an option for pip, which no lock may hold: mend pip's configuration"
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
