"""The site's own file, `config/site.toml`: what Asterisk is laid out by, and differs from site to site. It holds no secret."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from common.suggest import did_you_mean
from deploy.sites import BadSite, FailSafe, Keys

FILE_NAME = "site.toml"


class _Kind(StrEnum):
    """What a value has to be, in words."""

    TEXT = "a text in quotes"
    NUMBER = "a whole number"
    TEXTS = "a list of texts in quotes"


_KEYS: Mapping[str, Mapping[str, tuple[str, _Kind]]] = {
    "": {
        "node": ("node", _Kind.TEXT),
        "phones": ("phones", _Kind.NUMBER),
        "sip_address": ("sip_address", _Kind.TEXT),
        "default_entry": ("default_entry", _Kind.TEXT),
        "tones": ("tone_country", _Kind.TEXT),
    },
    "trunk": {
        "callers_from": ("callers_from", _Kind.TEXTS),
        "keys": ("keys", _Kind.TEXT),
        "server": ("trunk_server", _Kind.TEXT),
    },
    "fail_safe": {
        "patience": ("patience_s", _Kind.NUMBER),
        "ring": ("ring", _Kind.TEXTS),
        "ring_for": ("ring_s", _Kind.NUMBER),
        "message": ("message_s", _Kind.NUMBER),
    },
}
"""By table (the first: outside of any) each key, the field of `Site` or `FailSafe` that it fills, and what it has to be."""
_ENTRIES = "entries"


def read_site(file: Path) -> dict[str, Any]:
    """Return the fields of `Site` that the file gives; none where there is no file. Raises BadSite, with place and remedy."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise BadSite(f"{file} cannot be read: {error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSite(f"{file}: {error}") from error
    tables = {name: value for name, value in content.items() if isinstance(value, dict)}
    known = {*_KEYS, _ENTRIES} - {""}
    for name in tables.keys() - known:
        raise BadSite(f"{file}: there is no table [{name}]{did_you_mean(name, known)}")
    single = {name: value for name, value in content.items() if name not in tables}
    fields = dict(_fields(file, "", single)) | dict(_fields(file, "trunk", tables.get("trunk", {})))
    if "keys" in fields:
        fields["keys"] = _keys(file, fields["keys"])
    if "fail_safe" in tables:
        fields["fail_safe"] = FailSafe(**dict(_fields(file, "fail_safe", tables["fail_safe"])))
    if _ENTRIES in tables:
        fields[_ENTRIES] = tuple(_entries(file, tables[_ENTRIES]))
    return fields


def _fields(file: Path, table: str, content: Mapping[str, object]) -> Iterator[tuple[str, Any]]:
    keys = _KEYS[table]
    for key, value in content.items():
        where = f"{file}: {f'[{table}] ' if table else ''}{key}"
        if key not in keys:
            raise BadSite(f"{where}: there is no such key{did_you_mean(key, keys)}")
        field, kind = keys[key]
        if not _fits(value, kind):
            raise BadSite(f"{where} = {value!r}: it has to be {kind}")
        yield field, tuple(value) if isinstance(value, list) else value


def _fits(value: object, kind: _Kind) -> bool:
    match kind:
        case _Kind.TEXT:
            return isinstance(value, str)
        case _Kind.NUMBER:
            return isinstance(value, int) and not isinstance(value, bool)
        case _Kind.TEXTS:
            return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _keys(file: Path, text: str) -> Keys:
    try:
        return Keys(text)
    except ValueError as error:
        raise BadSite(f"{file}: [trunk] keys = {text!r}: it has to be {' or '.join(Keys)}") from error


def _entries(file: Path, content: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for number, entry in content.items():
        if not isinstance(entry, str):
            raise BadSite(f"{file}: [{_ENTRIES}] {number} = {entry!r}: it has to be a flow's entry, {_Kind.TEXT}")
        yield number, entry
