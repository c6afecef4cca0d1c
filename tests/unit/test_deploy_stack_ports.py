"""A site's ports: the usual ones, changed by the environment, found free, found taken."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.ports import _claim, free_ports, holder, taken
from deploy.secrets import secrets_of
from deploy.sites import BadSite, Ports, Site, ports_from


def test_the_environment_changes_single_ports_and_leaves_the_others() -> None:
    assert ports_from({"SWITCHBOARD_SIP_PORT": "5070", "SWITCHBOARD_RTP_PORT_LAST": "11999"}) == Ports(
        sip=5070, rtp_last=11999
    )


@pytest.mark.parametrize("text", ["telephone", "0", "65536", "-1"])
def test_a_port_that_is_none_is_refused_by_the_name_of_its_variable(text: str) -> None:
    with pytest.raises(BadSite, match="SWITCHBOARD_AMI_PORT"):
        ports_from({"SWITCHBOARD_AMI_PORT": text})


def test_a_media_range_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(BadSite, match="SWITCHBOARD_RTP_PORT_LAST=9000 must be above SWITCHBOARD_RTP_PORT_FIRST=10000"):
        Ports(rtp_last=9000)


def test_two_services_of_a_site_never_share_a_port() -> None:
    with pytest.raises(BadSite, match="SWITCHBOARD_AMI_PORT and SWITCHBOARD_MQTT_PORT"):
        Ports(ami=1883)


def test_what_one_test_has_found_no_other_finds_while_the_first_lives() -> None:
    finds = "from deploy.ports import free_ports; p = free_ports(); print(p.sip, p.rtp_last, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", finds], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:  # noqa: S603 - our own Python
        assert other.stdout is not None
        first, last = map(int, other.stdout.readline().split())
        assert not _claim(last, last + 1)
        other.communicate(b"\n")
    assert _claim(first, first)


@pytest.mark.parametrize(("field", "protocol"), [("redis", "tcp"), ("sip", "udp")])
def test_a_taken_port_is_found_with_the_process_that_holds_it(field: str, protocol: str, tmp_path: Path) -> None:
    site = Site("unit", tmp_path, secrets_of(tmp_path), ports=free_ports())
    assert taken(site) == ()
    port = getattr(site.ports, field)
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as held:
        held.bind(("127.0.0.1", port))
        if protocol == "tcp":
            held.listen()
        (found,) = taken(site)
        assert found.port == port
        assert found.variable == f"SWITCHBOARD_{field.upper()}_PORT"
        assert found.holder.endswith(f"(process {os.getpid()})")
    assert holder(port, protocol) == ""
