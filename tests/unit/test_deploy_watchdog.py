"""The watchdog's judgement: when a service counts as silent, when a clock was set back, whom it frees, what it tells Asterisk."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

import pytest

from deploy.watchdog.watchdog import AmiGone, AsterisksClock, Message, Watchdog, held, silent, waiting


class FakeAmi:
    """Asterisk as the watchdog knows it: keeps what it was told; `gone` makes every action fail, `clock` is its own."""

    def __init__(self, *channels: Message) -> None:
        self._channels = channels
        self.told: list[tuple[str, str]] = []
        self.gone = False
        self.clock = 1_000_000.0

    def act(self, action: str, **headers: str) -> None:
        self.ask(action, **headers)

    def ask(self, action: str, **headers: str) -> Message:
        if self.gone:
            raise AmiGone("gone")
        self.told.append((action, headers.get("Value") or headers.get("Channel", "")))
        return {"Response": "Success", "Timestamp": f"{self.clock:.6f}"}

    def channels(self) -> Iterator[Message]:
        if self.gone:
            raise AmiGone("gone")
        return iter(self._channels)

    def close(self) -> None:
        pass


def channel(name: str, application: str = "AGI", context: str = "switchboard", bridge: str = "") -> Message:
    return {"Channel": name, "Application": application, "Context": context, "BridgeId": bridge}


def watching(ami: FakeAmi, knock: Callable[[], bool]) -> Watchdog:
    """A watchdog beside this Asterisk; on its own clock no time passes."""
    return Watchdog(knock, lambda: ami, lambda _: None, lambda: 0.0)  # type: ignore[arg-type,return-value]


def after(ami: FakeAmi, silences: Sequence[bool]) -> list[tuple[str, str]]:
    """What Asterisk was told after knocks with and without an answer, besides asking whether it is there."""
    knocks = iter(silences)
    watchdog = watching(ami, lambda: next(knocks))
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


def test_who_is_handed_over_does_not_wait_elsewhere_nor_do_anything_else() -> None:
    channels = [channel("session"), channel("waits", "Wait"), channel("doctor", "Wait", context="switchboard-doctor")]
    assert list(waiting(iter(channels))) == ["waits"]


def test_an_asterisk_that_was_away_is_told_everything_anew() -> None:
    ami = FakeAmi()
    watchdog = watching(ami, lambda: True)
    watchdog.look()
    ami.gone = True
    with pytest.raises(AmiGone):
        watchdog.look()
    ami.gone, ami.told = False, []
    watchdog.look()
    assert ami.told == [("Setvar", "1"), ("Ping", "")]


def test_an_asterisk_that_started_anew_is_noticed_while_all_is_well() -> None:
    ami = FakeAmi()
    watchdog = watching(ami, lambda: False)
    watchdog.look()
    ami.gone = True
    with pytest.raises(AmiGone):
        watchdog.look()


@pytest.mark.parametrize("silence", [False, True])
def test_who_waits_in_the_dialplan_is_handed_over_when_asterisks_clock_was_set_back(*, silence: bool) -> None:
    ami = FakeAmi(channel("waits", "Wait"), channel("talks", "Dial", bridge="b1"), channel("doctor", "Wait", "other"))
    watchdog = watching(ami, lambda: silence)
    watchdog.look()
    ami.clock += 3600
    watchdog.look()
    assert ("Redirect", "waits") not in ami.told, "forward, a wait is over early"
    ami.clock -= 3600
    watchdog.look()
    watchdog.look()
    assert [each for each in ami.told if each[0] == "Redirect"] == [("Redirect", "waits")]


def test_who_waits_in_the_dialplan_is_handed_over_where_the_clock_was_set_back_while_asterisk_did_not_answer() -> None:
    ami = FakeAmi(channel("waits", "Wait"))
    watchdog = watching(ami, lambda: False)
    watchdog.look()
    ami.gone = True
    with pytest.raises(AmiGone):
        watchdog.look()
    ami.gone, ami.clock = False, ami.clock - 60
    watchdog.look()
    assert ("Redirect", "waits") in ami.told


@pytest.mark.parametrize(
    ("says", "asked_at", "heard_at", "back"),
    [
        (1001.0, 11.0, 11.01, False),
        (999.5, 11.0, 11.01, True),
        (1000.5, 11.0, 11.01, False),  # by half a second: not worth the trouble
        (1001.0, 11.0, 15.0, False),  # it took long to answer
        (1004.9, 11.0, 15.0, False),
        (997.0, 11.0, 15.0, True),
    ],
)
def test_a_clock_counts_as_set_back_where_no_slow_answer_explains_what_it_says(
    says: float, asked_at: float, heard_at: float, *, back: bool
) -> None:
    clock = AsterisksClock()
    assert not clock.set_back(1000.0, 10.0, 10.0)
    assert clock.set_back(says, asked_at, heard_at) is back


def test_a_slow_answer_does_not_make_the_next_one_look_set_back() -> None:
    clock = AsterisksClock()
    assert not clock.set_back(1000.0, 10.0, 14.0)
    assert not clock.set_back(1005.0, 15.0, 15.01)
    assert not clock.set_back(1009.0, 15.0, 19.0)
    assert not clock.set_back(1010.0, 20.0, 20.01)


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
