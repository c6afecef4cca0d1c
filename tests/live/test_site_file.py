"""A site laid out by its own file: Asterisk has its phones, numbers and trunk, and what the site adds."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from deploy import configuration
from deploy.containers import detect
from deploy.ports import free_ports
from deploy.secrets import secrets_of
from deploy.site_file import FILE_NAME, read_site
from deploy.sites import LOOPBACK, REPOSITORY, Site
from deploy.stack import Stack, owner_of_parts
from tests.live.stack_kit import console, exchange_of
from tests.live.stranger import Refused, stranger

OUTSIDE = "13900000000"
ASKED_WITHIN_S = 10.0
FILE = """
phones = 12
tones = "us"
[entries]
4008001234 = "sales"
[trunk]
callers_from = ["127.0.0.9/32"]
server = "127.0.0.1:{carrier}"
"""
ADDITIONS = {
    "pjsip.conf": """[trunk](+)
outbound_auth = carrier
[carrier]
type = auth
auth_type = digest
username = 02112345678
password = secret
[carrier]
type = registration
outbound_auth = carrier
server_uri = sip:127.0.0.1
client_uri = sip:02112345678@127.0.0.1
""",
    "extensions.conf": "[from-callers](+)\nexten => 95512,1,Set(SWITCHBOARD_ENTRY=vip)\n same => n,Goto(switchboard,caller,1)\n",
    "musiconhold.conf": "[waltz]\nmode = files\ndirectory = moh\n",
    "modules.conf": "load = res_pjsip_outbound_registration.so\nload = res_pjsip_outbound_authenticator_digest.so\n",
}


class Carrier(asyncio.DatagramProtocol):
    """The carrier's end of the trunk: notes what it is asked for, and answers nothing."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[str] = asyncio.Queue()

    def datagram_received(self, data: bytes, _addr: object) -> None:
        """Note the first line."""
        self.asked.put_nowait(data.partition(b"\r\n")[0].decode())


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("laid-out")
    additions = folder / "config" / "asterisk"
    additions.mkdir(parents=True)
    for name, text in ADDITIONS.items():
        (additions / name).write_text(text, encoding="utf-8")
    ports = free_ports()
    file = additions.parent / FILE_NAME
    file.write_text(FILE.format(carrier=ports.sip + 1), encoding="utf-8")
    name = f"live-{os.getpid()}-laid-out"
    stack = Stack(
        detect(REPOSITORY), Site(name, folder, secrets_of(folder), ports=ports, config=file.parent, **read_site(file))
    )
    stack.start()
    yield stack
    stack.stop()


def test_asterisk_has_the_phones_and_numbers_of_the_file(laid_out: Stack) -> None:
    assert len(re.findall(r"^ Endpoint:  phone\d+/", console(laid_out, "pjsip show endpoints"), re.MULTILINE)) == 12
    assert "SWITCHBOARD_ENTRY=sales" in console(laid_out, "dialplan show 4008001234@from-callers")


def test_what_the_site_adds_is_there(laid_out: Stack) -> None:
    assert "carrier/sip:127.0.0.1" in console(laid_out, "pjsip show registrations")
    assert "OutAuth:  carrier/02112345678" in console(laid_out, "pjsip show endpoint trunk")
    assert "SWITCHBOARD_ENTRY=vip" in console(laid_out, "dialplan show 95512@from-callers")
    assert "waltz" in console(laid_out, "moh show classes")


async def test_numbers_outside_are_dialled_at_the_trunks_server(laid_out: Stack) -> None:
    loop = asyncio.get_running_loop()
    address = (LOOPBACK, laid_out.site.ports.sip + 1)
    transport, carrier = await loop.create_datagram_endpoint(Carrier, local_addr=address)
    try:
        console(laid_out, "module load res_clioriginate.so")
        console(laid_out, f"channel originate PJSIP/{OUTSIDE}@trunk application Wait 1")
        async with asyncio.timeout(ASKED_WITHIN_S):
            while not (asked := await carrier.asked.get()).startswith("INVITE"):
                pass
        assert asked == f"INVITE sip:{OUTSIDE}@{address[0]}:{address[1]} SIP/2.0"
    finally:
        console(laid_out, "channel request hangup all")
        transport.close()


@pytest.mark.parametrize("shown", [b"<sip:13800000001@h>", b"<sip:trunk@h>", b"<sip:nobody@h>"])
async def test_who_calls_from_elsewhere_is_refused_whatever_their_name(laid_out: Stack, shown: bytes) -> None:
    async with stranger(exchange_of(laid_out), shown) as caller:
        with pytest.raises(Refused, match="401"):
            await caller.call("4008001234")


def test_a_file_that_names_more_phones_is_laid_out_and_read_without_a_restart(laid_out: Stack) -> None:
    assert "Unable to find" in console(laid_out, "pjsip show endpoint phone13")
    configuration.lay_out(replace(laid_out.site, phones=13), owner_of_parts())
    console(laid_out, "core reload")
    assert "phone13" in console(laid_out, "pjsip show endpoint phone13")
