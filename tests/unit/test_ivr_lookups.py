"""What a lookup sends, and what it takes from the answer: nothing that was not asked for, nothing longer than said."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.lookups.answers import BadAnswer, Type, Wanted, path_of, taken
from ivr.lookups.port import CALLER_NUMBER, Inquiry, Method, Scalar, placeholders

INQUIRY = Inquiry("crm", Method.GET, "/customers/{account}", {}, {}, 3.0, 2, ())
ANSWER = {"customer": {"name": "王小明", "orders": [{"id": 7, "sum": 12.5}], "vip": True, "note": None}}


def want(path: str, kind: Type = Type.TEXT, most: int = 40, default: Scalar | None = None) -> Wanted:
    return Wanted("x", path_of(path), kind, most, default)


def value(wanted: Wanted, answer: object = ANSWER) -> object:
    return dict(taken(json.dumps(answer).encode(), [wanted]))["x"]


def why(wanted: Wanted, answer: object = ANSWER) -> str:
    with pytest.raises(BadAnswer) as bad:
        value(wanted, answer)
    return str(bad.value)


# ---------------------------------------------------------------------------------------------- what is sent


def test_values_take_their_places_in_path_query_and_body() -> None:
    inquiry = replace(
        INQUIRY,
        method=Method.POST,
        query={"from": "{caller_number}", "lang": "{language}-CN"},
        body={"account": "{account}", "vip": "{vip}", "text": "no. {account}: {vip}", "n": 3},
    )
    asked = inquiry.filled({"account": 42, "language": "zh", "vip": True, CALLER_NUMBER: "13800000000"})
    assert asked is not None
    assert asked.path == "/customers/42"
    assert asked.query == (("from", "13800000000"), ("lang", "zh-CN"))
    assert asked.body == (("account", 42), ("vip", True), ("text", "no. 42: true"), ("n", 3))


@pytest.mark.parametrize("account", ["", None, ".", ".."])
def test_nothing_is_asked_with_a_value_that_is_missing_empty_or_leads_elsewhere(account: str | None) -> None:
    assert INQUIRY.filled({} if account is None else {"account": account}) is None


def test_a_withheld_number_is_nothing_to_ask_with() -> None:
    assert replace(INQUIRY, path="/x", query={"from": "{caller_number}"}).filled({CALLER_NUMBER: ""}) is None


@given(st.text(min_size=1))
def test_no_value_leaves_its_place_in_the_path(account: str) -> None:
    try:
        asked = INQUIRY.filled({"account": account})
    except UnicodeEncodeError:  # half a character, which no variable holds
        return
    if asked is not None:
        assert asked.path.startswith("/customers/")
        assert not set(asked.path.removeprefix("/customers/")) & set("/?#\\ \r\n")


@pytest.mark.parametrize("template", ["{account", "account}", "{}", "{Account}", "{a{b}}", "{a b}"])
def test_a_template_that_is_not_well_formed_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=r"brace|names no variable"):
        placeholders(template)


# ------------------------------------------------------------------------------------------- what is learned


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (want("customer.name"), "王小明"),
        (want("customer.name", most=2), "王小"),
        (want("customer.orders[0].id", Type.WHOLE), 7),
        (want("customer.orders[0].id"), "7"),
        (want("customer.orders[0].sum", Type.NUMBER), 12.5),
        (want("customer.vip", Type.YES_NO), True),
        (want("customer.note", default="none"), "none"),
        (want("customer.orders[3].id", Type.WHOLE, default=0), 0),
        (want("customer.name.first", default=""), ""),
    ],
)
def test_a_value_is_taken_from_its_place_with_its_type(wanted: Wanted, found: object) -> None:
    assert value(wanted) == found


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (want("customer.age", Type.WHOLE), "it has nothing for 'x'"),
        (want("customer.note"), "it has nothing for 'x'"),
        (want("customer.orders"), "what it has for 'x' is not text"),
        (want("customer.vip"), "what it has for 'x' is not text"),
        (want("customer.vip", Type.WHOLE), "what it has for 'x' is not whole"),
        (want("customer.name", Type.NUMBER, default=1), "what it has for 'x' is not number"),
        (want("customer.orders[0].sum", Type.WHOLE), "what it has for 'x' is not whole"),
    ],
)
def test_a_value_that_is_not_there_or_of_another_type_makes_it_a_bad_answer(wanted: Wanted, says: str) -> None:
    assert why(wanted) == says


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>",
        b'{"x": NaN}',
        b'{"x": Infinity}',
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"x": 1e999}',
        b'{"x": 99999999999999999}',
    ],
)
def test_what_is_no_json_or_beyond_numbers_is_a_bad_answer(answer: bytes) -> None:
    with pytest.raises(BadAnswer):
        taken(answer, [want("x", Type.NUMBER)])


def test_a_text_keeps_nothing_that_could_not_be_written_down() -> None:
    assert value(want("x"), {"x": " a\r\nb\u0000\u202e\ud800  c "}) == "a b c"


def test_an_answer_nothing_is_wanted_of_may_be_anything() -> None:
    assert taken(b"", []) == ()


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", "a[x]", "a[", "[0]", "a[-1]", "a[0]b"])
def test_a_path_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="is no place in an answer"):
        path_of(path)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["a", "b"]), inner),
    )
)
def test_any_answer_is_taken_or_refused_in_one_way(answer: object) -> None:
    wanted = [Wanted(kind.value, path_of("a[0].b"), kind, 5, None) for kind in Type]
    try:
        found = dict(taken(json.dumps(answer).encode(), wanted))
    except BadAnswer:
        return
    assert all(isinstance(one, str | int | float) and len(str(one)) < 400 for one in found.values())
