"""Keys pressed while something was being said: kept for the question that comes next, as people who know the menus expect."""

from __future__ import annotations

_END = "#"


class TypedAhead:
    """The keys of one caller. They may be secret digits: never to be logged, written to a ticket, or kept for long."""

    def __init__(self) -> None:
        self._keys = ""

    def note(self, keys: str) -> None:
        """More keys were pressed."""
        self._keys += keys

    def forget(self) -> None:
        """What comes next is no question, or one that has to be heard first: the keys were not meant for it."""
        self._keys = ""

    def key(self) -> str:
        """The first key, which is then answered for; empty: none was pressed."""
        key, self._keys = self._keys[:1], self._keys[1:]
        return key

    def digits(self, most: int) -> tuple[str, bool]:
        """Up to `most` keys without the `#` that ends them, and whether that is all that will be entered."""
        entered, end, rest = self._keys.partition(_END)
        if len(entered) >= most:
            entered, self._keys = entered[:most], self._keys[most:].removeprefix(_END)
            return entered, True
        self._keys = rest
        return entered, bool(end)
