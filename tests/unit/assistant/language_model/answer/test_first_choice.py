"""The one choice of many."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from assistant.language_model.answer.first_choice import FirstChoice
from tests.unit.assistant.language_model.answer.test_json_objects import JSON

A: dict[str, Any] = {"index": 0, "delta": {"content": "a"}}
B: dict[str, Any] = {"index": 1, "delta": {"content": "b"}}
UNNUMBERED: dict[str, Any] = {"delta": {"content": "c"}}


@pytest.mark.parametrize(
    ("chunks", "found"),
    [
        ([{"choices": [A, B]}, {"choices": [B]}, {"choices": [B, A]}], [A, None, A]),
        ([{"choices": [B]}, {"choices": [A]}, {"choices": [B]}], [B, None, B]),
        ([{"choices": [UNNUMBERED, A]}], [UNNUMBERED]),
        ([{"choices": [UNNUMBERED]}, {"choices": [A]}], [UNNUMBERED, A]),
        ([{"choices": [{**A, "index": "0"}]}, {"choices": [A]}], [{**A, "index": "0"}, A]),
        ([{"choices": [None, "x", A]}], [A]),
        ([{"choices": A}], [A]),
        ([{"choices": {"0": A}}], [A]),
        ([UNNUMBERED], [UNNUMBERED]),
        (
            [{"message": {"content": "a"}, "done": True}],
            [{"message": {"content": "a"}, "done": True}],
        ),
        ([{"done": True}], [{"done": True}]),
        ([{"choices": []}, {"choices": None}, {"usage": {}}, {}], [None] * 4),
        ([{"type": "response.output_text.done", "text": "all of it"}], [None]),
    ],
)
def test_the_same_choice_is_read_in_each_chunk(
    chunks: list[dict[str, Any]], found: list[Any]
) -> None:
    first = FirstChoice()
    assert [first.of(chunk) for chunk in chunks] == found


@given(JSON)
def test_no_type_of_a_field_raises_anything(value: object) -> None:
    for chunk in (
        {"choices": value},
        {"choices": [{"index": value}]},
        {"type": value, "text": value},
    ):
        FirstChoice().of(chunk)
