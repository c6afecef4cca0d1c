"""The page that asks for the token: one file, whose own script and style are all that a browser runs on it."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from http import HTTPStatus
from importlib.resources import files

from starlette.responses import HTMLResponse


def sign_in_page() -> HTMLResponse:
    """Answer 401 with the page."""
    text = _text()
    headers = {
        "cache-control": "no-store",
        "content-security-policy": _rules(text),
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
    return HTMLResponse(text, HTTPStatus.UNAUTHORIZED, headers)


@cache
def _text() -> str:
    return files("service.web").joinpath("sign_in.html").read_text(encoding="utf-8")


@cache
def _rules(text: str) -> str:
    """Name the script and the style that are in the page by their hashes; `form-action` keeps the token out of addresses."""
    sources = {
        "default-src": "'none'",
        "connect-src": "'self'",
        "script-src": _hash_of("script", text),
        "style-src": _hash_of("style", text),
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{what} {source}" for what, source in sources.items())


def _hash_of(element: str, text: str) -> str:
    ((content,),) = (found.groups() for found in re.finditer(rf"<{element}>(.*?)</{element}>", text, re.DOTALL))
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return f"'sha256-{digest}'"
