"""Answers as JSON: what is kept of them, and what is made of JSON that cannot be read."""

from __future__ import annotations

import pytest
from livekit.agents import llm

from assistant.memory.answers import answer_items, answer_json

CALL = llm.FunctionCall(call_id="1", name="look_up", arguments='{"what": "é"}', created_at=5.0)
OUTPUT = llm.FunctionCallOutput(
    call_id="1", name="look_up", output="found", is_error=False, created_at=6.0
)


def message(text: str) -> llm.ChatMessage:
    return llm.ChatMessage(role="assistant", content=[text], created_at=7.0)


def test_an_answer_with_tool_calls_is_restored_with_its_times() -> None:
    items: list[llm.ChatItem] = [CALL, OUTPUT, message("It is there.")]
    json = answer_json(items, "It is there.")
    assert json is not None
    restored = answer_items(json, "It is there.", 1.0)
    assert restored == items
    assert [item.created_at for item in restored] == [5.0, 6.0, 7.0]


def test_what_is_only_the_text_needs_no_json() -> None:
    assert answer_json([message("yes")], "yes") is None
    assert answer_json([], "") is None
    assert answer_json([message("yes and no")], "yes") is not None
    (restored,) = answer_items(None, "yes", 3.0)
    assert isinstance(restored, llm.ChatMessage)
    assert (restored.role, restored.text_content, restored.created_at) == ("assistant", "yes", 3.0)
    assert answer_items(None, " \u200b", 3.0) == []


@pytest.mark.parametrize(
    "json", ["", "{", "{}", '[{"type": "canary"}]', '[{"type": "message"}]', "null"]
)
def test_json_that_cannot_be_read_is_replaced_by_the_text(
    json: str, caplog: pytest.LogCaptureFixture
) -> None:
    (restored,) = answer_items(json, "yes", 3.0)
    assert isinstance(restored, llm.ChatMessage)
    assert restored.text_content == "yes"
    assert "answer restored as text only" in caplog.messages
    assert "canary" not in str([record.__dict__ for record in caplog.records])
