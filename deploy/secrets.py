"""The installation's own passwords and keys: made once at first set-up, kept in one file, never in git."""

from __future__ import annotations

import base64
import hmac
import os
import secrets
from dataclasses import dataclass, fields
from pathlib import Path

FILE = "secrets.env"
PREFIX = "SWITCHBOARD_"
ENTROPY_BYTES = 24
OWNER_ONLY = 0o600
HEADING = "# Made at first set-up, unique to this installation. Keep it out of version control.\n"


class SecretsUnreadable(Exception):
    """The file of secrets is there but cannot be used; the text says what to do."""


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """One installation's secrets. Each is URL-safe text of 192 bits, and is called SWITCHBOARD_NAME in the file."""

    ami_password: str
    redis_password: str
    mqtt_password: str
    ticket_key: str
    api_token: str
    phone_password: str
    """What each phone's own password is made from (`of_phone`)."""
    ledger_password: str
    """Of the AMI user that only reads, for the independent observer in tests."""

    def of_phone(self, phone: str) -> str:
        """Return the password of one phone: one that becomes known opens no other."""
        digest = hmac.digest(self.phone_password.encode(), phone.encode(), "sha256")
        return base64.urlsafe_b64encode(digest[:ENTROPY_BYTES]).decode()

    def __repr__(self) -> str:
        return "Secrets(...)"


def secrets_of(folder: Path) -> Secrets:
    """Give the installation's secrets from `folder/secrets.env`, making those that are not there yet.

    What is there is never changed, so the function may be called again and again, and two at once agree. The file is
    readable by its owner only. Raises SecretsUnreadable.
    """
    file = folder / FILE
    present = _read(file)
    names = [field.name for field in fields(Secrets)]
    missing = [name for name in names if not present.get(_key(name))]
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        made = {_key(name): secrets.token_urlsafe(ENTROPY_BYTES) for name in missing}
        if not _write(file, {**present, **made}, first=not present):
            return secrets_of(folder)
        present = {**present, **made}
    return Secrets(*(present[_key(name)] for name in names))


def _key(name: str) -> str:
    return f"{PREFIX}{name.upper()}"


def _read(file: Path) -> dict[str, str]:
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SecretsUnreadable(
            f"{file} cannot be read ({error}): give it back to the user who runs Switchboard"
        ) from error
    pairs = [line.partition("=") for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if any(not separator or not key.startswith(PREFIX) for key, separator, _ in pairs):
        raise SecretsUnreadable(
            f"{file} has a line that is not {PREFIX}NAME=VALUE: mend it, or remove the file, and new secrets are made "
            "at the next start (tickets of callers on the line are then void)"
        )
    return {key: value for key, _, value in pairs}


def _write(file: Path, values: dict[str, str], *, first: bool) -> bool:
    """Put the file in place at once; False where somebody else made the first one meanwhile."""
    draft = file.with_name(f"{FILE}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(HEADING)
            out.writelines(f"{key}={value}\n" for key, value in values.items())
        if first:
            try:
                os.link(draft, file)
            except FileExistsError:
                return False
        else:
            draft.replace(file)
        return True
    finally:
        draft.unlink(missing_ok=True)
