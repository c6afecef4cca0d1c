"""The fail-safe's conversation with one caller, on a line that keeps what was done and runs on virtual time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from deploy.asterisk import failsafe
from deploy.sites import REPOSITORY


class FakeLine(failsafe.Line):
    """Asterisk's part is played: `states` are the phones' device states, `dial_status` how every Dial ends."""

    def __init__(self, states: dict[str, str], dial_status: str = "NOANSWER") -> None:
        self.call, self.number = "node1-1.1", "13900000000"
        self.done: list[str] = []
        self.values = {f"DEVICE_STATE({phone})": state for phone, state in states.items()}
        self.values |= {"DIALSTATUS": dial_status, "SWITCHBOARD_TICKET": "a ticket"}
        self.clock = 0.0

    def run(self, application: str, options: str = "") -> None:
        """Take as long as the options say."""
        self.done.append(f"{application} {options}")
        self.clock += float(options.split(",")[1])

    def value(self, name: str) -> str:
        """Give what the test set."""
        return self.values.get(name, "")

    def set(self, name: str, value: str) -> None:
        """Note it."""
        self.done.append(f"{name}={value}")

    def record(self, file: Path, limit_s: int) -> None:
        """Leave an empty file."""
        self.done.append(f"record {limit_s}")
        file.with_suffix(file.suffix + ".wav").touch()

    def now(self) -> float:
        """Virtual time, in seconds."""
        return self.clock

    def say(self, prompt: str) -> None:
        """Note it."""
        self.done.append(prompt)


def plan(folder: Path) -> failsafe.Plan:
    return failsafe.Plan(("PJSIP/phone1", "PJSIP/phone2"), 20, 180, folder)


def test_only_free_phones_ring_and_after_a_conversation_no_message_is_asked_for(tmp_path: Path) -> None:
    line = FakeLine({"PJSIP/phone1": "INUSE", "PJSIP/phone2": "NOT_INUSE"}, "ANSWER")
    failsafe.serve(line, plan(tmp_path))
    assert line.done == ["failsafe-away", "Dial PJSIP/phone2,20,mg", "SWITCHBOARD_DONE=1"]


def test_nobody_answers_so_a_message_is_taken_with_a_note_of_who_called(tmp_path: Path) -> None:
    line = FakeLine({"PJSIP/phone1": "NOT_INUSE", "PJSIP/phone2": "NOT_INUSE"})
    failsafe.serve(line, plan(tmp_path))
    assert line.done[1] == "Dial PJSIP/phone1&PJSIP/phone2,20,mg"
    assert line.done[-4:] == ["failsafe-message", "record 180", "failsafe-thanks", "SWITCHBOARD_DONE=1"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["node1-1.1.json", "node1-1.1.wav"]
    note = json.loads((tmp_path / "node1-1.1.json").read_text())
    assert (note["call"], note["number"], note["ticket"]) == ("node1-1.1", "13900000000", "a ticket")


def test_while_all_phones_are_busy_it_looks_again_until_the_ringing_time_is_over(tmp_path: Path) -> None:
    line = FakeLine({"PJSIP/phone1": "BUSY", "PJSIP/phone2": "UNAVAILABLE"})
    failsafe.serve(line, plan(tmp_path))
    assert line.done.count("MusicOnHold ,2") == 9
    assert line.clock <= 20


def test_a_message_that_cannot_be_kept_is_not_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = FakeLine({})
    failsafe.serve(line, plan(tmp_path / "missing"))
    assert line.done[-2:] == ["failsafe-later", "SWITCHBOARD_DONE=1"]
    told = capsys.readouterr().err
    assert "node1-1.1" in told
    assert line.number not in told


def test_prompts_of_the_installation_come_before_asterisks_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AST_DATA_DIR", str(tmp_path))
    assert failsafe.sound_of("failsafe-away", "en") == failsafe.CORE_PROMPTS["failsafe-away"]
    assert failsafe.sound_of("failsafe-away", "zh") == ""
    folder = tmp_path / "sounds" / "switchboard" / "zh"
    folder.mkdir(parents=True)
    (folder / "failsafe-away.wav").touch()
    assert failsafe.sound_of("failsafe-away", "zh") == "switchboard/zh/failsafe-away"


def test_every_prompt_has_its_words_in_every_language() -> None:
    words = YAML(typ="safe").load(REPOSITORY / "deploy" / "asterisk" / "failsafe-prompts.yaml")
    assert set(words) == set(failsafe.CORE_PROMPTS)
    assert all(set(texts) == set(failsafe.LANGUAGES) for texts in words.values())


def test_a_word_is_quoted_for_the_wire_and_one_that_would_break_out_is_refused() -> None:
    assert failsafe.quoted('say "a\\b"') == '"say \\"a\\\\b\\""'
    for bad in ("a\nEXEC System", "a\rb", "a\0b", "x" * 2001):
        with pytest.raises(ValueError, match="too long or holds a line break"):
            failsafe.quoted(bad)
