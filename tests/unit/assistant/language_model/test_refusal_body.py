"""Refusals of every shape."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.language_model.refusal import Refusal
from assistant.language_model.refusal_body import (
    MOST_SECONDS,
    MOST_TEXT,
    read_refusal,
    without_quotes,
)
from tests.unit.assistant.language_model.answer.test_json_objects import JSON


@pytest.mark.parametrize(
    ("body", "status", "text", "fields"),
    [
        ({"error": {"message": "no", "code": "bad"}}, None, "no bad", set()),
        ({"message": "busy", "code": 529}, 529, "busy 529", set()),
        ({"error": {"code": "429", "message": "no"}}, 429, "429 no", set()),
        ([{"error": {"code": 400, "status": "INVALID"}}], 400, "400 INVALID", set()),
        (
            {"error": {"message": "no", "param": "messages[1].content"}},
            None,
            "no messages[1].content",
            {"messages", "content"},
        ),
        (
            {"detail": [{"loc": ["body", "user"], "msg": "no", "input": {"text": "mine"}}]},
            None,
            "body user no",
            {"body", "user"},
        ),
        ({"filter": {"jailbreak": {"filtered": True, "detected": False}}}, None, "filtered", set()),
        ("plain words", None, "plain words", set()),
        (None, None, "", set()),
        ({"code": True, "status": 99}, None, "code 99", set()),
    ],
)
def test_the_words_the_number_and_the_places_are_read(
    body: object, status: int | None, text: str, fields: set[str]
) -> None:
    refusal = read_refusal(None, body)
    assert (refusal.status, refusal.text) == (status, text)
    assert refusal.fields == fields


def test_the_status_of_the_response_counts_first() -> None:
    assert read_refusal(400, {"code": 529}).status == 400


@pytest.mark.parametrize(
    ("header", "body", "seconds"),
    [
        ("30", "", 30.0),
        ("0.5", "try again in 9s", 0.5),
        (None, "Please try again in 1.5s.", 1.5),
        (None, "Please retry after 6 seconds.", 6.0),
        (None, "Please try again in 20ms", 0.02),
        (None, "try again in 2m30s", 120.0),
        (None, {"details": [{"retryDelay": "35s"}]}, 35.0),
        (None, {"error": {"retry_after": 12}}, 12.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", "", None),
        ("-1", "", 0.0),
        ("nan", "", None),
        ("inf", "", MOST_SECONDS),
        (None, "try again", None),
    ],
)
def test_how_long_to_wait_is_read_from_the_header_or_the_words(
    header: str | None, body: object, seconds: float | None
) -> None:
    assert read_refusal(429, body, header).retry_after == pytest.approx(seconds)


QUESTION = 'Does the "system role" support tools?\nGrüße'


@pytest.mark.parametrize(
    "form", [QUESTION, json.dumps(QUESTION), json.dumps(QUESTION, ensure_ascii=False)]
)
def test_what_is_quoted_of_a_question_is_no_word_of_the_service(form: str) -> None:
    refusal = Refusal(400, f"cannot answer: {form}")
    assert "tools" not in without_quotes(refusal, [QUESTION]).text
    assert without_quotes(refusal, [QUESTION]).text.startswith("cannot answer")


def test_a_short_question_hides_no_word_of_the_service() -> None:
    refusal = Refusal(400, "context_length_exceeded")
    assert without_quotes(refusal, ["context_length", ""]) == refusal


@given(st.none() | st.integers(400, 599), JSON, st.none() | st.text(max_size=8))
def test_no_body_raises_anything(status: int | None, body: object, header: str | None) -> None:
    for each in (
        body,
        {"error": body},
        {"param": body, "loc": body, "code": body, "retry_after": body},
    ):
        read_refusal(status, each, header)


def test_a_body_of_any_size_and_depth_is_read_in_part() -> None:
    deep: object = "deep"
    for _ in range(100_000):
        deep = {"error": deep}
    assert read_refusal(400, deep).text == ""
    assert len(read_refusal(400, {"error": "no " * MOST_TEXT}).text) == MOST_TEXT
