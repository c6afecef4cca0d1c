"""Lays a site out for deploy/compose.yaml: `python3 -m deploy.compose`, on the host, with its own Python.

What the site is stands in `config/site.toml` (docs/operation.md). The environment chooses what differs from machine to machine:
SWITCHBOARD_SITE, SWITCHBOARD_…_PORT, SWITCHBOARD_API_HOST; and SWITCHBOARD_SIP_ADDRESS, SWITCHBOARD_CALLERS_FROM (networks,
separated by commas) and SWITCHBOARD_CALLERS_KEYS, which go before the file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy import configuration
from deploy.configuration import Owner
from deploy.containers import Engine, EngineError, detect
from deploy.secrets import SecretsUnreadable, secrets_of
from deploy.site_file import FILE_NAME, read_site
from deploy.sites import LOOPBACK, REPOSITORY, BadSite, Site, keys_of, ports_from
from deploy.stack import owner_of_parts, service_environment

# Where the service sees the site's folders, in its container; deploy/compose.yaml mounts them there.
CONFIG = "/etc/switchboard"
DATA = "/var/lib/switchboard"
RECORDINGS = "/var/spool/switchboard/recordings"
PROMPTS = "/var/spool/switchboard/prompts"
DATABASE = f"sqlite+aiosqlite:///{DATA}/switchboard.db"

OWNER_ONLY = 0o600
EXIT_FAILED = 1
EXIT_USAGE = 2


def main() -> int:
    """Lay out the site that the environment names, and say how to start it; gives the exit code."""
    try:
        site = site_from(os.environ)
        file = lay_out(site, owner_of_parts(), detect(REPOSITORY))
    except (BadSite, ValueError) as error:
        sys.stderr.write(f"cannot lay the site out: {error}\n")
        return EXIT_USAGE
    except EngineError as error:
        sys.stderr.write(f"cannot lay the site out: {error}\n")
        return EXIT_FAILED
    except (SecretsUnreadable, OSError) as error:
        sys.stderr.write(f"cannot lay the site out: {error}: check who owns var/ and whether the disk is full\n")
        return EXIT_FAILED
    sys.stdout.write(f"site {site.name} is laid out in {site.folder}; start it, from {REPOSITORY}, with\n")
    sys.stdout.write(f"  docker compose --env-file {file} -f deploy/compose.yaml up -d\n")
    return 0


def site_from(environment: Mapping[str, str], config: Path = REPOSITORY / "config") -> Site:
    """Read the site from its file in `config`, and from `SWITCHBOARD_…` variables, which go before it; raises BadSite."""
    name = environment.get("SWITCHBOARD_SITE", "main")
    folder = REPOSITORY / "var" / name
    chosen = read_site(config / FILE_NAME)
    if "SWITCHBOARD_SIP_ADDRESS" in environment:
        chosen["sip_address"] = environment["SWITCHBOARD_SIP_ADDRESS"]
    if "SWITCHBOARD_CALLERS_FROM" in environment:
        networks = environment["SWITCHBOARD_CALLERS_FROM"].split(",")
        chosen["callers_from"] = tuple(network.strip() for network in networks)
    if "SWITCHBOARD_CALLERS_KEYS" in environment:
        chosen["keys"] = keys_of(environment["SWITCHBOARD_CALLERS_KEYS"])
    return Site(
        name,
        folder,
        secrets_of(folder),
        ports=ports_from(environment),
        api_address=environment.get("SWITCHBOARD_API_HOST", LOOPBACK),
        config=config,
        **chosen,
    )


def lay_out(site: Site, owner: Owner, engine: Engine) -> Path:
    """Write the site's configuration and what compose needs to know; gives the file for its `--env-file`.

    `service.env` holds the secrets and is for its owner's eyes only; `compose.env` holds none. Raises OSError.
    """
    configuration.lay_out(site, owner)
    service_data = site.folder / "service"
    service_data.mkdir(exist_ok=True)
    # The service runs as the same plain user as the parts, and writes prompts and its database.
    for folder in (service_data, site.prompts, *site.prompts.iterdir()):
        os.chown(folder, owner.uid, owner.gid)
    inside = {
        "SWITCHBOARD_CONFIG_DIR": CONFIG,
        "SWITCHBOARD_DATA_DIR": DATA,
        "SWITCHBOARD_PROMPTS_DIR": PROMPTS,
        "SWITCHBOARD_RECORDINGS_DIR": RECORDINGS,
        "SWITCHBOARD_DATABASE_URL": DATABASE,
    }
    _write(site.folder / "service.env", {**service_environment(site), **inside})
    chosen = site.folder / "compose.env"
    _write(
        chosen,
        {
            "COMPOSE_PROJECT_NAME": f"switchboard-{site.name}",
            "SWITCHBOARD_SITE": site.name,
            "SWITCHBOARD_FOLDER": str(site.folder.resolve()),
            "SWITCHBOARD_CONFIG": str(site.config.resolve()),
            "SWITCHBOARD_UID": str(owner.uid),
            "SWITCHBOARD_GID": str(owner.gid),
            "SWITCHBOARD_USERNS": user_namespace(engine),
            "SWITCHBOARD_REDIS_PORT": str(site.ports.redis),
            "SWITCHBOARD_MQTT_PORT": str(site.ports.mqtt),
            "SWITCHBOARD_API_PORT": str(site.ports.api),
        },
    )
    return chosen


def user_namespace(engine: Engine) -> str:
    """Say in compose's words whose user numbers count: without root, podman maps them, and files must keep their owner."""
    return "keep-id" if engine.kind == "podman" and os.getuid() != 0 else "host"


def _write(file: Path, values: Mapping[str, str]) -> None:
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.writelines(f"{name}={value}\n" for name, value in values.items())
    draft.replace(file)


if __name__ == "__main__":
    sys.exit(main())
