"""The watchdog's judgement: when a service counts as silent, whom it frees, and what it tells Asterisk."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest

from deploy.watchdog.watchdog import AmiGone, Message, Watchdog, held, silent


class FakeAmi:
    """Asterisk as the watchdog knows it: keeps what it was told; `gone` makes every action fail."""

    def __init__(self, *channels: Message) -> None:
        self._channels = channels
        self.told: list[tuple[str, str]] = []
        self.gone = False

    def act(self, action: str, **headers: str) -> None:
        self.ask(action, **headers)

    def ask(self, action: str, **headers: str) -> Message:
        if self.gone:
            raise AmiGone("gone")
        self.told.append((action, headers.get("Value") or headers.get("Channel", "")))
        return {"Response": "Success"}

    def channels(self) -> Iterator[Message]:
        if self.gone:
            raise AmiGone("gone")
        return iter(self._channels)

    def close(self) -> None:
        pass


def channel(name: str, application: str = "AGI", context: str = "switchboard", bridge: str = "") -> Message:
    return {"Channel": name, "Application": application, "Context": context, "BridgeId": bridge}


def after(ami: FakeAmi, silences: Sequence[bool]) -> list[tuple[str, str]]:
    """What Asterisk was told after knocks with and without an answer, besides asking whether it is there."""
    knocks = iter(silences)
    watchdog = Watchdog(lambda: next(knocks), lambda: ami, lambda _: None)  # type: ignore[arg-type,return-value]
    for _ in silences:
        watchdog.look()
    return [each for each in ami.told if each[0] != "Ping"]


def test_one_silence_is_no_silence() -> None:
    assert after(FakeAmi(channel("a")), [False, True, False, True]) == [("Setvar", "0")]


def test_silence_is_told_once_and_callers_are_freed_as_long_as_it_lasts() -> None:
    told = after(FakeAmi(channel("a")), [False, True, True, True])
    assert told == [("Setvar", "0"), ("Setvar", "1"), ("Redirect", "a"), ("Redirect", "a")]


def test_a_service_that_answers_again_is_told() -> None:
    assert after(FakeAmi(), [True, True, False]) == [("Setvar", "0"), ("Setvar", "1"), ("Setvar", "0")]


def test_who_talks_rings_or_is_not_in_our_hands_is_left_alone() -> None:
    channels = [
        channel("talks", "Dial", bridge="b1"),
        channel("rings", "Dial"),
        channel("other", context="from-phones"),
    ]
    assert list(held(iter([*channels, channel("waits")]))) == ["waits"]


def test_an_asterisk_that_was_away_is_told_everything_anew() -> None:
    ami = FakeAmi()
    watchdog = Watchdog(lambda: True, lambda: ami, lambda _: None)  # type: ignore[arg-type,return-value]
    watchdog.look()
    ami.gone = True
    with pytest.raises(AmiGone):
        watchdog.look()
    ami.gone, ami.told = False, []
    watchdog.look()
    assert ami.told == [("Setvar", "1")]


def test_an_asterisk_that_started_anew_is_noticed_while_all_is_well() -> None:
    ami = FakeAmi()
    watchdog = Watchdog(lambda: False, lambda: ami, lambda _: None)  # type: ignore[arg-type,return-value]
    watchdog.look()
    ami.gone = True
    with pytest.raises(AmiGone):
        watchdog.look()


def test_a_service_that_takes_a_connection_and_says_nothing_is_silent() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        assert silent(server.getsockname())


def test_a_service_that_ends_the_connection_is_not_silent() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            wire, _ = server.accept()
            with wire:
                wire.recv(4096)

        serving = threading.Thread(target=serve)
        serving.start()
        assert not silent(server.getsockname())
        serving.join()


def test_a_service_that_is_not_there_is_dead_and_not_silent() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        address = server.getsockname()
    assert not silent(address)
