"""The doctor: each part that is not right is a line of its own that says how to mend it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from redis.exceptions import AuthenticationError

from cti_bridge.ami.wire import Message
from ivr.agi.wire import Reply
from ivr.caller import CommandFailed
from service.doctor import asterisk as doctor_asterisk
from service.doctor import finding
from service.doctor import music as doctor_music
from service.doctor import visit as doctor
from service.doctor.call import MISSING, MODULES, examine_applications
from service.doctor.finding import Finding, looked
from service.doctor.music import examine_music
from service.doctor.visit import examine
from tests.unit.cti_kit import Peer, asterisk
from tests.unit.service_kit import AGENTS, QUEUES, centre_in, clean_environment, settings_in, spoil

LONG_S = 60.0
"""How long everything may take that is there: no machine is so slow."""
QUICK_S = 0.1
"""How long is waited for what never comes."""
NEEDED = tuple(doctor_asterisk.NEEDED_ACTIONS)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    clean_environment(monkeypatch, tmp_path)
    centre_in(tmp_path)
    (tmp_path / "recordings" / "messages").mkdir(parents=True)
    for module in (doctor_asterisk, finding, doctor):
        monkeypatch.setattr(module, "WITHIN_S", LONG_S)
    monkeypatch.setattr(doctor_asterisk, "LOOK_EVERY_S", 0.01)
    return tmp_path


def about(findings: list[Finding], part: str) -> Finding:
    [found] = [finding for finding in findings if finding.about == part]
    return found


# ------------------------------------------------------------------ Asterisk, played by a script


@dataclass
class Installation:
    """An Asterisk as the doctor may find it; right in everything unless told otherwise."""

    version: str = "22.10.1"
    actions: tuple[str, ...] = NEEDED
    contexts: tuple[str, ...] = doctor_asterisk.CONTEXTS
    devices: tuple[tuple[str, str], ...] = (("PJSIP/phone1", "NOT_INUSE"), ("PJSIP/phone2", "UNAVAILABLE"))
    variables: dict[str, str] = field(default_factory=lambda: {"AGISTATUS": "SUCCESS", MISSING: "none"})
    asked: list[str] = field(default_factory=list)
    before_fastagi: Callable[[], None] = lambda: None

    async def play(self, peer: Peer) -> None:
        """Be that Asterisk on one connection."""
        await peer.greet()
        while True:
            action = await peer.heard()
            self.asked.append(action["Action"])
            if action["Action"] == "DeviceStateList":
                self.before_fastagi()
            answers: dict[str, Callable[[Peer, Message], None]] = {
                "CoreSettings": lambda peer, action: peer.grant(action, f"AsteriskVersion: {self.version}"),
                "ListCommands": lambda peer, action: peer.grant(
                    action, *(f"{name}: what it does" for name in self.actions)
                ),
                "ShowDialPlan": self._dialplan,
                "DeviceStateList": self._devices,
                "Getvar": lambda peer, action: peer.grant(
                    action, f"Value: {self.variables.get(action['Variable'], '')}"
                ),
            }
            answers.get(action["Action"], _granted)(peer, action)

    def _dialplan(self, peer: Peer, action: Message) -> None:
        if action["Context"] not in self.contexts:
            peer.say("Response: Error", f"ActionID: {action['ActionID']}", "Message: Did not find context")
        else:
            self._list(peer, action, [])

    def _devices(self, peer: Peer, action: Message) -> None:
        self._list(peer, action, [(f"Device: {device}", f"State: {state}") for device, state in self.devices])

    @staticmethod
    def _list(peer: Peer, action: Message, items: list[tuple[str, ...]]) -> None:
        number = f"ActionID: {action['ActionID']}"
        peer.grant(action, "EventList: start")
        for item in items:
            peer.say("Event: Item", number, *item)
        peer.say("Event: AllOfIt", number, "EventList: Complete")


def _granted(peer: Peer, action: Message) -> None:
    peer.grant(action)


async def examined(installation: Installation, folder: Path) -> list[Finding]:
    async with asterisk(installation.play) as port:
        return await doctor_asterisk.examine_asterisk(settings_in(folder, ami_port=port))


async def test_where_everything_is_right_every_line_says_so(folder: Path) -> None:
    installation = Installation()
    findings = await examined(installation, folder)
    assert [one.about for one in findings] == ["AMI", "Asterisk", "AMI rights", "dialplan", "phones", "FastAGI"]
    assert all(one.fine and not one.mend for one in findings)
    assert "Hangup" in installation.asked  # the doctor's own call is taken down


WRONG = [
    ("Asterisk", {"version": "20.5.0"}, "version 20.5.0", "install Asterisk 22 or newer"),
    ("AMI rights", {"actions": NEEDED[1:]}, "it lacks the right `originate`", "write = "),
    ("AMI rights", {"actions": NEEDED[:-1]}, "app_mixmonitor.so", "load the module"),
    ("AMI rights", {"actions": (*NEEDED, "Command")}, "more than is needed: command", "take these rights away"),
    ("dialplan", {"contexts": doctor_asterisk.CONTEXTS[1:]}, "contexts missing: from-callers", "`dialplan reload`"),
    ("phones", {"devices": ()}, "no SIP device is known", "pjsip.conf"),
    ("FastAGI", {"variables": {"AGISTATUS": "FAILURE"}}, "does not reach the service", "`switchboard serve`"),
    ("FastAGI", {"variables": {"AGISTATUS": "SUCCESS"}}, "is turned away", "SWITCHBOARD_AGI_ALLOWED"),
    (
        "FastAGI",
        {"variables": {"AGISTATUS": "SUCCESS", MISSING: "MixMonitor"}},
        "lacks MixMonitor",
        "app_mixmonitor.so",
    ),
]


@pytest.mark.parametrize(("part", "state", "says", "mend"), WRONG)
async def test_what_is_wrong_with_asterisk_is_said_with_how_to_mend_it(
    folder: Path, part: str, state: dict[str, object], says: str, mend: str
) -> None:
    findings = await examined(Installation(**state), folder)  # type: ignore[arg-type]  # the fields are its own
    found = about(findings, part)
    assert not found.fine
    assert says in found.text
    assert mend in found.mend
    assert all(one.fine for one in findings if one.about != part)


async def test_a_call_of_the_doctor_s_own_that_does_not_end_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry = partial(monkeypatch.setattr, finding, "WITHIN_S", QUICK_S)
    findings = await examined(Installation(variables={}, before_fastagi=hurry), folder)
    found = about(findings, "FastAGI")
    assert found.text == f"no answer within {QUICK_S:g} s"
    assert "is the service running" in found.mend
    assert all(one.fine for one in findings if one.about != "FastAGI")


NO_FAX = {"AGISTATUS": "SUCCESS", MISSING: "ReceiveFAX"}


async def test_an_asterisk_without_faxes_is_said_where_a_flow_receives_them(folder: Path) -> None:
    assert about(await examined(Installation(variables=NO_FAX), folder), "FastAGI").fine
    text = "start: fax\nlanguages: {english: en}\nlanguage: english\nsteps:\n"
    steps = "  fax: {do: fax, then: end, otherwise: end}\n  end: {do: hang_up}\n"
    (folder / "config" / "flows" / "papers.yaml").write_text(text + steps, encoding="utf-8")
    found = about(await examined(Installation(variables=NO_FAX), folder), "FastAGI")
    assert found.text == "Asterisk reaches the service, but lacks ReceiveFAX, which steps of flows use (papers/fax)"
    assert "res_fax.so and res_fax_spandsp.so" in found.mend


async def test_a_configuration_that_cannot_be_read_needs_no_faxes(folder: Path) -> None:
    spoil(folder / "config" / AGENTS, "english: 7", "english: 11")
    assert about(await examined(Installation(variables=NO_FAX), folder), "FastAGI").fine


async def test_a_user_who_is_not_let_in_is_told_from_an_asterisk_that_is_not_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_asterisk, "LET_IN_WITHIN_S", QUICK_S)

    async def refuse(peer: Peer) -> None:
        peer.write(b"Asterisk Call Manager/11.0.0\r\n")
        login = await peer.heard()
        peer.say("Response: Error", f"ActionID: {login['ActionID']}", "Message: Authentication failed")
        await peer.serve()

    async with asterisk(refuse) as port:
        [refused] = await doctor_asterisk.examine_asterisk(settings_in(folder, ami_port=port))
    assert "user switchboard is not let in" in refused.text
    assert "SWITCHBOARD_AMI_PASSWORD" in refused.mend
    [away] = await doctor_asterisk.examine_asterisk(settings_in(folder))
    assert "nothing answers at 127.0.0.1:9 (Connection refused)" in away.text
    assert "start Asterisk" in away.mend


# ------------------------------------------------------------------ the other parts


async def test_with_nothing_running_every_part_has_its_line_and_its_way_to_mend_it(folder: Path) -> None:
    findings = await examine(settings_in(folder, api_port=9))
    failing = {one.about: one.mend for one in findings if not one.fine}
    assert set(failing) == {"AMI", "service", "Redis", "MQTT"}
    assert "switchboard serve" in failing["service"]
    assert "SWITCHBOARD_REDIS_HOST" in failing["Redis"]
    assert "SWITCHBOARD_MQTT_HOST" in failing["MQTT"]
    for one in findings:
        assert one.line().startswith("ok    " if one.fine else "FAIL  ")
        assert ("→" in one.line()) is not one.fine


async def test_mistakes_in_the_configuration_are_counted_and_the_first_is_shown(folder: Path) -> None:
    spoil(folder / "config" / AGENTS, "english: 7", "english: 11")
    spoil(folder / "config" / AGENTS, "wrap_up: 10", "wrap_up: -1")
    found = about(await examine(settings_in(folder, api_port=9)), "configuration")
    assert found.text.startswith("2 mistakes, the first: ")
    assert "agents.yaml:2:" in found.text
    assert found.mend == "run `switchboard check` for all of them"


@pytest.mark.parametrize(("part", "missing"), [("messages", "recordings/messages"), ("disk", "recordings")])
async def test_a_folder_that_is_missing_is_said_with_its_name(folder: Path, part: str, missing: str) -> None:
    shutil.rmtree(folder / missing)
    found = about(await examine(settings_in(folder, api_port=9)), part)
    assert "missing" in found.text
    assert str(folder / missing) in found.mend


async def test_a_disk_that_is_nearly_full_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=200 << 20))
    found = about(await examine(settings_in(folder, api_port=9)), "disk")
    assert (found.fine, found.text) == (False, "0.2 GiB free for recordings")
    assert "make room" in found.mend


async def test_a_look_that_fails_or_hangs_is_a_finding_and_never_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "WITHIN_S", QUICK_S)

    async def refused() -> Finding:
        raise AuthenticationError("wrong password")

    async def hangs() -> Finding:
        await asyncio.Event().wait()
        raise AssertionError

    assert await looked("Redis", refused, "set it") == Finding(
        "Redis", fine=False, text="wrong password", mend="set it"
    )
    assert (await looked("Redis", hangs, "start it")).text == f"no answer within {QUICK_S:g} s"


def test_a_finding_for_programs_has_all_its_parts() -> None:
    found = Finding("disk", fine=False, text="full", mend="make room")
    assert found.as_record() == {"about": "disk", "fine": False, "text": "full", "mend": "make room"}


class Channel:
    """The doctor's call at the service's end: an Asterisk that has only some applications."""

    def __init__(self, *has: str) -> None:
        self.has = has
        self.noted = ""

    async def command(self, *words: str) -> Reply:
        """Take a command as Asterisk would."""
        if words[0] == "EXEC" and words[1] not in self.has:
            raise CommandFailed(f"no application {words[1]}")
        if words[:2] == ("SET VARIABLE", MISSING):
            self.noted = words[2]
        return Reply(200, "1")


@pytest.mark.parametrize(
    ("has", "noted"), [(tuple(MODULES), "none"), (("Dial", "ReceiveFAX"), "MixMonitor StopMixMonitor")]
)
async def test_the_service_notes_which_applications_are_missing(has: tuple[str, ...], noted: str) -> None:
    channel = Channel(*has)
    await examine_applications(channel)  # type: ignore[arg-type]  # as much of a connection as it uses
    assert channel.noted == noted


# ------------------------------------------------------------------ music


def site_with_music(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A site that was set up here, whose Asterisk has two classes of music."""
    site = folder / "var" / "demo"
    (site / "asterisk").mkdir(parents=True)
    (site / "asterisk" / "musiconhold.conf").write_text("[general]\n[default]\nmode = files\n[waltz]\n", "utf-8")
    (site / "service.env").touch()
    monkeypatch.setattr(doctor_music, "file_in_use", lambda: site / "service.env")


def test_music_that_is_there_is_fine(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site_with_music(folder, monkeypatch)
    [found] = examine_music(settings_in(folder))
    assert (found.about, found.mend) == ("music", "")


def test_a_class_of_music_that_does_not_exist_is_named_with_its_queue(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site_with_music(folder, monkeypatch)
    spoil(folder / "config" / QUEUES, "{say: nobody-here}", "{say: nobody-here}\n    music: walz")
    [found] = examine_music(settings_in(folder))
    assert found.text == "no such class of music: queue 'sales' names 'walz', did you mean 'waltz'?"
    assert "musiconhold.conf" in found.mend


def test_nothing_is_said_of_music_where_it_cannot_be_known(folder: Path) -> None:
    assert examine_music(settings_in(folder)) == []
