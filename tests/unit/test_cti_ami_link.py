"""The link to AMI: it cannot be fooled, hung, poisoned or brought back from the dead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from acd.names import NodeId
from common.tasks import spawn
from cti_bridge.ami.link import AmiAddress, AmiLink, AmiPace
from cti_bridge.ami.protocol import ActionRefused, ActionUnanswered, Handler, LinkLost
from cti_bridge.ami.wire import Frame, Message, UnsafeAction
from cti_bridge.ami.wire import parse as really_parse
from tests.unit.cti_kit import WITHIN_S, Peer, asterisk

QUICK = AmiPace(
    connect_limit_s=0.5,
    ping_every_s=0.05,
    ping_limit_s=0.1,
    first_pause_s=0.01,
    longest_pause_s=0.05,
    refused_pause_s=0.05,
)


async def nothing_to_rebuild(_link: AmiLink) -> None:
    """An empty world."""


TRIES = 12
"""To connect, before the test ends."""


class Linked:
    """A running link and what it told."""

    def __init__(
        self, port: int, on_login: Callable[[AmiLink], Awaitable[None]], handlers: dict[str, Handler], pace: AmiPace
    ) -> None:
        self.up, self.down = asyncio.Event(), asyncio.Event()
        self.ups = 0
        address = AmiAddress(NodeId("node1"), "127.0.0.1", port, "switchboard", "s3cret")
        self.link = AmiLink(
            address, handlers, on_login=on_login, on_up=self._up, on_down=lambda _: self.down.set(), pace=pace
        )

    def _up(self, _node: NodeId) -> None:
        self.ups += 1
        self.up.set()


@asynccontextmanager
async def linked(
    script: Callable[[Peer], Awaitable[None]],
    on_login: Callable[[AmiLink], Awaitable[None]] = nothing_to_rebuild,
    pace: AmiPace = QUICK,
    **handlers: Handler,
) -> AsyncIterator[Linked]:
    """A link to a scripted Asterisk."""
    async with asterisk(script) as port, asyncio.timeout(WITHIN_S):
        running = Linked(port, on_login, handlers, pace)
        task = spawn(running.link.run(), "link under test")
        try:
            yield running
        finally:
            task.cancel()
            await asyncio.wait([task])


async def test_it_logs_in_and_is_up_once_the_world_was_rebuilt() -> None:
    logins: list[Message] = []

    async def script(peer: Peer) -> None:
        logins.append(await peer.greet())
        await peer.serve()

    async with linked(script) as running:
        await running.up.wait()
    assert [(login["Action"], login["Username"], login["Secret"]) for login in logins] == [
        ("Login", "switchboard", "s3cret")
    ]


async def test_events_are_trusted_only_after_the_world_was_rebuilt_and_none_is_lost() -> None:
    order: list[str] = []
    rebuilt = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.greet()
        peer.say("Event: Hangup", "Uniqueid: early")
        asked = await peer.heard()
        peer.say("Event: Hangup", "Uniqueid: meanwhile")
        peer.grant(asked)
        await rebuilt.wait()
        peer.say("Event: Hangup", "Uniqueid: late")
        await peer.serve()

    async def rebuild(link: AmiLink) -> None:
        await link.act("Status")
        order.append("rebuilt")
        rebuilt.set()

    late = asyncio.Event()

    def hear(message: Message) -> None:
        order.append(message["Uniqueid"])
        if message["Uniqueid"] == "late":
            late.set()

    async with linked(script, rebuild, Hangup=hear):
        await late.wait()
    assert order == ["rebuilt", "early", "meanwhile", "late"]


async def test_a_list_is_collected_to_its_end_among_other_events() -> None:
    names: list[str] = []

    async def script(peer: Peer) -> None:
        await peer.greet()
        asked = await peer.heard()
        action_id = f"ActionID: {asked['ActionID']}"
        peer.grant(asked, "EventList: start")
        peer.say("Event: Status", "Channel: a", action_id)
        peer.say("Event: Hangup", "Uniqueid: other")
        peer.say("Event: Status", "Channel: b", action_id)
        peer.say("Event: StatusComplete", "EventList: Complete", "ListItems: 2", action_id)
        await peer.serve()

    async def rebuild(link: AmiLink) -> None:
        answer = await link.act("Status", ("Variables", "SWITCHBOARD_TICKET"))
        names.extend(item["Channel"] for item in answer.items)

    async with linked(script, rebuild) as running:
        await running.up.wait()
    assert names == ["a", "b"]


async def test_a_handler_that_raises_costs_neither_the_link_nor_the_next_event() -> None:
    heard: list[str] = []
    done = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.greet()
        peer.write(b"Event: Hangup\r\nUniqueid: 1\r\n\r\nEvent: Hangup\r\nUniqueid: 2\r\n\r\n")
        await peer.serve()

    def hear(message: Message) -> None:
        heard.append(message["Uniqueid"])
        if message["Uniqueid"] == "2":
            done.set()
        raise ValueError("a mistake")

    async with linked(script, Hangup=hear) as running:
        await done.wait()
        await running.up.wait()
        assert not running.down.is_set()
    assert heard == ["1", "2"]


@pytest.mark.parametrize("header", ["Uniqueid", "Linkedid", "Channel", "DestUniqueid"])
async def test_an_event_into_which_a_callers_number_wrote_headers_is_passed_over(header: str) -> None:
    heard: list[str] = []
    done = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.greet()
        peer.say("Event: Hangup", f"{header}: own", "CallerIDNum: 5", f"{header}: somebody-elses", "Cause: 16")
        peer.say("Event: Hangup", "Uniqueid: honest")
        await peer.serve()

    def hear(message: Message) -> None:
        heard.append(message["Uniqueid"])
        done.set()

    async with linked(script, Hangup=hear):
        await done.wait()
    assert heard == ["honest"]


async def test_a_forged_item_of_a_list_is_passed_over_and_the_list_is_whole() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        while True:
            asked = await peer.heard()
            if asked["Action"] != "Status":
                peer.grant(asked)
                continue
            action_id = f"ActionID: {asked['ActionID']}"
            peer.grant(asked, "EventList: start")
            peer.say("Event: Status", "Uniqueid: a", "CallerIDNum: 5", "Uniqueid: b", action_id)
            peer.say("Event: Status", "Uniqueid: c", action_id)
            peer.say("Event: StatusComplete", "EventList: Complete", action_id)

    async with linked(script) as running:
        await running.up.wait()
        answer = await running.link.act("Status")
    assert [item["Uniqueid"] for item in answer.items] == ["c"]


async def test_an_answer_can_only_be_given_by_who_was_asked() -> None:
    asked_by_each: list[str] = []
    thrice = asyncio.Event()

    async def script(peer: Peer) -> None:
        asked_by_each.append((await peer.greet())["ActionID"])
        if len(asked_by_each) == 3:
            thrice.set()
        peer.reset()

    async with linked(script):
        await thrice.wait()
    asker = [action_id.rpartition("-")[0] for action_id in asked_by_each]
    assert len(set(asker)) == len(asker)
    assert min(map(len, asker)) >= 16


async def test_unwanted_events_are_not_even_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[bytes] = []
    done = asyncio.Event()

    def parse(frame: Frame) -> Message:
        parsed.append(frame.split(b"\r\n")[0])
        return really_parse(frame)

    monkeypatch.setattr("cti_bridge.ami.protocol.parse", parse)

    async def script(peer: Peer) -> None:
        await peer.greet()
        for _ in range(3):
            peer.say("Event: VarSet", "Variable: X")
        peer.say("Event: Hangup", "Uniqueid: 1")
        await peer.serve()

    async with linked(script, Hangup=lambda _: done.set()):
        await done.wait()
    assert parsed.count(b"Event: VarSet") == 0
    assert parsed.count(b"Event: Hangup") == 1


UNASKED = replace(QUICK, ping_every_s=60)
"""A link that asks nothing by itself within a test."""


async def test_what_comes_close_together_is_read_in_one_turn_and_what_comes_after_a_pause_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cti_bridge.ami.protocol.GATHER_S", 0.2)
    happened: list[str] = []
    up, first, third_is_over = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def hear(message: Message) -> None:
        name = message["Uniqueid"]
        happened.append(name)
        asyncio.get_running_loop().call_soon(over, name)
        if name == "first":
            first.set()

    def over(name: str) -> None:
        happened.append(f"the turn of the {name} is over")
        if name == "third":
            third_is_over.set()

    async def script(peer: Peer) -> None:
        await peer.greet()
        await up.wait()
        peer.say("Event: Hangup", "Uniqueid: first")
        await first.wait()
        for name in ("second", "third"):
            peer.say("Event: Hangup", f"Uniqueid: {name}")
            await asyncio.sleep(0.02)
        await peer.serve()

    async with linked(script, pace=UNASKED, Hangup=hear) as running:
        await running.up.wait()
        up.set()
        await third_is_over.wait()
    assert happened == [
        "first",
        "the turn of the first is over",
        "second",
        "third",
        "the turn of the second is over",
        "the turn of the third is over",
    ]


async def test_an_answer_does_not_wait_for_events_to_gather(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cti_bridge.ami.protocol.GATHER_S", 2 * WITHIN_S)
    heard: asyncio.Queue[str] = asyncio.Queue()
    up = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.greet()
        await up.wait()
        peer.say("Event: Hangup", "Uniqueid: before")
        peer.grant(await peer.heard())
        await peer.serve()

    async with linked(script, pace=UNASKED, Hangup=lambda message: heard.put_nowait(message["Uniqueid"])) as running:
        await running.up.wait()
        up.set()
        assert await heard.get() == "before"
        await running.link.act("Status")


async def test_a_link_that_falls_silent_is_found_by_its_missing_pong() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        while True:
            await peer.heard()

    async with linked(script) as running:
        await running.up.wait()
        await running.down.wait()


async def test_a_reset_is_noticed_and_the_link_comes_back_with_the_world_rebuilt() -> None:
    rebuilt: list[str] = []

    async def script(peer: Peer) -> None:
        await peer.greet()
        if len(rebuilt) == 0:
            await peer.heard()
            peer.reset()
        else:
            await peer.serve()

    async def rebuild(_link: AmiLink) -> None:
        rebuilt.append("world")

    async with linked(script, rebuild) as running:
        await running.down.wait()
        while running.ups < 2:
            running.up.clear()
            await running.up.wait()
    assert len(rebuilt) == 2


async def test_an_action_is_never_sent_a_second_time_after_a_reconnect() -> None:
    originates: list[str] = []

    async def script(peer: Peer) -> None:
        await peer.greet()
        while True:
            action = await peer.heard()
            if action["Action"] == "Originate":
                originates.append(action["ActionID"])
                peer.reset()
                return
            peer.grant(action)

    async with linked(script) as running:
        await running.up.wait()
        with pytest.raises(LinkLost, match="Originate"):
            await running.link.act("Originate", ("Channel", "PJSIP/phone1"))
        await running.down.wait()
        while running.ups < 2:
            running.up.clear()
            await running.up.wait()
        await running.link.act("Status")
    assert len(originates) == 1


async def test_an_unanswered_action_ends_in_time_and_leaves_nothing_behind() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        while True:
            action = await peer.heard()
            if action["Action"] != "QueueAdd":
                peer.grant(action)

    async with linked(script) as running:
        await running.up.wait()
        with pytest.raises(ActionUnanswered, match="QueueAdd"):
            await running.link.act("QueueAdd", limit_s=0.02)
        protocol = running.link._protocol
        assert protocol is not None
        assert [asked.action for asked in protocol._asked.values() if asked.action == "QueueAdd"] == []


async def test_queue_add_is_answered_by_its_own_success() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        while True:
            peer.grant(await peer.heard(), "Message: Added interface to queue")

    async with linked(script) as running:
        await running.up.wait()
        answer = await running.link.act("QueueAdd", ("Queue", "sales"))
    assert answer.response["Message"] == "Added interface to queue"


async def test_a_refusal_is_asterisks_own_words() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        while True:
            action = await peer.heard()
            if action["Action"] == "Ping":
                peer.grant(action)
            else:
                peer.say("Response: Error", f"ActionID: {action['ActionID']}", "Message: Permission denied")

    async with linked(script) as running:
        await running.up.wait()
        with pytest.raises(ActionRefused, match="Permission denied"):
            await running.link.act("Command")


async def test_a_poisoned_value_is_refused_and_nothing_is_sent() -> None:
    actions: list[str] = []

    async def script(peer: Peer) -> None:
        await peer.greet()
        while True:
            action = await peer.heard()
            actions.append(action["Action"])
            peer.grant(action)

    async with linked(script) as running:
        await running.up.wait()
        with pytest.raises(UnsafeAction):
            await running.link.act("Hangup", ("Channel", "x\r\nAction: Originate"))
        await running.link.act("Status")
    assert set(actions) <= {"Ping", "Status"}


async def test_an_asterisk_that_stays_away_is_tried_less_and_less_often_and_by_lot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses_s: list[float] = []
    really_sleep = asyncio.sleep

    async def sleep(pause_s: float) -> None:
        pauses_s.append(pause_s)
        if len(pauses_s) == TRIES:
            raise asyncio.CancelledError
        await really_sleep(0)

    pace = replace(QUICK, first_pause_s=0.25, longest_pause_s=2.0)
    link = AmiLink(
        AmiAddress(NodeId("node1"), "127.0.0.1", 1, "switchboard", "s3cret"),
        {},
        on_login=nothing_to_rebuild,
        on_up=lambda _: None,
        on_down=lambda _: None,
        pace=pace,
    )
    monkeypatch.setattr("cti_bridge.ami.link.asyncio.sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await link.run()
    monkeypatch.undo()
    longest = [0.25, 0.5, 1.0, 2.0, *[2.0] * (TRIES - 4)]
    assert all(most / 2 <= pause_s <= most for pause_s, most in zip(pauses_s, longest, strict=True))
    assert len({pause_s / most for pause_s, most in zip(pauses_s, longest, strict=True)}) == TRIES, "each by lot"


async def test_a_refused_login_is_tried_again_and_never_up() -> None:
    tries = asyncio.Semaphore(0)

    async def script(peer: Peer) -> None:
        peer.write(b"Asterisk Call Manager/11.0.0\r\n")
        login = await peer.heard()
        peer.say("Response: Error", f"ActionID: {login['ActionID']}", "Message: Authentication failed")
        tries.release()

    async with linked(script) as running:
        await tries.acquire()
        await tries.acquire()
        assert not running.up.is_set()


async def test_an_asterisk_that_stays_away_is_told_of_once() -> None:
    tries = asyncio.Semaphore(0)

    async def script(peer: Peer) -> None:
        tries.release()
        peer.reset()

    with capture_logs() as told:
        async with linked(script):
            for _ in range(4):
                await tries.acquire()
    assert [line["event"] for line in told] == ["AMI link down"]


async def test_a_peer_that_is_not_ami_never_gets_the_login() -> None:
    heard: list[bytes] = []
    tries = asyncio.Semaphore(0)

    async def script(peer: Peer) -> None:
        peer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        tries.release()
        try:
            heard.append(await peer._reader.read())
        except ConnectionError:
            heard.append(b"")

    async with linked(script) as running:
        await tries.acquire()
        await tries.acquire()
        await tries.acquire()
        assert not running.up.is_set()
    assert set(heard) == {b""}


async def test_once_cancelled_it_stays_closed_also_while_it_waits_to_reconnect() -> None:
    connections = 0
    again = asyncio.Event()

    async def script(peer: Peer) -> None:
        nonlocal connections
        connections += 1
        if connections > 1:
            again.set()
        peer.reset()

    async with asterisk(script) as port, asyncio.timeout(WITHIN_S):
        running = Linked(port, nothing_to_rebuild, {}, QUICK)
        task = spawn(running.link.run(), "link under test")
        await again.wait()
        task.cancel()
        await asyncio.wait([task])
        after = connections
        # That nobody comes any more cannot be waited for: any further attempt would be made within the longest pause.
        await asyncio.sleep(4 * QUICK.longest_pause_s)
        assert connections == after


async def test_without_a_link_an_action_says_so_at_once() -> None:
    address = AmiAddress(NodeId("node1"), "127.0.0.1", 1, "u", "s")
    link = AmiLink(address, {}, on_login=nothing_to_rebuild, on_up=lambda _: None, on_down=lambda _: None)
    with pytest.raises(LinkLost, match="node1"):
        await link.act("Hangup")


def test_the_secret_is_in_no_text_of_the_address() -> None:
    assert "s3cret" not in repr(AmiAddress(NodeId("node1"), "127.0.0.1", 1, "u", "s3cret"))


async def test_a_mistake_in_rebuilding_the_world_is_tried_again() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.serve()

    tries = 0

    async def rebuild(_link: AmiLink) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise ValueError("a mistake")

    async with linked(script, rebuild) as running:
        await running.up.wait()
    assert tries == 2
