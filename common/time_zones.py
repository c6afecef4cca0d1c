"""Names of time zones, as people write them into files."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from common.suggest import did_you_mean


def known_time_zone(name: str) -> str:
    """Return the name as it is; raises ValueError with a suggestion where there is no such zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # the others: a name with dots in it, and that of a folder
        # All names together take longer to find than a small centre's files to read: only where one is wrong.
        raise ValueError(f"no time zone '{name}'{did_you_mean(name, available_timezones())}") from None
    return name
