"""What a caller's machine sent is kept as TIFF and PDF, whoever was there at its end; what is no fax makes no harm."""

from __future__ import annotations

import base64
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from acd.facts import FaxReceived
from acd.names import AgentId, CallId, QueueId
from common.clock import unix_seconds
from ivr.caller import FaxCame
from ivr.house import FaxOrder
from recordings.alarms import Alarm, AlarmKind
from recordings.catalogue.catalogue import Catalogue, CatalogueFailed
from recordings.catalogue.search import Search
from recordings.disk.shelf import FAXES, MESSAGES, Shelf
from recordings.faxes.fax_pages import NotAFax, pages_of
from recordings.faxes.fax_pdf import pdf_of
from recordings.faxes.faxes import CLOSED_S, ERROR, STATION, UNREADABLE, FaxTray
from recordings.keeping.retention import Retention
from recordings.recording import PAGES, Outcome, Recording, RecordingState
from service.offices.faxes import FaxOffice, fax_told_on
from tests.unit.recordings_kit import house, recording

CALL = CallId("node1-1700000000.1")
ORDER = FaxOrder(CALL, "main", (("language", "english"),), QueueId("sales"), AgentId("1001"))
CAME = FaxCame(complete=True, error="", station="+4989 1")
TIFF = base64.b64decode(
    "SUkqAHAAAAAAgGWzAoACgGWzAoACgGWzAoACgNkrIAPWpisAgA6A2SsgA9amKwCADoDZKyAD1qYrAIAOgNkrIAPWpisAgA6A2SsgA9amKwCADo"
    "DZKyAD1qYrAIAOgGWzAoACgGWzAoACgGWzAoACABcAAAEDAAEAAADABgAAAQEDAAEAAAAYAAAAAgEDAAEAAAABAAAAAwEDAAEAAAADAAAABgED"
    "AAEAAAAAAAAACgEDAAEAAAACAAAAEQEEAAEAAAAIAAAAEgEDAAEAAAABAAAAFQEDAAEAAAABAAAAFgEEAAEAAAD/////FwEEAAEAAABnAAAAGg"
    "EFAAEAAACKAQAAGwEFAAEAAACSAQAAHAEDAAEAAAABAAAAJAEEAAEAAAAFAAAAKAEDAAEAAAACAAAAKQEDAAIAAAAAAAEAMQECABgAAACaAQAA"
    "MgECABQAAAC+AQAAPAECAAMAAAB2bQAARwEDAAEAAAAAAAAAXogEAAEAAAADAAAAX4gCAAwAAACyAQAAAAAAAMwAAAABAAAAYgAAAAEAAABTcG"
    "FuZHNwIDIwMTEwMTIyIDA3NTAyNAAwMCA0NCAxRiAyMgAyMDI2LzExLzIyIDIxOjMwOjAzAA=="
)
"""A page of 1728 by 24 dots, as spandsp wrote it: Group 3 in two dimensions, low bit first."""


@dataclass
class Site:
    """A tray on an empty folder, and what it told."""

    shelf: Shelf
    catalogue: Catalogue
    told: list[Recording] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.shelf.folder / MESSAGES).mkdir()
        self.tray = FaxTray(self.shelf, self.catalogue, self.told.append, self.alarms.append)
        self.office = FaxOffice(self.tray, lambda: {AgentId("1001"): "王小明"})

    async def came(self, content: bytes | None) -> Path:
        """A fax begins, and this comes; where Asterisk wrote it."""
        file = self.shelf.folder / MESSAGES / Path(await self.office.begin(ORDER)).name
        if content is not None:
            file.write_bytes(content)
        return file

    def kept(self) -> list[str]:
        return sorted(path.suffix for path in (self.shelf.folder / FAXES).glob("*/*"))

    async def listed(self) -> list[Recording]:
        """What the catalogue has."""
        return list((await self.catalogue.page(Search(), limit=9)).recordings)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with house(tmp_path) as room:
        yield Site(room.shelf, room.catalogue)


async def test_a_fax_is_kept_as_tiff_and_pdf_and_is_in_the_catalogue(site: Site) -> None:
    file = await site.came(TIFF)
    assert await site.office.keep(CALL, CAME) == 1
    assert site.kept() == [".pdf", ".tiff"]
    (fax,) = await site.listed()
    assert (fax.call, fax.queue, fax.agent, fax.agent_name) == (CALL, "sales", "1001", "王小明")
    assert (fax.outcome, fax.state, fax.pages, fax.audio) == (Outcome.FAX, RecordingState.COMPLETE, 1, None)
    assert {(PAGES, 1), (STATION, "+4989 1"), ("flow", "main"), ("language", "english")} <= set(fax.attributes)
    assert fax.fax is not None
    assert site.shelf.kept(fax.fax).read_bytes() == TIFF
    assert site.shelf.pdf(fax.fax).read_bytes().startswith(b"%PDF")
    assert not file.exists()
    assert site.told == [fax]


async def test_a_fax_is_found_by_its_tags(site: Site) -> None:
    await site.came(TIFF)
    await site.office.keep(CALL, CAME)
    await site.catalogue.save(recording(1))
    for tag in (("outcome", "fax"), ("pages", "1"), ("flow", "main"), ("language", "english")):
        (found,) = (await site.catalogue.page(Search(tags=(tag,)), limit=9)).recordings
        assert found.outcome is Outcome.FAX


async def test_a_call_has_its_conversation_numbered_beside_its_fax(site: Site) -> None:
    await site.came(TIFF)
    await site.office.keep(CALL, CAME)
    assert await site.catalogue.highest_number(CALL) == 0


async def test_nobody_is_heard_in_a_fax_so_no_sample_has_it(site: Site) -> None:
    await site.came(TIFF)
    await site.office.keep(CALL, CAME)
    await site.catalogue.save(recording(1))
    assert [entry.id for entry in await site.catalogue.entries(Search())] == [recording(1).id]


async def test_pages_before_a_fault_are_kept_as_incomplete(site: Site) -> None:
    await site.came(TIFF)
    assert await site.office.keep(CALL, FaxCame(complete=False, error="RX_NOEOP", station="")) == 1
    (fax,) = await site.listed()
    assert (fax.state, dict(fax.attributes)[ERROR]) == (RecordingState.INCOMPLETE, "RX_NOEOP")


async def test_a_fax_waits_for_a_silent_database_and_keeps_how_it_ended(site: Site) -> None:
    await site.came(TIFF)
    save, site.catalogue.save = site.catalogue.save, _silent  # type: ignore[method-assign,assignment]  # the database goes away
    assert await site.office.keep(CALL, CAME) == 1  # the caller's pages are safe
    assert ([alarm.kind for alarm in site.alarms], site.told) == ([AlarmKind.CATALOGUE], [])
    site.catalogue.save = save  # type: ignore[method-assign]  # and comes back
    _long_ago(site)
    await site.tray.sweep()
    assert [dict(fax.attributes)[STATION] for fax in await site.listed()] == ["+4989 1"]
    assert len(site.told) == 1
    await site.tray.sweep()
    assert len(site.told) == 1


async def test_a_machine_that_hangs_up_at_its_last_page_has_sent_a_fax(site: Site) -> None:
    await site.came(TIFF)
    assert await site.office.keep(CALL, None) == 1
    assert site.told[0].state is RecordingState.COMPLETE  # nobody could ask, and nothing says otherwise


@pytest.mark.parametrize("content", [None, b""])
async def test_no_page_is_no_fax_and_leaves_nothing_behind(site: Site, content: bytes | None) -> None:
    file = await site.came(content)
    assert await site.office.keep(CALL, CAME) == 0
    assert (site.told, site.kept(), file.exists()) == ([], [], False)
    assert not list((site.shelf.folder / FAXES).iterdir())


async def test_what_asterisk_writes_on_after_its_session_is_taken_in_by_the_sweep(site: Site) -> None:
    file = await site.came(TIFF[:200])
    assert await site.office.keep(CALL, None) == 0
    file.write_bytes(TIFF)
    await site.tray.sweep()
    assert site.told == []  # somebody may still write to it
    _long_ago(site)
    await site.tray.sweep()
    assert [fax.pages for fax in site.told] == [1]


async def test_a_fax_that_is_coming_in_is_left_alone_by_the_sweep(site: Site) -> None:
    file = await site.came(TIFF)
    _long_ago(site)
    await site.tray.sweep()
    assert file.exists()
    site.office.leave(CALL)
    await site.tray.sweep()
    assert not file.exists()


async def test_a_damaged_fax_is_an_alarm_and_is_catalogued_as_incomplete_as_it_came(site: Site) -> None:
    file = await site.came(TIFF[:200])
    assert await site.office.keep(CALL, CAME) == 0
    assert [alarm.kind for alarm in site.alarms] == [AlarmKind.CONVERSION]
    (fax,) = await site.listed()
    assert (fax.outcome, fax.state, fax.pages) == (Outcome.FAX, RecordingState.INCOMPLETE, 0)
    assert (ERROR, UNREADABLE) in fax.attributes
    assert fax.fax is not None
    assert site.shelf.kept(fax.fax).read_bytes() == TIFF[:200]
    assert site.kept() == [".tiff"], "there is no PDF of what cannot be read"
    assert not file.exists()
    assert site.told == [], "no page came in"


async def test_a_damaged_fax_is_cleared_away_like_any_other(site: Site) -> None:
    await site.came(TIFF[:200])
    await site.office.keep(CALL, CAME)
    await Retention(
        site.shelf, site.catalogue, lambda: 1, site.alarms.append, wall=lambda: unix_seconds() + 90_000
    ).clear()
    assert (site.kept(), await site.listed()) == ([], [])


async def _silent(_recording: Recording) -> None:
    raise CatalogueFailed("gone")


def _long_ago(site: Site) -> None:
    """Nothing was written for longer than a machine takes for a page."""
    for each in (*(site.shelf.folder / MESSAGES).iterdir(), *(site.shelf.folder / FAXES).glob("*.json")):
        os.utime(each, (unix_seconds() - CLOSED_S - 1,) * 2)


def test_a_kept_fax_is_told_on_the_feed() -> None:
    class Desk:
        def note(self, fact: FaxReceived) -> None:
            told.append(fact)

    told: list[FaxReceived] = []
    fax = recording(1, outcome=Outcome.FAX, agent="", attributes=(("flow", "main"), (PAGES, 2)))
    fax_told_on(Desk())(fax)  # type: ignore[arg-type]  # what is used of it
    assert told == [FaxReceived(fax.call, fax.id, "main", QueueId("sales"), None, 2)]


def test_pages_are_read_as_they_were_sent() -> None:
    (page,) = pages_of(TIFF)
    assert (page.width, page.height, page.dpi_across, page.dpi_down) == (1728, 24, 204.0, 98.0)
    assert (page.k, page.black_is_one) == (1, False)
    assert page.data[:2] == b"\x00\x01"  # an end of line, high bit first


def test_the_pdf_has_every_page_and_finds_its_objects() -> None:
    pages = pages_of(TIFF)
    pdf = pdf_of(pages * 2)
    assert pdf.count(b"/CCITTFaxDecode") == 2
    assert pdf.count(pages[0].data) == 2
    table = int(pdf.rsplit(b"startxref\n", 1)[1].split()[0])
    entries = pdf[table:].splitlines()[3:-5]
    for number, entry in enumerate(entries, start=1):
        assert pdf[int(entry[:10]) :].startswith(f"{number} 0 obj".encode())
    assert len(entries) == 2 + 3 * 2


@pytest.mark.parametrize(
    "wrong", [b"GIF89a", b"II", TIFF[:40], TIFF[:4] + b"\xff\xff\xff\x7f" + TIFF[8:], b"II*\0\x08\0\0\0"]
)
def test_what_is_no_fax_is_refused(wrong: bytes) -> None:
    with pytest.raises(NotAFax):
        pages_of(wrong)


def test_directories_in_a_circle_end() -> None:
    at = int.from_bytes(TIFF[4:8], "little")
    behind = at + 2 + 12 * int.from_bytes(TIFF[at : at + 2], "little")
    with pytest.raises(NotAFax, match="circle"):
        pages_of(TIFF[:behind] + TIFF[4:8] + TIFF[behind + 4 :])
