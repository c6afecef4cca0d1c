"""FastAGI over loopback: who is let in, what a broken peer does, and that one channel never disturbs another."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_network

import pytest

from ivr.agi import server
from ivr.agi.server import AgiConnection, Listen, serving
from ivr.agi.wire import Reply
from ivr.caller import CallerGone, CommandFailed, LinkSilent
from tests.unit.asterisk_peer import asterisk

LISTEN = Listen("127.0.0.1", 0, (ip_network("127.0.0.0/8"),))
SPEAKS = "node1-1.2"
Session = Callable[[AgiConnection], Awaitable[object]]


class Served:
    """A handler that keeps what came of its sessions."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._outcomes: asyncio.Queue[object] = asyncio.Queue()
        self.begun = asyncio.Event()

    async def __call__(self, connection: AgiConnection) -> None:
        """Serve one connection."""
        self.begun.set()
        try:
            self._outcomes.put_nowait(await self._session(connection))
        except BaseException as error:
            self._outcomes.put_nowait(error)
            raise

    async def outcome(self) -> object:
        """Return what the next session came to."""
        async with asyncio.timeout(5):
            return await self._outcomes.get()


async def idle(connection: AgiConnection) -> None:
    await connection.meanwhile(asyncio.get_running_loop().create_future())


async def noop(connection: AgiConnection) -> Reply:
    return await connection.command("NOOP", "x")


async def test_commands_go_out_one_by_one_and_replies_come_back() -> None:
    async def session(connection: AgiConnection) -> tuple[str, str | None]:
        first = await connection.command("ANSWER")
        second = await connection.command("GET VARIABLE", 'a "b"')
        return first.result, second.value

    served = Served(session)
    async with serving(LISTEN, {"call": served}) as port, asterisk(port) as peer:
        peer.hands_over()
        assert await peer.answers("200 result=0", "200 result=1 (c)") == ["ANSWER", 'GET VARIABLE "a \\"b\\""']
        assert await served.outcome() == ("0", "c")
        assert await peer.hears() == ""


async def test_every_connection_notices_an_asterisk_host_that_is_gone_without_a_word() -> None:
    async def probed(connection: AgiConnection) -> tuple[bool, int]:
        assert connection._transport is not None
        link = connection._transport.get_extra_info("socket")
        idle_s = link.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
        return bool(link.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)), idle_s

    served = Served(probed)
    async with serving(LISTEN, {"call": served}) as port, asterisk(port) as peer:
        peer.hands_over()
        assert await served.outcome() == (True, 4)


async def test_a_connection_that_is_cut_off_is_silent_whether_the_session_waits_or_has_just_spoken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("_PROBED_AFTER_S", "_PROBED_EVERY_S", "_PROBES"):
        monkeypatch.setattr(server, name, 1)
    speaks = asyncio.Event()

    async def session(connection: AgiConnection) -> None:
        await connection.command("ANSWER")
        if connection.request.uniqueid == SPEAKS:
            await speaks.wait()  # what it says is never acknowledged, so that the kernel probes nothing
        await connection.command("EXEC", "Dial", "PJSIP/phone1", within_s=None)

    served = Served(session)
    async with serving(LISTEN, {"call": served}) as port, asterisk(port) as waits, asterisk(port) as spoken_to:
        waits.hands_over()
        spoken_to.hands_over(call=SPEAKS)
        await waits.answers("200 result=0")
        await spoken_to.answers("200 result=0")
        assert "Dial" in await waits.hears()
        for peer in (waits, spoken_to):
            peer.is_cut_off()
        speaks.set()
        assert [type(await served.outcome()) for _ in range(2)] == [LinkSilent, LinkSilent]


async def test_a_hang_up_ends_an_idle_session_and_a_running_command() -> None:
    for session in (idle, noop):
        served = Served(session)
        async with serving(LISTEN, {"call": served}) as port, asterisk(port) as peer:
            peer.hands_over()
            if session is noop:
                await peer.hears()
            peer.sends("HANGUP\n")
            assert isinstance(await served.outcome(), CallerGone)


async def test_a_closed_link_ends_the_session() -> None:
    served = Served(idle)
    async with serving(LISTEN, {"call": served}) as port, asterisk(port) as peer:
        peer.hands_over()
        peer.leaves()
        assert isinstance(await served.outcome(), CallerGone)


async def test_a_dead_channel_is_a_caller_gone_and_later_commands_too() -> None:
    async def session(connection: AgiConnection) -> int:
        gone = 0
        for _ in range(2):
            try:
                await connection.command("ANSWER")
            except CallerGone:
                gone += 1
        return gone

    served = Served(session)
    async with serving(LISTEN, {"call": served}) as port, asterisk(port) as peer:
        peer.hands_over()
        await peer.answers("511 Command Not Permitted on a dead channel or intercept routine")
        assert await served.outcome() == 2


@pytest.mark.parametrize(
    "reply", ["510 Invalid or unknown command", "520-Invalid\nUsage\n520 End of proper usage.", "200 result=-2"]
)
async def test_a_refused_command_is_told_and_the_channel_stays_usable(reply: str) -> None:
    async def session(connection: AgiConnection) -> str:
        with pytest.raises(CommandFailed):
            await connection.command("EXEC", "Nothing", "x")
        return (await connection.command("ANSWER")).result

    served = Served(session)
    async with serving(LISTEN, {"call": served}) as port, asterisk(port) as peer:
        peer.hands_over()
        await peer.answers(reply, "200 result=0")
        assert await served.outcome() == "0"


QUICK = replace(LISTEN, probe_after_s=0.02, probe_within_s=0.05)


async def test_an_idle_session_asks_now_and_then_whether_asterisk_hears_it() -> None:
    over = asyncio.Event()

    async def session(connection: AgiConnection) -> str:
        await connection.meanwhile(over.wait())
        return (await connection.command("GET VARIABLE", "X")).value or ""

    served = Served(session)
    async with serving(QUICK, {"call": served}) as port, asterisk(port) as peer:
        peer.hands_over()
        assert await peer.answers(*3 * ["200 result=0"]) == ["NOOP"] * 3
        assert await peer.hears() == "NOOP"
        over.set()
        await asyncio.sleep(0)
        # One command at a time: the session's own comes when the probe is answered, and no probe while it runs.
        peer.sends("200 result=0\n")
        assert await peer.hears() == 'GET VARIABLE "X"'
        await asyncio.sleep(2 * QUICK.probe_after_s)
        peer.sends("200 result=1 (y)\n")
        assert await served.outcome() == "y"
        assert await peer.hears() == ""


async def test_an_idle_session_that_asterisk_does_not_answer_is_cut_off() -> None:
    served = Served(idle)
    async with serving(QUICK, {"call": served}) as port, asterisk(port) as peer:
        peer.hands_over()
        assert isinstance(await served.outcome(), LinkSilent)
        assert await peer.hears() == "NOOP"
        assert await peer.hears() == ""


async def test_a_command_that_waits_for_a_probe_ends_with_it() -> None:
    async def session(connection: AgiConnection) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(2 * QUICK.probe_after_s):
                await idle(connection)
        await connection.command("ANSWER")

    served = Served(session)
    async with serving(QUICK, {"call": served}) as port, asterisk(port) as peer:
        peer.hands_over()
        assert await peer.hears() == "NOOP"
        assert isinstance(await served.outcome(), LinkSilent)


async def test_a_probe_of_a_dead_channel_tells_that_the_caller_hung_up() -> None:
    served = Served(idle)
    async with serving(QUICK, {"call": served}) as port, asterisk(port) as peer:
        peer.hands_over()
        await peer.answers("511 Command Not Permitted on a dead channel or intercept routine")
        gone = await served.outcome()
        assert isinstance(gone, CallerGone)
        assert not isinstance(gone, LinkSilent)


async def test_an_unanswered_command_breaks_the_link_after_its_time() -> None:
    served = Served(lambda connection: connection.command("ANSWER", within_s=0.01))
    async with serving(LISTEN, {"call": served}) as port, asterisk(port) as peer:
        peer.hands_over()
        assert isinstance(await served.outcome(), CallerGone)
        await peer.hears()
        assert await peer.hears() == ""


async def test_a_command_that_waits_for_people_and_ought_to_be_over_shows_a_silent_link() -> None:
    async def session(connection: AgiConnection) -> None:
        asyncio.get_running_loop().call_soon(connection.expect_reply, 0.01)
        await connection.command("EXEC", "Dial", "PJSIP/phone1", within_s=None)

    served = Served(session)
    async with serving(LISTEN, {"call": served}) as port, asterisk(port) as peer:
        peer.hands_over()
        assert isinstance(await served.outcome(), LinkSilent)


async def test_one_that_ends_in_time_is_taken_and_the_next_has_its_own_time() -> None:
    async def session(connection: AgiConnection) -> str:
        asyncio.get_running_loop().call_soon(connection.expect_reply, 5.0)
        first = await connection.command("EXEC", "Dial", "PJSIP/phone1", within_s=None)
        connection.expect_reply(0.0)  # nothing is under way
        second = await connection.command("GET VARIABLE", "DIALSTATUS")
        return first.result + second.result

    served = Served(session)
    async with serving(LISTEN, {"call": served}) as port, asterisk(port) as peer:
        peer.hands_over()
        await peer.answers("200 result=0", "200 result=1 (ANSWER)")
        assert await served.outcome() == "01"


async def test_a_connection_whose_probes_nobody_answers_is_silent_and_one_that_is_closed_is_not() -> None:
    outcomes = []
    for why in (TimeoutError("nobody answers the kernel's probes"), ConnectionResetError("reset")):
        connections: list[AgiConnection] = []

        async def session(connection: AgiConnection, to: list[AgiConnection] = connections) -> None:
            to.append(connection)
            await connection.command("EXEC", "Dial", "PJSIP/phone1", within_s=None)

        served = Served(session)
        async with serving(LISTEN, {"call": served}) as port, asterisk(port) as peer:
            peer.hands_over()
            await peer.hears()
            connections[0].connection_lost(why)
            outcomes.append(isinstance(await served.outcome(), LinkSilent))
    assert outcomes == [True, False]


async def test_only_one_command_at_a_time() -> None:
    async def session(connection: AgiConnection) -> bool:
        with pytest.raises(CommandFailed):
            await asyncio.gather(noop(connection), noop(connection))
        return True

    served = Served(session)
    async with serving(LISTEN, {"call": served}) as port, asterisk(port) as peer:
        peer.hands_over()
        assert await served.outcome() is True


async def test_a_reply_to_no_command_breaks_the_link() -> None:
    served = Served(idle)
    async with serving(LISTEN, {"call": served}) as port, asterisk(port) as peer:
        peer.hands_over()
        peer.sends("200 result=0\n")
        assert isinstance(await served.outcome(), CallerGone)


async def test_headers_that_do_not_end_in_time_or_break_off_disturb_nobody() -> None:
    served = Served(noop)
    impatient = replace(LISTEN, headers_within_s=0.05)
    async with (
        serving(impatient, {"call": served}) as port,
        asterisk(port) as slow,
        asterisk(port) as broken,
        asterisk(port) as wrong,
        asterisk(port) as fine,
    ):
        slow.sends("agi_request: x\n")
        broken.sends("agi_request: x\nagi_uni")
        broken.leaves()
        wrong.sends("GET / HTTP/1.0\n\n")
        fine.hands_over()
        await fine.answers("200 result=0")
        assert await served.outcome() == Reply(200, "0")
        assert await slow.hears() == ""
        assert await wrong.hears() == ""


async def test_only_configured_asterisks_are_let_in() -> None:
    served = Served(noop)
    elsewhere = replace(LISTEN, allowed=(ip_network("192.0.2.0/24"),))
    async with serving(elsewhere, {"call": served}) as port, asterisk(port) as peer:
        peer.hands_over()
        with pytest.raises((ConnectionResetError, AssertionError)):
            assert await peer.hears() != ""


async def test_an_unknown_script_is_closed_at_once() -> None:
    async with serving(LISTEN, {}) as port, asterisk(port) as peer:
        peer.hands_over("other")
        assert await peer.hears() == ""


async def test_a_failing_session_leaves_the_others_alone() -> None:
    async def session(connection: AgiConnection) -> object:
        if connection.request.uniqueid == "node1-1.1":
            raise RuntimeError("a mistake of ours")
        return await noop(connection)

    served = Served(session)
    async with serving(LISTEN, {"call": served}) as port, asterisk(port) as one, asterisk(port) as other:
        other.hands_over(call="node1-1.2")
        one.hands_over()
        assert isinstance(await served.outcome(), RuntimeError)
        assert await one.hears() == ""
        await other.answers("200 result=0")
        assert await served.outcome() == Reply(200, "0")


async def test_when_serving_ends_sessions_are_broken_off_as_by_a_crash() -> None:
    served = Served(idle)
    async with serving(LISTEN, {"call": served}) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        begun, begun_writer = await asyncio.open_connection("127.0.0.1", port)
        begun_writer.write(b"agi_request: x\n")
        writer.write(b"agi_request: x\nagi_network_script: call\n\n")
        await writer.drain()
        async with asyncio.timeout(5):
            await served.begun.wait()
    assert isinstance(await served.outcome(), asyncio.CancelledError)
    assert await reader.read() == b""
    begun_writer.write(b"\n")
    assert await begun.read() == b""
    for each in (writer, begun_writer):
        each.close()
        await asyncio.gather(each.wait_closed(), return_exceptions=True)
