"""A fax on a real Asterisk, noticed by its tone in a menu: whole pages, the same dots, told of."""

from __future__ import annotations

from recordings.faxes.fax_pages import pages_of
from tests.live.fax_machine import PAGE, RECEIVED_WITHIN_S, fax_comes_in, listening
from tests.live.house import House


async def test_who_presses_a_key_is_not_disturbed(house: House) -> None:
    await listening(house)
    caller = await house.caller("spoken")
    await caller.press("1")
    passed = await house.until_event("StepPassed", RECEIVED_WITHIN_S)
    assert (passed.data["step"], passed.data["outcome"]) == ("message", "1")


async def test_a_machine_in_a_menu_has_its_fax_kept_as_it_was_sent_and_told_of(house: House) -> None:
    await listening(house)
    told = await fax_comes_in(house)
    assert (told["flow"], told["queue"], told["pages"]) == ("spoken", "sales", 1)
    listed = (await house.api.get("/api/v1/recordings", params={"tag": "outcome:fax"})).json()["items"]
    assert [(fax["id"], fax["pages"], fax["queue"]) for fax in listed] == [(told["fax"], 1, "sales")]
    fax = f"/api/v1/recordings/{told['fax']}"
    tiff, pdf = [(await house.api.get(f"{fax}/{kind}")).content for kind in ("tiff", "pdf")]
    (was,), (came,) = pages_of(PAGE), pages_of(tiff)
    assert (came.width, came.height, came.data) == (was.width, was.height, was.data)
    assert came.data in pdf
