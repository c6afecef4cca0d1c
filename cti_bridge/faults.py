"""What can stand in this room's way that is nobody's mistake in the code; light to import, as commands name it."""

from __future__ import annotations


class SiteServed(Exception):
    """Another service serves this site; the text says which, and what to do."""
