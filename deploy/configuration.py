"""Lays a site out on disk: its folders, and the configuration rendered from the templates beside this module."""

from __future__ import annotations

import base64
import hashlib
import os
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.sites import LOOPBACK, BadSite, Keys, Site

HERE = Path(__file__).parent
TEMPLATES = {
    "asterisk": HERE / "asterisk" / "templates",
    "redis": HERE / "redis",
    "mosquitto": HERE / "mosquitto",
    "watchdog": HERE / "watchdog",
}
"""Part → the folder of its *.conf templates."""

# Where the parts see the site's folders, in their containers.
ASTERISK_CONFIGURATION = "/etc/asterisk"
ASTERISK_STATE = "/var/lib/switchboard"
ASTERISK_PROMPTS = "/usr/share/asterisk/sounds/switchboard"
"""Debian's Asterisk has its sounds below /usr/share; a prompt is played as `switchboard/en/NAME`."""
ASTERISK_RECORDINGS = "/var/spool/switchboard/recordings"
REDIS_CONFIGURATION = "/etc/redis"
REDIS_DATA = "/var/lib/switchboard"
MOSQUITTO_CONFIGURATION = "/etc/mosquitto"
WATCHDOG_CONFIGURATION = "/etc/switchboard-watchdog"

AMI_USER = "switchboard"
WATCHDOG_USER = "watchdog"
MQTT_USER = "switchboard"
LANGUAGES = ("en", "zh")
ADDITIONS = ("extensions.conf", "modules.conf", "musiconhold.conf", "pjsip.conf")
"""Of Asterisk's files those that a site may add to, by files of these names in `config/asterisk/`."""
AMI_WRITE_TIMEOUT_MS = 5000
_KEYS = {Keys.SIGNALS: "auto_info", Keys.SOUND: "auto"}
"""Asterisk's words for the ways of callers' keys."""
NEEDLESS_EVENTS = (
    *(
        "AGIExecEnd",
        "AGIExecStart",
        "BridgeCreate",
        "BridgeDestroy",
        "BridgeEnter",
        "BridgeLeave",
        "DTMFBegin",
    ),
    *("DeviceStateChange", "DialState", "MusicOnHoldStart", "MusicOnHoldStop", "NewCallerid", "NewConnectedLine"),
    *("Newexten", "Newstate", "RTCPReceived", "RTCPSent", "SoftHangupRequest", "VarSet"),
)
"""AMI events of ordinary calls that the service does not read. Filters keep them from its connection; but Asterisk would still
put each into words and wake every reader for it, fifty times a call."""
PRIVATE_RING_S = 60
BUSY_TONE_S = 10
MQTT_ITERATIONS = 101
MQTT_SALT_BYTES = 12

PHONES = "phones.csv"
"""What phones are set up with: name, number, password."""
PRIVATE_FOLDER = 0o750
OWNER_ONLY = 0o600
PRIVATE_FILE = 0o640
PROGRAM = 0o750


@dataclass(frozen=True, slots=True)
class Owner:
    """The user, by number, as whom the parts run in their containers; their files belong to it."""

    uid: int
    gid: int


class _Template(string.Template):
    """Text with @{names}: Asterisk's own files are full of dollar signs."""

    delimiter = "@"
    idpattern = r"(?!)"
    braceidpattern = r"[a-z_]+"


def lay_out(site: Site, owner: Owner) -> None:
    """Make the site's folders and write its configuration anew; what the service and the parts keep is not touched.

    Raises OSError where the disk or the rights do not allow it, BadSite where an addition of the site's has no place, ValueError
    where a template is wrong.
    """
    additions = _additions(site)
    kept = (site.asterisk_state, site.recordings, *site.message_folders, site.redis_data)
    for folder in (*kept, *(site.folder / part for part in TEMPLATES)):
        _folder(folder, owner)
    for language in LANGUAGES:
        (site.prompts / language).mkdir(parents=True, exist_ok=True)
    values = _values(site)
    for part, templates in TEMPLATES.items():
        for template in sorted(templates.glob("*.conf")):
            _write(site.folder / part / template.name, _rendered(template, values), owner, PRIVATE_FILE)
    _write(
        site.folder / "mosquitto" / "passwords",
        mqtt_password_line(MQTT_USER, site.secrets.mqtt_password),
        owner,
        PRIVATE_FILE,
    )
    _add(site, additions, owner)
    phones = "".join(f"{','.join(phone)}\n" for phone in (("phone", "number", "password"), *_phones(site)))
    _write(site.folder / PHONES, phones, owner, OWNER_ONLY)
    fail_safe = (HERE / "asterisk" / "failsafe.py").read_text(encoding="utf-8")
    _write(site.folder / "asterisk" / "failsafe.py", fail_safe, owner, PROGRAM)
    watchdog = (HERE / "watchdog" / "watchdog.py").read_text(encoding="utf-8")
    _write(site.folder / "watchdog" / "watchdog.py", watchdog, owner, PROGRAM)


def _additions(site: Site) -> dict[str, str]:
    """Read what the site adds to Asterisk's files: by name, the text."""
    given = sorted((site.config / "asterisk").glob("*.conf"))
    for file in given:
        if file.name not in ADDITIONS:
            raise BadSite(f"{file} would be read by nobody: additions are {', '.join(ADDITIONS)}")
    return {file.name: file.read_text(encoding="utf-8") for file in given}


def _add(site: Site, additions: Mapping[str, str], owner: Owner) -> None:
    """Put the site's own additions where Asterisk's files include them, and take away those of before."""
    folder = site.folder / "asterisk" / "site"
    _folder(folder, owner)
    for name, text in additions.items():
        _write(folder / name, text, owner, PRIVATE_FILE)
    for old in folder.glob("*.conf"):
        if old.name not in additions:
            old.unlink()


def mqtt_password_line(user: str, password: str) -> str:
    """Give a line of Mosquitto's password file: salted PBKDF2 over SHA-512, as mosquitto_passwd(1) makes it."""
    salt = os.urandom(MQTT_SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, MQTT_ITERATIONS)
    return f"{user}:$7${MQTT_ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}\n"


def _values(site: Site) -> dict[str, str]:
    fail_safe, ports, secrets = site.fail_safe, site.ports, site.secrets
    part = TEMPLATES["asterisk"] / "parts"
    common = {"loopback": LOOPBACK, "ami_write_timeout_ms": str(AMI_WRITE_TIMEOUT_MS)}
    repeated = {
        "phones": [
            _rendered(part / "phone.conf", {"phone": phone, "number": number, "password": password})
            for phone, number, password in _phones(site)
        ],
        "entries": [
            _rendered(part / "entry.conf", {"number": number, "entry": entry}) for number, entry in site.entries
        ],
        "observers": [
            _rendered(part / "observer.conf", {**common, "observer": name, "ledger_password": secrets.ledger_password})
            for name in site.observers
        ],
        "trunk_matches": [f"match = {network}\n" for network in site.callers_from],
        "trunk_server": [_rendered(part / "trunk_server.conf", {"server": site.trunk_server})]
        if site.trunk_server
        else [],
    }
    return {
        **common,
        **{name: "".join(texts).rstrip("\n") for name, texts in repeated.items()},
        # An observer, in tests, sees everything.
        "disabled_events": "" if site.observers else ",".join(NEEDLESS_EVENTS),
        "node": site.node,
        "state_folder": ASTERISK_STATE,
        "configuration_folder": ASTERISK_CONFIGURATION,
        "sip_address": site.sip_address,
        "trunk_keys": _KEYS[site.keys],
        "trunk_way_out": "aors = trunk" if site.trunk_server else "",
        "sip_port": str(ports.sip),
        "rtp_first": str(ports.rtp_first),
        "rtp_last": str(ports.rtp_last),
        "ami_user": AMI_USER,
        "watchdog_user": WATCHDOG_USER,
        "ami_port": str(ports.ami),
        "ami_password": secrets.ami_password,
        "agi_port": str(ports.agi),
        "default_entry": site.default_entry,
        "patience_s": str(fail_safe.patience_s),
        "failsafe_ring": "&".join(f"PJSIP/{phone}" for phone in fail_safe.ring or site.phone_names),
        "failsafe_ring_s": str(fail_safe.ring_s),
        "failsafe_message_s": str(fail_safe.message_s),
        "failsafe_folder": f"{ASTERISK_RECORDINGS}/failsafe",
        "private_ring_s": str(PRIVATE_RING_S),
        "tone_country": site.tone_country,
        "busy_tone_s": str(BUSY_TONE_S),
        "redis_port": str(ports.redis),
        "redis_password": secrets.redis_password,
        "redis_data": REDIS_DATA,
        "mqtt_port": str(ports.mqtt),
        "mosquitto_configuration": MOSQUITTO_CONFIGURATION,
    }


def _phones(site: Site) -> Iterator[tuple[str, str, str]]:
    """Name, number and password of each phone."""
    for n, phone in enumerate(site.phone_names, 1):
        yield phone, f"10{n}", site.secrets.of_phone(phone)


def _rendered(template: Path, values: dict[str, str]) -> str:
    try:
        return _Template(template.read_text(encoding="utf-8")).substitute(values)
    except KeyError as error:
        raise ValueError(f"{template} asks for a value {error} that no site has") from error
    except ValueError as error:
        raise ValueError(f"{template}: {error} (a lone @ is written @@)") from error


def _folder(folder: Path, owner: Owner) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(PRIVATE_FOLDER)
    os.chown(folder, owner.uid, owner.gid)


def _write(file: Path, text: str, owner: Owner, mode: int) -> None:
    """Put a file in place at once, never readable by others: it may hold passwords."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
    draft.chmod(mode)
    os.chown(draft, owner.uid, owner.gid)
    draft.replace(file)
