"""JSON objects out of an event's data."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.language_model.answer.json_objects import objects_in

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ('{"a": 1}', [{"a": 1}]),
        ('[{"a": 1}, 5, {"b": 2}]', [{"a": 1}, {"b": 2}]),
        ('{"a": 1}{"b": 2}', [{"a": 1}, {"b": 2}]),
        ('{"a": 1}\n\n{"b": 2},', [{"a": 1}, {"b": 2}]),
        ('data: {"a": 1}', [{"a": 1}]),
        ('{"a": 1}\noops\n{"b": 2}', [{"a": 1}, {"b": 2}]),
        ('{"a": "cut\n{"b": 2}', [{"b": 2}]),
        ('{"a": "x\ty"}', [{"a": "x\ty"}]),
        ('{"a": "x\u2028y"}\n{"b": 1}', [{"a": "x\u2028y"}, {"b": 1}]),
        ('{"a": ' + "9" * 5_000 + "}", []),
        ("5", []),
        ("null", []),
        ("", []),
        ("oops", []),
        ("<html>", []),
    ],
)
def test_what_is_an_object_is_found(data: str, found: list[dict[str, object]]) -> None:
    assert objects_in(data) == found


@given(st.lists(st.dictionaries(st.text(max_size=3), JSON, max_size=3), max_size=5))
def test_objects_in_a_row_are_all_found(objects: list[dict[str, object]]) -> None:
    for between in ("", "\n", "\r\n", ", ", "\ndata: "):
        assert objects_in(between.join(map(json.dumps, objects))) == objects


@given(st.text(alphabet='{}[]":,\\ \n1adt', max_size=60))
def test_no_text_raises_anything(data: str) -> None:
    assert all(isinstance(each, dict) for each in objects_in(data))


def test_what_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(RecursionError):
        objects_in('{"a":' * 100_000)
