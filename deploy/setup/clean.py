"""Removes what the preparation has made: `make clean`. Sites' own data stays, and so does what is in use."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from deploy.containers import Engine, EngineError, NoEngine, detect
from deploy.setup.images import BASE_TAG, images_of

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = (".venv", "web/node_modules", "web/dist", "var/setup")
CACHE_LABEL = "switchboard.cache"
SUITES = ("forky", "bookworm")


def main() -> int:
    """Remove images and folders, saying each; gives the exit code."""
    try:
        _remove_images(detect(ROOT))
    except NoEngine:
        sys.stdout.write("no container engine works here: no image is removed\n")
    for name in FOLDERS:
        if (ROOT / name).exists():
            shutil.rmtree(ROOT / name)
            sys.stdout.write(f"removed {name}\n")
    if kept := sorted(path.name for path in (ROOT / "var").glob("*") if path.is_dir()):
        sys.stdout.write(f"kept var/{', var/'.join(kept)}: sites' recordings, agents' state and secrets\n")
    sys.stdout.write("kept the system's packages, and images that others made\n")
    return 0


def _remove_images(engine: Engine) -> None:
    tags = [*(image.tag for image in images_of(ROOT).values()), *(f"{BASE_TAG}:{suite}" for suite in SUITES)]
    for tag in tags:
        if not engine.image_exists(tag):
            continue
        try:
            engine.remove_image(tag)
            sys.stdout.write(f"removed image {tag}\n")
        except EngineError as error:
            sys.stdout.write(f"kept image {tag}: {error}\n")
    engine.prune_images(CACHE_LABEL)


if __name__ == "__main__":
    sys.exit(main())
