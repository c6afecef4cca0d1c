"""A flow asks the shop's own system, a real HTTP server that behaves in every bad way: callers go on, by the way meant for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from enum import Enum, auto

import pytest

from tests.live.house import House, Json
from tests.live.sites import SECRETS
from tests.live.waiting import until_seen

SLOW_S = 0.8
"""Longer than a caller is left in silence, shorter than the flow waits."""
REST_S = 10.0
"""The breaker rests for two."""
[WORD] = SECRETS.values()


class Manner(Enum):
    """How the shop's system answers."""

    FINE = auto()
    SLOW = auto()
    UNKNOWN = auto()
    IN_HTML = auto()
    SILENT = auto()
    BROKEN = auto()
    CUT = auto()
    GARBAGE = auto()


def answer(status: str, content: bytes) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n".encode() + content


LI = answer("200 OK", json.dumps({"customer": {"name": "Li", "orders": [3]}}).encode())
SAID = {
    Manner.FINE: LI,
    Manner.SLOW: LI,
    Manner.UNKNOWN: answer("404 Not Found", b""),
    Manner.IN_HTML: answer("200 OK", b"<html>please sign in</html>"),
    Manner.BROKEN: answer("500 Internal Server Error", b""),
    Manner.CUT: LI[:-10],
    Manner.GARBAGE: bytes(range(256)),
}


class Shop:
    """The shop's system. `asked` is what came in: path and token."""

    def __init__(self) -> None:
        self.manner = Manner.FINE
        self.asked: list[tuple[str, str]] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request in the manner of now."""
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        self.asked.append((lines[0].split()[1], headers.get("authorization", "")))
        if self.manner is Manner.SILENT:
            await reader.read()  # until the other side gives up
        else:
            await asyncio.sleep(SLOW_S if self.manner is Manner.SLOW else 0)
            writer.write(SAID[self.manner])
        writer.close()


@pytest.fixture
async def shop(house: House) -> AsyncIterator[Shop]:
    """The shop's system, which the running house knows."""
    shop = Shop()
    async with await asyncio.start_server(shop.serve, "127.0.0.1", 0) as server:
        shop.port = server.sockets[0].getsockname()[1]
        at = f'"http://127.0.0.1:{shop.port}", headers: {{Authorization: "Bearer ${{SWITCHBOARD_SECRET_SHOP}}"}}'
        house.rewrite("switchboard.yaml", '"http://127.0.0.1:9"', at)
        assert (await house.reload())["centre"] == ["lookups"]
        yield shop


async def comes_by(house: House) -> tuple[str, Json]:
    """Let somebody call, until they are in line: their number, and what the flow learned of them."""
    caller = await house.caller("shopper")
    queued = await house.until_event("Queued", call=house.life(caller).call)
    await caller.hang_up()
    attributes: Json = queued.data["attributes"]
    return caller.name, attributes


async def test_the_shop_is_asked_with_number_and_secret_and_its_answer_goes_into_line(house: House, shop: Shop) -> None:
    number, learned = await comes_by(house)
    assert (learned["way"], learned["name"], learned["orders"]) == ("learned", "Li", 3)
    assert shop.asked == [(f"/customers?phone={number}", f"Bearer {WORD}")]
    log = house.service.log.read_text(encoding="utf-8")
    assert number not in log
    assert WORD not in log
    shown = await house.service.command("config", "show")
    assert "SWITCHBOARD_SECRET_SHOP = (hidden)  (environment)" in shown.stdout
    assert WORD not in shown.stdout


@pytest.mark.parametrize(
    ("manner", "way", "times"),
    [
        (Manner.SLOW, "learned", 1),
        (Manner.UNKNOWN, "refused", 1),
        (Manner.IN_HTML, "bad_answer", 1),
        (Manner.SILENT, "timeout", 1),
        (Manner.BROKEN, "broken", 2),
        (Manner.CUT, "broken", 2),
        (Manner.GARBAGE, "broken", 2),
    ],
)
async def test_every_way_to_answer_badly_has_its_way_in_the_flow(
    house: House, shop: Shop, manner: Manner, way: str, times: int
) -> None:
    shop.manner = manner
    assert (await comes_by(house))[1]["way"] == way
    assert len(shop.asked) == times


async def test_a_shop_that_fails_again_and_again_is_left_alone_and_asked_again_after_its_rest(
    house: House, shop: Shop
) -> None:
    async def learned_again() -> bool:
        return bool((await comes_by(house))[1]["way"] == "learned")

    shop.manner = Manner.BROKEN
    assert (await comes_by(house))[1]["way"] == "broken"
    assert (await comes_by(house))[1]["way"] == "broken"
    assert len(shop.asked) == 3
    shop.manner = Manner.FINE
    await until_seen(learned_again, "the shop is asked again", REST_S)
    assert len(shop.asked) == 4
    assert "a lookup's target does not answer and is left alone" in house.service.log.read_text(encoding="utf-8")
