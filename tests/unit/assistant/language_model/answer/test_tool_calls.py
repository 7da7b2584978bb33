"""Tool calls out of their pieces."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.language_model.answer.tool_calls import MOST_LOOKS, ToolCalls
from tests.unit.assistant.language_model.answer.test_json_objects import JSON

OFFERED = ("look", "tell")


def piece(name: Any = None, arguments: Any = None, **fields: Any) -> dict[str, Any]:
    return {**fields, "function": {"name": name, "arguments": arguments}}


def calls_of(pieces: list[Any]) -> tuple[list[tuple[str, str, str]], bool]:
    numbers = itertools.count(1)
    calls = ToolCalls(lambda: f"own{next(numbers)}")
    for each in pieces:
        calls.add(each)
    found, has_unknown = calls.complete(OFFERED)
    assert [call["index"] for call in found] == list(range(len(found)))
    return [(call["id"], call["name"], call["arguments"]) for call in found], has_unknown


@pytest.mark.parametrize(
    ("pieces", "calls"),
    [
        (
            [
                piece("look", "", id="a", index=0),
                piece(None, '{"x":', index=0),
                piece(None, "1}", index=0),
            ],
            [("a", "look", '{"x":1}')],
        ),
        (
            [piece("look", "{}", id="a", index=0), piece("tell", "{}", id="b", index=0)],
            [("a", "look", "{}"), ("b", "tell", "{}")],
        ),
        (
            [
                piece("look", '{"x":', index=0),
                piece("tell", "{}", index=1),
                piece(None, "1}", index=0),
            ],
            [("own1", "look", '{"x":1}'), ("own2", "tell", "{}")],
        ),
        (
            [piece("look", "{}"), piece("look", "{}"), piece("tell", "{}")],
            [("own1", "look", "{}"), ("own2", "look", "{}"), ("own3", "tell", "{}")],
        ),
        (
            [
                piece("look", "{", id="a", index=0),
                piece("look", '"x"', id="a"),
                piece("look", ":1}", id="a"),
            ],
            [("a", "look", '{"x":1}')],
        ),
        (
            [piece("look", "{", id="a", index=0), piece(None, "}", id="b", index=0)],
            [("a", "look", "{}")],
        ),
        ([piece("look", "{", id="a"), piece(None, "}", index=0)], [("a", "look", "{}")]),
        (
            [piece("look", "{}", id="same"), piece("tell", "{}", id="same")],
            [("same", "look", "{}"), ("own1", "tell", "{}")],
        ),
        ([piece("look", "{}", id="")], [("own1", "look", "{}")]),
        ([piece("look", "{}", id=5)], [("own1", "look", "{}")]),
        ([piece("look", "{}", id="\ud83d")], [("own1", "look", "{}")]),
        ([piece(" look\n", {"x": 1}, id="a")], [("a", "look", '{"x": 1}')]),
        ([piece("look", None, id="a")], [("a", "look", "{}")]),
        ([piece("look", "{}", id="a", index=[]), piece("", None, id="a")], [("a", "look", "{}")]),
        ([{"name": "look", "arguments": "{}"}], [("own1", "look", "{}")]),
        ([[piece("look", "{}", id="a"), None, "x"]], [("a", "look", "{}")]),
        ([None, [], "x", {}], []),
    ],
)
def test_calls_are_told_apart_however_they_are_numbered(
    pieces: list[Any], calls: list[tuple[str, str, str]]
) -> None:
    assert calls_of(pieces) == (calls, False)


@pytest.mark.parametrize("unknown", [piece("fly", "{}"), piece(None, '{"x": 1}'), piece("", "{}")])
def test_a_call_of_another_tool_is_none_of_the_calls(unknown: dict[str, Any]) -> None:
    calls, has_unknown = calls_of([unknown, piece("look", "{}", id="a", index=7)])
    assert [name for _, name, _ in calls] == ["look"]
    assert has_unknown


def test_what_a_service_wants_to_be_sent_back_stays_with_its_call() -> None:
    calls = ToolCalls()
    calls.add(piece("look", "{}", extra_content={"signature": "a"}))
    calls.add(piece(None, "", extra_content={"signature": "\ud83d"}))
    ((call,), _) = calls.complete(OFFERED)
    assert call["extra_content"] == {"signature": "a"}


@given(
    st.lists(
        st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("id", "index", "name", "arguments", "function"), JSON)
        )
        | st.builds(piece, JSON, JSON, id=JSON, index=JSON, extra_content=JSON),
        max_size=6,
    )
)
def test_no_type_of_a_field_raises_anything(pieces: list[dict[str, Any]]) -> None:
    calls, _ = calls_of([pieces])
    assert len({call_id for call_id, _, _ in calls}) == len(calls)


def test_arguments_are_parsed_a_limited_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, parse, parsed = ToolCalls(), json.loads, []

    def loads(text: str) -> Any:
        parsed.append(text)
        return parse(text)

    monkeypatch.setattr(json, "loads", loads)
    for _ in range(1_000):
        calls.add(piece("look", "{x}", id="a"))
    assert len(parsed) == MOST_LOOKS
