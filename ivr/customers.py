"""Customers by the numbers they call from, under a keyed hash: no number is kept anywhere, and none can be had from a key."""

from __future__ import annotations

import base64
import hashlib
import hmac

from acd.names import CustomerKey

_KEY_BYTES = 12
_PURPOSE = b"customers"
"""A key of its own, made from the house's: a customer's key says nothing about a ticket's signature."""


class Pseudonyms:
    """Makes customers' keys. They change with the house's `secret`: who called before is then forgotten."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, _PURPOSE, hashlib.sha256)

    def of(self, number: str) -> CustomerKey | None:
        """Return the key of whoever calls from this number; None for a withheld one (empty)."""
        if not number:
            return None
        digest = hmac.digest(self._key, number.encode(), hashlib.sha256)[:_KEY_BYTES]
        return CustomerKey(base64.urlsafe_b64encode(digest).decode("ascii"))
