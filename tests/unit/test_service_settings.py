"""Settings: closed by default, every mistake at once, and where each value comes from."""

from __future__ import annotations

import ssl
from ipaddress import ip_network
from pathlib import Path

import certifi
import pytest
from redis.asyncio import SSLConnection

from cti_bridge.kept.link import Sentinels, connect
from service.environment import SettingsRefused, file_in_use, read_settings
from service.neighbours import asterisks, broker, sentinels
from service.origins import origins
from service.settings import Settings
from tests.unit.service_kit import KEY, TOKEN, clean_environment


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    clean_environment(monkeypatch, tmp_path)
    return tmp_path


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("SWITCHBOARD_TICKET_KEY", KEY)
    return monkeypatch


def refusals() -> list[str]:
    with pytest.raises(SettingsRefused) as refused:
        read_settings()
    return str(refused.value).splitlines()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_on_loopback_it_starts_without_a_token(given: pytest.MonkeyPatch, host: str) -> None:
    given.setenv("SWITCHBOARD_API_HOST", host)
    assert not read_settings().token_everywhere


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "pbx.example", ""])  # noqa: S104 - that is the question
def test_on_any_other_address_it_refuses_to_start_without_a_token(given: pytest.MonkeyPatch, host: str) -> None:
    given.setenv("SWITCHBOARD_API_HOST", host)
    [refusal] = refusals()
    assert refusal.startswith("SWITCHBOARD_API_TOKEN: is not set, and SWITCHBOARD_API_HOST is ")
    given.setenv("SWITCHBOARD_API_TOKEN", TOKEN)
    assert read_settings().token_everywhere


def test_without_a_ticket_key_it_refuses_to_start() -> None:
    assert refusals() == [
        "SWITCHBOARD_TICKET_KEY: is not set: without it callers cannot keep their place over a restart"
    ]


def test_every_mistake_is_told_at_once_and_no_secret_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {
        "SITE": "Große Zentrale",
        "API_HOST": "0.0.0.0",  # noqa: S104 - refused
        "API_PORT": "eighty",
        "REDIS_PORT": "70000",
        "AGI_ALLOWED": "127.0.0.1, asterisk",
        "DATABASE_URL": "sqlite:///my-password.db",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(f"SWITCHBOARD_{name}", value)
    told = refusals()
    assert {line.partition(":")[0].removeprefix("SWITCHBOARD_") for line in told} == {
        *wrong,
        "API_TOKEN",
        "TICKET_KEY",
    } - {"API_HOST"}
    assert "my-password" not in "\n".join(told)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "names no database that we can use"),
        ("oracle+nothing://h/d", "names no database that we can use"),
        ("sqlite:///x.db", "names a driver that would hold up every call"),
    ],
)
def test_a_database_that_cannot_be_used_is_refused(given: pytest.MonkeyPatch, url: str, says: str) -> None:
    given.setenv("SWITCHBOARD_DATABASE_URL", url)
    assert says in refusals()[0]


def test_further_asterisks_are_named_each_by_a_name_of_its_own(given: pytest.MonkeyPatch) -> None:
    given.setenv("SWITCHBOARD_MORE_ASTERISKS", "node2=10.0.0.2:5038, node3=[::1]:5039")
    found = [(each.node, each.host, each.port) for each in asterisks(read_settings())]
    assert found == [("node1", "127.0.0.1", 5038), ("node2", "10.0.0.2", 5038), ("node3", "::1", 5039)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("node1=10.0.0.2:5038", "names node1 again"),
        ("node2=10.0.0.2:5038,node2=10.0.0.3:5038", "names node2 twice"),
        ("10.0.0.2:5038", "does not begin with an Asterisk's systemname"),
        ("node2=10.0.0.2", "'10.0.0.2' is no place: write HOST:PORT"),
        ("node2=10.0.0.2:70000", "is no place"),
    ],
)
def test_a_further_asterisk_that_cannot_be_is_refused(given: pytest.MonkeyPatch, text: str, says: str) -> None:
    given.setenv("SWITCHBOARD_MORE_ASTERISKS", text)
    [refusal] = refusals()
    assert says in refusal


def test_sentinels_know_where_redis_is(given: pytest.MonkeyPatch) -> None:
    assert sentinels(read_settings()) is None
    given.setenv("SWITCHBOARD_REDIS_SENTINELS", "10.0.0.1:26379, 10.0.0.2:26379")
    given.setenv("SWITCHBOARD_REDIS_SENTINEL_PASSWORD", "my-password")
    found = sentinels(read_settings())
    assert found == Sentinels((("10.0.0.1", 26379), ("10.0.0.2", 26379)), "switchboard", "my-password")
    assert "my-password" not in repr(found)
    given.setenv("SWITCHBOARD_REDIS_SENTINELS", "10.0.0.1")
    assert "write HOST:PORT" in refusals()[0]


@pytest.mark.parametrize("link", ["AMI", "REDIS", "MQTT"])
def test_an_authority_that_cannot_be_read_is_refused(given: pytest.MonkeyPatch, folder: Path, link: str) -> None:
    given.setenv(f"SWITCHBOARD_{link}_CA", "")
    assert not read_settings().redis_url.startswith("rediss:")
    (folder / "ca.pem").write_text("nothing", "utf-8")
    for file in ("ca.pem", "missing.pem"):
        given.setenv(f"SWITCHBOARD_{link}_CA", str(folder / file))
        assert "no certificate can be read from" in refusals()[0]


def test_over_tls_a_certificate_is_asked_for_that_names_the_host(given: pytest.MonkeyPatch) -> None:
    authorities = ssl.get_default_verify_paths().cafile or certifi.where()
    for link in ("AMI", "REDIS", "MQTT"):
        given.setenv(f"SWITCHBOARD_{link}_CA", authorities)
    settings = read_settings()
    contexts = [asterisks(settings)[0].tls, broker(settings).tls]
    asked = [(each.verify_mode, each.check_hostname) for each in contexts if each is not None]
    assert asked == 2 * [(ssl.CERT_REQUIRED, True)]
    redis = connect(settings.redis_url).connection_pool.make_connection()  # type: ignore[no-untyped-call]  # redis-py's
    assert isinstance(redis, SSLConnection)
    assert (redis.cert_reqs, redis.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_fastagi_is_for_the_named_addresses_and_networks(given: pytest.MonkeyPatch) -> None:
    given.setenv("SWITCHBOARD_AGI_ALLOWED", "10.1.0.0/16, 127.0.0.1,::1")
    assert read_settings().allowed_peers == tuple(map(ip_network, ("10.1.0.0/16", "127.0.0.1", "::1")))
    given.setenv("SWITCHBOARD_AGI_ALLOWED", " , ")
    assert "names nobody" in refusals()[0]


def test_the_site_s_file_is_read_below_the_environment(given: pytest.MonkeyPatch, folder: Path) -> None:
    given.setenv("SWITCHBOARD_SITE", "north")
    assert file_in_use() is None
    (folder / "var" / "north").mkdir(parents=True)
    file = folder / "var" / "north" / "service.env"
    file.write_text("SWITCHBOARD_API_PORT=8101\nSWITCHBOARD_AMI_PORT=5101\nSWITCHBOARD_SIP_PORT=5160\n", "utf-8")
    given.setenv("SWITCHBOARD_AMI_PORT", "5102")
    settings = read_settings()
    assert (settings.api_port, settings.ami_port, settings.redis_port) == (8101, 5102, 6379)


def test_each_setting_names_its_origin_and_secrets_are_hidden(given: pytest.MonkeyPatch, folder: Path) -> None:
    file = folder / "service.env"
    file.write_text(f"SWITCHBOARD_API_PORT=8101\nSWITCHBOARD_API_TOKEN={TOKEN}\n", "utf-8")
    given.setenv("switchboard_ami_port", "5102")
    given.setenv("SWITCHBOARD_DATABASE_URL", "sqlite+aiosqlite://ann:pass-word@/x.db")
    shown = {one.variable: one for one in origins(Settings(_env_file=file), file)}
    assert [shown[f"SWITCHBOARD_{name}"].line() for name in ("API_PORT", "AMI_PORT", "REDIS_PORT")] == [
        f"SWITCHBOARD_API_PORT = 8101  (file {file})",
        "SWITCHBOARD_AMI_PORT = 5102  (environment)",
        "SWITCHBOARD_REDIS_PORT = 6379  (default)",
    ]
    assert shown["SWITCHBOARD_API_TOKEN"].as_record() == {
        "variable": "SWITCHBOARD_API_TOKEN",
        "value": "(hidden)",
        "origin": "file",
        "file": str(file),
    }
    assert shown["SWITCHBOARD_MQTT_PASSWORD"].value == "(not set)"
    everything = "\n".join(one.line() for one in shown.values())
    assert not any(secret in everything for secret in (TOKEN, KEY, "pass-word"))
