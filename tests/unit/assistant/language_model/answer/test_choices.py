"""What one choice says, in every shape."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.language_model.answer.choices import Said, read_choice
from tests.unit.assistant.language_model.answer.test_json_objects import JSON

CALL = {"index": 0, "id": "a", "function": {"name": "look", "arguments": "{}"}}
OLDER = {"name": "look", "arguments": "{}"}


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"delta": {"content": "Hi"}}, Said("Hi")),
        ({"delta": {"content": [{"type": "text", "text": "H"}, "i"]}}, Said("Hi")),
        ({"delta": {"content": {"type": "text", "text": "Hi"}}}, Said("Hi")),
        ({"delta": {"content": None, "refusal": "No."}}, Said("No.")),
        ({"delta": {"text": "Hi"}}, Said("Hi")),
        ({"delta": "Hi"}, Said("Hi")),
        ({"delta": ["H", "i"]}, Said("Hi")),
        ({"text": "Hi"}, Said("Hi")),
        ({"response": "Hi"}, Said("Hi")),
        ({"message": {"content": "Hi"}}, Said("Hi", is_message=True)),
        ({"delta": {}, "message": {"content": "Hi"}}, Said("Hi", is_message=True)),
        ({"delta": {"role": "assistant"}, "text": "Hi"}, Said("Hi")),
        ({"delta": {"content": "Hi"}, "message": {"content": "Hi there"}}, Said("Hi")),
        ({"delta": {"reasoning_content": "hm"}}, Said(thinks=True)),
        ({"delta": {"reasoning": "hm", "content": "Hi"}}, Said("Hi", thinks=True)),
        ({"delta": {"reasoning_details": [{}]}}, Said(thinks=True)),
        ({"delta": {"content": [{"type": "thinking", "thinking": "hm"}]}}, Said(thinks=True)),
        ({"delta": {}, "reasoning": "hm"}, Said(thinks=True)),
        ({"delta": {"tool_calls": [CALL]}}, Said(calls=[CALL])),
        ({"delta": {"tool_calls": CALL}}, Said(calls=[CALL])),
        ({"delta": {"function_call": OLDER}}, Said(calls=[OLDER])),
        ({"delta": {"extra_content": {"a": 1}}}, Said(extra={"a": 1})),
        ({"delta": {}, "finish_reason": "stop"}, Said(reason="stop")),
        ({"delta": None, "finish_reason": "stop"}, Said(reason="stop")),
        ({"delta": {"content": "", "finish_reason": "stop"}}, Said(reason="stop")),
        ({"delta": {"stop_reason": "end_turn"}, "finish_reason": None}, Said(reason="end_turn")),
        ({"delta": {"content": 42}}, Said("42")),
        ({"delta": {"content": True}}, Said()),
        ({}, Said()),
    ],
)
def test_a_choice_says_the_same_whatever_shape_it_has(choice: dict[str, Any], said: Said) -> None:
    assert read_choice(choice) == said


@given(
    st.dictionaries(
        st.sampled_from(["delta", "message", "text", "finish_reason", "content", "reasoning"]),
        JSON
        | st.dictionaries(
            st.sampled_from(["content", "refusal", "text", "tool_calls", "extra_content"]), JSON
        ),
    )
)
def test_no_type_of_a_field_raises_anything(choice: dict[str, Any]) -> None:
    said = read_choice(choice)
    assert isinstance(said.text, str)
    assert isinstance(said.calls, list)
