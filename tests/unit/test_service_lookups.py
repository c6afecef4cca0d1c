"""Lookups over HTTP: their time, their repeats, the breaker, and that nothing leads out of what is configured."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from common.tasks import spawn
from common.yaml_file import ConfigurationRefused
from ivr.lookups.answers import Type, Wanted
from ivr.lookups.port import Asked, Failure, Learned, Method, NotLearned
from service.centre.lookup import LookupTarget
from service.centre.named_secrets import named_secrets
from service.configuration.reading import read_plan
from service.environment import read_settings
from service.offices.http_client import HttpClient, usual
from service.offices.lookups import MOST_BYTES, HttpLookups, Known, counted_in
from service.origins import origins
from tests.unit.ivr_kit import settle
from tests.unit.service_kit import CENTRE, KEY, centre_in, clean_environment, settings_in, spoil

SECRET = "SWITCHBOARD_SECRET_CRM"  # noqa: S105 - its name
WORD = "a-word-of-this-test"
TARGET = LookupTarget(
    url="https://crm.example/api/", headers={"Authorization": f"Bearer ${{{SECRET}}}"}, opens_after=3, rest=30
)
NAME = Wanted("name", ("name",), Type.TEXT, 40, None)
ASKED = Asked("crm", Method.GET, "/customers/42", (("from", "+86 138"),), (), 5.0, 2, (NAME,))
LEARNED = Learned((("name", "Li"),))
TIMEOUT, REFUSED, BROKEN, BAD = (NotLearned(why) for why in Failure)

Answer = httpx.Response | type[Exception]


@dataclass
class Crm:
    """The other system: answers in turn, the last one for ever."""

    answers: list[Answer | Callable[[], Awaitable[httpx.Response]]]
    asked: list[httpx.Request] = field(default_factory=list)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        match answer:
            case httpx.Response():
                return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
            case type():
                raise answer("no")
            case _:
                return await answer()


@dataclass
class Bench:
    """Lookups on virtual time, without pauses between attempts."""

    crm: Crm
    now: float = 1000.0
    targets: dict[str, LookupTarget] = field(default_factory=lambda: {"crm": TARGET})
    secrets: dict[str, str] = field(default_factory=lambda: {SECRET: WORD})
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    is_open: bool = False

    def __post_init__(self) -> None:
        self.client = HttpClient(lambda: httpx.AsyncClient(transport=httpx.MockTransport(self.crm)))
        known = lambda: Known(self.targets, self.secrets)  # noqa: E731 - read anew each time
        self.lookups = HttpLookups(self.client, known, lambda: self.now, lambda: 0.0, counted_in(self.registry))

    async def ask(self, asked: Asked = ASKED) -> Learned | NotLearned:
        if not self.is_open:
            self.is_open = True
            await self.client.open()
        return await self.lookups.ask(asked)


def bench(*answers: Answer | Callable[[], Awaitable[httpx.Response]]) -> Bench:
    return Bench(Crm(list(answers)))


def fine() -> httpx.Response:
    return httpx.Response(200, json={"name": "Li"})


async def for_ever() -> httpx.Response:
    await asyncio.get_running_loop().create_future()
    raise AssertionError


async def test_it_is_asked_at_the_configured_address_with_its_secret() -> None:
    at = bench(fine())
    assert await at.ask() == LEARNED
    [request] = at.crm.asked
    assert (request.method, str(request.url)) == ("GET", "https://crm.example/api/customers/42?from=%2B86+138")
    assert request.headers["authorization"] == f"Bearer {WORD}"


async def test_a_post_sends_its_body_as_json() -> None:
    at = bench(fine())
    assert await at.ask(replace(ASKED, method=Method.POST, body=(("n", 3),), attempts=1)) == LEARNED
    assert (at.crm.asked[0].method, at.crm.asked[0].content) == ("POST", b'{"n":3}')


@pytest.mark.parametrize(
    ("answer", "outcome", "times"),
    [
        (httpx.Response(404), REFUSED, 1),
        (httpx.Response(401), REFUSED, 1),
        (httpx.Response(500), BROKEN, 2),
        (httpx.Response(503), BROKEN, 2),
        (httpx.ConnectError, BROKEN, 2),
        (httpx.ReadError, BROKEN, 2),
        (httpx.RemoteProtocolError, BROKEN, 2),
        (httpx.Response(302, headers={"location": "https://elsewhere.example/"}), BAD, 1),
        (httpx.Response(200, content=b"<html>"), BAD, 1),
        (httpx.Response(200, json={"nom": "Li"}), BAD, 1),
        (httpx.Response(200, content=b'"' + b"x" * MOST_BYTES + b'"'), BAD, 1),
        (httpx.Response(204), BAD, 1),
    ],
)
async def test_every_failure_is_told_apart_and_only_what_may_pass_is_repeated(
    answer: Answer, outcome: NotLearned, times: int
) -> None:
    at = bench(answer)
    assert await at.ask() == outcome
    assert len(at.crm.asked) == times
    assert (
        at.registry.get_sample_value("switchboard_lookups_total", {"target": "crm", "outcome": outcome.why.value}) == 1
    )


async def test_a_second_attempt_that_is_answered_is_an_answer() -> None:
    at = bench(httpx.Response(502), fine())
    assert await at.ask() == LEARNED
    assert at.registry.get_sample_value("switchboard_lookups_total", {"target": "crm", "outcome": "learned"}) == 1


async def test_what_is_asked_once_is_never_repeated() -> None:
    at = bench(httpx.ReadError)
    assert await at.ask(replace(ASKED, method=Method.POST, attempts=1)) == BROKEN
    assert len(at.crm.asked) == 1


async def test_nobody_waits_longer_than_said() -> None:
    at = bench(for_ever)
    async with asyncio.timeout(5):
        assert await at.ask(replace(ASKED, within_s=0.05)) == TIMEOUT
    assert len(at.crm.asked) == 1


async def test_no_attempt_is_begun_that_could_not_be_answered_in_time() -> None:
    at = bench(httpx.Response(500))
    assert await at.ask(replace(ASKED, within_s=0.04, attempts=4)) == BROKEN
    assert len(at.crm.asked) == 1


async def test_who_fails_again_and_again_is_left_alone_then_tried_by_one() -> None:
    at = bench(httpx.Response(500))
    with capture_logs() as logs:
        assert [await at.ask() for _ in range(4)] == [BROKEN] * 4
    assert len(at.crm.asked) == 3
    assert [line["event"] for line in logs] == ["a lookup's target does not answer and is left alone"]
    at.now += 29.9
    assert await at.ask() == BROKEN
    assert len(at.crm.asked) == 3
    at.now += 0.1
    assert await at.ask() == BROKEN
    assert len(at.crm.asked) == 4
    at.now += 30
    at.crm.answers = [fine()]
    assert await at.ask() == LEARNED
    at.crm.answers = [httpx.Response(500), fine()]
    assert await at.ask() == LEARNED


async def test_a_timeout_counts_against_the_target_and_a_refusal_for_it() -> None:
    at = bench(for_ever)
    for _ in range(3):
        assert await at.ask(replace(ASKED, within_s=0.01)) == TIMEOUT
    assert await at.ask() == BROKEN
    refusing = bench(httpx.Response(500), httpx.Response(500), httpx.Response(404), httpx.Response(500))
    assert [await refusing.ask(replace(ASKED, attempts=1)) for _ in range(5)] == [
        BROKEN,
        BROKEN,
        REFUSED,
        BROKEN,
        BROKEN,
    ]
    assert len(refusing.crm.asked) == 5


async def test_a_probe_whose_caller_hangs_up_leaves_the_next_to_try() -> None:
    at = bench(httpx.Response(500))
    for _ in range(2):
        await at.ask()
    at.now += 30
    at.crm.answers = [for_ever]
    probe = spawn(at.ask(), "probe")
    await settle()
    assert len(at.crm.asked) == 4
    assert await at.ask() == BROKEN
    assert len(at.crm.asked) == 4
    probe.cancel()
    await asyncio.gather(probe, return_exceptions=True)
    at.crm.answers = [fine()]
    assert await at.ask() == LEARNED


async def test_a_target_that_was_changed_begins_with_a_clean_record() -> None:
    at = bench(httpx.Response(500))
    for _ in range(2):
        await at.ask()
    at.crm.answers = [fine()]
    assert await at.ask() == BROKEN
    at.targets["crm"] = TARGET.model_copy(update={"url": "https://new.example"})
    assert await at.ask() == LEARNED
    assert at.crm.asked[-1].url.host == "new.example"


async def test_a_target_or_secret_that_was_taken_away_is_broken_and_told_without_the_secret() -> None:
    at = bench(fine())
    at.secrets.clear()
    with capture_logs() as logs:
        assert await at.ask() == BROKEN
        at.targets.clear()
        assert await at.ask() == BROKEN
    assert at.crm.asked == []
    assert logs[0]["why"] == f"{SECRET} is not set"
    assert [line["target"] for line in logs] == ["crm", "crm"]


async def test_a_lookup_before_the_client_is_there_waits_for_it_within_its_own_time() -> None:
    at = bench(fine())
    early = spawn(at.lookups.ask(ASKED), "early")
    assert await at.lookups.ask(replace(ASKED, within_s=0.01)) == TIMEOUT
    assert not early.done()
    await at.client.open()
    assert isinstance(await early, Learned)


async def test_no_cookie_of_one_callers_answer_goes_out_with_the_next() -> None:
    async with usual() as client:
        request = httpx.Request("GET", "https://crm.example/")
        client.cookies.extract_cookies(httpx.Response(200, headers={"set-cookie": "session=1"}, request=request))
        assert not list(client.cookies.jar)


async def test_logs_hold_nothing_of_what_is_sent_or_said() -> None:
    at = bench(httpx.Response(200, json={"nom": "Li Xiaoming"}))
    with capture_logs() as logs:
        await at.ask()
    assert "138" not in str(logs)
    assert "Xiaoming" not in str(logs)
    assert WORD not in str(logs)


# ---------------------------------------------------------------------------------------- what is configured

LOOKUPS = f"""
lookups:
  crm:
    url: https://crm.example/api
    headers: {{Authorization: "Bearer ${{{SECRET}}}"}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    clean_environment(monkeypatch, tmp_path)
    centre = centre_in(tmp_path) / CENTRE
    centre.write_text(centre.read_text(encoding="utf-8") + LOOKUPS, encoding="utf-8")
    return tmp_path


def mistakes(folder: Path) -> list[str]:
    with pytest.raises(ConfigurationRefused) as refused:
        read_plan(settings_in(folder))
    return [mistake.text for mistake in refused.value.mistakes]


def test_a_secret_comes_from_the_environment_and_is_shown_nowhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [mistake] = mistakes(folder)
    assert mistake == f"{SECRET} is not set: give it in the environment or in service.env"
    monkeypatch.setenv(SECRET, "two\nlines")
    assert "has characters that no header carries" in mistakes(folder)[0]
    monkeypatch.setenv(SECRET, WORD)
    plan = read_plan(settings_in(folder))
    assert plan.secrets == {SECRET: WORD}
    assert WORD not in repr(plan)
    monkeypatch.setenv("SWITCHBOARD_TICKET_KEY", KEY)
    [shown] = [one for one in origins(read_settings(), None) if one.variable == SECRET]
    assert shown.line() == f"{SECRET} = (hidden)  (environment)"


def test_a_secret_of_the_sites_file_counts_where_the_environment_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean_environment(monkeypatch, tmp_path)
    file = tmp_path / "service.env"
    file.write_text(f"{SECRET}=from-the-file${{HOME}}\nSWITCHBOARD_SITE=x\n", encoding="utf-8")
    assert named_secrets(file) == {SECRET: "from-the-file${HOME}"}
    monkeypatch.setenv(SECRET, WORD)
    assert named_secrets(file) == {SECRET: WORD}


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("https://crm.example/api", "crm.example/api", "is no web address"),
        ("https://crm.example/api", "file:///etc/passwd", "is no web address"),
        ("https://crm.example/api", "https://user:word@crm.example", "has a user in it"),
        ("https://crm.example/api", "https://crm.example/?a=b", "ends with the path"),
        ("https://crm.example/api", "https://crm.example:port/", "ould not be cast to integer"),
        (f"${{{SECRET}}}", "${HOME}", "names no secret: write ${SWITCHBOARD_SECRET_NAME}"),
        ("    headers:", "    rest: 0\n    headers:", "greater than or equal to 1"),
        ("    headers:", "    header:", "unknown key 'header', did you mean 'headers'?"),
    ],
)
def test_a_target_that_cannot_be_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, right: str, wrong: str, says: str
) -> None:
    monkeypatch.setenv(SECRET, WORD)
    spoil(folder / "config" / CENTRE, right, wrong)
    assert any(says in mistake for mistake in mistakes(folder)), mistakes(folder)
