"""What one Asterisk's login says where there are several: a phone may be in use through another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from acd.desk import Desk
from acd.names import AgentId, CallId, NodeId, PhoneId, QueueId, callback_of
from acd.plans.plan import AgentProfile, PlanStep, QueuePlan
from acd.requests import AgentReady, AgentSignedIn, CallerGone, CallerJoined, Configured, ConversationStarted
from common.tasks import spawn
from cti_bridge.ami import node as node_module
from cti_bridge.ami.link import AmiAddress, AmiPace
from cti_bridge.ami.node import AsteriskNode
from cti_bridge.ami.phone_use import PhoneUses
from cti_bridge.ami.wire import Message
from cti_bridge.ami.words import Leg, LegState
from cti_bridge.links import Links, ami_link
from tests.unit.cti_kit import WITHIN_S, Peer, asterisk

PACE = AmiPace(first_pause_s=0.01, longest_pause_s=0.01)
PHONE = PhoneId("PJSIP/phone1")
CALLER = CallId("node1-1700000000.7")
CALLBACK = callback_of(CALLER)
FAR_END = "node1-1700000000.8"
RINGS, PICKED_UP = "5", "6"
IDLE = {"Context": "switchboard", "Application": "AGI", "HANDED_OVER": "100"}
DIALS = IDLE | {"Application": "Dial"}
LINE = CallId("node1-1700000000.9")
ASKS = {"Context": "switchboard-phone", "Application": "AGI"}
CARRIES = {"Context": "switchboard-phone-callback", "Application": "AGI"}
WAITS = IDLE | {"Application": "Wait"}
TALKED = IDLE | {"DIALSTATUS": "ANSWER", "ANSWEREDTIME": "12"}


class Site:
    """One Asterisk as a script: the phones that talk to each other on it at each login, and whether it is there."""

    def __init__(self, name: str, *phones: str) -> None:
        self.name = NodeId(name)
        self.talk = phones
        self.is_there = True
        self.caller: list[dict[str, str]] = []
        """The one caller's channel as it is found each time it is asked for; the last stays."""
        self.waits = False
        """Whether the caller waits in the dialplan at the login."""
        self.redirected: asyncio.Queue[str] = asyncio.Queue()
        """To which priority the caller was sent."""
        self.ended: asyncio.Queue[str] = asyncio.Queue()
        """The channels that were hung up."""
        self.set: asyncio.Queue[tuple[str, str, str]] = asyncio.Queue()
        """Variables that were set: of which channel, which, to what."""
        self._peers: list[Peer] = []

    async def play(self, peer: Peer) -> None:
        """Let the service in, list the channels, and answer its pings."""
        if not self.is_there:
            peer.reset()
            return
        self._peers.append(peer)
        await peer.greet()
        asked = await peer.heard()
        assert asked["Action"] == "Status"
        action_id = f"ActionID: {asked['ActionID']}"
        peer.grant(asked, "EventList: start")
        for number, phone in enumerate(self.talk):
            unique = f"{self.name}-1700000000.{number}"
            names = f"Channel: PJSIP/{phone}-0000000{number}", f"Uniqueid: {unique}", f"Linkedid: {unique}"
            peer.say("Event: Status", *names, "Context: from-phones", "Application: Dial", "ChannelState: 6", action_id)
        if self.waits:
            names = "Channel: PJSIP/trunk-00000007", f"Uniqueid: {CALLER}", f"Linkedid: {CALLER}"
            peer.say("Event: Status", *names, "Context: switchboard", "Application: Wait", "ChannelState: 6", action_id)
        listed = len(self.talk) + self.waits
        peer.say("Event: StatusComplete", "EventList: Complete", f"ListItems: {listed}", action_id)
        while True:
            asked = await peer.heard()
            match asked["Action"]:
                case "Status":
                    self._tell_of_the_caller(peer, asked)
                case "Redirect":
                    self.redirected.put_nowait(asked["Priority"])
                    peer.grant(asked, "Message: Redirect successful")
                case "Setvar":
                    self.set.put_nowait((asked["Channel"], asked["Variable"], asked["Value"]))
                    peer.grant(asked, "Message: Variable Set")
                case "Hangup":
                    self.ended.put_nowait(asked["Channel"])
                    peer.grant(asked, "Message: Channel Hungup")
                case _:
                    peer.grant(asked, "Ping: Pong")

    def _tell_of_the_caller(self, peer: Peer, asked: Message) -> None:
        found = self.caller[0]
        if len(self.caller) > 1:
            del self.caller[0]
        variables = [f"Variable: {name}={found.get(name, '(null)')}" for name in asked["Variables"].split(",")]
        peer.grant(asked, "EventList: start")
        place = [f"{name}: {found.get(name, '')}" for name in ("Context", "Application", "ChannelState")]
        peer.say("Event: Status", f"Uniqueid: {CALLER}", *place, *variables, f"ActionID: {asked['ActionID']}")
        peer.say("Event: StatusComplete", "EventList: Complete", "ListItems: 1", f"ActionID: {asked['ActionID']}")

    def hang_up(self, number: int) -> None:
        """End the channel of this number; AMI tells so."""
        self._peers[-1].say(
            "Event: Hangup", f"Uniqueid: {self.name}-1700000000.{number}", "Channel: PJSIP/phone1-00000000"
        )

    def dial(self, channel: str) -> None:
        """Dial somebody outside for the caller; AMI tells so."""
        who = f"Uniqueid: {CALLER}", "Channel: PJSIP/trunk-00000007", "Context: switchboard"
        whom = f"DestUniqueid: {channel}", "DestChannel: PJSIP/trunk-00000008", "DestContext: from-callers"
        self._peers[-1].say("Event: DialBegin", *who, *whom)

    def ask_outside(self, channel: str) -> None:
        """Dial somebody outside on a phone's own line; AMI tells so."""
        who = f"Uniqueid: {LINE}", "Channel: PJSIP/phone1-00000009", "Context: switchboard-phone"
        whom = f"DestUniqueid: {channel}", "DestChannel: PJSIP/trunk-00000008", "DestContext: from-callers"
        self._peers[-1].say("Event: DialBegin", *who, *whom)

    def join(self, leg: str, channel: str) -> None:
        """Let the phone join the caller to them; AMI tells so."""
        self._peers[-1].say(
            "Event: AttendedTransfer",
            "Result: Success",
            "DestType: Bridge",
            f"OrigTransfererUniqueid: {leg}",
            f"SecondTransfererUniqueid: {LINE}",
            f"TransfereeUniqueid: {CALLER}",
            "TransfereeChannel: PJSIP/trunk-00000007",
            f"TransferTargetUniqueid: {channel}",
            "TransferTargetChannel: PJSIP/trunk-00000008",
        )

    def reset(self) -> None:
        """Break the AMI connection."""
        self._peers[-1].reset()


async def until(condition: Callable[[], bool]) -> None:
    """Wait, bounded."""
    async with asyncio.timeout(WITHIN_S):
        while not condition():  # noqa: ASYNC110 - the floor and the links are looked at without a signal
            await asyncio.sleep(0.005)


async def in_conversation(desk: Desk) -> None:
    """Let the agent on PHONE talk with the caller."""
    queue = QueueId("sales")
    await desk.ask(
        Configured(
            (QueuePlan(queue, "Sales", (PlanStep("all", 0),)),), (AgentProfile(AgentId("1001"), "Wang", (), (queue,)),)
        )
    )
    await desk.ask(AgentSignedIn(AgentId("1001"), PHONE, "test"))
    await desk.ask(AgentReady(AgentId("1001"), "test"))
    await desk.ask(CallerJoined(CALLER, queue))
    await desk.ask(ConversationStarted(CALLER, AgentId("1001")))


@asynccontextmanager
async def linked(*sites: Site) -> AsyncIterator[tuple[Desk, Links, list[AsteriskNode]]]:
    """A desk with links to these Asterisks, all up."""
    clock = asyncio.get_running_loop().time
    desk, links, everywhere = Desk(clock, clock, "run1"), Links(clock), list[PhoneUses]()
    async with AsyncExitStack() as stack:
        nodes = []
        for site in sites:
            port = await stack.enter_async_context(asterisk(site.play))
            address = AmiAddress(site.name, "127.0.0.1", port, "switchboard", "secret")
            node = AsteriskNode(address, desk, lambda _call, _ticket: None, links, PACE, PhoneUses(everywhere))
            nodes.append(node)
        works = [spawn(desk.run(), "desk"), *(spawn(node.run(), node.name) for node in nodes)]
        try:
            await until(lambda: all(links.is_up(ami_link(site.name)) for site in sites))
            yield desk, links, nodes
        finally:
            for work in works:
                work.cancel()
            await asyncio.gather(*works, return_exceptions=True)


async def again(site: Site, node: AsteriskNode, links: Links) -> None:
    """Break the link and wait until it is up again."""
    node.seen.clear()
    site.reset()
    await until(lambda: node.seen.is_set() and links.is_up(ami_link(site.name)))


async def test_a_phone_in_use_through_another_asterisk_stays_so_after_a_login() -> None:
    one, other = Site("node1", "phone1"), Site("node2")
    async with linked(one, other) as (desk, links, nodes):
        assert desk.floor.phones_in_use == {PHONE}
        await again(other, nodes[1], links)
        assert desk.floor.phones_in_use == {PHONE}


async def test_what_changed_while_the_link_was_down_is_put_right_and_counted() -> None:
    one = Site("node1")
    async with linked(one) as (desk, links, [node]):
        assert node.corrections == 0
        one.talk = ("phone1", "phone2")
        await again(one, node, links)
        assert desk.floor.phones_in_use == {PHONE, PhoneId("PJSIP/phone2")}
        one.talk = ()
        await again(one, node, links)
        assert desk.floor.phones_in_use == set()
        assert node.corrections == 4


async def test_a_phone_in_use_through_two_asterisks_is_free_when_both_are_done_with_it() -> None:
    one, other = Site("node1", "phone1"), Site("node2", "phone1")
    async with linked(one, other) as (desk, _links, nodes):
        one.hang_up(0)
        await until(lambda: not nodes[0]._uses.told())
        await asyncio.sleep(0)
        assert desk.floor.phones_in_use == {PHONE}
        other.hang_up(0)
        await until(lambda: not desk.floor.phones_in_use)


async def test_what_an_asterisk_that_is_away_said_last_keeps_no_phone_from_work() -> None:
    one, other = Site("node1", "phone1"), Site("node2")
    async with linked(one, other) as (desk, links, nodes):
        one.is_there = False
        one.reset()
        await until(lambda: not links.is_up(ami_link(one.name)))
        await again(other, nodes[1], links)
        assert desk.floor.phones_in_use == set()


@pytest.mark.parametrize(
    ("found", "priority"),
    [
        ([IDLE], "1"),
        ([DIALS, DIALS, IDLE | {"DIALSTATUS": "NOANSWER"}], "1"),
        ([DIALS, TALKED], "came-back"),
        ([IDLE | {"DIALSTATUS": "ANSWER", "ANSWEREDTIME": ""}], "1"),  # the agent picked up and did not take the caller
    ],
)
async def test_a_caller_of_a_lost_session_is_handed_in_again_once_nobody_is_dialled_for_them(
    monkeypatch: pytest.MonkeyPatch, found: list[dict[str, str]], priority: str
) -> None:
    monkeypatch.setattr(node_module, "LOOKS_EVERY_S", 0.01)
    one = Site("node1")
    one.caller = list(found)
    async with linked(one) as (_desk, _links, [node]):
        node.hand_in(CALLER)
        async with asyncio.timeout(WITHIN_S):
            assert await one.redirected.get() == priority
        assert await node.dial_is_over(CALLER)


async def test_a_caller_whose_turn_in_the_dialplan_does_not_end_is_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_module, "TURN_S", 0.01)
    one = Site("node1")
    one.waits, one.caller = True, [WAITS]
    async with linked(one), asyncio.timeout(WITHIN_S):
        assert await one.redirected.get() == "1"


@pytest.mark.parametrize("then", [[IDLE], [WAITS, WAITS | {"HANDED_OVER": "101"}], [WAITS, IDLE]])
async def test_one_who_takes_turns_there_or_is_in_a_session_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, then: list[dict[str, str]]
) -> None:
    one = Site("node1")
    one.caller = list(then)
    async with linked(one) as (_desk, _links, [node]):
        monkeypatch.setattr(node_module, "TURN_S", 0.0)
        await node._free_if_stuck(CALLER)
        assert one.redirected.empty()
        assert len(one.caller) == 1, "it was looked as often as there was need"


async def test_an_agents_channel_of_a_lost_callback_session_is_ended_once_they_do_not_talk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(node_module, "LOOKS_EVERY_S", 0.01)
    one = Site("node1")
    one.caller = [CARRIES | {"Application": "Dial"}, CARRIES]
    async with linked(one) as (_desk, _links, [node]):
        assert node.has(CALLBACK)
        assert not node.has(callback_of(CallId("node2-1700000000.7")))
        node.hand_in(CALLBACK)
        async with asyncio.timeout(WITHIN_S):
            assert await one.ended.get() == CALLBACK
        assert one.redirected.empty()
        assert await node.dial_is_over(CALLBACK)


@pytest.mark.parametrize(("state", "ended"), [(RINGS, [FAR_END]), (PICKED_UP, [])])
async def test_what_rings_too_long_is_ended_and_who_has_picked_up_is_left_alone(state: str, ended: list[str]) -> None:
    one = Site("node1")
    one.caller = [DIALS | {"ChannelState": state}]
    async with linked(one) as (_desk, _links, [node]):
        one.dial(FAR_END)
        await until(lambda: node._words.ringing_for(CALLER) == (FAR_END,))
        await node._end_ringing(CALLER, FAR_END)
        assert [one.ended.get_nowait() for _ in range(one.ended.qsize())] == ended
        node.end_ringing(CallId("node1-1700000000.9"))
        assert one.ended.empty(), "nothing rings for another caller"


async def test_asterisk_knows_also_of_a_phones_line_whether_somebody_is_dialled() -> None:
    one = Site("node1")
    one.caller = [ASKS | {"Application": "Dial"}]
    async with linked(one) as (_desk, _links, [node]):
        assert not await node.dial_is_over(LINE)
        one.caller = [ASKS]
        assert await node.dial_is_over(LINE)


async def test_lines_outside_on_which_an_agent_asks_for_no_caller_are_hung_up() -> None:
    one = Site("node1")
    async with linked(one) as (desk, _links, [node]):
        await in_conversation(desk)
        one.ask_outside(FAR_END)
        await until(lambda: node._words.ringing_for(LINE) == (FAR_END,))
        node.end_lines_of_nobody()
        await desk.ask(CallerGone(CALLER))
        assert one.ended.empty(), "it was asked for a caller until now"
        node.end_lines_of_nobody()
        async with asyncio.timeout(WITHIN_S):
            assert await one.ended.get() == LINE
        assert one.ended.empty()


async def test_the_channel_of_a_caller_who_is_joined_to_a_number_outside_tells_so() -> None:
    one = Site("node1")
    async with linked(one) as (_desk, _links, [node]):
        node._words.adopt([Leg("leg", "PJSIP/phone1-0000000a", CALLER, AgentId("1001"), LegState.TALKING)])
        one.ask_outside(FAR_END)
        one.join("leg", FAR_END)
        async with asyncio.timeout(WITHIN_S):
            assert await one.set.get() == (CALLER, "SWITCHBOARD_TRANSFER", "*19")


@pytest.mark.parametrize("then", [IDLE | {"HANDED_OVER": "140"}, IDLE | {"Context": "switchboard-failsafe"}])
async def test_one_who_is_in_another_session_or_elsewhere_by_then_is_left_there(
    monkeypatch: pytest.MonkeyPatch, then: dict[str, str]
) -> None:
    monkeypatch.setattr(node_module, "LOOKS_EVERY_S", 0.01)
    one = Site("node1")
    one.caller = [DIALS, then]
    async with linked(one) as (_desk, _links, [node]):
        assert not await node.dial_is_over(CALLER)
        one.caller = [DIALS, then]
        await node._hand_in(CALLER)
        assert one.redirected.empty()
