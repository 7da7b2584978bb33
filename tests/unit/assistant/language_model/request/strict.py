"""What the strictest services take, and conversations to try it with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from chat import is_blank
from tests.unit.assistant.language_model.answer.test_json_objects import JSON

TEXTS = st.sampled_from(["", " ", "\u200b", "Hi", "How are you?", "Grüße 👋\n", '"\\\x01"'])
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
CONTENTS = (
    TEXTS
    | st.lists(
        TEXTS.map(lambda text: {"type": "text", "text": text}) | st.just(IMAGE) | TEXTS, max_size=3
    )
    | JSON
)
IDS = st.sampled_from(["a", "b", "", None, 5])


def called(call_id: object, name: str = "look", arguments: object = "{}") -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def message(role: str, content: object = "", **fields: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **fields}


MESSAGES = st.lists(
    st.builds(message, st.sampled_from(["user", "assistant", "system", "developer"]), CONTENTS)
    | st.builds(message, st.just("tool"), CONTENTS, tool_call_id=IDS)
    | st.builds(
        message,
        st.just("assistant"),
        CONTENTS,
        tool_calls=st.lists(
            st.builds(called, IDS, arguments=st.sampled_from(["{}", "x", "[]", "", None])),
            max_size=3,
        )
        | JSON,
    ),
    max_size=10,
)


def complaints(messages: Sequence[dict[str, Any]]) -> list[str]:
    """What a strict service would say of messages."""
    found = []
    others = messages[1:] if messages and messages[0]["role"] == "system" else messages
    if others and others[0]["role"] != "user":
        found.append("the first is no person's")
    open_calls: list[str] = []
    before = None
    for each in others:
        role, content = each["role"], each["content"]
        if role not in ("user", "assistant", "tool"):
            found.append(f"an unknown role: {role}")
        if role == "tool":
            if open_calls[:1] != [each["tool_call_id"]]:
                found.append("a result without its call")
            open_calls = open_calls[1:]
        elif open_calls:
            found.append("a call without its result")
        elif role == before:
            found.append(f"two in a row: {role}")
        if "tool_calls" in each:
            open_calls = [call["id"] for call in each["tool_calls"]]
            arguments = [json.loads(call["function"]["arguments"]) for call in each["tool_calls"]]
            if not open_calls or not all(isinstance(each, dict) for each in arguments):
                found.append("no calls, or odd arguments")
        elif is_empty(content):
            found.append("a blank content")
        before = role
    return [*found, *(["a call without its result"] if open_calls else [])]


def is_empty(content: object) -> bool:
    if isinstance(content, str):
        return is_blank(content)
    assert isinstance(content, list)
    assert all(isinstance(part, dict) for part in content)
    texts = [part["text"] for part in content if part.get("type") == "text"]
    return not content or any(map(is_blank, texts))
